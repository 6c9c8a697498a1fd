package integration

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"gangway/internal/dial"
)

// TransportOptions says what a transport may reach.
type TransportOptions struct {
	// Own are listeners of the gateway that no backend may be: the admin listener, above all. One on an unspecified
	// address (0.0.0.0, ::) is found under every address of this machine.
	Own []netip.AddrPort
}

// keptFor is how long a connection is kept that nobody uses. A server that hangs up first may do so while a message is on its
// way, which then fails, for it may have been read: so this is less than the five seconds after which servers of Node.js and
// Apache hang up, and those of most others later.
const keptFor = 4 * time.Second

// Transport is what all HTTP backends are called through.
type Transport struct {
	*dial.Transport
	dialer *net.Dialer
	roots  *x509.CertPool // whom to trust; nil: whom the system trusts

	mu    sync.Mutex
	pools map[kind]*pool
}

// NewTransport makes the transport that all HTTP backends share. Before each connection, after names have been resolved,
// it checks the address, so that neither a definition nor a name server can lead the gateway to where credentials are
// given out (metadata services of clouds) or to itself. Loopback and private addresses are allowed: backends live there.
func NewTransport(options TransportOptions) *Transport {
	return newTransport(newDialer(options), nil)
}

func newDialer(options TransportOptions) *net.Dialer {
	return &net.Dialer{Timeout: 10 * time.Second, Control: newGuard(options).control}
}

func newTransport(dialer *net.Dialer, roots *x509.CertPool) *Transport {
	return &Transport{
		Transport: opening(dialer.DialContext, roots), dialer: dialer, roots: roots, pools: map[kind]*pool{},
	}
}

// opening makes connections in one way, and keeps them for requests that come after.
func opening(open dial.Func, roots *x509.CertPool) *dial.Transport {
	return &dial.Transport{Dial: open, TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, Keep: keptFor}
}

// errDenied is an address that backends may not have.
var errDenied = errors.New("this address is closed to backends")

// denied are addresses of metadata services (link-local, and those of Alibaba Cloud, Azure, EC2, Google Cloud and Oracle
// Cloud that are not) and those that are no single machine's.
var denied = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.100.100.200/32"),
	netip.MustParsePrefix("168.63.129.16/32"),
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("192.0.0.192/32"),
	netip.MustParsePrefix("224.0.0.0/4"),
	netip.MustParsePrefix("255.255.255.255/32"),
	netip.MustParsePrefix("::/128"),
	netip.MustParsePrefix("fd00:ec2::/32"), // also the agent of EKS Pod Identity
	netip.MustParsePrefix("fd20:ce::254/128"),
	netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("ff00::/8"),
}

// embedded are the places in IPv6 addresses where the network may find an IPv4 address and go there.
var embedded = []struct {
	prefix netip.Prefix
	bytes  [4]int
}{
	{netip.MustParsePrefix("::/96"), [4]int{12, 13, 14, 15}},           // IPv4-compatible: RFC 4291 section 2.5.5.1
	{netip.MustParsePrefix("::ffff:0:0:0/96"), [4]int{12, 13, 14, 15}}, // IPv4-translated: RFC 2765 section 2.1
	{netip.MustParsePrefix("2002::/16"), [4]int{2, 3, 4, 5}},           // 6to4: RFC 3056 section 2
	{netip.MustParsePrefix("64:ff9b::/96"), [4]int{12, 13, 14, 15}},    // NAT64: RFC 6052 section 2.1
	// NAT64 within a network, RFC 8215, by a prefix of any length: RFC 6052 section 2.2.
	{netip.MustParsePrefix("64:ff9b:1::/48"), [4]int{6, 7, 9, 10}},
	{netip.MustParsePrefix("64:ff9b:1::/48"), [4]int{7, 9, 10, 11}},
	{netip.MustParsePrefix("64:ff9b:1::/48"), [4]int{9, 10, 11, 12}},
	{netip.MustParsePrefix("64:ff9b:1::/48"), [4]int{12, 13, 14, 15}},
}

// guard decides which addresses may be dialled.
type guard struct {
	own   []netip.AddrPort
	local func() ([]net.Addr, error)
}

func newGuard(options TransportOptions) *guard {
	return &guard{slices.Clone(options.Own), net.InterfaceAddrs}
}

// control is a net.Dialer's Control.
func (g *guard) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %q", errDenied, address)
	}
	for _, addr := range meanings(to.Addr()) {
		if g.denies(addr, to.Port()) {
			return fmt.Errorf("%w: %s", errDenied, address)
		}
	}
	return nil
}

// plain is an address in its only form: IPv4 where it is that, and without a zone, which no prefix contains.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// meanings are an address and those that may be meant by it. 0.0.0.0/8 is nowhere that an address could lead: what reads so
// is no embedded address, but ::1 for example.
func meanings(addr netip.Addr) []netip.Addr {
	addr = plain(addr)
	all, text := []netip.Addr{addr}, addr.As16()
	for _, e := range embedded {
		if first := text[e.bytes[0]]; first != 0 && e.prefix.Contains(addr) {
			all = append(all, netip.AddrFrom4([4]byte{first, text[e.bytes[1]], text[e.bytes[2]], text[e.bytes[3]]}))
		}
	}
	return all
}

func (g *guard) denies(addr netip.Addr, port uint16) bool {
	contains := func(p netip.Prefix) bool { return p.Contains(addr) }
	if slices.ContainsFunc(denied, contains) {
		return true
	}
	return slices.ContainsFunc(g.own, func(own netip.AddrPort) bool {
		if own.Port() != port {
			return false
		}
		listener := plain(own.Addr())
		return listener == addr || listener.IsUnspecified() && (addr.IsLoopback() || g.isLocal(addr))
	})
}

// isLocal says whether an address is one of this machine's. If that cannot be known, it is.
func (g *guard) isLocal(addr netip.Addr) bool {
	addrs, err := g.local()
	if err != nil {
		return true
	}
	return slices.ContainsFunc(addrs, func(a net.Addr) bool {
		network, ok := a.(*net.IPNet)
		if !ok {
			return false
		}
		local, ok := netip.AddrFromSlice(network.IP)
		return ok && plain(local) == addr
	})
}
