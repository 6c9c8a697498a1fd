//go:build linux

package overload_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// flood is what an attacker sends again and again, and the code it is closed with.
type flood struct {
	name  string
	first string // before
	again string
	times int // so often, which is more than enough
	code  int
	// deaf: it goes on after the close frame, until it is cut off.
	deaf bool
}

// floods are those that API Gateway does not speak of: here 4,096 fragments and 100 control frames a second are allowed.
func floods() []flood {
	long := strings.Repeat("p", 125)
	return []flood{
		{name: "fragments of a byte", first: frame(0x01, "x"), again: frame(0x00, "x"), times: 5000, code: 1008},
		{name: "empty fragments", first: frame(0x01, ""), again: frame(0x00, ""), times: 5000, code: 1008},
		{name: "pings", again: frame(ping, long), times: 1000, code: 1008},
		{name: "pongs", again: frame(pong, long), times: 1000, code: 1008},
		{name: "pings between fragments", first: frame(0x01, "x"), again: frame(0x00, "x") + frame(ping, ""), times: 1000, code: 1008},
		{name: "pings, deaf", again: strings.Repeat(frame(ping, long), 100), times: 1 << 20, deaf: true},
		{name: "fragments, deaf", first: frame(0x01, "x"), again: strings.Repeat(frame(0x00, "x"), 1000), times: 1 << 20, deaf: true},
	}
}

// TestFloods: clients that send fragments, pings and pongs without end are closed with 1008, again and again, and the others
// are answered as before.
func TestFloods(t *testing.T) {
	const good, attackers = 1000, 50
	for _, engine := range engines(t) {
		t.Run(engine.name, func(t *testing.T) {
			s := start(t, engine.flags...).define(t, nil, echoing)
			before := s.rest(t)
			readers := s.gather(t, good, visitor{})
			alone := readers.alone(t)
			crowded := s.figures(t)
			s.forgetPeak(t)
			stop := readers.talk(t)
			took := s.attack(t, attackers, time.Duration(sized(2, 20))*time.Second)
			beside := stop()
			t.Logf("%d connections of attackers were closed: p50 after %s", took.count(), short(took.quantile(50)))
			within(t, "the longest an attacker stays", took.quantile(100), 5*time.Second)
			compare(t, alone, beside, 1.5)
			grown := s.memory(t, "VmHWM") - crowded.resident
			t.Logf("memory has grown by %s, the bar is 64 MB", mega(grown))
			if grown > 64*megabyte {
				t.Errorf("memory has grown by %s", mega(grown))
			}
			must(t, readers.round(1, new(times)))
			for _, c := range readers {
				c.drop()
			}
			s.settle(t, before)
		})
	}
}

// attack has attackers flood one after the other for a while, each as often as it can.
func (s *stage) attack(t *testing.T, attackers int, while time.Duration) *times {
	t.Helper()
	took := new(times)
	var all sync.WaitGroup
	kinds := floods()
	begun := time.Now()
	for i := range attackers {
		all.Go(func() {
			for turn := i; turn == i || time.Since(begun) < while; turn++ {
				if err := s.pour(t.Context(), kinds[turn%len(kinds)], took); err != nil {
					t.Errorf("%s: %v", kinds[turn%len(kinds)].name, err)
					return
				}
			}
		})
	}
	all.Wait()
	return took
}

// pour is one attack.
func (s *stage) pour(ctx context.Context, f flood, took *times) error {
	c, err := s.dial(ctx, visitor{})
	if err != nil {
		return err
	}
	defer c.drop()
	begun := time.Now()
	if f.deaf {
		err := c.write(f.first)
		for range f.times {
			if err == nil {
				err = c.write(f.again)
			}
		}
		took.add(time.Since(begun))
		if err == nil {
			return fmt.Errorf("is not cut off after %d bytes", f.times*len(f.again))
		}
		return nil
	}
	go func() { _ = c.write(f.first + strings.Repeat(f.again, f.times)) }() // it may be closed in the middle
	got, err := c.hear()
	took.add(time.Since(begun))
	return wantsClosed(f.code, got, err)
}
