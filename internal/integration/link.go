package integration

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"

	"gangway/internal/gateway"
)

// An upstream is where a VPC link leads, with the connections that were made there. Two links may lead to the same name in
// a URI and yet to different servers, so each has connections of its own: what is meant for one must not reach the other.
type upstream struct {
	address string
	pool    *http.Transport
}

// through is what calls of a VPC link go through. The address is where to connect in place of the URI's host; empty for
// the URI's host. A link that leads elsewhere than before begins anew, with no connection of its past.
func (t *Transport) through(link, address string) (http.RoundTripper, error) {
	if err := checkAddress(address); err != nil {
		return nil, fmt.Errorf("VPC link %q: %w", link, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if u, ok := t.via[link]; ok && u.address == address {
		return u.pool, nil
	}
	t.drop(link)
	pool := newPool(t.dialer.DialContext)
	if address != "" {
		pool = newPool(func(ctx context.Context, network, _ string) (net.Conn, error) {
			return t.dialer.DialContext(ctx, network, address)
		})
	}
	t.via[link] = &upstream{address, pool}
	return pool, nil
}

// forget closes the connections of a VPC link that is gone.
func (t *Transport) forget(link string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drop(link)
}

func (t *Transport) drop(link string) {
	if u, ok := t.via[link]; ok {
		u.pool.CloseIdleConnections()
		delete(t.via, link)
	}
}

// CloseIdleConnections closes all connections that no call uses, those of VPC links, too.
func (t *Transport) CloseIdleConnections() {
	t.Transport.CloseIdleConnections()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, u := range t.via {
		u.pool.CloseIdleConnections()
	}
}

// checkAddress refuses what a dialer would take for this machine: an address without a host.
func checkAddress(address string) error {
	if address == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(address)
	number, notNumber := strconv.ParseUint(port, 10, 16)
	if err != nil || host == "" || notNumber != nil || number == 0 {
		return fmt.Errorf("its upstream is %q. Expected host:port", address)
	}
	return nil
}

// link is the way of an integration with connectionType VPC_LINK.
type link struct {
	id       string
	upstream func(id string) (address string, known bool)
}

// check is an error of kind [gateway.ErrConfiguration] if there is no such link now. It may be there at the next call.
func (l *link) check() error {
	if l.upstream == nil {
		return nil // nobody can say
	}
	if _, known := l.upstream(l.id); !known {
		return gateway.Errorf(gateway.ErrConfiguration, "%v: each call of the integration fails", l.unknown())
	}
	return nil
}

func (l *link) unknown() error { return fmt.Errorf("connectionId: there is no VPC link %q", l.id) }

// through is what a call goes through: without a link, what all share.
func (l *link) through(shared http.RoundTripper) (http.RoundTripper, error) {
	t, ours := shared.(*Transport)
	switch {
	case shared == nil || l != nil && (!ours || l.upstream == nil):
		return nil, errNoTransport
	case l == nil:
		return shared, nil
	}
	address, known := l.upstream(l.id)
	if !known {
		t.forget(l.id)
		return nil, l.unknown()
	}
	return t.through(l.id, address)
}
