package cli

import (
	"context"
	"fmt"
)

// exportCommand prints a stage as a CloudFormation template, so that what was built here can move to AWS.
type exportCommand struct {
	planeSettings

	API   string `arg:"" name:"api" help:"Id of the API."`
	Stage string `arg:"" optional:"" help:"Name of the stage. Default: the only one there is."`
}

// maxResources is what CloudFormation takes: "CloudFormation quotas" in its user guide.
const maxResources = 500

// Run prints the template.
func (c *exportCommand) Run(ctx context.Context, s *Streams) error {
	p, err := c.plane(s)
	if err != nil {
		return err
	}
	api, err := p.api(ctx, c.API)
	if err != nil {
		return err
	}
	name, err := p.stage(ctx, api.ID, c.Stage)
	if err != nil {
		return err
	}
	stage, err := p.stageOf(ctx, api.ID, name)
	if err != nil {
		return err
	}
	if stage.text("deploymentId") == "" {
		return fmt.Errorf("stage %s of API %s has no deployment: there is nothing to export yet", name, api.ID)
	}
	deployed, err := p.snapshot(ctx, api.ID, name)
	if err != nil {
		return err
	}
	deployed.API["tags"] = api.Tags // tags are no part of a deployment
	made, err := newTemplate(&deployed, stage)
	if err != nil {
		return err
	}
	if n := len(made.Resources); n > maxResources {
		s.note("The template has %d resources. CloudFormation takes %d: split it before you deploy it.", n, maxResources)
	}
	text, err := encode(made, "  ")
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return s.printf("%s\n", printable(string(text)))
}
