package node

import (
	"context"
	"net"
	"net/http"

	"gangway/internal/console"
)

// console makes the door of the web console, which asks the control plane and the Management API as any other client does.
func (n *Node) console(controls, backends http.Handler) *console.Console {
	return console.New(console.Config{
		Admin: controls, Management: backends, Callers: n.callers, Dial: n.dialData, DataURL: n.DataURL(),
		// A proxy on this machine, which does TLS, passes on the name that browsers know.
		Misdirected: func(host string) bool { return n.isRebound(host) && !n.names.Knows(host) },
		Region:      n.cfg.Region, Account: n.cfg.Account, Version: n.cfg.Version, Now: n.Now, Log: n.cfg.Log,
	})
}

// dialData connects to the data listener of this node; where that listens on all addresses, on one of this machine.
func (n *Node) dialData(ctx context.Context) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", n.data.address().String())
}
