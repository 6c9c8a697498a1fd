package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// conn is a client's connection, as cheap as it can be: frames are made beforehand and written as they are.
type conn struct {
	net.Conn
	in *bufio.Reader
}

// addresses is how many loopback addresses clients come from, so that ports do not run out.
const addresses = 200

// dialed counts connections, to take an address for each in turn.
var dialed atomic.Int64

// open opens a connection with a handshake written by hand.
func open(ctx context.Context, target string) (*conn, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+dialed.Add(1)%addresses))}
	c, err := (&net.Dialer{LocalAddr: from}).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", u.Path, u.Host)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	in := bufio.NewReaderSize(c, 512)
	status, err := in.ReadString('\n')
	if err == nil && !strings.Contains(status, " 101 ") {
		err = errors.New(status)
	}
	for err == nil {
		var line string
		if line, err = in.ReadString('\n'); line == "\r\n" {
			return &conn{c, in}, err
		}
	}
	return nil, errors.Join(err, c.Close())
}

// openAll opens connections, some at a time.
func openAll(ctx context.Context, target string, n int) ([]*conn, error) {
	const parallel = 16
	conns := make([]*conn, n)
	err := each(parallel, n, func(i int) (err error) {
		conns[i], err = open(ctx, target)
		return err
	})
	if err != nil {
		closeAll(conns)
		return nil, err
	}
	return conns, nil
}

// closeAll ends connections without a word; resets leave no ports waiting.
func closeAll(conns []*conn) {
	for _, c := range conns {
		if c == nil {
			continue
		}
		if tcp, ok := c.Conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}
}

// each does n things, some at a time, until one fails.
func each(parallel, n int, do func(i int) error) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	for range min(parallel, n) {
		all.Go(func() {
			for failed.Load() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(i); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// textFrame is a masked text frame.
func textFrame(text string) []byte {
	return ws.MustCompileFrame(ws.MaskFrameWith(ws.NewTextFrame([]byte(text)), [4]byte{1, 2, 3, 4}))
}

// receive reads one message. Pings are passed over: the runs are shorter than any server's patience.
func (c *conn) receive() ([]byte, error) {
	const patience = 30 * time.Second
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	for {
		header, err := ws.ReadHeader(c.in)
		if err != nil {
			return nil, err
		}
		payload := make([]byte, header.Length)
		if _, err := io.ReadFull(c.in, payload); err != nil {
			return nil, err
		}
		switch header.OpCode {
		case ws.OpText, ws.OpBinary, ws.OpContinuation:
			return payload, nil
		case ws.OpClose:
			return nil, fmt.Errorf("closed by the server: %q", payload)
		default: // a ping or a pong
		}
	}
}
