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
	sources map[string]int
}

// enter lets a handshake in until leave, or says that there are too many.
func (g *gate) enter(stage *Stage, address string) bool {
	source := sourceOf(address)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.sources[source] >= g.perSource || !g.decisions.enter(&stage.decisions) {
		return false
	}
	g.sources[source]++
	return true
}

// leave ends a handshake that was let in.
func (g *gate) leave(stage *Stage, address string) {
	source := sourceOf(address)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.decisions.leave(&stage.decisions)
	g.sources[source]--
	if g.sources[source] == 0 {
		delete(g.sources, source)
	}
}

// sourceOf is where an address belongs to: itself for IPv4, and its network for IPv6, where whoever has one address has the
// 2^64 around it (RFC 4291 section 2.5.4).
func sourceOf(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil || addr.Is4() {
		return address
	}
	network, _ := addr.Prefix(64) // always possible for IPv6
	return network.String()
}
