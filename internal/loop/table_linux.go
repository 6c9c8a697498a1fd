package loop

import (
	"slices"
	"sync"
	"sync/atomic"
)

// pageSize is how many descriptors share a page of the table.
const pageSize = 1 << 10

// table finds the socket of a descriptor. Descriptors are small numbers, and the lowest that is free is given out next: so a
// table by number is dense. Pages are never moved or freed, so readers need no lock.
type table struct {
	pages atomic.Pointer[[]*page]

	mu         sync.Mutex // guards the making of pages, and generation
	generation int32
}

type page [pageSize]atomic.Pointer[Socket]

// at is the socket of a descriptor; nil: there is none.
func (t *table) at(fd int32) *Socket {
	pages := t.pages.Load()
	if pages == nil || fd < 0 || int(fd)/pageSize >= len(*pages) {
		return nil
	}
	return (*pages)[fd/pageSize][fd%pageSize].Load()
}

// put gives a socket its generation, and its place.
func (t *table) put(s *Socket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.generation++
	s.generation = t.generation
	var pages []*page
	if known := t.pages.Load(); known != nil {
		pages = *known
	}
	if int(s.fd)/pageSize >= len(pages) {
		pages = slices.Clone(pages)
		for int(s.fd)/pageSize >= len(pages) {
			pages = append(pages, new(page))
		}
		t.pages.Store(&pages)
	}
	pages[s.fd/pageSize][s.fd%pageSize].Store(s)
}

// remove takes a socket out of its place, before its descriptor is closed and can be another's.
func (t *table) remove(s *Socket) {
	pages := *t.pages.Load()
	pages[s.fd/pageSize][s.fd%pageSize].CompareAndSwap(s, nil)
}
