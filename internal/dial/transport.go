package dial

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// A Transport calls servers, and keeps its connections for the calls that follow. It is an [http.RoundTripper], safe for
// concurrent use; its fields are not to be changed once it is used.
type Transport struct {
	// Dial opens connections; nil: as a [net.Dialer] does.
	Dial Func
	// TLS is for https. nil: the servers that the system trusts, from TLS 1.2 on.
	TLS *tls.Config
	// Keep is how long a connection is kept that no call uses; zero: none is kept. A server that says, by Keep-Alive, that it
	// will wait for less has its connections kept for less, or not at all.
	Keep time.Duration

	pool pool
}

var _ http.RoundTripper = (*Transport)(nil)

// RoundTrip implements [http.RoundTripper]. The error wraps [ErrNoConnection] if nobody has been called, io.ErrUnexpectedEOF or
// a [*net.OpError] if the connection has ended, and is that of the context if this has.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.Send(r, fieldsOf(r.Header))
}

// Send is [Transport.RoundTrip] for who has the header fields of a request in the order in which they are to be sent. Those in its
// Header are not.
func (t *Transport) Send(r *http.Request, fields []Field) (*http.Response, error) {
	x := &exchange{transport: t, request: r, room: rooms.Get().(*room)} //nolint:forcetypeassert // it has no others
	if err := x.call(fields); err != nil {
		return nil, x.failed(err)
	}
	return &x.response, nil
}

func (x *exchange) call(fields []Field) error {
	r := x.request
	to, err := originOf(r.URL)
	if err != nil {
		return err
	}
	x.last = wantsLast(r) || x.transport.Keep <= 0 || x.transport.pool.isBrief(to)
	if err := x.compose(fields); err != nil {
		return err
	}
	ctx := r.Context()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := x.send(ctx, to); err != nil {
		return err
	}
	return x.receive()
}

// failed cleans up after a call that has no response.
func (x *exchange) failed(err error) error {
	if x.conn != nil {
		x.finish(false)
	}
	x.closeBody()
	x.room.release()
	if ctx := x.request.Context(); ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func originOf(u *url.URL) (origin, error) {
	if u == nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return origin{}, fmt.Errorf("%w: its URL has no host, or neither http nor https", errRequest)
	}
	return origin{u.Scheme == "https", u.Host}, nil
}

// keep keeps a connection whose server says how long it will wait, or -1.
func (t *Transport) keep(c *conn, waits time.Duration) {
	switch {
	case waits >= 0 && waits < brief:
		t.pool.noteBrief(c.to)
		c.leave()
	case waits >= 0:
		t.pool.put(c, min(t.Keep, waits-margin))
	default:
		t.pool.put(c, t.Keep)
	}
}

// CloseIdleConnections closes all connections that no call uses, and those that calls use as soon as they do not, unless another
// one has begun.
func (t *Transport) CloseIdleConnections() { t.pool.clear() }
