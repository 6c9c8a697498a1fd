package jsonpath

import "errors"

// ErrBudget says that a path made for more work in a document than is allowed.
var ErrBudget = errors.New("json path: more than 100000 values would have to be looked at")

// Work is counted in units, of which a visit to a value takes many and a comparison of a few bytes one.
const (
	visit     = 64
	maxWork   = 100_000 * visit
	unitBytes = 16
)

// A search is one evaluation of a path, with all the paths in its filters.
type search struct {
	root  any
	left  int              // units of work
	roots map[*Path]answer // what paths in filters that begin with '$' led to
}

// An answer is what a path led to.
type answer struct {
	value any
	found bool
}

// spend takes units of work, or says that there are not enough.
func (s *search) spend(units int) bool {
	if s.left < units {
		s.left = -1
		return false
	}
	s.left -= units
	return true
}

// exhausted says that an answer is worthless: it was given for want of units.
func (s *search) exhausted() bool { return s.left < 0 }
