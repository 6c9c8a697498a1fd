//go:build linux

package overload_test

import (
	"testing"
	"time"
)

// TestChurn: connections come and go, in every way there is, and leave nothing behind.
func TestChurn(t *testing.T) {
	for _, engine := range engines(t) {
		t.Run(engine.name, func(t *testing.T) {
			s := start(t, engine.flags...).define(t, nil, echoing)
			half := sized(5000, 100_000)
			before := s.rest(t)
			rate := s.churn(t, half)
			s.settle(t, before)
			middle := s.figures(t).resident
			rate2 := s.churn(t, half)
			s.settle(t, before)
			end := s.figures(t).resident
			t.Logf("%d connections: %.0f a second, then %.0f; memory %s, then %s, then %s", 2*half, rate, rate2, mega(before.resident), mega(middle), mega(end))
			within(t, "a thousand connections", time.Duration(1000/min(rate, rate2)*float64(time.Second)), time.Second)
			limit := middle + middle/10 + 8*megabyte
			if !eventually(func() bool { return s.memory(t, "VmRSS") <= limit }) { // once the collector has looked
				t.Errorf("memory has grown from %s to %s, and then to %s", mega(middle), mega(end), mega(s.memory(t, "VmRSS")))
			}
			if n := s.count(t, "gangway_handshakes_total", `status="101"`); n != 2*half+1 {
				t.Errorf("%d handshakes, not %d", n, 2*half+1)
			}
		})
	}
}

// churn has n connections come and go, and says how many in a second.
func (s *stage) churn(t *testing.T, n int) (rate float64) {
	t.Helper()
	begun := time.Now()
	must(t, spread(n, func(i int) error {
		c, err := s.dial(t.Context(), visitor{})
		if err != nil {
			return err
		}
		defer c.drop()
		switch i % 5 {
		case 0: // leaves without a word
		case 1:
			c.reset()
		case 2:
			if err = c.write(frame(0x88, "\x03\xe8")); err == nil {
				if _, err = c.hear(); codeOf(err) == 1000 {
					err = nil
				}
			}
		case 3:
			err = c.echo(i, new(times))
		case 4: // leaves before it is answered
			err = c.say(`{"action":"echo","n":"1"}`)
			c.reset()
		}
		return err
	}))
	return float64(n) / time.Since(begun).Seconds()
}
