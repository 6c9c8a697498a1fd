package websocket

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// DialOptions say how to connect as a client.
type DialOptions struct {
	Header       http.Header // more headers of the request
	Subprotocols []string    // offered, the best first
	Options      Options     // without limits on what the server sends, if zero
	TLS          *tls.Config // for wss; nil: the system's roots
	User         any         // what Conn.User returns from the start

	NetDial func(ctx context.Context, network, address string) (net.Conn, error) // nil: that of net.Dialer
}

// maxRefusal is what Dial keeps of the body of an answer other than 101.
const maxRefusal = 64 << 10

// Dial connects to a ws or wss URL and returns when h.Open has. Unless the server could not be reached, it returns the
// answer too; its body, if the handshake was refused, can be read and need not be closed.
func Dial(ctx context.Context, address string, h Handler, o DialOptions) (*Conn, *http.Response, error) {
	r, key, err := newRequest(ctx, address, &o)
	if err != nil {
		return nil, nil, fmt.Errorf("websocket: dial: %w", err)
	}
	stream, err := connect(ctx, r.URL, &o)
	if err != nil {
		return nil, nil, fmt.Errorf("websocket: dial: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = stream.SetDeadline(time.Unix(1, 0)) })
	response, behind, err := exchange(stream, r, key, &o)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = stream.Close()
		return nil, response, fmt.Errorf("websocket: dial: %w", err)
	}
	s := newServer(h, o.Options.forDial())
	s.enter()
	c := newConn(s, s.limits, true)
	c.user = o.User
	c.deflates, _ = agreed(response.Header, o.Options.Compression.Enabled) // exchange has judged it
	c.carry(stream)
	c.run(behind)
	return c, response, nil
}

// newRequest is the opening handshake (RFC 6455 section 4.1).
func newRequest(ctx context.Context, address string, o *DialOptions) (r *http.Request, key string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, "", err
	}
	switch u.Scheme {
	case "ws", "http":
		u.Scheme = "http"
	case "wss", "https":
		u.Scheme = "https"
	default:
		return nil, "", fmt.Errorf("%q is not a ws or wss URL", address)
	}
	r, err = http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, "", err
	}
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	key = base64.StdEncoding.EncodeToString(nonce[:])
	for name, values := range o.Header {
		r.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Sec-WebSocket-Version", "13")
	r.Header.Set("Sec-WebSocket-Key", key)
	if o.Options.Compression.Enabled {
		r.Header.Set("Sec-WebSocket-Extensions", deflateOffer)
	}
	if len(o.Subprotocols) > 0 {
		r.Header.Set("Sec-WebSocket-Protocol", strings.Join(o.Subprotocols, ", "))
	}
	return r, key, nil
}

// connect opens the stream to the host of u.
func connect(ctx context.Context, u *url.URL, o *DialOptions) (net.Conn, error) {
	dial, port := o.NetDial, u.Port()
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	if port == "" {
		port = u.Scheme
	}
	conn, err := dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil || u.Scheme == "http" {
		return conn, err
	}
	config := o.TLS.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config.ServerName == "" {
		config.ServerName = u.Hostname()
	}
	config.NextProtos = []string{"http/1.1"}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

// exchange sends the handshake and judges the answer. It returns the bytes behind it.
func exchange(stream net.Conn, r *http.Request, key string, o *DialOptions) (*http.Response, []byte, error) {
	if err := r.Write(stream); err != nil {
		return nil, nil, err
	}
	in := bufio.NewReader(stream)
	response, err := http.ReadResponse(in, r)
	if err != nil {
		return nil, nil, err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		body, err := io.ReadAll(io.LimitReader(response.Body, maxRefusal))
		_ = response.Body.Close()
		response.Body = io.NopCloser(bytes.NewReader(body))
		return response, nil, errors.Join(fmt.Errorf("server answered %s", response.Status), err)
	}
	if err := checkAnswer(response.Header, key, o); err != nil {
		return response, nil, err
	}
	behind, err := in.Peek(in.Buffered())
	return response, behind, err
}

// checkAnswer judges the headers of a 101 (RFC 6455 section 4.1).
func checkAnswer(h http.Header, key string, o *DialOptions) error {
	protocol := h.Get("Sec-WebSocket-Protocol")
	switch {
	case !hasToken(h, "Upgrade", "websocket") || !hasToken(h, "Connection", "upgrade"):
		return errors.New("server did not upgrade to websocket")
	case h.Get("Sec-WebSocket-Accept") != acceptKey(key):
		return errors.New("server sent a wrong Sec-WebSocket-Accept")
	case protocol != "" && !slices.Contains(o.Subprotocols, protocol):
		return fmt.Errorf("server chose subprotocol %q, which was not offered", protocol)
	}
	_, err := agreed(h, o.Options.Compression.Enabled)
	return err
}
