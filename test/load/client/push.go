//go:build linux

package client

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gangway/test/load/poll"
	"gangway/test/load/sign"
)

// pushing has backends send messages to connections, and counts what the clients get. Requests are made and signed before the
// clock starts. Each message has a number, so that one that comes twice, or late, is known.
type pushing struct {
	idle
	order     *Order
	requests  []byte
	ends      []uint32 // of each request in requests
	sent      []int64  // when each went out; 0: it has arrived
	next      int
	responses int
	until     int64
}

// messageSize is the length of a pushed message, numberSize that of the number it begins with.
const (
	messageSize = 64
	numberSize  = 9
)

func (p *pushing) begin(l *loop) error {
	p.prepare(l)
	if err := l.backends(p.order); err != nil {
		return err
	}
	l.report.CPU, l.report.Elapsed = -ownCPU(), -time.Duration(l.now())
	p.until = l.now() + int64(p.order.Time)
	for j := range min(p.order.Parallel, len(l.https)) {
		p.send(l, int32(j))
	}
	return nil
}

// prepare makes all requests.
func (p *pushing) prepare(l *loop) {
	p.sent, p.ends = make([]int64, p.order.Ops), make([]uint32, p.order.Ops)
	p.order.Burst = max(1, p.order.Burst)
	var signer *sign.Signer
	if p.order.Key != nil {
		signer = sign.New(*p.order.Key, time.Now())
	}
	padding := strings.Repeat("p", messageSize-numberSize)
	for k := range p.order.Ops {
		i := k / p.order.Burst % len(l.conns)
		p.requests = request(p.requests, l.fill(p.order.Path, i), l.fill(p.order.Body, i), fmt.Sprintf("%0*d", numberSize, k)+padding, p.order, signer)
		p.ends[k] = uint32(len(p.requests))
	}
}

// fill puts the number and the id of a connection into a form.
func (l *loop) fill(form string, i int) string {
	if !strings.Contains(form, "{") {
		return form
	}
	form = strings.ReplaceAll(form, "{n}", strconv.Itoa(i))
	if i < len(l.ids) {
		form = strings.ReplaceAll(form, "{id}", strings.ReplaceAll(l.ids[i], "=", "%3D"))
	}
	return form
}

// request appends a POST.
func request(to []byte, path, form, data string, o *Order, signer *sign.Signer) []byte {
	body := data
	if form != "" {
		body = strings.ReplaceAll(form, "{data}", data)
	}
	to = append(to, "POST "+path+" HTTP/1.1\r\nHost: "+o.Address+"\r\n"+o.Header...)
	if signer != nil {
		date, authorization := signer.Headers("POST", o.Address, path, "", []byte(body))
		to = append(to, "X-Amz-Date: "+date+"\r\nAuthorization: "+authorization+"\r\n"...)
	}
	to = append(to, "Content-Length: "...)
	to = strconv.AppendInt(to, int64(len(body)), 10)
	return append(append(to, "\r\n\r\n"...), body...)
}

// send writes the next requests on a connection.
func (p *pushing) send(l *loop, j int32) {
	now := l.now()
	if p.next == p.order.Ops || p.order.Time > 0 && now > p.until {
		return
	}
	first, last := p.next, min(p.next+p.order.Burst, p.order.Ops)
	begin := uint32(0)
	if first > 0 {
		begin = p.ends[first-1]
	}
	for k := first; k < last; k++ {
		p.sent[k] = now
	}
	p.next = last
	l.report.Sent += last - first
	l.https[j].waits = int32(last - first)
	if !l.write(l.https[j].fd, p.requests[begin:p.ends[last-1]]) {
		l.fail("a request could not be sent")
	}
}

func (p *pushing) response(l *loop, j int32, status int, body []byte) {
	if status < 200 || status > 299 {
		l.fail("push: %d %.300s", status, body)
		return
	}
	p.responses++
	if l.https[j].waits--; l.https[j].waits == 0 {
		p.send(l, j)
	}
}

func (p *pushing) message(l *loop, _ int32, payload []byte) {
	number, err := strconv.Atoi(string(payload[:min(numberSize, len(payload))]))
	switch {
	case err != nil || number < 0 || number >= p.next:
		l.fail("unexpected message %.100q", payload)
	case p.sent[number] == 0:
		l.fail("message %d came twice", number)
	default:
		l.report.Latency.Add(timeSince(l, p.sent[number]))
		p.sent[number] = 0
		l.report.Received++
	}
}

func (p *pushing) lost(l *loop, why string) { l.fail("%s", why) }

