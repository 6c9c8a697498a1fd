package functions

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
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
	// expects is that the other side sends a body when it is told to go on ("100-continue": RFC 9110, section 10.1.1).
	expects bool
	owed    bool // a body comes that nobody has read

	writing sync.Mutex // held while an answer is written
	out     []byte     // where it is made
}

// What a connection may take of what is everybody's.
const (
	maxHead      = 64 << 10         // length of the head of a request
	headTime     = 10 * time.Second // from its first byte to its last
	restTime     = 5 * time.Second  // for a body that nobody wants
	maxExchanges = 64               // connections of a process: runtimes have one or two
)

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
		go func() {
			if p.known(conn) && p.join(e) {
				p.serve(e)
			}
			_ = conn.Close() // whatever was to be sent has been
		}()
	}
}

// join takes a connection up, unless the process has ended or has enough of them.
func (p *process) join(e *exchange) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase == ended || len(p.exchanges) >= maxExchanges {
		return false
	}
	p.exchanges[e] = true
	return true
}

// leave gives a connection up. A request for work that came by it may come again by another.
func (p *process) leave(e *exchange) {
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
		r, err := e.request()
		if err != nil {
			e.unread(err)
			return
		}
		if said := p.route(e, r); said != nil {
			e.last = e.last || e.expects // what it has not been asked to send may come or not
			err = e.say(said)
		}
		if err != nil || e.finish(r) != nil {
			return
		}
	}
}

// request reads the head of a request, of which something is there.
func (e *exchange) request() (*http.Request, error) {
	there, _ := e.in.Peek(e.in.Buffered()) // never fails
	whole := bytes.Contains(there, []byte("\r\n\r\n"))
	if !whole { // else nothing is waited for
		if err := e.conn.SetReadDeadline(time.Now().Add(headTime)); err != nil {
			return nil, err
		}
	}
	r, err := http.ReadRequest(e.in)
	if err != nil {
		return nil, err
	}
	if !whole {
		err = e.conn.SetReadDeadline(time.Time{})
	}
	e.left = math.MaxInt
	e.last = r.Close || !r.ProtoAtLeast(1, 1)
	e.owed = r.Body != http.NoBody
	e.expects = e.owed && r.ProtoAtLeast(1, 1) && r.Header.Get("Expect") != ""
	return r, err
}

// unread says why a request was not read, if there still is somebody to hear it, and waits until it was heard: what has come and was not read
// would have the answer thrown away with the connection (RFC 9112, section 9.6).
func (e *exchange) unread(err error) {
	var said *said
	failed, network := errors.AsType[net.Error](err)
	switch {
	case e.left <= 0:
		said = refusal(http.StatusRequestHeaderFieldsTooLarge, "InvalidRequest", fmt.Sprintf("the head of a request has at most %d bytes", maxHead))
	case network && failed.Timeout():
		said = refusal(http.StatusRequestTimeout, "InvalidRequest", "the request did not come in time")
	case network || errors.Is(err, io.ErrUnexpectedEOF):
		return
	default:
		said = refusal(http.StatusBadRequest, "InvalidRequest", err.Error())
	}
	e.writing.Lock()
	defer e.writing.Unlock()
	conn, is := e.conn.(*net.TCPConn)
	if e.send(e.head(said, true), said.body) != nil || !is || conn.CloseWrite() != nil {
		return
	}
	if conn.SetReadDeadline(time.Now().Add(restTime)) == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(conn, maxResponse)) // it has said all that it will be heard
	}
}

// finish reads what is left of a request, for the next one to follow.
func (e *exchange) finish(r *http.Request) error {
	if !e.owed {
		return r.Body.Close()
	}
	if err := e.conn.SetReadDeadline(time.Now().Add(restTime)); err != nil {
		return err
	}
	return errors.Join(r.Body.Close(), e.conn.SetReadDeadline(time.Time{}))
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
		return p.response(e, r, id, false)
	case call == "invocation/{id}/error":
		return p.response(e, r, id, true)
	case call == "init/error":
		return p.initError(e, r)
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
	err := e.send(e.head(s, last), s.body)
	if last {
		_ = e.conn.Close() // ends serve
	}
	return err
}

// head is the head of an answer. It is good until the next one is made.
func (e *exchange) head(s *said, last bool) []byte {
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
	return append(b, "\r\n\r\n"...)
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

// firstPart is how much room is made for a body because of its length alone.
const firstPart = 1 << 20

// readBody reads a body of at most so many bytes, and one more if it is longer, until a time.
func (e *exchange) readBody(r *http.Request, most int64, until time.Time) ([]byte, error) {
	if e.expects {
		e.expects = false
		if _, err := io.WriteString(e.conn, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return nil, err
		}
	}
	if r.ContentLength >= 0 && r.ContentLength <= int64(e.in.Buffered()) {
		body := make([]byte, r.ContentLength)
		_, err := io.ReadFull(r.Body, body)
		e.owed = err != nil
		return body, err
	}
	if err := e.conn.SetReadDeadline(until); err != nil {
		return nil, err
	}
	var body bytes.Buffer
	body.Grow(bytes.MinRead + int(min(max(r.ContentLength, 0), firstPart)))
	_, err := body.ReadFrom(io.LimitReader(r.Body, most+1))
	e.owed = err != nil || int64(body.Len()) > most
	return body.Bytes(), errors.Join(err, e.conn.SetReadDeadline(time.Time{}))
}
