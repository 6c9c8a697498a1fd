package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"gangway/internal/node"
	"gangway/internal/testserver"
	"gangway/internal/websocket"
)

// testServerCommand has no setting from the environment: a test that meant its own folder must not empty another.
type testServerCommand struct {
	Data          string            `placeholder:"DIR" help:"Folder of definitions and credentials, which stays. Default: one that goes with the server. POST /reset deletes what is in it."`
	Stay          bool              `help:"Do not end with standard input, but only by a signal."`
	Region        string            `default:"us-east-1" placeholder:"NAME" help:"Region in ARNs and in signatures."`
	Lambda        string            `name:"lambda-endpoint" placeholder:"URL" help:"URL of a Lambda Invoke API to call in place of AWS Lambda."`
	Services      map[string]string `name:"service-endpoint" mapsep:"," placeholder:"NAME=URL,..." help:"URLs to call in place of AWS services."`
	Idle          limit             `name:"idle-timeout" placeholder:"TIME" default:"10m" help:"A connection without a message in either direction for this long is closed with 1001."`
	Lifetime      limit             `name:"connection-duration" placeholder:"TIME" default:"2h" help:"A connection this old is closed with 1001."`
	QueueMessages int               `placeholder:"COUNT" default:"1000" help:"How many messages may wait to be sent to a client; a push beyond it is answered with 429."`
	Stall         limit             `name:"stall-timeout" placeholder:"TIME" default:"10s" help:"A client that takes nothing of what waits for it for this long is dropped."`
	MaxTimeout    limit             `name:"integration-timeout" placeholder:"TIME" default:"29s" help:"How long an integration may be given by its timeoutInMillis."`
	LogLevel      slog.Level        `placeholder:"LEVEL" default:"warn" help:"The least important kind of line to log: debug, info, warn or error."`
}

// Run serves until standard input ends or a signal comes.
func (c *testServerCommand) Run(ctx context.Context, s *Streams) (err error) {
	backends := backendSettings{Lambda: c.Lambda, Services: c.Services}
	if err := backends.check(); err != nil {
		return err
	}
	folder, err := c.folder()
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGPIPE) // nobody may read the log any more, and the folder is still to go
	defer signal.Reset(syscall.SIGPIPE)
	if c.Data == "" {
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	}
	running, err := testserver.Start(ctx, c.config(s, folder))
	if err != nil {
		return err
	}
	place, err := json.Marshal(running.Place())
	if err == nil {
		err = s.printf("%s\n", place)
	}
	if err == nil {
		wait(ctx, c.stdin(s))
	}
	return errors.Join(err, running.Close(context.WithoutCancel(ctx)))
}

// folder is where the node keeps what it has.
func (c *testServerCommand) folder() (string, error) {
	if c.Data != "" {
		return filepath.Abs(c.Data)
	}
	return os.MkdirTemp("", "gangway-test-")
}

func (c *testServerCommand) config(s *Streams, folder string) node.Config {
	return node.Config{
		DataDir: folder, Region: c.Region, LambdaEndpoint: c.Lambda, ServiceEndpoints: c.Services, MaxTimeout: c.MaxTimeout,
		ShutdownTimeout: 2 * time.Second, Version: version(),
		Limits: websocket.Options{
			Idle: orNone(c.Idle), Lifetime: orNone(c.Lifetime), QueueMessages: orNone(c.QueueMessages), Stall: orNone(c.Stall),
		},
		Log: slog.New(slog.NewTextHandler(s.Stderr, &slog.HandlerOptions{Level: c.LogLevel})),
	}
}

// stdin is what the server lives as long as: who has started it holds the other end, and lets go of it when it ends, however that
// happens. The null device, which a shell gives to what runs in the background, says nothing about anybody, and a terminal is not
// for what runs there to read from.
func (c *testServerCommand) stdin(s *Streams) io.Reader {
	if c.Stay {
		return nil
	}
	file, ok := s.Stdin.(*os.File)
	if !ok {
		return s.Stdin
	}
	info, err := file.Stat()
	null, failed := os.Stat(os.DevNull)
	if err == nil && failed == nil && os.SameFile(info, null) || isTerminal(file) {
		return nil
	}
	return s.Stdin
}

// wait waits for the end of a stream, if there is one, or of ctx. A read that goes on is left to end with the process.
func wait(ctx context.Context, stream io.Reader) {
	ended := make(chan struct{})
	if stream != nil {
		go func() {
			defer close(ended)
			_, _ = io.Copy(io.Discard, stream) // however it ends
		}()
	}
	select {
	case <-ctx.Done():
	case <-ended:
	}
}
