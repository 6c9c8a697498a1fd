package websocket

import (
	"crypto/tls"
	"net"
)

// bare is the connection under the wrapper of a listener, if the wrapper offers it by a method Unwrap() net.Conn because it
// has nothing left to add, and the one under TLS. It is the one to close without waiting.
func bare(conn net.Conn) net.Conn {
	conn = unwrap(conn)
	if t, ok := conn.(*tls.Conn); ok {
		return unwrap(t.NetConn()) // tls.Conn.Close may wait to say goodbye
	}
	return conn
}

// unwrap is the connection under any wrappers.
func unwrap(conn net.Conn) net.Conn {
	for {
		w, ok := conn.(interface{ Unwrap() net.Conn })
		if !ok {
			return conn
		}
		conn = w.Unwrap()
	}
}
