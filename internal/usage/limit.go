package usage

import (
	"math"
	"sync/atomic"
	"time"
)

// A Limit is a token bucket that can be changed while it is used. The zero Limit lets everything through. It is safe for
// concurrent use, takes no lock and allocates nothing in Allow.
type Limit struct {
	bucket atomic.Pointer[bucket] // nil: no limit
}

// bucket is kept as one number, the time at which it will be full if nobody takes a token: one token is interval of time,
// and depth is all of them (the generic cell rate algorithm of ITU-T I.371, which decides as a token bucket does). That
// can be changed in one step, and is exact: no fraction of a token is ever rounded.
type bucket struct {
	rate     float64
	burst    int
	interval int64 // nanoseconds
	depth    int64 // the same
	full     atomic.Int64
}

const (
	// highest is the rate from which on there is none: nobody asks that often, and nanoseconds are too coarse for it.
	highest = 1e7
	// longest is the most that a bucket takes to fill, some 36 years: so that no sum of times overflows.
	longest = 1 << 60
	// skew is how much earlier than another a time may be because of the order in which goroutines come to run.
	skew = int64(10 * time.Second)
)

// epoch is where times are counted from. Differences to it are of the monotonic clock, if now has one.
var epoch = time.Now()

// Set changes the limit to a rate, in requests a second, and a burst. An absent rate is no limit. A rate without a burst
// has a bucket for one second. A rate or a burst of zero refuses everything, as on API Gateway. The bucket is
// full after a change; values that were set before change nothing.
func (l *Limit) Set(rate *float64, burst *int) {
	next := newBucket(rate, burst)
	if before := l.bucket.Load(); before != nil && next != nil && before.rate == next.rate && before.burst == next.burst {
		return
	}
	l.bucket.Store(next)
}

func newBucket(rate *float64, burst *int) *bucket {
	switch {
	case burst != nil && *burst <= 0, rate != nil && !(*rate > 0):
		return &bucket{} // no depth: nothing fits
	case rate == nil || *rate >= highest:
		return nil
	}
	b := &bucket{rate: *rate, burst: int(max(1, math.Ceil(*rate)))}
	if burst != nil {
		b.burst = *burst
	}
	interval := math.Round(float64(time.Second) / b.rate)
	b.interval = int64(min(interval, longest))
	b.depth = int64(min(interval*float64(b.burst), longest))
	b.full.Store(math.MinInt64 / 2)
	return b
}

// Allow takes a token, and says whether there was one. Times may come in any order; time that has passed counts once. A
// clock that was set back, by more than can be explained otherwise, finds an empty bucket, which fills from there.
func (l *Limit) Allow(now time.Time) bool {
	b := l.bucket.Load()
	return b == nil || b.take(int64(now.Sub(epoch)))
}

func (b *bucket) take(now int64) bool {
	for b.depth > 0 {
		full := b.full.Load()
		missing := max(full-now, 0)
		if missing > b.depth+skew {
			b.full.CompareAndSwap(full, now+b.depth)
			continue
		}
		if b.interval > b.depth-missing {
			return false
		}
		if b.full.CompareAndSwap(full, now+missing+b.interval) {
			return true
		}
	}
	return false
}
