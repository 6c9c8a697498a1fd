// Package dial opens connections within the time of the call that they are for.
//
// net/http lets a connection be opened to its end although the call that wanted it has ended, for another call might want it:
// a server that accepts and then never begins TLS so holds a socket for each call, long after the calls are over, and outside
// whatever bounds them. Here the end of the call ends that, too. It knows nothing of who calls whom, and why.
package dial

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// Func opens a connection, as [net.Dialer.DialContext] does.
type Func func(ctx context.Context, network, address string) (net.Conn, error)

// Call is the context of a call, for [http.Request.WithContext]: connections that are opened for it by a transport of [Within]
// are given up when it ends. It is to be passed by address, and costs no allocation inside something that is allocated anyway.
type Call struct{ context.Context } //nolint:containedctx // it is a context

// Value implements [context.Context].
func (c *Call) Value(key any) any {
	if key == (callKey{}) {
		return c.Context
	}
	return c.Context.Value(key)
}

type callKey struct{}

// limit is what opening a connection may take in any case.
const limit = 10 * time.Second

// Within has a transport open its connections by dial, each within the time of its [Call], and within ten seconds. The transport
// needs a TLSClientConfig.
func Within(transport *http.Transport, dial Func) {
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := bounded(ctx)
		defer cancel()
		return dial(ctx, network, address)
	}
	transport.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := bounded(ctx)
		defer cancel()
		plain, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		trust := transport.TLSClientConfig.Clone()
		if trust.ServerName == "" {
			trust.ServerName, _, _ = net.SplitHostPort(address)
		}
		conn := tls.Client(plain, trust)
		if err := conn.HandshakeContext(ctx); err != nil {
			_ = plain.Close()
			return nil, err
		}
		return conn, nil
	}
}

// bounded is a context for opening a connection. net/http leaves the values of a call's context and takes its end away.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	call, ok := ctx.Value(callKey{}).(context.Context)
	if !ok {
		return ctx, cancel
	}
	stop := context.AfterFunc(call, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}
