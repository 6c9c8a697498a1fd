package certificates

import (
	"crypto/tls"
	"net"
)

// Listener takes plain and TLS connections. The connections it accepts have, besides those of [net.Conn], two methods:
// Secure() (tls.ConnectionState, bool) and Unwrap() net.Conn.
type Listener struct {
	net.Listener
	// Failed is told of handshakes that failed, if it is not nil: on an open port, of many. It must not block. The connection
	// is still open then, and of no more use.
	Failed func(err error)

	config *tls.Config
}

// Listen lets l take both. The config is for the clients that speak TLS.
func Listen(l net.Listener, config *tls.Config) *Listener {
	return &Listener{Listener: l, config: config}
}

// Accept implements [net.Listener]. It waits for a client, not for what the client says.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, listener: l}, nil
}
