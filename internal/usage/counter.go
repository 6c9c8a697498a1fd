package usage

import (
	"slices"
	"sync"
	"time"

	"gangway/internal/gateway"
)

// terms are what a plan grants to each of its keys, as one call of Replace has said it.
type terms struct {
	version  uint64 // of two, the higher one holds
	quota    *gateway.Quota
	throttle gateway.Throttle
}

// counter counts what one key uses under one plan.
type counter struct {
	plan, key string // ids

	mu    sync.Mutex // guards all below
	terms terms
	limit Limit
	days  History
	left  int64 // of the quota, in the period that today is in
	today int64 // the day that left and date are of, in days since 1970
	date  string
	stale bool // left must be counted anew
}

// The refusals. None says more than it must.
var (
	ErrKey   error = gateway.Errorf(gateway.ErrForbidden, "Forbidden")    // no key for the stage
	ErrQuota error = gateway.Errorf(gateway.ErrTooMany, "Limit Exceeded") // nothing is left of the quota
	errRate        = gateway.Errorf(gateway.ErrTooMany, "Too Many Requests")
)

// admit counts one request, or refuses it.
func (c *counter) admit(now time.Time, terms *terms) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if terms.version > c.terms.version {
		c.terms, c.stale = *terms, true
		c.limit.Set(terms.throttle.RateLimit, terms.throttle.BurstLimit)
	}
	if today := dayOf(now); c.stale || today != c.today {
		c.recount(today)
	}
	if c.terms.quota != nil && c.left <= 0 {
		return ErrQuota
	}
	if !c.limit.Allow(now) {
		return errRate
	}
	c.left--
	day := c.day(c.date)
	day.Used++
	day.changed = true
	return nil
}

// recount makes a day today.
func (c *counter) recount(today int64) {
	day := time.Unix(today*secondsPerDay, 0).UTC()
	c.today, c.date, c.stale, c.left = today, day.Format(time.DateOnly), false, 0
	if quota := c.terms.quota; quota != nil {
		first, last := span(quota.Period, day)
		c.left = c.days.left(quota, first, last) // days yet to come count too: the clock may have been set back
	}
}

// day is a day of the history, made if it is not there.
func (c *counter) day(date string) *Day {
	i, known := c.days.find(date)
	if !known {
		c.days = slices.Insert(c.days, i, Day{Plan: c.plan, Key: c.key, Date: date})
	}
	return &c.days[i]
}

// merge adds what is known of a day: the higher count, and what a client has set.
func (c *counter) merge(d Day) {
	c.mu.Lock()
	defer c.mu.Unlock()
	day := c.day(d.Date)
	day.Used = max(day.Used, d.Used)
	if d.Remaining != nil {
		day.Remaining, day.At = d.Remaining, d.At
	}
	c.stale = true
}

// keep takes back a day that was collected. What is known of it by now is newer.
func (c *counter) keep(d Day) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, known := c.days.find(d.Date)
	if !known {
		c.days = slices.Insert(c.days, i, d)
	}
	c.days[i].Gone, c.days[i].changed = false, !d.Gone
}

// collect appends the days that have changed since it was last called, and those before oldest but for the newest of them,
// which it drops.
func (c *counter) collect(into []Day, oldest string) []Day {
	c.mu.Lock()
	defer c.mu.Unlock()
	old, _ := c.days.find(oldest)
	gone := max(old-1, 0)
	for _, d := range c.days[:gone] {
		d.Gone, d.changed = true, false
		into = append(into, d)
	}
	c.days = slices.Delete(c.days, 0, gone)
	for i := range c.days {
		if d := &c.days[i]; d.changed {
			d.changed = false
			into = append(into, *d)
		}
	}
	return into
}

// history is a copy of what is known.
func (c *counter) history() History {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.days)
}

const secondsPerDay = 24 * 60 * 60

// dayOf is the day of a time, in days since 1970, UTC.
func dayOf(now time.Time) int64 { return now.Unix() / secondsPerDay }
