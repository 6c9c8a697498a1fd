package cli

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"gangway/internal/websocket"
)

type connectCommand struct {
	folderSettings

	URL         string        `arg:"" help:"Where to connect to: ws://localhost:8080/{api}/{stage}."`
	Message     []string      `short:"m" sep:"none" placeholder:"TEXT" help:"Send this and not the lines of standard input; can be repeated."`
	Wait        int           `short:"w" placeholder:"N" help:"End after N messages were received, not when all is sent and nothing has come for a second."`
	Timeout     time.Duration `default:"30s" placeholder:"TIME" help:"How long the handshake, and then the messages of --wait, may take; 0 means for ever."`
	Header      []string      `short:"H" sep:"none" placeholder:"'NAME: VALUE'" help:"Send a header with the handshake; can be repeated."`
	Subprotocol []string      `placeholder:"NAME" help:"Offer a subprotocol; can be repeated."`
	CA          string        `name:"ca" placeholder:"FILE" help:"Trust servers that these certificates have signed, in PEM. That of the local authority of the data folder is trusted anyway."`
	Sign        bool          `xor:"sign" help:"Sign the handshake for a route with AWS_IAM, in the Authorization header. The key is that of --data, or of AWS_ACCESS_KEY_ID and so on, or of the usual data folder."`
	Presign     bool          `xor:"sign" help:"Sign the handshake in the URL, as browsers must."`
}

// Run talks until there is nothing more to say, --wait is satisfied, the server ends it, or the user does.
func (c *connectCommand) Run(ctx context.Context, s *Streams) error {
	if c.Wait < 0 || c.Timeout < 0 {
		return usagef("--wait and --timeout: expected 0 or more")
	}
	conversation := newConversation(c.Wait, s)
	conn, err := c.connect(ctx, s, conversation)
	if err != nil {
		return err
	}
	s.note("connected to %s", c.URL)
	// The sender may be stuck in a read of standard input, which nothing can interrupt: it is not waited for.
	sent := make(chan error, 1)
	sending, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { sent <- c.send(sending, conn, s.Stdin) }()
	return conversation.run(ctx, conn, sent, c.expiry())
}

// expiry says when --wait has waited long enough.
func (c *connectCommand) expiry() <-chan time.Time {
	if c.Wait == 0 || c.Timeout == 0 {
		return nil
	}
	return time.After(c.Timeout)
}

// connect makes the handshake.
func (c *connectCommand) connect(ctx context.Context, s *Streams, handler websocket.Handler) (*websocket.Conn, error) {
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	address, header, err := c.handshake(ctx, s)
	if err != nil {
		return nil, err
	}
	trusted, err := c.trust(s)
	if err != nil {
		return nil, err
	}
	conn, err := dial(ctx, address, handler, websocket.DialOptions{Header: header, Subprotocols: c.Subprotocol, TLS: trusted})
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
		err = fmt.Errorf("%w; if it is that of a gateway on this machine, say which: --data and its folder, or --ca and its tls/ca.pem", err)
	}
	return conn, err
}

// dial is [websocket.Dial], with an error that tells what a server said in place of 101.
func dial(
	ctx context.Context, address string, handler websocket.Handler, options websocket.DialOptions,
) (*websocket.Conn, error) {
	conn, response, err := websocket.Dial(ctx, address, handler, options)
	if response != nil {
		defer func() { _ = response.Body.Close() }() // it is in memory
	}
	if err != nil && response != nil && response.StatusCode != http.StatusSwitchingProtocols {
		return nil, refusal(response)
	}
	return conn, err
}

func refusal(response *http.Response) error {
	text := "the server refused the handshake: " + response.Status
	if kind := response.Header.Get("X-Amzn-Errortype"); kind != "" {
		text += " (" + kind + ")"
	}
	if body, err := io.ReadAll(response.Body); err == nil && len(body) > 0 {
		text += ": " + string(body)
	}
	return &fault{code: exitRefused, err: errors.New(text)}
}

// maxLine is the longest line of standard input; the server has a lower limit of its own.
const maxLine = 16 << 20

// send sends what --message says, or else the lines of standard input.
func (c *connectCommand) send(ctx context.Context, conn *websocket.Conn, stdin io.Reader) error {
	for _, text := range c.Message {
		if err := conn.SendWait(ctx, websocket.Text, []byte(text)); err != nil {
			return err
		}
	}
	if len(c.Message) > 0 {
		return nil
	}
	lines := bufio.NewScanner(stdin)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		line := strings.TrimSuffix(lines.Text(), "\r")
		if line == "" {
			continue
		}
		if err := conn.SendWait(ctx, websocket.Text, []byte(line)); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	return nil
}
