package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"time"
)

// Func opens a connection, as [net.Dialer.DialContext] does.
type Func func(ctx context.Context, network, address string) (net.Conn, error)

// ErrNoConnection is a call that has reached nobody: the name, the address, the certificate, or the server itself.
var ErrNoConnection = errors.New("no connection")

// unopened is an error that says why, and of which it can be asked whether it is [ErrNoConnection].
type unopened struct{ error }

func (unopened) Is(target error) bool { return target == ErrNoConnection }
func (u unopened) Unwrap() error      { return u.error }

// limit is what opening a connection may take in any case.
const limit = 10 * time.Second

// open opens a connection within the time of a call, and within ten seconds.
func (t *Transport) open(ctx context.Context, to origin) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	host, address, err := to.address()
	if err != nil {
		return nil, err
	}
	dial := t.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	raw, err := dial(ctx, "tcp", address)
	if err != nil {
		return nil, unopened{err}
	}
	c := newConn(raw, to)
	if !to.secure {
		return c, nil
	}
	c.tls = tls.Client(&c.wire, t.trust(host))
	if err := c.tls.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, unopened{err}
	}
	c.stream = c.tls
	return c, nil
}

// trust is the configuration of TLS for a host.
func (t *Transport) trust(host string) *tls.Config {
	if t.TLS == nil {
		return &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	}
	if t.TLS.ServerName != "" {
		return t.TLS
	}
	trust := t.TLS.Clone()
	trust.ServerName = host
	return trust
}

// address is where a connection is opened to.
func (o origin) address() (host, address string, err error) {
	authority, err := ascii(o.host)
	if err != nil {
		return "", "", err
	}
	u := url.URL{Host: authority}
	host, port := u.Hostname(), u.Port()
	switch {
	case port != "":
	case o.secure:
		port = "443"
	default:
		port = "80"
	}
	return host, net.JoinHostPort(host, port), nil
}
