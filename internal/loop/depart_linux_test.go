package loop_test

import (
	"sync"
	"testing"

	"gangway/internal/loop"
)

// TestDepart has handlers of the only loop wait for one another, each after it has departed.
func TestDepart(t *testing.T) {
	const waiting = 50
	l, err := loop.New(1)
	if err != nil {
		t.Fatal(err)
	}
	free := make(chan struct{})
	var departed, done sync.WaitGroup
	departed.Add(waiting)
	done.Add(waiting)
	for range waiting {
		var once sync.Once
		c, _ := attach(t, l, ready(func(s *loop.Socket, _ []byte, _ loop.Events) {
			once.Do(func() {
				s.Depart()
				departed.Done()
				<-free
				done.Done()
			})
		}))
		send(t, c, "x")
	}
	departed.Wait()
	c, _ := attach(t, l, &echo{tb: t})
	send(t, c, "hello")
	expect(t, c, "hello")
	l.Close() // does not wait for them
	close(free)
	done.Wait()
}

// TestDepartAndPanic expects that a handler that panics when it has departed loses its socket, and nobody else.
func TestDepartAndPanic(t *testing.T) {
	l := start(t, 1)
	c, s := attach(t, l, ready(func(s *loop.Socket, _ []byte, _ loop.Events) {
		s.Depart()
		panic("expected")
	}))
	send(t, c, "x")
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the socket is open")
	}
	second, _ := attach(t, l, &echo{tb: t})
	send(t, second, "hello")
	expect(t, second, "hello")
	_ = s.Close()
}

// TestHammerDepart lets handlers of many connections depart and come back all the time. Each answers what it has read, so no
// event may be lost between one goroutine of a loop and the next.
func TestHammerDepart(t *testing.T) {
	const clients, rounds = 16, 300
	l := start(t, 2)
	ln := serve(t, l, func() loop.Handler {
		calls := 0
		var mu sync.Mutex // calls overlap when one has departed
		return ready(func(s *loop.Socket, buffer []byte, _ loop.Events) {
			mu.Lock()
			n, _ := s.Read(buffer)
			said := append([]byte(nil), buffer[:n]...)
			calls++
			leaves := calls%3 == 0
			mu.Unlock()
			if n == 0 {
				return
			}
			if leaves {
				s.Depart()
			}
			_, _ = s.Write(said)
		})
	})
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			c := dial(t, ln)
			for range rounds {
				send(t, c, "hello")
				expect(t, c, "hello")
			}
		})
	}
	all.Wait()
}
