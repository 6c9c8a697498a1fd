package metrics

import (
	"sync/atomic"
	"time"
)

// bounds are the upper bounds of the buckets of all histograms, both ends of what there is: a reply of a MOCK integration on the
// same machine, and the 29 s after which an integration has timed out.
var bounds = [...]time.Duration{
	250 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond,
	500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second,
}

// histogram counts durations. How many there are is the sum of its buckets, so one addition less is needed for each.
type histogram struct {
	buckets [len(bounds) + 1]atomic.Uint64
	nanos   atomic.Int64
}

func (h *histogram) observe(d time.Duration) {
	d = max(d, 0)
	h.buckets[bucketOf(d)].Add(1)
	h.nanos.Add(int64(d))
}

func bucketOf(d time.Duration) int {
	for i, bound := range bounds {
		if d <= bound {
			return i
		}
	}
	return len(bounds)
}

// load is what has been counted up to now.
func (h *histogram) load() (d distribution) {
	for i := range h.buckets {
		d.buckets[i] = h.buckets[i].Load()
	}
	d.nanos = h.nanos.Load()
	return d
}

// distribution is what a histogram has counted.
type distribution struct {
	buckets [len(bounds) + 1]uint64
	nanos   int64
}

func (d *distribution) add(other *distribution) {
	for i, n := range other.buckets {
		d.buckets[i] += n
	}
	d.nanos += other.nanos
}

// minus is what was counted since before.
func (d *distribution) minus(before *distribution) distribution {
	since := *d
	for i, n := range before.buckets {
		since.buckets[i] -= n
	}
	since.nanos -= before.nanos
	return since
}

func (d *distribution) count() (n uint64) {
	for _, in := range d.buckets {
		n += in
	}
	return n
}

// cumulative is the form of Prometheus: how many are at most as long as each bound, in seconds.
func (d *distribution) cumulative() map[float64]uint64 {
	all := make(map[float64]uint64, len(bounds))
	n := uint64(0)
	for i, bound := range bounds {
		n += d.buckets[i]
		all[bound.Seconds()] = n
	}
	return all
}
