package jsonpath

import (
	"errors"
	"slices"
)

// ErrBudget says that a path made for more work in a document than is allowed.
var ErrBudget = errors.New("json path: more work than allowed")

// Work is counted in units: one stands for 15 ns, or for a byte of memory. A search may take a tenth of a second and the
// 6 MB that go with it. Callers count in steps of a microsecond.
const (
	unitsPerStep = 64
	maxWork      = 100_000 * unitsPerStep
	payment      = 64 * unitsPerStep // what is charged at a time
)

// What things cost, in units.
const (
	pushUnits    = 6 // to note a value that has to be looked at or is found; room for it is extra
	hopUnits     = 8 // to go to a member or an item
	lookUnits    = 2 // to look at an item
	placeBytes   = 24
	itemBytes    = 16
	walkUnits    = 128 // for a path that branches
	memberUnits  = 64  // to begin with the members of an object
	alikeUnits   = 8
	matchUnits   = 8 // to begin to match a pattern
	intUnits     = 4 // to compare an integer with another number
	numeralUnits = 64
	callUnits    = 64
	keyUnits     = 48 // for a key as one
	textUnits    = 4  // for a byte of a new text, which is copied as it grows
	unitBytes    = 16 // of text that is compared
	countedBytes = 4  // of text that is read character by character
)

// A search is one evaluation of a path, with all the paths in its filters.
type search struct {
	root  any
	left  int              // units of work until the next payment; below 0, there is no more
	most  int              // units that may still follow
	bill  *bill            // nil: nobody wants to know
	roots map[*Path]answer // what paths in filters that begin with '$' led to
	text  *writer          // room for a text in the making
}

// An answer is what a path led to.
type answer struct {
	value any
	found bool
}

// A bill is what a search owes its caller.
type bill struct {
	charge func(steps int) error
	owed   int // units that left began with, and parts of steps before them
	err    error
}

// newSearch is a search that charges for its work, if charge is not nil.
func newSearch(root any, charge func(steps int) error) search {
	if charge == nil {
		return search{root: root, left: maxWork}
	}
	return search{root: root, left: payment, most: maxWork - payment, bill: &bill{charge: charge, owed: payment}}
}

// spend takes units of work, or says that there are not enough.
func (s *search) spend(units int) bool {
	if s.left < units {
		return s.more(units)
	}
	s.left -= units
	return true
}

// more pays for the units that are used up and takes others.
func (s *search) more(units int) bool {
	if s.left < 0 || s.pay() != nil || s.most < units {
		s.left = -1
		return false
	}
	taken := min(s.most, max(payment, units))
	s.bill.owed += taken
	s.most -= taken
	s.left = taken - units
	return true
}

// pay charges for what was taken since the last payment. What is left of that is not lost.
func (s *search) pay() error {
	b := s.bill
	if b == nil {
		return nil
	}
	used := b.owed - s.left
	s.most += s.left
	b.owed, s.left = used%unitsPerStep, 0
	b.err = b.charge(used / unitsPerStep)
	return b.err
}

// exhausted says that an answer is worthless: it was given for want of units.
func (s *search) exhausted() bool { return s.left < 0 }

// afford is how many things of some units the search can pay for at most.
func (s *search) afford(units int) int { return max(0, s.left+s.most) / units }

// room spends what room for some more items takes, if they do not fit. It grows by as much as there is, so that what
// has to be copied is not copied often.
func room[T any](s *search, items []T, more, bytes int) []T {
	if len(items)+more <= cap(items) {
		return items
	}
	more = max(more, min(len(items), s.afford(bytes)), 2)
	if !s.spend((len(items) + more) * bytes) {
		return items
	}
	return slices.Grow(items, more)
}

// end is the error of a search that is over.
func (s *search) end() error {
	switch {
	case s.bill != nil && s.bill.err != nil:
		return s.bill.err
	case s.exhausted():
		return ErrBudget
	case s.bill == nil:
		return nil
	}
	s.bill.owed += unitsPerStep - 1 // the last step counts even if it is only begun
	return s.pay()
}
