package websocket_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/websocket"
)

// patience is how long a test waits for what must happen; it only ends tests that have failed.
const patience = 30 * time.Second

// closing is what Handler.Close was told.
type closing struct {
	status websocket.Status
	reason string
}

// recorder is a handler that counts the calls, checks their order and passes them on to functions a test may set.
type recorder struct {
	open    func(c *websocket.Conn)
	message func(c *websocket.Conn, op websocket.Opcode, payload []byte)
	closed  chan closing

	mu    sync.Mutex
	inUse map[*websocket.Conn]bool
	wrong []string
}

func newRecorder() *recorder {
	return &recorder{closed: make(chan closing, 1000), inUse: map[*websocket.Conn]bool{}}
}

// echo is a recorder that sends every message back.
func echo() *recorder {
	r := newRecorder()
	r.message = func(c *websocket.Conn, op websocket.Opcode, payload []byte) {
		_ = c.Send(op, slices.Clone(payload), nil)
	}
	return r
}

// enter notes a call and returns what notes its end.
func (r *recorder) enter(c *websocket.Conn, call string) (leave func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	busy, known := r.inUse[c]
	if busy || known == (call == "open") {
		r.wrong = append(r.wrong, call+" out of order")
	}
	r.inUse[c] = true
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.inUse[c] = false
		if call == "close" {
			delete(r.inUse, c)
		}
	}
}

func (r *recorder) Open(c *websocket.Conn) {
	defer r.enter(c, "open")()
	if r.open != nil {
		r.open(c)
	}
}

func (r *recorder) Message(c *websocket.Conn, op websocket.Opcode, payload []byte) {
	defer r.enter(c, "message")()
	if r.message != nil {
		r.message(c, op, payload)
	}
}

func (r *recorder) Close(c *websocket.Conn, status websocket.Status, reason string) {
	defer r.enter(c, "close")()
	r.closed <- closing{status, reason}
}

// check fails the test if calls came in a wrong order or a connection was never closed.
func (r *recorder) check(tb testing.TB) {
	tb.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.wrong) > 0 || len(r.inUse) > 0 {
		tb.Errorf("calls out of order: %q; never closed: %d", r.wrong, len(r.inUse))
	}
}

// wantClosed waits for the call of Handler.Close.
func (r *recorder) wantClosed(tb testing.TB, status websocket.Status, reason string) {
	tb.Helper()
	select {
	case got := <-r.closed:
		if want := (closing{status, reason}); got != want {
			tb.Errorf("closed with %v, want %v", got, want)
		}
	case <-time.After(patience):
		tb.Fatal("Handler.Close was not called")
	}
}

const request = "GET / HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// A client is the other end, byte by byte. It shares no code with the engine.
type client struct {
	net.Conn
	tb         testing.TB
	in         *bufio.Reader
	extensions string // that the server agreed to
}

// shake makes a handshake, offering extensions, and returns the client's end of it.
func shake(tb testing.TB, conn net.Conn, offer string) *client {
	tb.Helper()
	hello := request
	if offer != "" {
		hello = strings.TrimSuffix(request, "\r\n") + "Sec-WebSocket-Extensions: " + offer + "\r\n\r\n"
	}
	if _, err := io.WriteString(conn, hello); err != nil {
		tb.Fatal(err)
	}
	return answered(tb, conn)
}

// answered reads the answer to a handshake.
func answered(tb testing.TB, conn net.Conn) *client {
	tb.Helper()
	c := &client{Conn: conn, tb: tb, in: bufio.NewReader(conn)}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		tb.Fatal(err)
	}
	if got := answer.Header.Get("Sec-WebSocket-Accept"); answer.StatusCode != http.StatusSwitchingProtocols || got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		tb.Fatalf("answer %s, accept %q", answer.Status, got)
	}
	c.extensions = strings.Join(answer.Header["Sec-Websocket-Extensions"], ", ")
	return c
}

func (c *client) write(b []byte) {
	c.tb.Helper()
	if _, err := c.Write(b); err != nil {
		c.tb.Fatal(err)
	}
}

// A frame is one as the client sees it.
type frame struct {
	first   byte // FIN, RSV, opcode
	payload []byte
}

func (f frame) String() string {
	if len(f.payload) > 40 {
		return fmt.Sprintf("%#x:%q...(%d)", f.first, f.payload[:40], len(f.payload))
	}
	return fmt.Sprintf("%#x:%q", f.first, f.payload)
}

