package console

import (
	"net/netip"
	"sync"
	"time"
)

const (
	mostFailures  = 10 // that are answered in a window
	failureWindow = time.Minute
	mostAddresses = 4096 // of which failures are known
)

// failures counts how often signing in has failed from where.
type failures struct {
	now func() time.Time

	mu     sync.Mutex
	counts map[netip.Prefix]tally
}

// tally are the failures from an address since the first of a window.
type tally struct {
	since time.Time
	count int
}

func newFailures(now func() time.Time) *failures {
	return &failures{now: now, counts: map[netip.Prefix]tally{}}
}

// note counts a failure. If there were too many, it says for how long no other one will be answered.
func (f *failures) note(remote string) (wait time.Duration) {
	from, now := networkOf(remote), f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	t, known := f.counts[from]
	if !known || now.Sub(t.since) >= failureWindow {
		f.makeRoom(now)
		t = tally{since: now}
	}
	t.count++
	f.counts[from] = t
	if t.count <= mostFailures {
		return 0
	}
	return t.since.Add(failureWindow).Sub(now)
}

// makeRoom forgets what is over, or else the oldest. It needs f.mu.
func (f *failures) makeRoom(now time.Time) {
	if len(f.counts) < mostAddresses {
		return
	}
	var oldest netip.Prefix
	first := now
	for from, t := range f.counts {
		if now.Sub(t.since) >= failureWindow {
			delete(f.counts, from)
		}
		if !t.since.After(first) {
			oldest, first = from, t.since
		}
	}
	if len(f.counts) >= mostAddresses {
		delete(f.counts, oldest)
	}
}

// networkOf is where a request comes from: an address, or of IPv6 the network that one subscriber has (RFC 6177).
func networkOf(remote string) netip.Prefix {
	from, _ := netip.ParseAddrPort(remote) // what is no address is one place
	address, bits := from.Addr().Unmap().WithZone(""), 64
	if address.Is4() {
		bits = 32
	}
	network, _ := address.Prefix(bits)
	return network
}
