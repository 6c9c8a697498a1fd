package integration

import (
	"fmt"
	"net"
	"net/http"
	"strconv"

	"gangway/internal/gateway"
)

// link is a VPC link of an integration.
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

// way is how the calls of an integration reach a server.
type way struct {
	transport   http.RoundTripper
	link        *link        // nil: straight
	certificate *certificate // nil: the gateway shows none
}

// through is what a call goes through: what all share, unless it needs connections of its own kind.
func (w way) through() (http.RoundTripper, error) {
	if w.transport == nil {
		return nil, errNoTransport
	}
	if w.link == nil && w.certificate == nil {
		return w.transport, nil
	}
	t, ours := w.transport.(*Transport)
	if !ours {
		return nil, errNoTransport
	}
	if w.link == nil {
		return t.through("", "", w.certificate)
	}
	if w.link.upstream == nil {
		return nil, errNoTransport
	}
	address, known := w.link.upstream(w.link.id)
	if !known {
		t.forget(w.link.id)
		return nil, w.link.unknown()
	}
	return t.through(w.link.id, address, w.certificate)
}
