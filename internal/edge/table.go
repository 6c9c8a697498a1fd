package edge

import (
	"iter"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"gangway/internal/gateway"
)

// pageSize is how many slots are made at once.
const pageSize = 1 << 10

// page is a block of slots. Pages are never moved or freed, so readers need no lock.
type page struct {
	sessions [pageSize]atomic.Pointer[session]
	// tags are the tags of the present holders, or of the last ones; the table's lock protects them.
	tags [pageSize]uint32
}

// table holds the open connections of a node. A slot is taken before the handshake, so that the connection has an id, filled
// when the connection opens, and given back when it closes. Each holder of a slot has a tag of its own, so that an id
// never finds a later holder: tags come round after 2^24 holders of a slot, and as slots wait in line, that is not before
// 2^34 connections.
type table struct {
	pages atomic.Pointer[[]*page]

	mu   sync.Mutex
	free []uint32 // slots given back; the one that has waited longest is taken next
}

func newTable() *table {
	t := new(table)
	t.pages.Store(new([]*page))
	return t
}

// take takes a slot for a connection that is not open yet.
func (t *table) take() (slot, tag uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.free) == 0 {
		t.grow()
	}
	slot, t.free = t.free[0], t.free[1:]
	p := (*t.pages.Load())[slot/pageSize]
	p.tags[slot%pageSize] = (p.tags[slot%pageSize] + 1) & tagMask
	return slot, p.tags[slot%pageSize]
}

// taken is how many slots have somebody.
func (t *table) taken() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(*t.pages.Load())*pageSize - len(t.free)
}

// tagMask is what a [gateway.Handle] keeps of a tag.
const tagMask = 1<<24 - 1

// grow adds a page. Its tags begin at random, so that the ids of a slot differ from start to start.
func (t *table) grow() {
	old := *t.pages.Load()
	p := new(page)
	for i := range p.tags {
		p.tags[i] = rand.Uint32() & tagMask
	}
	first := uint32(len(old)) * pageSize
	for i := uint32(pageSize); i > 0; i-- {
		t.free = append(t.free, first+i-1)
	}
	pages := append(slices.Clip(old), p)
	t.pages.Store(&pages)
}

// open makes a session be found.
func (t *table) open(s *session) { t.at(s.slot).Store(s) }

// giveBack ends a session's claim to its slot. It must be called once.
func (t *table) giveBack(slot uint32) {
	t.at(slot).Store(nil)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free = append(t.free, slot)
}

// find is the open session in a slot if it has this id, or nil. It takes no lock.
func (t *table) find(slot uint32, id gateway.ConnectionID) *session {
	place := t.at(slot)
	if place == nil {
		return nil
	}
	s := place.Load()
	if s == nil || s.id() != id {
		return nil
	}
	return s
}

// at is where the session of a slot stands; nil if there is no such slot.
func (t *table) at(slot uint32) *atomic.Pointer[session] {
	pages := *t.pages.Load()
	if int(slot/pageSize) >= len(pages) {
		return nil
	}
	return &pages[slot/pageSize].sessions[slot%pageSize]
}

// each calls do for every open session; for one that opens meanwhile, perhaps.
func (t *table) each(do func(*session)) {
	for s := range t.from(0) {
		do(s)
	}
}

// from are the open sessions from a slot on, in the order of slots; one that opens meanwhile, perhaps. It takes no lock.
func (t *table) from(slot uint32) iter.Seq[*session] {
	return func(yield func(*session) bool) {
		pages := *t.pages.Load()
		for i := int(slot); i/pageSize < len(pages); i++ {
			if s := pages[i/pageSize].sessions[i%pageSize].Load(); s != nil && !yield(s) {
				return
			}
		}
	}
}
