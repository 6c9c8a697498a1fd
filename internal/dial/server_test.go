package dial_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"gangway/internal/dial"
)

// server does what a test says with each request that it has read.
type server struct {
	url             string
	trust           *tls.Config
	requests, conns atomic.Int32
	ended           chan struct{} // one for each connection that the other side has ended, or both
}

// peer is the server's side of a connection.
type peer struct {
	net.Conn // TLS, if it is spoken

	raw *net.TCPConn
	nth int // request on this connection, from 1 on
}

// say writes a text.
func (p *peer) say(text string) { _, _ = io.WriteString(p, text) }

// reset makes the end of the connection a reset.
func (p *peer) reset() { _ = p.raw.SetLinger(0); _ = p.raw.Close() }

// serve starts a server. behave says whether it goes on with the connection; if not, it waits for the other side to hang up.
func serve(tb testing.TB, secure bool, behave func(p *peer, r *http.Request) (more bool)) *server {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = l.Close() })
	s := &server{url: "http://" + l.Addr().String() + "/", ended: make(chan struct{}, 1<<16)}
	var config *tls.Config
	if secure {
		known := httptest.NewTLSServer(nil)
		config = &tls.Config{Certificates: known.TLS.Certificates, MinVersion: tls.VersionTLS12}
		s.trust, s.url = known.Client().Transport.(*http.Transport).TLSClientConfig, "https"+s.url[4:]
		known.Close()
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.conns.Add(1)
			p := &peer{Conn: c, raw: c.(*net.TCPConn)}
			if secure {
				p.Conn = tls.Server(c, config)
			}
			go s.talk(p, behave)
		}
	}()
	return s
}

func (s *server) talk(p *peer, behave func(*peer, *http.Request) bool) {
	defer func() { s.ended <- struct{}{} }()
	defer func() { _ = p.raw.Close() }()
	for reader := bufio.NewReader(p); ; {
		r, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		s.requests.Add(1)
		p.nth++
		if !behave(p, r) {
			break
		}
		_, _ = io.Copy(io.Discard, r.Body)
	}
	_ = p.raw.SetReadDeadline(time.Now().Add(time.Minute))
	_, _ = io.Copy(io.Discard, p.raw)
}

// transport is one that counts what it opens and closes.
type transport struct {
	*dial.Transport

	opened, closed atomic.Int32
}

func (s *server) transport(tb testing.TB) *transport {
	tb.Helper()
	t := &transport{Transport: &dial.Transport{Keep: time.Minute, TLS: s.trust}}
	t.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		t.opened.Add(1)
		return &counted{TCPConn: c.(*net.TCPConn), closed: &t.closed}, nil
	}
	tb.Cleanup(func() { t.none(tb) })
	return t
}

// none finds out whether all is closed in the end.
func (t *transport) none(tb testing.TB) {
	tb.Helper()
	t.CloseIdleConnections()
	if opened, closed := t.opened.Load(), t.closed.Load(); opened != closed {
		tb.Errorf("%d connections were opened, and %d closed", opened, closed)
	}
}

// counted is a connection, still a socket, that counts when it is closed for the first time.
type counted struct {
	*net.TCPConn

	closed *atomic.Int32
	gone   atomic.Bool
}

// Close implements [net.Conn].
func (c *counted) Close() error {
	if c.gone.CompareAndSwap(false, true) {
		c.closed.Add(1)
	}
	return c.TCPConn.Close()
}
