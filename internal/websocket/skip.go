package websocket

import (
	"context"
	"sync/atomic"
	"time"
)

// Skip has every connection be older by d at once, as if the time had passed: who has then been idle for too long, is too old or
// has come to the time of CloseAt is closed before it returns, though the client may not have answered. Pings, pongs and all else
// that says whether a client is there go by the time that has really passed. It is for tests of what takes hours.
func (s *Server) Skip(d time.Duration) {
	s.skipped.Add(int64(d))
	aged := map[*Conn]bool{}
	for _, c := range s.wheel.all() {
		if !aged[c] {
			aged[c] = true
			c.age(d)
		}
	}
}

// age moves into the past by d what limits in hours are counted from. The rest stays, so no clock has to be moved, and nobody who
// does not skip pays for it.
func (c *Conn) age(d time.Duration) {
	c.opened.Add(-int64(d))
	c.active.Add(-int64(d))
	if e := c.expiry.Load(); e != nil {
		c.expiry.CompareAndSwap(e, &expiry{e.at - d, e.status, e.reason}) // or there is one that knows
	}
	if c.closeBy() != 0 {
		return
	}
	now := c.server.now()
	if next := c.checkAge(now); next > now {
		c.server.wheel.schedule(c, next)
	}
}

// when is an instant of a connection by the clock of whoever skips.
func (s *Server) when(at *atomic.Int64) time.Time {
	return s.epoch.Add(time.Duration(at.Load() + s.skipped.Load()))
}

// Clear closes every connection with 1001 "Going away" without waiting for the client to answer, and returns when all have ended,
// or with the error of ctx. Others may come meanwhile. It is for tests.
func (s *Server) Clear(ctx context.Context) error {
	ticks := time.NewTicker(time.Millisecond)
	defer ticks.Stop()
	for all := s.wheel.all(); len(all) > 0; all = s.wheel.all() {
		for _, c := range all {
			c.Close(StatusGoingAway, goingAway)
			c.drop(StatusGoingAway, goingAway, hangUp)
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
