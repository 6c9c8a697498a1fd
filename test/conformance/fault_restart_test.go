package conformance_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"sync"
	"testing"
	"time"
)

// phoenix is a backend that dies, with all its connections, when a message tells it to, and rises again at the same address.
// It answers with the message.
type phoenix struct {
	address string
	risen   chan struct{} // has one for each rise after the first
	done    sync.WaitGroup

	mu       sync.Mutex // guards what follows
	listener net.Listener
	conns    map[net.Conn]bool
	ended    bool
	calls    map[string]int // by the id of the message
	deaths   int
}

func newPhoenix(t *testing.T) *phoenix {
	t.Helper()
	p := &phoenix{address: "127.0.0.1:0", risen: make(chan struct{}, 4096), conns: map[net.Conn]bool{}, calls: map[string]int{}}
	must(t, p.rise())
	t.Cleanup(func() {
		p.mu.Lock()
		p.ended = true
		p.fall()
		p.mu.Unlock()
		p.done.Wait()
	})
	return p
}

// rise listens.
func (p *phoenix) rise() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return nil
	}
	listener, err := net.Listen("tcp", p.address)
	if err != nil {
		return err
	}
	p.listener, p.address = listener, listener.Addr().String()
	p.done.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			if p.listener != listener {
				reset(conn)
			} else {
				p.conns[conn] = true
				p.done.Go(func() { p.serve(conn) })
			}
			p.mu.Unlock()
		}
	})
	return nil
}

// fall ends everything. It needs mu.
func (p *phoenix) fall() {
	if p.listener != nil {
		_ = p.listener.Close()
	}
	p.listener = nil
	for conn := range p.conns {
		reset(conn)
	}
	clear(p.conns)
}

// die falls and rises.
func (p *phoenix) die() {
	p.mu.Lock()
	p.fall()
	p.deaths++
	p.mu.Unlock()
	p.done.Go(func() {
		for p.rise() != nil { // somebody may have the port for a moment
			continue
		}
		p.risen <- struct{}{}
	})
}

// awaitRise waits until the backend is there again.
func (p *phoenix) awaitRise(t *testing.T) {
	t.Helper()
	select {
	case <-p.risen:
	case <-time.After(patience):
		t.Fatal("the backend is not dead")
	}
}

var (
	messageID = regexp.MustCompile(`id-[0-9]+-[0-9]+`)
	whenToDie = regexp.MustCompile(`die-(before|after)`)
)

func (p *phoenix) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		if request.Header.Get("When") == "die-begun" { // what it has read of the body is no matter
			p.count(request.Header.Get("Id"))
			p.die()
			return
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		p.count(messageID.FindString(string(body)))
		when := whenToDie.FindString(string(body))
		if when == "die-before" {
			p.die()
			return
		}
		(&visit{conn, request.URL.RequestURI(), body}).echo()
		if when == "die-after" {
			p.die()
			return
		}
	}
}

func (p *phoenix) count(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[id]++
}

// called is how often a message has come, and how often the backend has died.
func (p *phoenix) called(id string) (calls, deaths int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[id], p.deaths
}

// rolling is a program with an API whose only backend is a phoenix.
type rolling struct {
	*program
	*phoenix
	api *deployed
}

func newRolling(t *testing.T, kind string) *rolling {
	t.Helper()
	p := newPhoenix(t)
	s := startProgram(t, t.TempDir(), "--lambda-endpoint", "http://"+p.address)
	at := "http://" + p.address + "/"
	if isFunction(kind) {
		at = "f"
	}
	r := trapped(kind, at)
	if !isFunction(kind) {
		r.Integration["requestParameters"] = map[string]any{
			"integration.request.header.id": "route.request.body.id", "integration.request.header.when": "route.request.body.when",
		}
	}
	routes := map[string]route{"$default": r, "whoami": mocked("$context.connectionId")}
	api, err := (&builder{s.server, ""}).apply(t.Context(), nil, definitionOf(t, routes))
	must(t, err)
	return &rolling{s, p, api}
}

