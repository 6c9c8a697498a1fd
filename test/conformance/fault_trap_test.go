package conformance_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A trap does one thing to whoever calls it, and counts the calls.
type trap struct {
	greet func(net.Conn)            // what becomes of a connection before its first request; nil: it is read
	act   func(*visit) (again bool) // what becomes of a request, and whether another may follow on its connection
	calls atomic.Int32
	left  chan struct{} // has one for each connection that the other side has ended
}

// visit is a request that came to a trap.
type visit struct {
	net.Conn
	uri  string
	body []byte
}

// den is a listener with traps behind it.
type den struct {
	net.Listener
	find  func(uri string) *trap
	serve sync.WaitGroup

	mu    sync.Mutex // guards what follows
	conns map[net.Conn]bool
	ended bool
}

// newTrap is the trap for a fault.
func newTrap(f *fault) *trap {
	return &trap{greet: f.greet, act: f.act, left: make(chan struct{}, 4096)}
}

// newDen listens until the test ends. Find is asked with nothing when a connection comes, and for each request with its URI;
// nil is a trap that answers with what it is sent.
func newDen(t *testing.T, find func(uri string) *trap) *den {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	d := &den{Listener: listener, find: find, conns: map[net.Conn]bool{}}
	d.serve.Add(1)
	go d.accept()
	t.Cleanup(d.stop)
	return d
}

// stop ends all that goes on.
func (d *den) stop() {
	_ = d.Close()
	d.mu.Lock()
	d.ended = true
	for conn := range d.conns {
		_ = conn.Close()
	}
	d.mu.Unlock()
	d.serve.Wait()
}

func (d *den) accept() {
	defer d.serve.Done()
	for {
		conn, err := d.Accept()
		if err != nil {
			return
		}
		d.mu.Lock()
		if d.ended {
			d.mu.Unlock()
			_ = conn.Close()
			return
		}
		d.conns[conn] = true
		d.serve.Add(1)
		d.mu.Unlock()
		go func() {
			defer d.serve.Done()
			d.talk(conn)
			_ = conn.Close()
			d.mu.Lock()
			delete(d.conns, conn)
			d.mu.Unlock()
		}()
	}
}

// talk serves a connection until one of its traps has had enough, and then waits for the other side to leave.
func (d *den) talk(conn net.Conn) {
	if tr := d.find(""); tr != nil && tr.greet != nil {
		tr.calls.Add(1)
		tr.greet(conn)
		tr.seeOff(conn)
		return
	}
	reader := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		v := &visit{conn, request.URL.RequestURI(), body}
		tr := d.find(v.uri)
		if tr == nil {
			v.echo()
			continue
		}
		tr.calls.Add(1)
		if !tr.act(v) {
			tr.seeOff(conn)
			return
		}
	}
}

// seeOff waits until the other side has left.
func (tr *trap) seeOff(conn net.Conn) {
	_, _ = io.Copy(io.Discard, conn)
	select {
	case tr.left <- struct{}{}:
	default:
	}
}

// write writes a text, and says whether that could be done.
func (v *visit) write(text string) bool {
	_, err := io.WriteString(v.Conn, text)
	return err == nil
}

// reply answers in good order.
func (v *visit) reply(status, header, body string) bool {
	return v.write("HTTP/1.1 " + status + "\r\n" + header + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}

// echo answers with the message. A function that was sent an event has it from there.
func (v *visit) echo() {
	var event struct {
		Body    *string
		Context json.RawMessage `json:"requestContext"`
	}
	if json.Unmarshal(v.body, &event) != nil || event.Context == nil {
		v.reply("200 OK", "", string(v.body))
		return
	}
	text, _ := json.Marshal(map[string]any{"statusCode": http.StatusOK, "body": event.Body})
	v.reply("200 OK", "", string(text))
}

// answers is a trap that answers in good order.
func answers(status, header, body string) func(*visit) bool {
	return func(v *visit) bool { return v.reply(status, header, body) }
}

// says is a trap that says what it likes, and then nothing more.
func says(text string) func(*visit) bool {
	return func(v *visit) bool { v.write(text); return false }
}

// hangsUp is a trap that says something, and hangs up.
func hangsUp(text string) func(*visit) bool {
	return func(v *visit) bool {
		v.write(text)
		_ = v.Close()
		return false
	}
}

// halfCloses is a trap that says something and that this was all, and goes on listening.
func halfCloses(text string) func(*visit) bool {
	return func(v *visit) bool {
		v.write(text)
		_ = v.Conn.(*net.TCPConn).CloseWrite()
		return false
	}
}

// resets is a trap that says something and resets the connection.
func resets(text string) func(*visit) bool {
	return func(v *visit) bool {
		v.write(text)
		reset(v.Conn)
		return false
	}
}

// reset ends a connection by a RST: without lingering, nothing is left to be said.
func reset(conn net.Conn) {
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

// floods is a trap that says something and then something else, without end.
func floods(start, again string) func(*visit) bool {
	block := strings.Repeat(again, 1+(32<<10)/len(again))
	return func(v *visit) bool {
		for going := v.write(start); going; {
			going = v.write(block)
		}
		return false
	}
}

// trickles is a trap that says something at once and the rest a byte at a time, without end.
func trickles(start, again string) func(*visit) bool {
	return func(v *visit) bool {
		v.write(start)
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for i := 0; v.write(again[i : i+1]); i = (i + 1) % len(again) {
			<-ticker.C
		}
		return false
	}
}
