package websocket

import (
	"fmt"
	"net/http"
	"time"
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
	answer, err := switching(r, &o)
	if err != nil {
		return nil, err
	}
	if !s.enter() {
		return nil, ErrServerClosed
	}
	c, behind, err := s.takeOver(w, answer, &o)
	if err != nil {
		s.open.Done()
		return nil, fmt.Errorf("websocket: handshake: %w", err)
	}
	c.run(behind)
	return c, nil
}

// takeOver gets the connection from net/http, with the bytes it has read too many, and sends the answer.
func (s *Server) takeOver(w http.ResponseWriter, answer []byte, o *AcceptOptions) (*Conn, []byte, error) {
	limits := s.limits
	if o.Options != nil {
		limits = o.Options.WithDefaults()
	}
	stream, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	behind, err := buffered.Peek(buffered.Reader.Buffered())
	if err == nil {
		err = stream.SetDeadline(time.Now().Add(limits.Stall))
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
	c := newConn(s, stream, limits)
	c.user, c.subprotocol = o.User, o.Subprotocol
	return c, behind, nil
}