// next reads one frame.
func (c *client) next() (frame, error) {
	var head [2]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return frame{}, err
	}
	size := uint64(head[1])
	switch {
	case size > 127:
		return frame{}, errors.New("server frame is masked")
	case size == 126:
		var b [2]byte
		if _, err := io.ReadFull(c.in, b[:]); err != nil {
			return frame{}, err
		}
		size = uint64(binary.BigEndian.Uint16(b[:]))
	case size == 127:
		var b [8]byte
		if _, err := io.ReadFull(c.in, b[:]); err != nil {
			return frame{}, err
		}
		size = binary.BigEndian.Uint64(b[:])
	}
	f := frame{head[0], make([]byte, size)}
	_, err := io.ReadFull(c.in, f.payload)
	return f, err
}

// want reads the next frame and compares it.
func (c *client) want(first byte, payload string) {
	c.tb.Helper()
	f, err := c.next()
	if err != nil {
		c.tb.Fatal(err)
	}
	if f.first != first || string(f.payload) != payload {
		c.tb.Fatalf("got %v, want %v", f, frame{first, []byte(payload)})
	}
}

// wantEnd reads what must be nothing.
func (c *client) wantEnd() {
	c.tb.Helper()
	if f, err := c.next(); !errors.Is(err, io.EOF) {
		c.tb.Fatalf("got %v, %v after the end", f, err)
	}
}

// masked is the wire form of a client's frame with a length in its shortest form.
func masked(first byte, payload string) []byte { return header(first, len(payload), payload) }

// header is masked with a length that may lie.
func header(first byte, length int, payload string) []byte {
	b := []byte{first}
	switch {
	case length < 126:
		b = append(b, 0x80|byte(length))
	case length < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(length))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(length))
	}
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	b = append(b, key[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^key[i%4])
	}
	return b
}

func closeFrame(status int, reason string) []byte {
	return masked(0x88, closeText(status, reason))
}

func closeText(status int, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(status))) + reason
}

// listen returns a loopback listener, closed with the test.
func listen(tb testing.TB) net.Listener {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = l.Close() })
	return l
}

// plain returns both ends of a connection over loopback.
func plain(tb testing.TB) (ours, theirs net.Conn) {
	tb.Helper()
	l := listen(tb)
	theirs, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	if ours, err = l.Accept(); err != nil {
		tb.Fatal(err)
	}
	return ours, theirs
}

// tcp is plain, or with TLS if that is what is tested.
func tcp(tb testing.TB) (ours, theirs net.Conn) {
	tb.Helper()
	ours, theirs = plain(tb)
	if encrypted {
		return secured(tb, ours, theirs)
	}
	return ours, theirs
}

// connectOver makes a WebSocket connection over a pair of streams and returns both ends.
func connectOver(tb testing.TB, s *websocket.Server, o websocket.AcceptOptions, ours, theirs net.Conn) (*websocket.Conn, *client) {
	tb.Helper()
	return connectOffering(tb, s, o, "", ours, theirs)
}

// connectOffering is connectOver with a client that offers extensions.
func connectOffering(
	tb testing.TB, s *websocket.Server, o websocket.AcceptOptions, offer string, ours, theirs net.Conn,
) (*websocket.Conn, *client) {
	tb.Helper()
	type result struct {
		conn *websocket.Conn
		err  error
	}
	done := make(chan result, 1)
	go func() {
		conn, err := accept(s, ours, o)
		done <- result{conn, err}
	}()
	c := shake(tb, theirs, offer)
	r := <-done
	if r.err != nil {
		tb.Fatal(r.err)
	}
	tb.Cleanup(func() { _ = theirs.Close() })
	return r.conn, c
}

// connect is connectOver TCP with a server of its own.
func connect(tb testing.TB, r *recorder, o websocket.Options) (*websocket.Conn, *client) {
	tb.Helper()
	s := websocket.NewServer(r, o)
	ours, theirs := tcp(tb)
	conn, c := connectOver(tb, s, websocket.AcceptOptions{}, ours, theirs)
	tb.Cleanup(func() {
		s.Close()
		r.check(tb)
	})
	_ = theirs.SetDeadline(time.Now().Add(patience))
	return conn, c
}

// pipe is connect over net.Pipe, inside a synctest bubble.
func pipe(tb testing.TB, r *recorder, o websocket.Options) (*websocket.Conn, *client) {
	tb.Helper()
	ours, theirs := net.Pipe()
	return connectOver(tb, websocket.NewServer(r, o), websocket.AcceptOptions{}, ours, theirs)
}

var long = strings.Repeat("*", 1<<17)
