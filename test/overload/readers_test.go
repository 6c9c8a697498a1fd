//go:build linux

package overload_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// stall is what the tests let a client stand still for; 10 s is the usual.
const stall = 2 * time.Second

// TestSlowReaders: of 1,000 clients that are pushed to, 100 stop reading. What waits for them is bounded, pushes to them are
// refused with 429, they are dropped, and the others get every push, once and in order.
func TestSlowReaders(t *testing.T) {
	const good, slow = 900, 100
	for _, engine := range engines(t) {
		t.Run(engine.name, func(t *testing.T) {
			s := start(t, append(engine.flags, "--stall-timeout", stall.String())...).define(t, nil, echoing, naming)
			before := s.rest(t)
			readers, sleepers := s.gather(t, good, visitor{}), s.gather(t, slow, visitor{narrow: true})
			for _, crowd := range []crowd{readers, sleepers} {
				must(t, spread(len(crowd), func(i int) error { return crowd[i].identify() }))
			}
			alone, beside, number := new(times), new(times), 0
			must(t, s.serve(t.Context(), readers, &number, alone))
			crowded := s.figures(t)
			s.forgetPeak(t)
			begun := time.Now()
			tried := s.drown(t, sleepers)
			refused := s.probe(t, sleepers, tried)
			for tried.done() == nil {
				must(t, s.serve(t.Context(), readers, &number, beside))
			}
			if !eventually(func() bool { return s.figures(t).connections == good }) {
				t.Errorf("%d connections are left, not %d", s.figures(t).connections, good)
			}
			within(t, "clients that do not read are gone after", time.Since(begun), stall+2*time.Second)
			tried.check(t, s)
			within(t, fmt.Sprintf("p99 of 429 (of %d) where the queue is full", refused.count()), refused.quantile(99), 50*time.Millisecond)
			compare(t, alone, beside, 1.2)
			grown := s.memory(t, "VmHWM") - crowded.resident
			t.Logf("memory has grown by %s, the bar is 150 MB", mega(grown))
			if most := 2 * 150 * megabyte; grown > most { // the collector lets a heap become twice as large as what is in use
				t.Errorf("memory has grown by %s, more than %s", mega(grown), mega(most))
			}
			must(t, readers.round(1, new(times)))
			for _, c := range append(readers, sleepers...) {
				c.drop()
			}
			s.settle(t, before)
		})
	}
}

// serve pushes to each of a crowd a number greater than the last, and has him hear it.
func (s *stage) serve(ctx context.Context, all crowd, number *int, into *times) error {
	*number++
	word := strconv.Itoa(*number)
	return spread(len(all), func(i int) error {
		begun := time.Now()
		if status, err := s.push(ctx, all[i].id, []byte(word)); status != http.StatusOK {
			return fmt.Errorf("push: %w", err)
		}
		got, err := all[i].hear()
		into.add(time.Since(begun))
		return wants(word, got, err)
	})
}

// attempts are pushes to clients that do not read.
type attempts struct {
	mu       sync.Mutex // guards what follows
	statuses map[int]int
	refused  map[string]int // 429, by connection
	ended    chan struct{}
}

func (a *attempts) note(id string, status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.statuses[status]++
	if status == http.StatusTooManyRequests {
		a.refused[id]++
	}
}

// full is how many connections have refused something.
func (a *attempts) full() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.refused)
}

// done is not nil when all attempts have been made.
func (a *attempts) done() *attempts {
	select {
	case <-a.ended:
		return a
	default:
		return nil
	}
}

// drown pushes 128 KB to each of a crowd, nine times at once, of which eight fill the queue of 1 MiB, until one is refused.
func (s *stage) drown(t *testing.T, all crowd) *attempts {
	t.Helper()
	a := &attempts{statuses: map[int]int{}, refused: map[string]int{}, ended: make(chan struct{})}
	data := bytes.Repeat([]byte("x"), 128<<10)
	var under sync.WaitGroup
	ctx := context.WithoutCancel(t.Context())
	for _, c := range all {
		for range 9 {
			under.Go(func() {
				for status := http.StatusOK; status == http.StatusOK; {
					status, _ = s.push(ctx, c.id, data)
					a.note(c.id, status)
				}
			})
		}
	}
	go func() {
		under.Wait()
		close(a.ended)
	}()
	return a
}

