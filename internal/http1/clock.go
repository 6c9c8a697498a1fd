package http1

import (
	"net/http"
	"sync/atomic"
	"time"
)

// A clock counts seconds. Deadlines are compared to it once a second, and so need no timer.
type clock struct {
	seconds atomic.Int64
	date    atomic.Pointer[string] // as in the field Date
}

// tick is called once a second.
func (c *clock) tick() {
	date := time.Now().UTC().Format(http.TimeFormat)
	c.date.Store(&date)
	c.seconds.Add(1)
}

// after is the second by which d has passed, and no more than one second besides.
func (c *clock) after(d time.Duration) int64 {
	return c.seconds.Load() + 1 + int64((d+time.Second-1)/time.Second)
}
