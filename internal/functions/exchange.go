package functions

import (
	"bufio"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// An exchange is a connection of a process with its Runtime API. One goroutine reads what it asks; an event is written by whoever has it,
// so that none waits for another to hand it over, and the reading of a connection that waits for one notices when that breaks.
type exchange struct {
	conn net.Conn
	in   *bufio.Reader
	left int  // how many bytes of a head may come
	last bool // the connection ends with the answer

	writing sync.Mutex // held while an answer is written
	out     []byte     // where it is made
}

// maxHead is how long the head of a request may be.
const maxHead = 64 << 10

// Read bounds heads: only what surrounds them is read without end.
func (e *exchange) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := e.conn.Read(p[:min(len(p), e.left)])
	e.left -= n
	return n, err
}

// accept serves the connections of a listener until it is closed.
func (p *process) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		e := &exchange{conn: conn}
		e.in = bufio.NewReader(e)
		if p.join(e) {
			go p.serve(e)
		}
	}
}

// join takes a connection up, unless the process has ended.
func (p *process) join(e *exchange) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase == ended {
		_ = e.conn.Close() // nothing was said
		return false
	}
	p.exchanges[e] = true
	return true
}

// leave gives a connection up. A request for work that came by it may come again by another.
func (p *process) leave(e *exchange) {
	_ = e.conn.Close() // whatever was to be sent has been
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.exchanges, e)
	if p.asker == e {
		p.asker, p.asking = nil, false
	}
}

// hangUp ends all connections: nobody is there to answer.
func (p *process) hangUp() {
	_ = p.listener.Close() // ends accept
	p.mu.Lock()
	defer p.mu.Unlock()
	for e := range p.exchanges {
		_ = e.conn.Close() // ends serve
	}
}

// serve answers what comes by a connection until either side ends it.
func (p *process) serve(e *exchange) {
	defer p.leave(e)
	for {
		e.left = maxHead
		if _, err := e.in.Peek(1); err != nil || p.isAsker(e) { // nobody asks anything while waiting for an answer
			return
		}
		r, err := http.ReadRequest(e.in)
		if err != nil {
			return
		}
		e.left = math.MaxInt
		if r.Header.Get("Expect") != "" && r.ProtoAtLeast(1, 1) {
			if _, err := io.WriteString(e.conn, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
				return
			}
		}
		e.last = r.Close || !r.ProtoAtLeast(1, 1)
		if said := p.route(e, r); said != nil {
			err = e.say(said)
		}
		if err != nil || r.Body.Close() != nil {
			return
		}
	}
}

func (p *process) isAsker(e *exchange) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asker == e
}

// route answers a request; nil: the answer is an event, which comes when there is one.
func (p *process) route(e *exchange, r *http.Request) *said {
	switch {
	case r.Host != p.served && !p.addressed(r.Host):
		return refusal(http.StatusMisdirectedRequest, "InvalidRequest", "this is "+p.served)
	case fromBrowser(r):
		return refusal(http.StatusForbidden, "InvalidRequest", "this is not for web pages")
	}
	path, ours := strings.CutPrefix(r.URL.Path, runtimeAPI)
	call, id := path, ""
	if rest, is := strings.CutPrefix(path, "invocation/"); is {
		if of, kind, more := strings.Cut(rest, "/"); more {
			call, id = "invocation/{id}/"+kind, of
		}
	}
	switch {
	case !ours:
	case r.Method == http.MethodGet && call == "invocation/next":
		return p.next(e, r)
	case r.Method != http.MethodPost:
	case call == "invocation/{id}/response":
		return p.response(r, id, false)
	case call == "invocation/{id}/error":
		return p.response(r, id, true)
	case call == "init/error":
		return p.initError(r)
	}
	return refusal(http.StatusNotFound, "", "no such operation: "+r.Method+" "+r.URL.Path)
}

// said is an answer of the Runtime API.
type said struct {
	status int
	header []string // names and values by turns
	body   []byte
}

// inOneLine keeps a value from becoming more than one field.
var inOneLine = strings.NewReplacer("\r", " ", "\n", " ")

// say writes an answer, and ends the connection if that was agreed.
func (e *exchange) say(s *said) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	last := e.last // the process may ask for more as soon as it has this
	b := append(e.out[:0], "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(s.status), 10)
	b = append(append(b, ' '), http.StatusText(s.status)...)
	b = append(b, "\r\nDate: "...)
	b = time.Now().UTC().AppendFormat(b, http.TimeFormat)
	b = append(b, "\r\nContent-Type: application/json\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(s.body)), 10)
	for i := 0; i+1 < len(s.header); i += 2 {
		b = append(append(b, "\r\n"...), s.header[i]...)
		b = append(append(b, ": "...), inOneLine.Replace(s.header[i+1])...)
	}
	if last {
		b = append(b, "\r\nConnection: close"...)
	}
	b = append(b, "\r\n\r\n"...)
	err := e.send(b, s.body)
	if last {
		_ = e.conn.Close() // ends serve
	}
	return err
}

// send writes a head and a body.
func (e *exchange) send(head, body []byte) error {
	const copied = 16 << 10
	if len(body) > copied {
		e.out = head
		_, err := (&net.Buffers{head, body}).WriteTo(e.conn)
		return err
	}
	e.out = append(head, body...)
	_, err := e.conn.Write(e.out)
	return err
}

// readBody reads a body of at most so many bytes, and one more if it is longer.
func readBody(r *http.Request, most int64) ([]byte, error) {
	if r.ContentLength >= 0 && r.ContentLength <= most {
		body := make([]byte, r.ContentLength)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	return io.ReadAll(io.LimitReader(r.Body, most+1))
}