// probe is how long it takes to be refused by those whose queue is full.
func (s *stage) probe(t *testing.T, all crowd, a *attempts) *times {
	t.Helper()
	eventually(func() bool { return a.full() == len(all) || a.done() != nil })
	refused := new(times)
	must(t, spread(len(all), func(i int) error {
		begun := time.Now()
		status, err := s.push(t.Context(), all[i].id, bytes.Repeat([]byte("x"), 128<<10))
		switch status {
		case http.StatusTooManyRequests:
			refused.add(time.Since(begun))
		case http.StatusGone: // it was dropped before, on a machine that is slow
		default:
			return fmt.Errorf("push to a client whose queue is full: %d: %w", status, err)
		}
		return nil
	}))
	return refused
}

// check wants every client to have been refused something, and nothing to have become of the rest but 410.
func (a *attempts) check(t *testing.T, s *stage) {
	t.Helper()
	for status := range a.statuses {
		if status != http.StatusOK && status != http.StatusTooManyRequests && status != http.StatusGone {
			t.Errorf("pushes to clients that do not read: %v by status", a.statuses)
		}
	}
	if a.full() < 100 {
		t.Errorf("of 100 clients that do not read %d had a push refused with 429", a.full())
	}
	t.Logf("pushes to clients that do not read, by status: %v", a.statuses)
	if n := s.count(t, "gangway_disconnects_total", `code="1006"`); n < 100 {
		t.Errorf("%d connections have ended with 1006", n)
	}
}

// TestPingersThatDoNotRead: a client that reads nothing but says pings and messages is listened to, for as long as it is not
// dropped, which it is. Pongs to it do not pile up.
func TestPingersThatDoNotRead(t *testing.T) {
	const deaf = 20
	for _, engine := range engines(t) {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			heard := make(chan string, 1<<16)
			backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				var body bytes.Buffer
				_, _ = body.ReadFrom(r.Body)
				heard <- body.String()
			}))
			t.Cleanup(backend.Close)
			s := start(t, append(engine.flags, "--stall-timeout", stall.String())...).define(t, nil, echoing, lengthy,
				route{key: "tell", uri: backend.URL})
			before := s.rest(t)
			good, all := s.gather(t, 20, visitor{}), s.gather(t, deaf, visitor{narrow: true})
			stop := good.talk(t)
			s.forgetPeak(t)
			// 45 replies of 30 KB are more than a queue takes.
			must(t, spread(deaf, func(i int) error { return all[i].write(strings.Repeat(frame(text, `{"action":"long"}`), 45)) }))
			told := all.mutter(t, stall/2)
			answers := new(times)
			for begun := time.Now(); told > 0; told-- {
				select {
				case <-heard:
					answers.add(time.Since(begun))
				case <-time.After(patience):
					t.Fatalf("%d messages of clients that do not read are not listened to", told)
				}
			}
			within(t, "the last message is at the backend, after they were sent, in", answers.quantile(100), 10*time.Second)
			if !eventually(func() bool { return s.figures(t).connections == len(good) }) {
				t.Errorf("%d connections are left, not %d", s.figures(t).connections, len(good))
			}
			stop()
			grown := s.memory(t, "VmHWM") - before.resident
			t.Logf("memory has grown by %s", mega(grown))
			if most := 32*megabyte + deaf*2*megabyte; grown > most {
				t.Errorf("memory has grown by %s, more than %s", mega(grown), mega(most))
			}
			for _, c := range append(good, all...) {
				c.drop()
			}
			s.settle(t, before)
		})
	}
}

// mutter has each of a crowd say pings of the greatest size, fewer than would be a flood, and a message now and then. It
// returns how many messages.
func (c crowd) mutter(t *testing.T, while time.Duration) (messages int) {
	t.Helper()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	words := strings.Repeat(frame(ping, strings.Repeat("p", 125)), 8) + frame(text, `{"action":"tell"}`)
	for begun := time.Now(); time.Since(begun) < while; <-ticker.C {
		must(t, spread(len(c), func(i int) error { return c[i].write(words) }))
		messages += len(c)
	}
	return messages
}
