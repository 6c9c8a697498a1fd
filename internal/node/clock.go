package node

import (
	"sync/atomic"
	"time"
)

// clock is the time that Skip moves. Each message is timed twice, and it takes as long to read the clock on the wall as the one that
// never jumps: so the first is read now and then, and what has passed since by the second.
type clock struct {
	wall    atomic.Pointer[time.Time] // nil: it was never read
	skipped atomic.Int64
}

// wallFor is how much later than on the wall it is seen here that somebody has set the clock, at most.
const wallFor = 100 * time.Millisecond

func (c *clock) now() time.Time {
	skipped := time.Duration(c.skipped.Load())
	if wall := c.wall.Load(); wall != nil {
		if passed := time.Since(*wall); passed < wallFor {
			return wall.Add(passed + skipped)
		}
	}
	wall := time.Now()
	c.wall.Store(&wall)
	return wall.Add(skipped)
}
