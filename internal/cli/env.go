package cli

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"gangway/internal/node"
)

type envCommand struct {
	dataSettings

	API   string        `name:"api" placeholder:"ID" help:"API whose connections AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI is to reach. Default: the one there is."`
	Stage string        `placeholder:"NAME" help:"Stage of that API. Default: the one there is."`
	Wait  time.Duration `placeholder:"TIME" help:"Wait this long for a node to start."`
}

// Run prints assignments for a POSIX shell.
func (c *envCommand) Run(ctx context.Context, s *Streams) error {
	dir, err := c.dir(s)
	if err != nil {
		return err
	}
	running, err := findNode(ctx, dir, c.Wait)
	if err != nil {
		return err
	}
	key, err := node.ReadCredentials(dir)
	if err != nil {
		return err
	}
	var out strings.Builder
	// Each of these would win over what follows, in one tool or another.
	out.WriteString("unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN\n")
	export := func(name, value string) { out.WriteString("export " + name + "=" + quote(value) + "\n") }
	export("AWS_ACCESS_KEY_ID", key.ID)
	export("AWS_SECRET_ACCESS_KEY", key.Secret)
	export("AWS_REGION", running.Region)
	export("AWS_DEFAULT_REGION", running.Region)
	for _, service := range []string{"APIGATEWAYV2", "API_GATEWAY", "STS"} {
		export("AWS_ENDPOINT_URL_"+service, running.Admin)
	}
	endpoint, err := c.management(ctx, &plane{url: running.Admin, region: running.Region, key: key, dir: dir})
	if _, silent := errors.AsType[*silentError](err); silent {
		return err
	}
	switch {
	case err != nil && (c.API != "" || c.Stage != ""):
		return err
	case err != nil: // nothing was asked for; what is said here is not evaluated
		out.WriteString("unset AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI\n# " + oneLine(err.Error()) + "\n")
	default:
		export("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", endpoint)
	}
	return s.printf("%s", out.String())
}

// askTime is how long the control plane of a node on the same machine may take.
const askTime = 5 * time.Second

// management is the endpoint at which backends reach the connections of one stage.
func (c *envCommand) management(ctx context.Context, p *plane) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	api, err := p.api(ctx, c.API)
	if err != nil {
		return "", err
	}
	stage, err := p.stage(ctx, api.ID, c.Stage)
	if err != nil {
		return "", err
	}
	// The data plane speaks HTTP where it speaks WebSocket: http for ws, https for wss.
	return "http" + strings.TrimPrefix(api.Endpoint, "ws") + "/" + stage, nil
}

// lookAgain is how often a folder is looked into while waiting for a node.
const lookAgain = 50 * time.Millisecond

// findNode finds the node that runs on a data folder, or waits for it.
func findNode(ctx context.Context, dir string, wait time.Duration) (node.Running, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		running, err := node.ReadRunning(dir)
		if !errors.Is(err, fs.ErrNotExist) {
			return running, err
		}
		select {
		case <-ctx.Done():
			return running, noNode(dir)
		case <-tick.C:
		}
	}
}
