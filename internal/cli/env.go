package cli

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"gangway/internal/node"
	"gangway/internal/sigv4"
)

type envCommand struct {
	folderSettings

	API   string        `name:"api" placeholder:"ID" help:"API whose connections AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI is to reach. Default: the one there is."`
	Stage string        `placeholder:"NAME" help:"Stage of that API. Default: the one there is."`
	Wait  time.Duration `placeholder:"TIME" help:"Wait this long for a node to start."`

	Profile       string `xor:"key" placeholder:"NAME" help:"Export this AWS_PROFILE, a profile of an AWS shared credentials file, and not the root key."`
	NoCredentials bool   `xor:"key" help:"Print endpoints and region alone, and leave alone what is set of keys and profiles."`
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
	var out exports
	c.credentials(&out, key)
	out.export("AWS_REGION", running.Region)
	out.export("AWS_DEFAULT_REGION", running.Region)
	for _, service := range []string{"APIGATEWAYV2", "API_GATEWAY", "STS"} {
		out.export("AWS_ENDPOINT_URL_"+service, running.Admin)
	}
	if running.Lambda != "" {
		out.export("AWS_ENDPOINT_URL_LAMBDA", running.Lambda)
	}
	if running.Authority != "" {
		out.export("NODE_EXTRA_CA_CERTS", running.Authority) // beside those that Node.js trusts; others have no such variable
	}
	endpoint, err := c.management(ctx, &plane{url: running.Admin, region: running.Region, key: key, dir: dir})
	if _, silent := errors.AsType[*silentError](err); silent {
		return err
	}
	switch {
	case err != nil && (c.API != "" || c.Stage != ""):
		return err
	case err != nil: // nothing was asked for; what is said here is not evaluated, and nobody sees it who evaluates it
		why := oneLine(err.Error())
		out.unset(managementVariable)
		out.WriteString("# " + why + "\n")
		s.note("%s is not set: %s", managementVariable, why)
	default:
		out.export(managementVariable, endpoint)
	}
	return s.printf("%s", out.String())
}

const managementVariable = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"

// credentials says who calls: root, or a profile, or who is set already. What would win over it, in one tool or another, is
// unset.
func (c *envCommand) credentials(out *exports, root sigv4.Key) {
	switch {
	case c.NoCredentials:
	case c.Profile != "":
		out.unset("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_PROFILE")
		out.export("AWS_PROFILE", c.Profile)
	default:
		out.unset("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")
		out.export("AWS_ACCESS_KEY_ID", root.ID)
		out.export("AWS_SECRET_ACCESS_KEY", root.Secret)
	}
}

// exports are assignments for a POSIX shell.
type exports struct{ strings.Builder }

func (e *exports) export(name, value string) {
	e.WriteString("export " + name + "=" + quote(value) + "\n")
}

func (e *exports) unset(names ...string) { e.WriteString("unset " + strings.Join(names, " ") + "\n") }

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
