package wire_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/gobwas/ws"

	"gangway/internal/websocket"
)

// A verdict is what an engine makes of a stream.
type verdict struct {
	messages []string // with their opcodes
	pings    []string // as far as they were answered
	status   int      // of the end; 1006 if nothing was wrong up to the end of the stream
}

// unlimited is what RFC 6455 allows.
var unlimited = websocket.Options{
	MaxFrame: -1, MaxMessage: -1, MaxFragments: -1, MaxControlRate: -1, MessageTime: -1, Idle: -1, Lifetime: -1,
	Ping: -1, Binary: true, Stall: -1,
}

// collector is a handler that writes down.
type collector struct {
	messages []string
	closed   chan websocket.Status
}

func (*collector) Open(*websocket.Conn) {}

func (c *collector) Message(_ *websocket.Conn, op websocket.Opcode, payload []byte) {
	c.messages = append(c.messages, fmt.Sprintf("%d:%x", op, payload))
}

func (c *collector) Close(_ *websocket.Conn, status websocket.Status, _ string) { c.closed <- status }

// byGangway is what our engine makes of a stream that comes in pieces, whose sizes cuts gives.
func byGangway(t *testing.T, stream, cuts []byte, server bool) verdict {
	t.Helper()
	near, far := net.Pipe()
	h := &collector{closed: make(chan websocket.Status, 1)}
	joined := make(chan error, 1)
	go func() { joined <- join(near, h, server) }()
	in, err := greet(far, server)
	if err := errors.Join(err, <-joined); err != nil {
		t.Fatal(err)
	}
	pongs := make(chan []string, 1)
	go func() { pongs <- readPongs(in) }()
	for i := 0; len(stream) > 0 && err == nil; i++ {
		n := len(stream)
		if i < len(cuts) {
			n = min(n, int(cuts[i])+1)
		}
		_, err = far.Write(stream[:n]) // an error says that the engine has seen enough
		stream = stream[n:]
	}
	_ = far.Close()
	status := int(<-h.closed)
	return verdict{h.messages, <-pongs, status}
}

// join makes our end of a handshake.
func join(near net.Conn, h websocket.Handler, server bool) error {
	if server {
		in := bufio.NewReader(near)
		r, err := http.ReadRequest(in)
		if err != nil {
			return err
		}
		_, err = websocket.NewServer(h, unlimited).Accept(hijackable{conn: near, in: in}, r, websocket.AcceptOptions{})
		return err
	}
	dial := func(context.Context, string, string) (net.Conn, error) { return near, nil }
	_, response, err := websocket.Dial(context.Background(), "ws://test/", h, websocket.DialOptions{NetDial: dial, Options: unlimited})
	if response != nil {
		_ = response.Body.Close()
	}
	return err
}

// greet makes the other end of a handshake, and returns what is read there from then on.
func greet(far net.Conn, server bool) (io.Reader, error) {
	if !server {
		_, err := ws.Upgrade(far)
		return far, err
	}
	in, _, err := ws.Dialer{}.Upgrade(far, &url.URL{Scheme: "ws", Host: "test", Path: "/"})
	if in == nil {
		return far, err
	}
	return in, err
}

// hijackable is a response writer that gives its connection away.
type hijackable struct {
	http.ResponseWriter

	conn net.Conn
	in   *bufio.Reader
}

func (h hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(h.in, bufio.NewWriter(h.conn)), nil
}

// readPongs reads to the end.
func readPongs(in io.Reader) (pongs []string) {
	for {
		h, err := ws.ReadHeader(in)
		if err != nil {
			return pongs
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(in, payload); err != nil {
			return pongs
		}
		if h.Masked {
			ws.Cipher(payload, h.Mask, 0)
		}
		if h.OpCode == ws.OpPong {
			pongs = append(pongs, string(payload))
		}
	}
}

// compare fails the test if the engines do not agree.
func compare(t *testing.T, stream, cuts []byte, server bool) {
	t.Helper()
	want := byGobwas(stream, server)
	got := byGangway(t, slices.Clone(stream), cuts, server)
	if !slices.Equal(got.messages, want.messages) || got.status != want.status {
		t.Errorf("%x (server: %t)\ngot  %d %.200q\nwant %d %.200q", stream, server, got.status, got.messages, want.status, want.messages)
	}
	// Of pings that come faster than pongs leave, one is answered (RFC 6455 section 5.5.3).
	pings := want.pings
	for _, pong := range got.pings {
		at := slices.Index(pings, pong)
		if at < 0 {
			t.Fatalf("%x: pongs %q to pings %q", stream, got.pings, want.pings)
		}
		pings = pings[at+1:]
	}
}
