package http1_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/http1"
	"gangway/internal/loop"
)

// prompt is a server with one loop, on which all requests are answered but those for /slow.
func prompt(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	l, err := loop.New(1)
	if err != nil {
		t.Skip("there are no loops on this system:", err)
	}
	t.Cleanup(l.Close)
	return listen(t, &http1.Server{
		Handler: h, Loops: l, Prompt: func(r *http.Request) bool { return !strings.HasPrefix(r.URL.Path, "/slow") },
	})
}

// Requests behind one another are answered in order, wherever each is answered, and whether its body is there or comes later.
func TestPromptInOrder(t *testing.T) {
	const requests = 100
	address := prompt(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/waits" {
			http1.Waits(context.WithValue(r.Context(), http1.Field{}, "a context made of it"))
		}
		echo(w, r)
	})
	c := dial(t, address)
	var text strings.Builder
	paths := []string{"/", "/waits", "/slow"}
	for i := range requests {
		body := fmt.Sprint("body ", i)
		_, _ = fmt.Fprintf(&text, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", paths[rand.IntN(len(paths))], len(body), body)
	}
	half := text.Len() / 2
	c.say(text.String()[:half])
	for i := range requests {
		if i == requests/4 {
			c.say(text.String()[half:])
		}
		if _, body := c.hear("POST"); !strings.HasSuffix(body, fmt.Sprint("body ", i)) {
			t.Fatalf("answer %d is %q", i, body)
		}
	}
}

// A handler that waits, and a client that does not read its answers, are waited for by nobody else.
func TestPromptWaits(t *testing.T) {
	const waiting = 20
	free := make(chan struct{})
	var entered sync.WaitGroup
	entered.Add(waiting)
	large := times(8<<20, "x")
	address := prompt(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/waits":
			http1.Waits(r.Context())
			http1.Waits(r.Context()) // the second time there is nothing to be done
			entered.Done()
			<-free
		case "/large":
			_, _ = io.WriteString(w, large)
			return
		}
		echo(w, r)
	})
	deaf := dial(t, address)
	deaf.say("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
	var clients []*client
	for range waiting {
		c := dial(t, address)
		c.say("GET /waits HTTP/1.1\r\nHost: a\r\n\r\n" + get())
		clients = append(clients, c)
	}
	entered.Wait()
	other := dial(t, address)
	for range 10 {
		other.say(get())
		other.hear("GET")
	}
	close(free)
	for _, c := range clients {
		c.hear("GET")
		c.hear("GET")
	}
	if _, body := deaf.hear("GET"); body != large {
		t.Errorf("got %d bytes", len(body))
	}
}

// A panic in a handler on a loop ends its connection only, also if it comes after the handler has departed.
func TestPromptPanics(t *testing.T) {
	address := prompt(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/waits" {
			http1.Waits(r.Context())
		}
		panic("expected")
	})
	for _, path := range []string{"/", "/waits", "/"} {
		c := dial(t, address)
		c.say("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n")
		if got := statuses(t, c.rest()); len(got) != 1 || got[0] != http.StatusInternalServerError {
			t.Errorf("%s: got %v", path, got)
		}
	}
}

// Many clients at once, of whom some do not read and some leave in the middle, with handlers that wait and that do not.
func TestHammerPrompt(t *testing.T) {
	const clients, rounds = 16, 30
	address := prompt(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/waits":
			http1.Waits(r.Context())
			select {
			case <-r.Context().Done():
			case <-time.After(time.Millisecond):
			}
		case "/large":
			_, _ = io.WriteString(w, times(1<<20, "x"))
			return
		case "/ws":
			if taken, err := http1.TakeOver(w, []byte(switching)); err == nil {
				_ = taken.Socket.Close()
			}
			return
		}
		echo(w, r)
	})
	paths := []string{"/", "/", "/waits", "/slow", "/large", "/ws"}
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for range rounds {
				c := dial(t, address)
				c.say(get())
				for range rand.IntN(20) {
					_, _ = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", paths[rand.IntN(len(paths))])
				}
				if rand.IntN(2) == 0 {
					c.hear("GET")
				}
				_ = c.Close()
			}
		})
	}
	all.Wait()
	c := dial(t, address)
	c.say(get())
	c.hear("GET")
}