func (p *pushing) done(l *loop) bool {
	over := p.next == p.order.Ops || p.order.Time > 0 && l.now() > p.until
	return over && p.responses == l.report.Sent && l.report.Received == l.report.Sent
}

// posting sends one request that has a server send a message to all connections.
type posting struct {
	idle
	order    *Order
	answered bool
}

func (p *posting) begin(l *loop) error {
	p.order.Parallel = 1
	if err := l.backends(p.order); err != nil {
		return err
	}
	all := request(nil, p.order.Path, p.order.Body, strings.Repeat("b", messageSize), p.order, nil)
	l.report.CPU, l.report.Elapsed = -ownCPU(), -time.Duration(l.now())
	l.report.Sent = l.opened
	l.https[0].waits = 1
	if !l.write(l.https[0].fd, all) {
		l.fail("a request could not be sent")
	}
	return nil
}

func (p *posting) response(l *loop, _ int32, status int, body []byte) {
	if p.answered = true; status < 200 || status > 299 {
		l.fail("broadcast: %d %.300s", status, body)
	}
}

func (p *posting) message(l *loop, _ int32, payload []byte) {
	if len(payload) < messageSize {
		l.fail("unexpected message %.100q", payload)
	}
	l.report.Received++
}

func (p *posting) lost(l *loop, why string) { l.fail("%s", why) }

func (p *posting) done(l *loop) bool { return p.answered && l.report.Received == l.report.Sent }

// requester is a connection of HTTP that is kept.
type requester struct {
	fd    int32
	waits int32 // responses that are to come
}

// backends opens the connections of HTTP that an order needs and the loop has not yet.
func (l *loop) backends(o *Order) error {
	to, err := poll.Resolve(o.Address)
	if err != nil {
		return err
	}
	l.backend = to
	for j := len(l.https); j < o.Parallel; j++ {
		fd, err := poll.DialNow(to)
		if err != nil {
			return err
		}
		poll.Prompt(fd)
		l.https = append(l.https, requester{fd: int32(fd)})
		if err := l.poller.Add(fd, poll.Readable, int32(-1-j)); err != nil {
			return err
		}
	}
	return nil
}

// answered reads what has come on a connection of HTTP.
func (l *loop) answered(j int32) {
	key := -1 - j
	data, errno := l.read(l.https[j].fd, key)
	if errno == poll.ErrAgain {
		return
	}
	if errno != 0 || len(data) == 0 {
		l.fail("a connection of HTTP was closed by the server")
		_ = l.poller.Remove(int(l.https[j].fd))
		return
	}
	for len(data) > 0 {
		r, rest, ok := cutResponse(data)
		if !ok {
			break
		}
		data = rest
		if r.last {
			if err := l.reopen(j); err != nil {
				l.fail("%v", err)
			}
		}
		l.work.response(l, j, r.status, r.body)
	}
	l.keep(key, data)
}

// reopen takes another connection for one that the server is about to close.
func (l *loop) reopen(j int32) error {
	poll.Close(int(l.https[j].fd))
	fd, err := poll.DialNow(l.backend)
	if err != nil {
		return err
	}
	l.https[j].fd = int32(fd)
	return l.poller.Add(fd, poll.Readable, -1-j)
}

// response is an answer of HTTP.
type response struct {
	status int
	body   []byte
	last   bool // the server closes the connection behind it
}

// cutResponse cuts one response off data: RFC 9112, sections 4 and 6, as far as servers here use it.
func cutResponse(data []byte) (r response, rest []byte, ok bool) {
	head, rest, ok := bytes.Cut(data, []byte("\r\n\r\n"))
	if !ok || len(head) < 12 {
		return r, data, false
	}
	r.status, _ = strconv.Atoi(string(head[9:12])) // an unreadable one is 0, which nobody takes for success
	length, chunked := 0, false
	for line := range bytes.Lines(head) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch value = bytes.TrimSpace(value); {
		case bytes.EqualFold(name, []byte("content-length")):
			length, _ = strconv.Atoi(string(value)) // an unreadable one shows as garbage behind
		case bytes.EqualFold(name, []byte("transfer-encoding")):
			chunked = true
		case bytes.EqualFold(name, []byte("connection")):
			r.last = bytes.EqualFold(value, []byte("close"))
		}
	}
	if chunked {
		r.body, rest, ok = bytes.Cut(rest, []byte("0\r\n\r\n"))
		return r, rest, ok
	}
	if r.status == http.StatusNoContent {
		length = 0
	}
	if len(rest) < length {
		return r, data, false
	}
	r.body = rest[:length]
	return r, rest[length:], true
}
