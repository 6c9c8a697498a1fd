package metrics

import "time"

// quantile is the duration that a part of all, from 0 to 1, is not above: as Prometheus has it in histogram_quantile, evenly
// spread within the bucket that it falls into. What is above all bounds counts as the last of them; of nothing it is 0.
func (d *distribution) quantile(part float64) time.Duration {
	rank := part * float64(d.count())
	if rank <= 0 {
		return 0
	}
	below, lower := 0.0, time.Duration(0)
	for i, bound := range bounds {
		in := float64(d.buckets[i])
		if in > 0 && below+in >= rank {
			return lower + time.Duration((rank-below)/in*float64(bound-lower))
		}
		below, lower = below+in, bound
	}
	return lower
}

// millis is a duration in milliseconds, to a microsecond.
func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
