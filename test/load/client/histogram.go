package client

import (
	"encoding/json"
	"math/bits"
	"slices"
	"time"
)

// Each power of two has so many steps, so that a duration is known to 3 per cent.
const (
	stepBits = 5
	steps    = 1 << stepBits
)

// Histogram counts durations by their logarithm.
type Histogram struct {
	counts [40 * steps]uint32
	total  int
}

// slot is where a duration is counted.
func slot(d time.Duration) int {
	n := uint64(max(d, steps))
	power := bits.Len64(n) - 1 - stepBits
	return min(power*steps+int(n>>power), 40*steps-1)
}

// middle is the duration that a slot stands for.
func middle(slot int) time.Duration {
	power := slot/steps - 1
	return time.Duration(slot%steps+steps)<<power + time.Duration(1)<<power/2
}

// Add counts a duration.
func (h *Histogram) Add(d time.Duration) {
	h.counts[slot(d)]++
	h.total++
}

// Merge adds what another has counted.
func (h *Histogram) Merge(other *Histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.total += other.total
}

// Count is how many durations were counted.
func (h *Histogram) Count() int { return h.total }

// Quantile is the duration that a part, from 0 to 1, of all do not exceed.
func (h *Histogram) Quantile(part float64) time.Duration {
	rank := int(part * float64(h.total))
	for i, n := range h.counts {
		if rank -= int(n); rank < 0 {
			return middle(i)
		}
	}
	return 0
}

// MarshalJSON writes pairs of slot and count.
func (h *Histogram) MarshalJSON() ([]byte, error) {
	pairs := [][2]int{}
	for i, n := range h.counts {
		if n > 0 {
			pairs = append(pairs, [2]int{i, int(n)})
		}
	}
	return json.Marshal(pairs)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (h *Histogram) UnmarshalJSON(text []byte) error {
	var pairs [][2]int
	if err := json.Unmarshal(text, &pairs); err != nil {
		return err
	}
	*h = Histogram{}
	for pair := range slices.Values(pairs) {
		if pair[0] >= 0 && pair[0] < len(h.counts) {
			h.counts[pair[0]] += uint32(pair[1])
			h.total += pair[1]
		}
	}
	return nil
}
