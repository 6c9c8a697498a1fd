//go:build linux

package overload_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// workers do what a crowd does: so many clients at a time are busy, and the others wait for their turn.
const workers = 16

// crowd are clients that behave.
type crowd []*client

// gather connects n clients, who leave when the test ends.
func (s *stage) gather(t *testing.T, n int, how visitor) crowd {
	t.Helper()
	all := make(crowd, n)
	t.Cleanup(func() {
		for _, c := range all {
			if c != nil {
				c.drop()
			}
		}
	})
	must(t, spread(n, func(i int) (err error) {
		all[i], err = s.dial(t.Context(), how)
		return err
	}))
	return all
}

// spread does something n times, workers at a time, until there is an error.
func spread(n int, do func(i int) error) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := int(next.Add(1) - 1); i < n && failed.Load() == nil; i = int(next.Add(1) - 1) {
				if err := do(i); err != nil {
					err = fmt.Errorf("number %d: %w", i, err)
					failed.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// times are what the rounds of a crowd took.
type times struct {
	mu  sync.Mutex // guards all
	all []time.Duration
}

func (t *times) add(took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, took)
}

// quantile is the time that so many of 100 are below.
func (t *times) quantile(q int) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.all) == 0 {
		return 0
	}
	slices.Sort(t.all)
	return t.all[min(len(t.all)-1, len(t.all)*q/100)]
}

// count is how many there are.
func (t *times) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.all)
}

// round has every client of a crowd say something and hear the answer to just that.
func (c crowd) round(number int, into *times) error {
	return spread(len(c), func(i int) error { return c[i].echo(number, into) })
}

func (c *client) echo(number int, into *times) error {
	begun := time.Now()
	want := strconv.Itoa(number)
	got, err := c.ask(`{"action":"echo","n":"` + want + `"}`)
	into.add(time.Since(begun))
	return wants(want, got, err)
}

// talk has a crowd go round until stop is called, which says how long each answer took. Whoever is not answered as he should
// be fails the test.
func (c crowd) talk(t *testing.T) (stop func() *times) {
	t.Helper()
	into, end, done := new(times), make(chan struct{}), make(chan error, 1)
	go func() {
		for number := 1; ; number++ {
			select {
			case <-end:
				done <- nil
				return
			default:
			}
			if err := c.round(number, into); err != nil {
				done <- err
				return
			}
		}
	}()
	return sync.OnceValue(func() *times {
		close(end)
		if err := <-done; err != nil {
			t.Errorf("a client that behaves: %v", err)
		}
		return into
	})
}

// alone is how long answers take while nothing else happens.
func (c crowd) alone(t *testing.T) *times {
	t.Helper()
	into := new(times)
	for number := range 3 {
		must(t, c.round(number, into))
	}
	return into
}

// compare says how answers were delayed. Who shares two processors with the attackers cannot have a bar on it, so only what
// looks like standing still fails.
func compare(t *testing.T, before, during *times, bar float64) {
	t.Helper()
	t.Logf("answers to clients that behave: %d alone, p50 %s, p99 %s; %d beside, p50 %s, p99 %s", before.count(), short(before.quantile(50)),
		short(before.quantile(99)), during.count(), short(during.quantile(50)), short(during.quantile(99)))
	within(t, "p99 beside", during.quantile(99), time.Duration(bar*float64(before.quantile(99))))
}

// wants is an error unless it was heard what was to be.
func wants(want, got string, err error) error {
	if err == nil && got != want {
		err = fmt.Errorf("heard %q, not %q", got, want)
	}
	return err
}

// wantsClosed is an error unless a connection was closed with a code, instead of anything being heard.
func wantsClosed(code int, got string, err error) error {
	switch {
	case codeOf(err) == code:
		return nil
	case err != nil:
		return fmt.Errorf("not closed with %d: %w", code, err)
	}
	return fmt.Errorf("heard %q, not closed with %d", got, code)
}

// codeOf is the code that a connection was closed with; 0: with none, by an error.
func codeOf(err error) int {
	if end, ok := errors.AsType[closed](err); ok {
		return end.code
	}
	return 0
}
