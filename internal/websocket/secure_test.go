package websocket_test

import (
	"bytes"
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"gangway/internal/websocket"
)

// gathered is a stream that sends what was written to it when it is told to.
type gathered struct {
	net.Conn
	gathering bool
	bytes     bytes.Buffer
}

func (g *gathered) Write(b []byte) (int, error) {
	if !g.gathering {
		return g.Conn.Write(b)
	}
	return g.bytes.Write(b)
}

// What a client says last is heard, although the end of TLS came with it, or the beginning of that.
func TestLastWords(t *testing.T) {
	if !encrypted {
		t.Skip("this is about TLS")
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, back := range []int{0, 1, 20, 30} { // bytes that come later
			ours, theirs := plain(t)
			g := &gathered{Conn: theirs}
			ours, theirs = secure(t, ours, g, &tls.Config{InsecureSkipVerify: true, MaxVersion: version})
			r := newRecorder()
			heard := make(chan string, 10)
			r.message = func(_ *websocket.Conn, _ websocket.Opcode, payload []byte) { heard <- string(payload) }
			s := websocket.NewServer(r, websocket.Options{})
			_, c := connectOver(t, s, websocket.AcceptOptions{}, ours, theirs)
			g.gathering = true
			c.write(masked(0x81, "last"))
			c.write(closeFrame(4000, "words"))
			if err := c.Conn.(*tls.Conn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			_ = g.SetWriteDeadline(time.Time{}) // CloseWrite has set one
			all := g.bytes.Bytes()
			if _, err := g.Conn.Write(all[:len(all)-back]); err != nil {
				t.Fatal(err)
			}
			if got := <-heard; got != "last" {
				t.Errorf("heard %q", got)
			}
			if back > 0 {
				_, _ = g.Conn.Write(all[len(all)-back:]) // the connection may have ended, as it should not
			}
			r.wantClosed(t, 4000, "words")
			c.want(0x88, closeText(4000, ""))
			c.wantEnd()
			_ = c.Close()
			s.Close()
			r.check(t)
		}
	}
}

// TLS over what is no socket is carried all the same.
func TestSecurePipe(t *testing.T) {
	if !encrypted {
		t.Skip("this is about TLS")
	}
	ours, theirs := net.Pipe()
	ours, theirs = secure(t, ours, theirs, &tls.Config{InsecureSkipVerify: true})
	r := echo()
	s := websocket.NewServer(r, websocket.Options{})
	_, c := connectOver(t, s, websocket.AcceptOptions{}, ours, theirs)
	for _, text := range []string{"hello", long[:20_000]} {
		c.write(masked(0x81, text))
		c.want(0x81, text)
	}
	c.write(closeFrame(1000, ""))
	c.want(0x88, closeText(1000, ""))
	_ = c.Close()
	r.wantClosed(t, 1000, "")
	s.Close()
}

// What has come in a pause is heard behind it, however much it is: a loop may know nothing of it, as it has been read already.
func TestPauseBehindMuch(t *testing.T) {
	const messages, size = 40, 5000
	heard := make(chan string, messages)
	r := newRecorder()
	first := true
	r.message = func(c *websocket.Conn, _ websocket.Opcode, payload []byte) {
		if first {
			c.Pause()
		}
		first = false
		heard <- string(payload)
	}
	conn, c := connect(t, r, websocket.Options{})
	var want []string
	var stream []byte
	for i := range messages {
		want = append(want, strings.Repeat(string(rune('A'+i)), size))
		stream = slices.Concat(stream, masked(0x81, want[i]))
	}
	c.write(stream) // sockets take so much
	if got := <-heard; got != want[0] {
		t.Errorf("heard %.10q first", got)
	}
	select {
	case got := <-heard:
		t.Errorf("heard %.10q while paused", got)
	default:
	}
	conn.Resume()
	for _, text := range want[1:] {
		if got := <-heard; got != text {
			t.Fatalf("heard %.10q, want %.10q", got, text)
		}
	}
}
