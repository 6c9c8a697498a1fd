package node

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"

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

// guest is somebody for whom this node connects to its own data listener.
type guest struct {
	remote string
	secure bool
}

// guests are those whose handshake has not come yet, by the other end of the connection. They are safe for concurrent use.
type guests struct{ expected sync.Map } // of *guest, by netip.AddrPort

// expect has a guest be known by a connection to the data listener, until ctx ends.
func (g *guests) expect(ctx context.Context, conn net.Conn, who *guest) {
	end, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return // it comes from this node, for all that anybody knows
	}
	end = plain(end)
	g.expected.Store(end, who)
	context.AfterFunc(ctx, func() { g.expected.CompareAndDelete(end, who) })
}

// admit has requests of guests come from where the guests are, and others from where a proxy says, if it is believed.
func (g *guests) admit(guests, others http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		end, _ := netip.ParseAddrPort(r.RemoteAddr) // what is none is expected by nobody
		who, ok := g.expected.LoadAndDelete(plain(end))
		if !ok {
			others.ServeHTTP(w, r)
			return
		}
		known := who.(*guest)
		r.RemoteAddr, r.TLS = known.remote, nil
		if known.secure {
			r.TLS = &tls.ConnectionState{} // of which nothing is known but that there is one
		}
		guests.ServeHTTP(w, r)
	})
}

// plain is one form of an address that has two.
func plain(end netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(end.Addr().Unmap().WithZone(""), end.Port())
}

// dialData connects to the data listener of this node for a guest; where that listens on all addresses, on one of this machine.
func (n *Node) dialData(ctx context.Context, remote string, secure bool) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", n.data.address().String())
	if err != nil {
		return nil, fmt.Errorf("data listener: %w", err)
	}
	n.guests.expect(ctx, conn, &guest{remote, secure})
	return conn, nil
}
