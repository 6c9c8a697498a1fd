package websocket_test

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"gangway/internal/loop"
	"gangway/internal/websocket"
)

// former is who a socket belongs to before it is handed over. It tells when it was told of a socket that takes bytes again.
type former chan struct{}

func (f former) Ready(_ *loop.Socket, _ []byte, what loop.Events) {
	if what&loop.Writable != 0 {
		select {
		case f <- struct{}{}:
		default:
		}
	}
}

// What Open sends all leaves, although it was the former owner of the socket who was told that it takes bytes again.
func TestOpenSendsMuch(t *testing.T) {
	if loops == nil || encrypted {
		t.Skip("this is about sockets that are handed over")
	}
	const messages = 200 // more than sockets hold
	told, sent := make(former, 1), make(chan struct{})
	r := newRecorder()
	r.open = func(c *websocket.Conn) {
		for range messages {
			if err := c.Send(websocket.Text, []byte(long), nil); err != nil {
				t.Error(err)
			}
		}
		close(sent)
		<-told
	}
	s := websocket.NewServer(r, websocket.Options{Stall: -1, QueueBytes: -1, WriteFrame: -1})
	ours, theirs := plain(t)
	_ = theirs.SetDeadline(time.Now().Add(patience))
	done := make(chan error, 1)
	go func() {
		_, err := acceptFrom(s, ours, loops, told)
		done <- err
	}()
	c := shake(t, theirs, "")
	<-sent
	for range messages {
		c.want(0x81, long)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	_ = c.Close()
	s.Close()
	r.check(t)
}

// acceptFrom serves one handshake on a socket that belongs to somebody else before.
func acceptFrom(s *websocket.Server, conn net.Conn, on *loop.Loops, before loop.Handler) (*websocket.Conn, error) {
	in := bufio.NewReader(conn)
	r, err := http.ReadRequest(in)
	if err != nil {
		return nil, err
	}
	return s.Accept(giving{conn: conn.(*net.TCPConn), in: in, on: on, before: before}, r, websocket.AcceptOptions{})
}

// Who sends on a connection whose loops have been closed, which nobody should do, is told as soon as the socket takes no more.
func TestLoopsClosed(t *testing.T) {
	if loops == nil || encrypted {
		t.Skip("this is about loops")
	}
	own, err := loop.New(1)
	if err != nil {
		t.Fatal(err)
	}
	s := websocket.NewServer(newRecorder(), websocket.Options{QueueBytes: -1})
	ours, theirs := plain(t)
	accepted := make(chan *websocket.Conn, 1)
	go func() {
		conn, err := acceptFrom(s, ours, own, deaf{})
		if err != nil {
			t.Error(err)
		}
		accepted <- conn
	}()
	c := shake(t, theirs, "")
	conn := <-accepted
	own.Close()
	results := make(chan error, 1000)
	sent := 0
	for err = nil; err == nil && sent < cap(results); sent++ {
		err = conn.Send(websocket.Text, []byte(long), func(err error) { results <- err })
	}
	if !errors.Is(err, websocket.ErrClosed) {
		t.Errorf("Send: %v, want ErrClosed", err)
	}
	var last error
	for range sent - 1 {
		last = <-results
	}
	if !errors.Is(last, websocket.ErrClosed) {
		t.Errorf("done with %v, want ErrClosed", last)
	}
	if !conn.Closing() {
		t.Error("the connection is not lost")
	}
	_ = c.Close()
}
