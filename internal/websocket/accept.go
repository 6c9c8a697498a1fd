package websocket

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	"gangway/internal/loop"
)

// AcceptOptions say how to answer one handshake.
type AcceptOptions struct {
	Subprotocol string      // Sec-WebSocket-Protocol of the answer, a token; "": none. Whether it was offered is not checked
	Header      http.Header // more headers of the answer, none of the handshake's own
	User        any         // what Conn.User returns from the start
	Options     *Options    // instead of the server's; must not change any more
}

// Accept answers a handshake with 101, calls Handler.Open and lets the connection run. Bytes that the client sent behind
// its request are its first frames. While it returns an error without having taken over the connection, w can still be
// used: a *HandshakeError says how to refuse, ErrServerClosed that there is a Shutdown, another that w cannot be taken
// over or that the options are wrong. An error of writing the answer comes after that.
func (s *Server) Accept(w http.ResponseWriter, r *http.Request, o AcceptOptions) (*Conn, error) {
	if bad := CheckHandshake(r); bad != nil {
		return nil, bad
	}
	limits := s.limits
	if o.Options != nil {
		limits = o.Options.WithDefaults()
	}
	extension := ""
	if limits.Compression.Enabled {
		extension = agree(r.Header)
	}
	answer, err := switching(r, &o, extension)
	if err != nil {
		return nil, err
	}
	if !s.enter() {
		return nil, ErrServerClosed
	}
	taken, err := takeOver(w, answer, limits.Stall)
	if err != nil {
		s.open.Done()
		return nil, fmt.Errorf("websocket: handshake: %w", err)
	}
	c := newConn(s, limits, false)
	c.user, c.deflates = o.User, extension != ""
	secured, ok := taken.stream.(*tls.Conn)
	switch {
	case taken.socket != nil:
		c.attach(taken.socket)
	case !ok || !c.attachSecure(secured):
		c.carry(taken.stream)
	}
	c.run(taken.behind)
	return c, nil
}

// taken is a connection with the bytes that were read too many: a socket of an event loop, or else a stream.
type taken struct {
	socket *loop.Socket
	stream net.Conn
	behind []byte
}

// A taker is a [http.ResponseWriter] that can give its connection away with an answer, as an [http.Hijacker] gives it without:
// as a socket of an event loop or else as a stream, with the bytes that came behind the request.
type taker interface {
	TakeOver(answer []byte) (socket *loop.Socket, stream net.Conn, behind []byte, err error)
}

// takeOver gets the connection, and sends the answer.
func takeOver(w http.ResponseWriter, answer []byte, patience time.Duration) (t taken, err error) {
	for inner := w; inner != nil; {
		if from, ok := inner.(taker); ok {
			t.socket, t.stream, t.behind, err = from.TakeOver(answer)
			return t, err
		}
		wrapper, ok := inner.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		inner = wrapper.Unwrap()
	}
	t.stream, t.behind, err = hijack(w, answer, patience)
	return t, err
}

// hijack gets the connection from net/http, with the bytes it has read too many, and sends the answer.
func hijack(w http.ResponseWriter, answer []byte, patience time.Duration) (net.Conn, []byte, error) {
	stream, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	behind, err := buffered.Peek(buffered.Reader.Buffered())
	if err == nil {
		err = stream.SetDeadline(time.Now().Add(patience))
	}
	if err == nil {
		_, err = stream.Write(answer)
	}
	if err == nil {
		err = stream.SetDeadline(time.Time{})
	}
	if err != nil {
		_ = stream.Close()
		return nil, nil, err
	}
	return stream, behind, nil
}
