package edge

import (
	"net/netip"
	"sync"
)

// gate bounds the handshakes that are being decided: of all clients, of one stage and of one source.
type gate struct {
	decisions pool
	perSource int

	mu      sync.Mutex // guards sources
	sources map[netip.Addr]int
}

// enter lets a handshake in until leave, or says that there are too many.
func (g *gate) enter(stage *Stage, source netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.sources[source] >= g.perSource || !g.decisions.enter(&stage.decisions) {
		return false
	}
	g.sources[source]++
	return true
}

// leave ends a handshake that was let in.
func (g *gate) leave(stage *Stage, source netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.decisions.leave(&stage.decisions)
	g.sources[source]--
	if g.sources[source] == 0 {
		delete(g.sources, source)
	}
}

// sourceOf is the address of the other end of a socket, as events show it, and the source that it belongs to: itself for IPv4,
// and its network for IPv6, where whoever has one address has the 2^64 around it (RFC 4291 section 2.5.4). All that have no
// IP address are one source.
func sourceOf(remote string) (address string, source netip.Addr) {
	port, err := netip.ParseAddrPort(remote)
	if err != nil {
		return remote, source
	}
	source = port.Addr().Unmap().WithZone("")
	address = source.String()
	if source.Is6() {
		network, _ := source.Prefix(64) // always possible for IPv6
		source = network.Addr()
	}
	return address, source
}
