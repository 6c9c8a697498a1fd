//go:build !race

package websocket_test

import (
	"net"
	"net/http"
	"runtime"
	"syscall"
	"testing"

	"gangway/internal/loop"
	"gangway/internal/websocket"
)

// given is a response writer that gives a socket away.
type given struct {
	http.ResponseWriter
	socket *loop.Socket
}

// TakeOver is what Accept looks for.
func (g given) TakeOver(answer []byte) (*loop.Socket, net.Conn, []byte, error) {
	_, err := g.socket.Write(answer)
	return g.socket, nil, nil, err
}

// TestFootprint: what an idle connection costs on a loop, after it has said and heard something. The kernel's share, which is
// greater, and what the program above remembers of it are not counted.
func TestFootprint(t *testing.T) {
	if loops == nil || encrypted {
		t.Skip("this is about loops")
	}
	const bar = 320 // Conn 176, looped 64, loop.Socket 48, its place in the table 8, and something of the wheel
	connections := 10_000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil {
		connections = min(connections, (int(min(limit.Cur, 1<<20))-200)/2)
	}
	heard := make(chan struct{})
	r := idler{heard: heard}
	s := websocket.NewServer(r, websocket.Options{})
	request, err := http.NewRequest(http.MethodGet, "/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	} {
		request.Header.Set(name, value)
	}
	clients, message := make([]int, connections), masked(0x81, "hello")
	before := heapInUse()
	for i := range clients {
		clients[i] = r.connect(t, s, request)
		if _, err := syscall.Write(clients[i], message); err != nil {
			t.Fatal(err)
		}
		<-heard
	}
	each := (heapInUse() - before) / connections
	t.Logf("%d bytes for each of %d idle connections", each, connections)
	if each > bar {
		t.Errorf("an idle connection takes %d bytes, more than %d", each, bar)
	}
	for _, fd := range clients {
		_ = syscall.Close(fd)
	}
	s.Close()
}

// connect makes a connection of which the client is no more than a descriptor.
func (idler) connect(t *testing.T, s *websocket.Server, r *http.Request) (client int) {
	t.Helper()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	socket, err := loops.Attach(pair[0], deaf{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Accept(given{socket: socket}, r, websocket.AcceptOptions{}); err != nil {
		t.Fatal(err)
	}
	return pair[1]
}

// idler is a handler that answers a message and remembers nothing.
type idler struct{ heard chan<- struct{} }

func (idler) Open(*websocket.Conn) {}

func (i idler) Message(c *websocket.Conn, op websocket.Opcode, _ []byte) {
	_ = c.Send(op, []byte("hello"), nil)
	i.heard <- struct{}{}
}

func (idler) Close(*websocket.Conn, websocket.Status, string) {}

// heapInUse is what lives on the heap.
func heapInUse() int {
	var m runtime.MemStats
	runtime.GC() // pools give up what they hold at the second time
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
