package loop_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"gangway/internal/loop"
)

// TestTunnel has a client that does not read, and then does: what was written is kept, within bounds, and nothing is lost.
func TestTunnel(t *testing.T) {
	ln := listen(t)
	c := dial(t, ln)
	conn, err := ln.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	tunnel := start(t, 1).Tunnel(conn)
	send(t, tunnel, "before")
	writable := make(chan struct{}, 1)
	_, err = tunnel.Enter(ready(func(_ *loop.Socket, _ []byte, what loop.Events) {
		if what&loop.Writable != 0 {
			select {
			case writable <- struct{}{}:
			default:
			}
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tunnel.Close() }()
	chunk := bytes.Repeat([]byte{'x'}, 1<<10)
	sent := int64(len("before"))
	for {
		n, err := tunnel.Write(chunk)
		if sent += int64(n); err != nil {
			break
		}
	}
	expect(t, c, "before")
	sent -= int64(len("before"))
	all := make(chan error, 1)
	go func() {
		_, err := io.CopyN(io.Discard, c, sent)
		all <- err
	}()
	for err := tunnel.Flush(); err != nil; err = tunnel.Flush() {
		if !errors.Is(err, loop.ErrAgain) {
			t.Fatal(err)
		}
		<-writable
	}
	if err := <-all; err != nil {
		t.Error(err)
	}
	if n, err := tunnel.Read(chunk); n != 0 || err == nil || errors.Is(err, io.EOF) {
		t.Error(n, err)
	}
}
