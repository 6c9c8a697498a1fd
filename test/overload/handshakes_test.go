//go:build linux

package overload_test

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// dawdler says something, and then a byte a second.
type dawdler struct {
	net.Conn
	begun time.Time
	rest  string
}

// roomOfDawdler is what a half handshake may take at most: three times the bar, since package net/http alone takes twice as much.
const roomOfDawdler = 24 << 10

// TestSlowHandshakes: clients that never finish their handshake are dropped after ten seconds, keep nobody from connecting, and
// leave nothing behind (slowloris).
func TestSlowHandshakes(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: takes ten seconds")
	}
	for _, engine := range engines(t) {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, engine.flags...).define(t, nil, echoing)
			before := s.rest(t)
			s.forgetPeak(t)
			n := sized(500, 5000)
			crowd := s.dawdle(t, n)
			stop := make(chan struct{})
			var wary sync.WaitGroup
			wary.Go(func() { drip(crowd, stop) })
			good := new(times)
			wary.Go(func() { s.come(t, good, stop) })
			dropped := awaitEnds(t, crowd)
			close(stop)
			wary.Wait()
			within(t, "the last half handshake is dropped after", dropped.quantile(100), 11*time.Second)
			t.Logf("the first is dropped after %s; handshake and answer of %d others: p50 %s", short(dropped.quantile(0)), good.count(), short(good.quantile(50)))
			within(t, "p99 of handshake and answer of others", good.quantile(99), 500*time.Millisecond)
			grown := s.memory(t, "VmHWM") - before.resident
			t.Logf("%d half handshakes: %s, %d bytes each; the bar is %d", n, mega(grown), grown/n, 8<<10)
			if most := 16*megabyte + n*roomOfDawdler; grown > most {
				t.Errorf("half handshakes take %s, more than %s", mega(grown), mega(most))
			}
			s.settle(t, before)
		})
	}
}

// dawdle opens connections of three kinds: that say nothing, that begin a handshake, that begin one of TLS.
func (s *stage) dawdle(t *testing.T, n int) []*dawdler {
	t.Helper()
	all := make([]*dawdler, n)
	must(t, spread(n, func(i int) error {
		c, err := s.connect(t.Context(), false)
		if err != nil {
			return err
		}
		all[i] = &dawdler{Conn: c, begun: time.Now()}
		first := ""
		switch i % 3 {
		case 1:
			greeting := s.greeting("X: " + strings.Repeat("x", 100))
			first, all[i].rest = greeting[:20], greeting[20:]
		case 2:
			first, all[i].rest = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", string(make([]byte, 100))
		}
		_, err = io.WriteString(c, first)
		return err
	}))
	t.Cleanup(func() {
		for _, d := range all {
			_ = d.Close()
		}
	})
	return all
}

// drip lets each client that has not been dropped say one byte more each second.
func drip(all []*dawdler, stop <-chan struct{}) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for at := 0; ; at++ {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		for _, d := range all {
			if at < len(d.rest) {
				_, _ = io.WriteString(d, d.rest[at:at+1]) // until it is dropped
			}
		}
	}
}

// come has good clients connect, be answered and leave, one after the other.
func (s *stage) come(t *testing.T, into *times, stop <-chan struct{}) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for number := 1; ; number++ {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		begun := time.Now()
		c, err := s.dial(t.Context(), visitor{})
		if err == nil {
			err = c.echo(number, new(times))
			c.drop()
		}
		if err != nil {
			t.Errorf("a client that behaves: %v", err)
			return
		}
		into.add(time.Since(begun))
	}
}

// awaitEnds waits until every client has been dropped, and says after what time each was.
func awaitEnds(t *testing.T, all []*dawdler) *times {
	t.Helper()
	into := new(times)
	var left atomic.Int64
	var readers sync.WaitGroup
	for _, d := range all {
		readers.Go(func() {
			_ = d.SetReadDeadline(time.Now().Add(patience)) // if it fails, so does reading
			_, err := io.Copy(io.Discard, d)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				left.Add(1)
				return
			}
			into.add(time.Since(d.begun))
		})
	}
	readers.Wait()
	if n := left.Load(); n > 0 {
		t.Errorf("%d of %d half handshakes are not dropped", n, len(all))
	}
	return into
}
