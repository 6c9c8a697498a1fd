package cli

import (
	"context"
	"strings"

	"gangway/internal/gateway"
	"gangway/internal/node"
)

type serveCommand struct {
	settings
}

// Run serves until the context ends, and then takes the node down in order.
func (c *serveCommand) Run(ctx context.Context, s *Streams) error {
	config, err := c.config(s)
	if err != nil {
		return err
	}
	if !gateway.IsLoopback(c.Admin) {
		config.Log.Warn("the control plane has no TLS and is open to the network (--insecure-plaintext)", "admin", c.Admin)
	}
	running, err := node.Start(ctx, config)
	if err != nil {
		return err
	}
	config.Log.Info("serving", "clients", running.DataURL(), "admin", running.AdminURL(), "folder", config.DataDir)
	if err := c.welcome(s, config, running); err != nil {
		config.Log.Warn("cannot say hello", "error", err)
	}
	<-ctx.Done()
	config.Log.Info("stopping", "timeout", config.ShutdownTimeout)
	return running.Shutdown(context.WithoutCancel(ctx))
}

// welcome says what to do next.
func (c *serveCommand) welcome(s *Streams, config node.Config, running *node.Node) error {
	call := self() + " env"
	if c.Data != "" {
		call += " --data " + word(config.DataDir)
	}
	return s.printf(strings.TrimPrefix(`
Gangway is running.

  Clients connect to   %s/{api}/{stage}
  Control plane        %s
  Console              %s/console/
  Access key           %s

In another terminal:

  eval "$(%s)"
  aws apigatewayv2 get-apis

To see a chat at work: %s demo. To stop: Ctrl-C.
`, "\n"), running.DataURL(), running.AdminURL(), running.AdminURL(), node.CredentialsFile(config.DataDir), call, self())
}
