package edge_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"

	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/websocket"
)

// pairs is a backend in memory that counts what it is told of each connection.
type pairs struct {
	mu                    sync.Mutex
	connects, disconnects map[string]int
	early                 []string // $disconnect before $connect had ended
}

func (l *pairs) RoundTrip(r *http.Request) (*http.Response, error) {
	id := r.Header.Get("Its-Id")
	l.mu.Lock()
	defer l.mu.Unlock()
	switch r.Header.Get("Event-Type") {
	case "CONNECT":
		if id[0]%8 == 0 {
			return &http.Response{StatusCode: http.StatusForbidden, Body: http.NoBody}, nil
		}
		l.connects[id]++
	case "DISCONNECT":
		if l.connects[id] == 0 {
			l.early = append(l.early, id)
		}
		l.disconnects[id]++
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// Whatever ends a connection, and whenever: one $disconnect for each $connect that succeeded, and none else.
func TestPairing(t *testing.T) {
	const clients, rounds = 16, 20
	l := &pairs{connects: map[string]int{}, disconnects: map[string]int{}}
	n := start(t, nil, edge.Config{})
	settings, pong := mock("pong")
	a := newAPI().route("$connect", proxy("http://b.test/")).route("$disconnect", proxy("http://b.test/")).route("ping", settings, pong)
	n.stages.Set(prod, a.compile(t, l), edge.Settings{})
	var wait sync.WaitGroup
	for i := range clients {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(i)))
			for range rounds {
				live(t, n, l, random)
			}
		})
	}
	wait.Go(func() {
		for range rounds {
			n.stages.Set(prod, a.compile(t, l), edge.Settings{})
		}
	})
	wait.Wait()
	if err := n.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.connects) < clients*rounds/4 || len(l.early) > 0 {
		t.Errorf("%d connections, %d $disconnect before their $connect", len(l.connects), len(l.early))
	}
	if fmt.Sprint(l.connects) != fmt.Sprint(l.disconnects) {
		t.Errorf("connects %v\ndisconnects %v", l.connects, l.disconnects)
	}
}

// live is the short life of a client.
func live(t *testing.T, n *node, l *pairs, random *rand.Rand) {
	t.Helper()
	if random.IntN(4) == 0 { // leaves in the middle of the handshake
		conn, err := net.Dial("tcp", n.host)
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n"+upgrade+"\r\n")
		lose(t, conn)
		return
	}
	var socket net.Conn
	c := newClient()
	conn, _, err := websocket.Dial(t.Context(), "ws://"+n.host+path, c, websocket.DialOptions{
		Options: patient,
		NetDial: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			socket = conn
			return conn, err
		},
	})
	if err != nil { // refused, or the stage was gone
		return
	}
	_ = conn.Send(websocket.Text, []byte(`{"action":"ping"}`), nil)
	switch random.IntN(4) {
	case 0:
		conn.Close(websocket.StatusNormal, "bye")
	case 1:
		lose(t, socket)
	case 2: // somebody deletes somebody
		l.mu.Lock()
		var somebody gateway.ConnectionID
		for id := range l.connects {
			somebody = gateway.ConnectionID(id)
			break
		}
		l.mu.Unlock()
		if err := n.Close(t.Context(), prod, somebody); err != nil && !errors.Is(err, gateway.ErrGone) {
			t.Error(err)
		}
		conn.Close(websocket.StatusNormal, "")
	default:
		_ = socket.(*net.TCPConn).CloseWrite()
	}
	<-c.closed
}

// A client that has read its 101 is found by everybody from then on.
func TestOpenIsOpenAtOnce(t *testing.T) {
	b := newBackend(t)
	n := start(t, everything(b), edge.Config{})
	for range 200 {
		c := n.connect(t, b)
		if err := n.Send(t.Context(), push(c.id, "hi")); err != nil {
			t.Fatal(err)
		}
		c.Conn.Close(websocket.StatusNormal, "")
	}
}

// Look-ups, pushes and ends of the same connections at once: an id answers, or is gone for good.
func TestGoneIsFinal(t *testing.T) {
	b := newBackend(t)
	n := start(t, everything(b), edge.Config{})
	for range 20 {
		c := n.connect(t, b)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				gone := false
				for range 100 {
					_, err := n.Info(t.Context(), prod, c.id)
					sent := n.Send(t.Context(), push(c.id, "x"))
					if gone && (err == nil || sent == nil) {
						t.Error("a connection that was gone came back")
						return
					}
					gone = errors.Is(err, gateway.ErrGone)
				}
			})
		}
		deleted := make(chan bool, 4)
		for range 4 {
			wait.Go(func() { deleted <- n.Close(t.Context(), prod, c.id) == nil })
		}
		wait.Wait()
		close(deleted)
		count := 0
		for ok := range deleted {
			if ok {
				count++
			}
		}
		if count != 1 {
			t.Errorf("%d calls deleted the connection", count)
		}
	}
}

// Farewells wait for each other, however many there are, and none is lost.
func TestManyFarewells(t *testing.T) {
	const clients = 300
	l := &pairs{connects: map[string]int{}, disconnects: map[string]int{}}
	n := start(t, nil, edge.Config{Workers: 4})
	hold := make(chan struct{})
	a := newAPI().route("$connect", mockOnly()).route("$disconnect", proxy("http://b.test/"))
	n.stages.Set(prod, a.compile(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		<-hold
		return l.RoundTrip(r)
	})), edge.Settings{})
	for range clients {
		n.connect(t, nil)
	}
	n.stages.Set(prod, nil, edge.Settings{})
	close(hold)
	if err := n.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(l.disconnects) != clients {
		t.Errorf("%d of %d connections were said farewell to", len(l.disconnects), clients)
	}
}

// mockOnly is an integration that succeeds.
func mockOnly() gateway.IntegrationSettings {
	settings, _ := mock("")
	return settings
}
