package functions

import (
	"fmt"
	"sync"
	"time"
)

// A flow bounds what a function writes into the log: a loop that prints would fill the disk of whoever keeps it. As much as is usual in
// development goes through at once.
type flow struct {
	mu    sync.Mutex // guards what follows
	lines allowance
	bytes allowance
	since time.Time // when the allowances were counted
	lost  int       // lines that were left out and not told of
	told  time.Time // when it was told of the last ones while there was more to come
}

// An allowance is what may be used at once, and what comes back of it in a second.
type allowance struct{ used, second, most float64 }

// What a function may write: by far more than anybody reads.
const (
	linesAtOnce, linesASecond = 10_000, 1_000
	bytesAtOnce, bytesASecond = 8000 << 10, 800 << 10
)

// pass says whether there is room for a line, and how many have been left out before it, if that is to be told now.
func (f *flow) pass(length int) (passes bool, lost int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if f.since.IsZero() {
		f.since = now
		f.lines.second, f.lines.most, f.bytes.second, f.bytes.most = linesASecond, linesAtOnce, bytesASecond, bytesAtOnce
	}
	passed := now.Sub(f.since).Seconds()
	f.since = now
	f.lines.regain(passed)
	f.bytes.regain(passed)
	if f.lines.used+1 > f.lines.most || f.bytes.used+float64(length) > f.bytes.most {
		f.lost++
		return false, 0
	}
	f.lines.used++
	f.bytes.used += float64(length)
	if f.lost > 0 && now.Sub(f.told) >= time.Second { // else there would be one to be told of for each that passes
		lost, f.lost, f.told = f.lost, 0, now
	}
	return true, lost
}

func (a *allowance) regain(seconds float64) { a.used = max(0, a.used-seconds*a.second) }

// rest is how many lines have been left out and not told of. They are told of now.
func (f *flow) rest() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	lost := f.lost
	f.lost = 0
	return lost
}

// omitted tells how many lines are not there.
func (h *Host) omitted(function string, inv *invocation, lines int) {
	if lines > 0 {
		h.say(function, inv, Notice, fmt.Sprintf(
			"%d lines were left out: a function may write %d lines and %d KB a second, ten times as much at once", lines, linesASecond, bytesASecond>>10))
	}
}
