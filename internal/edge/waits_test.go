package edge_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/http1"
	"gangway/internal/loop"
	"gangway/internal/websocket"
)

// door answers pushes on one loop: POST /{id}, where the invocation is a header field.
func (n *node) door(tb testing.TB) (address string) {
	tb.Helper()
	l, err := loop.New(1)
	if err != nil {
		tb.Skip("there are no loops on this system:", err)
	}
	tb.Cleanup(l.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &http1.Server{Loops: l, Prompt: func(*http.Request) bool { return true }}
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		p := push(gateway.ConnectionID(strings.TrimPrefix(r.URL.Path, "/")), string(data))
		p.Invocation = r.Header.Get("Invocation")
		if err := n.Send(r.Context(), p); err != nil {
			w.WriteHeader(http.StatusGone)
		}
	})
	go func() { _ = s.Serve(listener) }()
	tb.Cleanup(func() { _ = s.Close() })
	return listener.Addr().String()
}

// pushes sends pushes behind one another and returns the statuses of the answers.
func pushes(tb testing.TB, address string, requests ...string) (statuses []int) {
	tb.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		tb.Error(err)
		return nil
	}
	defer func() { _ = c.Close() }()
	go func() { _, _ = io.WriteString(c, strings.Join(requests, "")) }()
	r := bufio.NewReader(c)
	for range requests {
		response, err := http.ReadResponse(r, nil)
		if err != nil {
			tb.Error(err)
			return statuses
		}
		statuses = append(statuses, response.StatusCode)
	}
	return statuses
}

func pushRequest(to gateway.ConnectionID, invocation, data string) string {
	return fmt.Sprintf("POST /%s HTTP/1.1\r\nHost: a\r\nInvocation: %s\r\nContent-Length: %d\r\n\r\n%s", to, invocation, len(data), data)
}

// Pushes are made where they are read, behind one another and several of one invocation at once, while others wait for clients
// who do not read, and who leave in the middle. Who reads gets each push once.
func TestHammerPushes(t *testing.T) {
	const senders, rounds, inTurn = 6, 20, 12
	b := newBackend(t)
	limits := websocket.Options{QueueBytes: 1 << 20, Stall: 100 * time.Millisecond}
	n := start(t, everything(b), edge.Config{Limits: limits, SendTimeout: 5 * time.Millisecond})
	address := n.door(t)
	good := n.connect(t, b)
	var deaf []gateway.ConnectionID
	var lost []net.Conn
	for range 2 {
		conn, _ := n.raw(t, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n"+upgrade+"\r\n")
		deaf, lost = append(deaf, gateway.ConnectionID(b.next(t, gateway.EventConnect).id)), append(lost, conn)
	}
	large := strings.Repeat("x", 12<<10)
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			for round := range rounds {
				var requests []string
				for i := range inTurn {
					text := fmt.Sprint(round, "-", i) // the same for all senders: each is a retry of the others
					requests = append(requests, pushRequest(good.id, text, text), pushRequest(deaf[i%2], "", large))
				}
				for i, status := range pushes(t, address, requests...) {
					if i%2 == 0 && status != http.StatusOK {
						t.Errorf("a push to who reads: %d", status)
					}
				}
				if sender == 0 && round == rounds/2 {
					lose(t, lost[0])
				}
			}
		})
	}
	all.Wait()
	heard := map[string]bool{}
	for range rounds * inTurn {
		text := good.hear(t)
		if heard[text] {
			t.Errorf("%q came twice", text)
		}
		heard[text] = true
	}
	if status := pushes(t, address, pushRequest(good.id, "", "end")); status[0] != http.StatusOK || good.hear(t) != "end" {
		t.Errorf("the last push: %v", status)
	}
}
