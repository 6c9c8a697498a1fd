package cli

import "time"

// SameReach says whether up takes an address of its notes in place of one that it was told.
func SameReach(before, address string) bool { return sameReach(before, address) }

// Below are the lines of functions that tail holds back.
type Below struct{ below }

// Keep keeps a line.
func (b *Below) Keep(event, text string) { b.keep(event, text) }

// Of takes the lines of an event.
func (b *Below) Of(event string) string { return b.of(event) }

// Due takes what has waited for long enough, when it has.
func (b *Below) Due() (text string, at time.Time) {
	at = <-b.due()
	return b.late(), at
}
