package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gangway/internal/functions"
	"gangway/internal/local"
	"gangway/internal/node"
	"gangway/internal/stack"
	"gangway/internal/websocket"
)

// appSettings say which app, and where it keeps what it makes.
type appSettings struct {
	Path      string            `arg:"" optional:"" default:"." help:"Template, or folder with one: template.yaml (SAM, CloudFormation), serverless.yml, or cdk.out."`
	Name      string            `placeholder:"NAME" help:"Name of the stack. Default: as the folder is called."`
	Parameter map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"Value of a parameter of the template; can be repeated."`
	Stage     string            `placeholder:"NAME" help:"Stage of a serverless.yml."`
	Data      string            `placeholder:"DIR" help:"Folder of the node: definitions, credentials, and what was made. Default: .gangway beside the template."`
	Region    string            `placeholder:"NAME" help:"Region in ARNs, in names and in signatures. Default: that of a serverless.yml, else AWS_REGION, else us-east-1."`
}

type upCommand struct {
	appSettings

	Listen    string `placeholder:"ADDRESS" default:"127.0.0.1:8080" help:"Address for WebSocket clients and for @connections; another port, if this is taken."`
	Admin     string `placeholder:"ADDRESS" default:"127.0.0.1:8081" help:"Address of the control plane, a loopback one; another port, if this is taken."`
	Functions string `placeholder:"ADDRESS" default:"127.0.0.1:8082" help:"Address of Lambda's Invoke API, a loopback one; another port, if this is taken."`
	Plan      bool   `xor:"say" help:"Say what would be done, and do nothing."`
	Quiet     bool   `xor:"say" help:"Do not print what happens on the APIs."`
	Verbose   bool   `xor:"say" help:"Print of each event what happened on the way: what the backend got, and what it answered."`
}

// up is an app at work, with all it needs.
type up struct {
	cmd     *upCommand
	screen  *screen
	streams *Streams
	dir     string // of data
	host    *functions.Host
	hosted  node.Hosted
	invoke  *http.Server // of the Invoke API
	node    *node.Node
	ports   *ports
	plane   *plane
	app     *local.App
	tailed  map[string]bool // APIs of which it is told what happens
	running sync.WaitGroup
}

// Run brings the app up, and runs it until the user has seen enough.
func (c *upCommand) Run(ctx context.Context, s *Streams) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	source, err := local.Find(c.Path, c.Name)
	if err != nil {
		return usage(err)
	}
	c.place(s, &source)
	u := &up{cmd: c, streams: s, screen: newScreen(s), tailed: map[string]bool{}}
	if u.dir, err = c.folder(&source); err != nil {
		return err
	}
	if _, err := node.FindRunning(u.dir); err == nil {
		return fmt.Errorf("a node runs on %s already: stop it first, or choose another folder with --data", u.dir)
	}
	u.screen.verbose = c.Verbose
	ctx, stop := context.WithCancel(ctx)
	defer func() {
		stop()
		err = errors.Join(err, u.stop(context.WithoutCancel(ctx)))
	}()
	if err := u.start(ctx, source); err != nil {
		return fmt.Errorf("up: %w", err)
	}
	return u.run(ctx)
}

// folder is the data folder, made so that nobody has it in a repository by mistake.
func (c *appSettings) folder(source *local.Source) (string, error) {
	dir := c.data(source)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	ignore := filepath.Join(dir, ".gitignore")
	if _, err := os.Stat(ignore); err == nil {
		return dir, nil
	}
	return dir, os.WriteFile(ignore, []byte("*\n"), 0o600)
}

// place settles the region, as the Serverless Framework does ("AWS - Provider configuration"): what the template says counts more than
// the environment.
func (c *appSettings) place(s *Streams, source *local.Source) {
	asked := local.Config{Source: *source, Parameters: c.Parameter, Stage: c.Stage, Account: account, Environment: s.Env}
	c.Region = cmp.Or(c.Region, asked.OwnRegion(), s.env("AWS_REGION"), "us-east-1")
}

// start starts the functions' host, the node, and what joins them.
func (u *up) start(ctx context.Context, source local.Source) error {
	var err error
	if u.ports, err = readPorts(u.dir, u.screen); err != nil {
		return err
	}
	invoke, err := u.ports.listen(ctx, u.cmd.Functions)
	if err != nil {
		return err
	}
	if err := onlyHere("--functions", invoke.Addr().String()); err != nil { // a name may mean anything
		return errors.Join(err, invoke.Close())
	}
	endpoint := "http://" + invoke.Addr().String()
	if err := u.startNode(ctx, endpoint); err != nil {
		return errors.Join(err, invoke.Close())
	}
	environment, err := u.environment(endpoint)
	if err != nil {
		return errors.Join(err, invoke.Close())
	}
	u.host = functions.New(functions.Config{ //nolint:contextcheck // functions go on after the user has asked to stop, until Close
		Region: u.cmd.Region, Account: account, Environment: environment, Check: true, Log: func(line functions.Line) {
			u.screen.function(line)
			u.node.Logged(node.TailLine(&line))
		},
	})
	u.hosted.Set(u.host)
	u.invoke = &http.Server{Handler: u.host, ReadHeaderTimeout: time.Minute}
	u.running.Go(func() { _ = u.invoke.Serve(invoke) }) // ends when stop closes the server
	u.app, err = u.cmd.open(u.streams, source, u.dir, u.plane, u.host)
	return err
}

// account is that of all apps here.
const account = "000000000000"

// open opens the app.
func (c *appSettings) open(s *Streams, source local.Source, dir string, p *plane, host *functions.Host) (*local.App, error) {
	return local.Open(local.Config{
		Source: source, Name: c.Name, Parameters: c.Parameter, Stage: c.Stage, Folder: filepath.Join(dir, "app"),
		Region: c.Region, Account: account, Call: p.call, Functions: host, Environment: s.Env,
	})
}

// startNode starts the node. Its addresses are other ones if they are taken.
func (u *up) startNode(ctx context.Context, lambda string) error {
	config := node.Config{
		DataDir: u.dir, Listen: u.cmd.Listen, Admin: u.cmd.Admin, Region: u.cmd.Region, Account: account, LambdaEndpoint: lambda, Functions: &u.hosted,
		ServiceEndpoints: u.services(), Version: version(), TLS: node.TLSConfig{Local: true}, ShutdownTimeout: 5 * time.Second,
		Log: slog.New(slog.NewTextHandler(u.screen, &slog.HandlerOptions{Level: slog.LevelError})), Limits: websocket.Options{},
	}
	var err error
	for _, address := range []*string{&config.Listen, &config.Admin} {
		if *address, err = u.ports.free(ctx, *address); err != nil {
			return err
		}
	}
	if u.node, err = node.Start(ctx, config); err != nil {
		return err
	}
	key, err := node.ReadCredentials(u.dir)
	if err != nil {
		return err
	}
	u.plane = &plane{url: u.node.AdminURL(), region: u.cmd.Region, key: key, dir: u.dir}
	return u.allowLogs(ctx)
}

// allowLogs gives the account the role without which no stage may have logs: on AWS somebody has done so once for all apps.
func (u *up) allowLogs(ctx context.Context) error {
	role := map[string]any{"patchOperations": []map[string]string{{
		"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::" + account + ":role/logs",
	}}}
	_, err := u.plane.call(ctx, http.MethodPatch, "/account", role)
	return err
}

// run brings the app up, again whenever its template has changed, until the user ends it.
func (u *up) run(ctx context.Context) error {
	if err := u.apply(ctx, true); err != nil || u.cmd.Plan {
		if err == nil || ctx.Err() != nil {
			return err
		}
		u.screen.wrong(err, "")
		return errNotUp
	}
	for u.app.Changed(ctx) == nil {
		err := u.apply(ctx, false)
		_, begun := errors.AsType[*begunError](err)
		switch {
		case err == nil || ctx.Err() != nil:
		case begun:
			u.screen.wrong(err, "what was done until then stands; the rest is done when the template is mended")
		default:
			u.screen.wrong(err, "the app runs on as it was")
		}
	}
	return nil
}

var errNotUp = errors.New("up: the app is not up")

// begunError is what went wrong when some of a plan was done, perhaps.
type begunError struct{ error }

// Unwrap makes the cause findable.
func (e *begunError) Unwrap() error { return e.error }

// apply plans, says what is planned, and does it.
func (u *up) apply(ctx context.Context, first bool) error {
	begun := time.Now()
	plan, err := u.app.Plan(ctx)
	if err != nil {
		return err
	}
	u.screen.plan(plan, first)
	if u.cmd.Plan {
		return nil
	}
	result, err := u.app.Apply(ctx, plan, nil) // the plan has said it all
	if err != nil {
		return &begunError{err}
	}
	if !first {
		u.screen.again(plan, result, time.Since(begun))
	} else if err := u.welcome(result, time.Since(begun)); err != nil {
		return err
	}
	u.follow(ctx, result)
	return nil
}

// follow has it printed what happens on APIs of which it is not yet.
func (u *up) follow(ctx context.Context, result *stack.Result) {
	for _, api := range result.APIs {
		if u.cmd.Quiet || u.tailed[api.ID] {
			continue
		}
		u.tailed[api.ID] = true
		u.running.Go(func() {
			if err := u.screen.tail(ctx, u.plane, api.ID); err != nil && ctx.Err() == nil {
				u.screen.wrong(err, "what happens on "+api.ID+" is not printed any more")
			}
		})
	}
}

// stop takes down what start has built, as far as it came.
func (u *up) stop(ctx context.Context) error {
	var errs []error
	if u.node != nil {
		errs = append(errs, u.node.Shutdown(ctx))
	}
	if u.invoke != nil {
		errs = append(errs, u.invoke.Close())
	}
	if u.host != nil {
		errs = append(errs, u.host.Close(ctx))
	}
	u.running.Wait()
	return errors.Join(errs...)
}

// services are the endpoints of services that integrations call, as the AWS tools name them in the environment.
func (u *up) services() map[string]string {
	found := map[string]string{}
	for name, variable := range map[string]string{
		"dynamodb": "DYNAMODB", "sqs": "SQS", "sns": "SNS", "states": "SFN", "events": "EVENTBRIDGE", "kinesis": "KINESIS", "s3": "S3",
	} {
		if endpoint := strings.TrimSuffix(u.streams.env("AWS_ENDPOINT_URL_"+variable), "/"); endpoint != "" {
			found[name] = endpoint
		}
	}
	return found
}
