package websocket_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"gangway/internal/websocket"
)

// A client that pings and never reads stops nobody: what it says is heard, and it goes as any other that does not read.
func TestPingsNeverReadOverSocket(t *testing.T) {
	heard := make(chan struct{})
	r := newRecorder()
	r.message = func(*websocket.Conn, websocket.Opcode, []byte) { close(heard) }
	_, c, _ := stalled(t, r, websocket.Options{Stall: 2 * time.Second}, nil)
	c.write(slices.Concat(bytes.Repeat(masked(0x89, long[:125]), 90), masked(0x81, "hello")))
	<-heard
	r.wantClosed(t, 1006, "slow consumer")
}

// A client that closes its side while much waits for it ends the connection, and who sent to it is told.
func TestHalfCloseWhileStalled(t *testing.T) {
	results := make(chan error, 10000)
	r := newRecorder()
	_, c, sent := stalled(t, r, websocket.Options{Stall: -1}, func(err error) { results <- err })
	if err := c.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	r.wantClosed(t, 1006, "")
	failed := 0
	for range sent {
		if err := <-results; errors.Is(err, websocket.ErrClosed) {
			failed++
		}
	}
	if failed == 0 {
		t.Error("no message failed")
	}
}

// The answer to a close frame waits behind what the client has not read, even if the client has half-closed; and it is the
// one who writes it that ends the connection.
func TestCloseWhileStalled(t *testing.T) {
	r := newRecorder()
	_, c, sent := stalled(t, r, websocket.Options{Stall: -1}, nil)
	c.write(closeFrame(1000, ""))
	if err := c.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	r.wantClosed(t, 1000, "")
	for range sent {
		if f, err := c.next(); err != nil || f.first != 0x81 {
			t.Fatalf("got %v, %v", f, err)
		}
	}
	c.want(0x88, closeText(1000, ""))
	c.wantEnd()
}

// Who sends does not go on writing for ever because others, or done, have more to be sent.
func TestSendReturns(t *testing.T) {
	r := newRecorder()
	conn, c := connect(t, r, websocket.Options{})
	go func() { _, _ = io.Copy(io.Discard, c) }()
	var sending atomic.Bool
	sending.Store(true)
	var again func(error)
	again = func(error) {
		if sending.Load() {
			_ = conn.Send(websocket.Text, []byte("again"), again)
		}
	}
	returned := make(chan error, 1)
	go func() { returned <- conn.Send(websocket.Text, []byte("again"), again) }()
	select {
	case err := <-returned:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("Send has not returned")
	}
	sending.Store(false)
}

// After the end no more than a megabyte is read of a client that goes on: it need not wait for the time to be over.
func TestLingerEnds(t *testing.T) {
	r := newRecorder()
	s := websocket.NewServer(r, websocket.Options{CloseWait: time.Hour})
	ours, theirs := tcp(t)
	_, c := connectOver(t, s, websocket.AcceptOptions{}, ours, theirs)
	c.write(masked(0x83, ""))
	r.wantClosed(t, 1002, "unknown opcode")
	go func() {
		for n := 0; n < 64<<20; n += 32768 {
			if _, err := c.Write([]byte(long[:32768])); err != nil {
				return
			}
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error("the connection is read for ever")
	}
	_ = c.Close()
}
