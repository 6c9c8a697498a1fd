package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"gangway/examples/chat"
	"gangway/internal/node"
	"gangway/internal/websocket"
)

type demoCommand struct{}

// demo is the chat at work: a node, the chat's backend, and a client that stays.
type demo struct {
	streams *Streams
	log     *slog.Logger
	dir     string
	node    *node.Node
	backend *http.Server
	page    string // URL
	chat    chat.Deployed
	host    *conversation // the client that stays
	conn    *websocket.Conn
	hostID  string
}

// Run shows the chat until the user has seen enough.
func (demoCommand) Run(ctx context.Context, s *Streams) (err error) {
	d := &demo{streams: s, log: slog.New(slog.NewTextHandler(s.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	defer func() { err = errors.Join(err, d.stop(context.WithoutCancel(ctx))) }()
	if err := d.start(ctx); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if err := d.explain(); err != nil {
		return err
	}
	return d.host.run(ctx, d.conn, nil, nil)
}

func (d *demo) start(ctx context.Context) (err error) {
	if d.dir, err = os.MkdirTemp("", "gangway-demo-"); err != nil {
		return err
	}
	if err := d.startNode(ctx); err != nil {
		return err
	}
	if err := d.startChat(ctx); err != nil {
		return err
	}
	return d.join(ctx)
}

// config is that of the demo's node. Its connections stay, however long nobody says a word: the demo's own client is one.
func (d *demo) config() node.Config {
	return node.Config{
		DataDir: d.dir, Log: d.log, ShutdownTimeout: 5 * time.Second,
		Limits: websocket.Options{Idle: orNone(time.Duration(0)), Lifetime: orNone(time.Duration(0))},
	}
}

// startNode takes the usual ports, or any if these are taken.
func (d *demo) startNode(ctx context.Context) (err error) {
	config := d.config()
	d.node, err = node.Start(ctx, config)
	if errors.Is(err, syscall.EADDRINUSE) {
		config.Listen, config.Admin = "127.0.0.1:0", "127.0.0.1:0"
		d.node, err = node.Start(ctx, config)
	}
	return err
}

// startChat deploys the chat through the control plane, as any user would, and serves its backend.
func (d *demo) startChat(ctx context.Context) error {
	key, err := node.ReadCredentials(d.dir)
	if err != nil {
		return err
	}
	running, err := node.ReadRunning(d.dir)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	d.page = "http://" + listener.Addr().String() + "/"
	signer := &chat.Signer{AccessKeyID: key.ID, SecretAccessKey: key.Secret, Region: running.Region}
	d.chat, err = chat.Deploy(ctx, signer, chat.Target{
		ControlPlane: running.Admin, Backend: strings.TrimSuffix(d.page, "/") + chat.EventPath, Stage: "prod",
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	d.backend = &http.Server{
		Handler:           &chat.Backend{Endpoint: d.chat.Endpoint, Signer: signer, Log: d.log},
		ReadHeaderTimeout: 10 * time.Second,
	}
	go func() { _ = d.backend.Serve(listener) }() // ends when stop closes the server
	return nil
}

// joinTime is how long the chat may take to answer its first client.
const joinTime = 10 * time.Second

// join connects a client of the demo's own, so that there is a connection to push to, and asks for its id.
func (d *demo) join(ctx context.Context) (err error) {
	d.host = newConversation(0, d.streams)
	ctx, cancel := context.WithTimeout(ctx, joinTime)
	defer cancel()
	if d.conn, err = dial(ctx, d.chat.URL, d.host, websocket.DialOptions{}); err != nil {
		return err
	}
	if err := d.conn.SendWait(ctx, websocket.Text, []byte(`{"action":"who"}`)); err != nil {
		return err
	}
	select {
	case m := <-d.host.messages:
		defer d.conn.Resume()
		var answer struct{ You string }
		if err := json.Unmarshal(m.payload, &answer); err != nil || answer.You == "" {
			return fmt.Errorf("the chat answered %q", m.payload)
		}
		d.hostID = answer.You
		return nil
	case end := <-d.host.ended:
		return fmt.Errorf("the connection ended: %d %s", end.status, end.reason)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// explain says what to try. Every line can be pasted into another terminal.
func (d *demo) explain() error {
	call := self()
	place := ""
	if strings.HasPrefix(call, "go run") {
		place = " (in this folder)"
	}
	return d.streams.printf(strings.TrimPrefix(`
A chat is running on a Gangway of its own. It forgets everything when it stops: Ctrl-C.

Chat in a browser, in two windows:

  %[1]s

Chat in another terminal%[2]s, a line of JSON for each message, one after the other:

  %[3]s connect %[4]s
  {"action": "join", "name": "ann"}
  {"action": "say", "text": "hello"}
  {"action": "who"}

Look at it with the AWS CLI, in another terminal%[2]s:

  eval "$(%[3]s env --data %[5]s)"
  aws apigatewayv2 get-routes --api-id %[6]s

See and change everything in the console, with the key in %[8]s:

  %[9]s/console/

Push to a client, as a backend does; this is the demo's own, and what it gets is printed below:

  printf hello | aws apigatewaymanagementapi post-to-connection --connection-id %[7]s --data fileb:///dev/stdin

`, "\n"), d.page, place, call, d.chat.URL, word(d.dir), d.chat.API, word(d.hostID), node.CredentialsFile(d.dir), d.node.AdminURL())
}

// stop takes down what start has built, as far as it came.
func (d *demo) stop(ctx context.Context) error {
	var errs []error
	if d.node != nil {
		errs = append(errs, d.node.Shutdown(ctx))
	}
	if d.backend != nil {
		errs = append(errs, d.backend.Close())
	}
	if d.dir != "" {
		errs = append(errs, os.RemoveAll(d.dir))
	}
	return errors.Join(errs...)
}
