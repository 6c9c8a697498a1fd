package ledger

import (
	"sync/atomic"
	"time"
)

// count is what was counted. The first two are what is there now.
type count struct {
	owed, dead                                        atomic.Int64
	unrecorded, told, retried, dropped, died, damaged atomic.Uint64
	batches, written, writing                         atomic.Uint64
}

// Figures are numbers of a ledger.
type Figures struct {
	Owed, DeadLetters int64  // now: entries, and dead letters
	Unrecorded        uint64 // that Owe has refused
	Told              uint64 // by Run
	Retried           uint64 // attempts after the first
	Dropped           uint64 // whose stage was gone
	Died              uint64 // that have become dead letters
	Damaged           uint64 // files that were set aside, and entries that were not what was written
	// Batches are transactions, Written the requests in them, and Writing the time they took.
	Batches, Written uint64
	Writing          time.Duration
}

// Figures are the numbers now.
func (l *Ledger) Figures() Figures {
	c := &l.count
	return Figures{
		Owed: c.owed.Load(), DeadLetters: c.dead.Load(), Unrecorded: c.unrecorded.Load(), Told: c.told.Load(), Retried: c.retried.Load(),
		Dropped: c.dropped.Load(), Died: c.died.Load(), Damaged: c.damaged.Load(),
		Batches: c.batches.Load(), Written: c.written.Load(), Writing: time.Duration(c.writing.Load()),
	}
}
