//go:build linux

package overload_test

import (
	"net"
	"sync"
	"testing"
	"time"
)

// What the machine did on which the bars were made, two cores of it with nothing else to do: turns of a loop, and bytes sent to and
// fro over loopback.
const (
	usualSpins = 1_000_000 // per millisecond
	usualPongs = 250
)

// unsure is how much slower a machine may be for its times to say anything.
const unsure = 4

// slowness is how much slower this machine is, at the start.
var slowness = sync.OnceValue(measure)

// measure is how much slower this machine is just now, 1 at least.
func measure() float64 {
	const each = 250 * time.Millisecond
	turns, word := 0, uint64(1)
	begun := time.Now()
	for ; time.Since(begun) < each; turns++ {
		for range 1000 {
			word = word*6364136223846793005 + 1442695040888963407
		}
	}
	spins := float64(turns) * 1000 / time.Since(begun).Seconds() / 1000
	if word == 0 {
		return 1
	}
	pongs := float64(pingPong(each)) / each.Seconds() / 1000
	return max(1, usualSpins/spins, usualPongs/pongs)
}

// pingPong is how often a byte goes to and fro over loopback.
func pingPong(while time.Duration) (times int) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0
	}
	defer func() { _ = listener.Close() }()
	go func() {
		c, err := listener.Accept()
		for b := make([]byte, 1); err == nil; {
			if _, err = c.Read(b); err == nil {
				_, err = c.Write(b)
			}
		}
	}()
	c, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return 0
	}
	defer func() { _ = c.Close() }()
	b := make([]byte, 1)
	for begun := time.Now(); time.Since(begun) < while; times++ {
		if _, err := c.Write(b); err != nil {
			return times
		}
		if _, err := c.Read(b); err != nil {
			return times
		}
	}
	return times
}

// blink is what a machine may stand still for without being at fault, or anybody.
const blink = time.Second

// within compares a time with its bar and says what came of it. Only ten times the bar fails the test, on a machine that is
// not much slower than usual, at the start and then.
func within(t *testing.T, what string, took, bar time.Duration) {
	t.Helper()
	k := slowness()
	if took > time.Duration(k*float64(bar)) {
		k = max(k, measure())
	}
	limit := time.Duration(k * float64(bar))
	switch {
	case took <= limit:
		t.Logf("%s: %s, the bar is %s", what, short(took), short(limit))
	case k > unsure:
		t.Logf("%s: %s, INCONCLUSIVE: the machine is %.1f times slower than usual", what, short(took), k)
	case took > max(10*limit, blink):
		t.Errorf("%s: %s, more than ten times the bar of %s", what, short(took), short(limit))
	default:
		t.Logf("%s: %s, ABOVE the bar of %s", what, short(took), short(limit))
	}
}

// short is a time without digits that mean nothing.
func short(d time.Duration) time.Duration {
	if d > time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(10 * time.Microsecond)
}