// tell sends a message, and says whether it came back; if not, the client has got an error frame instead. In either case it
// was delivered once at most, and as often as it came back at least.
func (r *rolling) tell(t *testing.T, c *client, connection, id, text string) (replied bool) {
	t.Helper()
	item := c.ask(t, text)
	replied = item == text
	if !replied && !isFrame(item, internalText, connection) {
		t.Errorf("%s: the client sees %.200q", id, item)
	}
	if calls, _ := r.called(id); calls > 1 || replied && calls != 1 {
		t.Errorf("%s was delivered %d times (replied: %t)", id, calls, replied)
	}
	return replied
}

// TestBackendRestarts has a backend restart while messages are on their way: each has one outcome, none is delivered twice,
// and as soon as the backend is there again all is as before.
func TestBackendRestarts(t *testing.T) {
	for _, kind := range []string{"HTTP_PROXY", "HTTP", "AWS_PROXY", "AWS"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			r := newRolling(t, kind)
			r.alone(t, kind)
			r.together(t)
			r.wantHealthy(t)
		})
	}
}

// alone has one client send one message at a time.
func (r *rolling) alone(t *testing.T, kind string) {
	t.Helper()
	c := r.enter(t, r.api.id, r.api.stage)
	connection := c.ask(t, `{"action":"whoami"}`)
	n := 0
	next := func(when, padding string) (id, text string) {
		n++
		id = fmt.Sprintf("id-0-%d", n)
		return id, fmt.Sprintf(`{"id":"%s","when":"%s","padding":"%s"}`, id, when, padding)
	}
	deadly := []string{"die-before"}
	if !isFunction(kind) {
		deadly = append(deadly, "die-begun")
	}
	for range 20 {
		for _, when := range deadly {
			id, text := next(when, padding)
			if r.tell(t, c, connection, id, text) {
				t.Errorf("%s: a reply of the dead", id)
			}
			if calls, _ := r.called(id); calls != 1 {
				t.Errorf("%s was delivered %d times", id, calls)
			}
			r.awaitRise(t)
			// Who falls has reset what there was: only a new connection can be used.
			if id, text = next("", ""); !r.tell(t, c, connection, id, text) {
				t.Errorf("%s: an error after the restart", id)
			}
		}
		id, text := next("die-after", "")
		r.tell(t, c, connection, id, text) // the answer may be lost
		r.awaitRise(t)
		// The gateway may not have noticed; but there is only one connection that it may think is good.
		if id, text = next("", ""); !r.tell(t, c, connection, id, text) {
			if id, text = next("", ""); !r.tell(t, c, connection, id, text) {
				t.Errorf("%s: a second error after the restart", id)
			}
		}
	}
}

// padding makes a message of more than one frame of a client, and of more than one packet to a backend.
var padding = fmt.Sprintf("%060000d", 0)

// together has clients send messages of which some are deadly, to all that are under way.
func (r *rolling) together(t *testing.T) {
	t.Helper()
	const clients, messages = 8, 50
	_, before := r.called("")
	var all sync.WaitGroup
	for i := 1; i <= clients; i++ {
		c := r.enter(t, r.api.id, r.api.stage)
		connection := c.ask(t, `{"action":"whoami"}`)
		all.Go(func() {
			for n := range messages {
				when := map[int]string{(3 * i) % 16: "die-before", (3*i + 8) % 16: "die-after"}[n%16]
				id := fmt.Sprintf("id-%d-%d", i, n)
				r.tell(t, c, connection, id, fmt.Sprintf(`{"id":"%s","when":"%s"}`, id, when))
			}
			if item := c.ask(t, `{"action":"whoami"}`); item != connection {
				t.Errorf("one message had two outcomes, the second %.200q", item)
			}
		})
	}
	all.Wait()
	_, deaths := r.called("")
	t.Logf("%d messages, %d restarts", clients*messages, deaths-before)
	if deaths-before < 20 {
		t.Errorf("the backend has died %d times", deaths-before)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, calls := range r.calls {
		if calls > 1 {
			t.Errorf("%s was delivered %d times", id, calls)
		}
	}
}
