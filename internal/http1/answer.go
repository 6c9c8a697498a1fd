package http1

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// bufferSize is how much of a body waits for its handler to return.
const bufferSize = 4 << 10

// A buffer is borrowed while an answer is made.
type buffer struct{ b []byte }

var buffers = sync.Pool{New: func() any { return &buffer{make([]byte, 0, bufferSize+1<<10)} }}

func borrow() *buffer {
	if b, ok := buffers.Get().(*buffer); ok {
		return b
	}
	return new(buffer)
}

// giveBack gives it to the next one, unless it has become too large to be kept. There may be none.
func (b *buffer) giveBack() {
	if b != nil && cap(b.b) <= 4*bufferSize {
		b.b = b.b[:0]
		buffers.Put(b)
	}
}

// appendStatus appends a status line (RFC 9112 section 4).
func appendStatus(b []byte, status int) []byte {
	if status == http.StatusOK {
		return append(b, "HTTP/1.1 200 OK\r\n"...)
	}
	b = strconv.AppendInt(append(b, "HTTP/1.1 "...), int64(status), 10)
	return append(append(append(b, ' '), http.StatusText(status)...), "\r\n"...)
}

// completeHead appends to status and fields what is not the handler's to say. Of the body so many bytes are there; they may be
// the last.
func (w *response) completeHead(b []byte, length int, last bool) []byte {
	e := w.exchange
	if !w.dated {
		b = append(append(append(b, "Date: "...), *e.conn.server.clock.date.Load()...), "\r\n"...)
	}
	b = w.appendFraming(b, length, last)
	// A body that its client holds back may come or not; one that is long is not worth reading; and who tunnels on the
	// wish to upgrade could take what follows for something else.
	w.closing = w.closing || w.waiting || e.last || e.upgrades || !e.body.isShort() || e.conn.server.closing.Load()
	if w.closing && !w.close {
		b = append(b, "Connection: close\r\n"...)
	}
	return append(b, "\r\n"...)
}

// appendFraming says where the body ends (RFC 9112 section 6.3).
func (w *response) appendFraming(b []byte, length int, last bool) []byte {
	head := w.exchange.bodiless
	switch {
	case w.status == http.StatusNoContent:
		return b // RFC 9110 section 8.6
	case w.length >= 0 || !hasBody(w.status):
	case last && head && w.written > 0:
		w.length = w.written
	case last && !head:
		w.length = int64(length)
	case head:
	case w.exchange.old:
		w.closing = true
	default:
		w.chunked = true
		return append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	if w.length < 0 {
		return b
	}
	return append(strconv.AppendInt(append(b, "Content-Length: "...), w.length, 10), "\r\n"...)
}

// appendFields appends a header in the order of its names, but for what is not the handler's to say.
func appendFields(b []byte, h http.Header) []byte {
	var few [16]string
	names := few[:0]
	for name := range h {
		if !isFraming(name) && name != "" && only(name, inToken) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range h[name] {
			b = append(append(b, name...), ": "...)
			b = append(appendValue(b, value), "\r\n"...)
		}
	}
	return b
}

// isFraming says whether a field is about where the body ends, in any spelling.
func isFraming(name string) bool {
	switch len(name) {
	case len("Trailer"):
		return strings.EqualFold(name, "Trailer")
	case len("Content-Length"):
		return strings.EqualFold(name, "Content-Length")
	case len("Transfer-Encoding"):
		return strings.EqualFold(name, "Transfer-Encoding")
	default:
		return false
	}
}

// appendValue appends what can be in a value; for what cannot there is a space. So nobody ends the line.
func appendValue(b []byte, value string) []byte {
	value = trim(value)
	start := len(b)
	b = append(b, value...)
	for i := start; i < len(b); i++ {
		if kinds[b[i]]&inValue == 0 {
			b[i] = ' '
		}
	}
	return b
}

// appendRefusal appends the answer to what was no request.
func appendRefusal(b []byte, bad *refusal, date string) []byte {
	text := strconv.Itoa(bad.status) + " " + http.StatusText(bad.status) + ": " + bad.reason + "\n"
	b = append(append(appendStatus(b, bad.status), "Date: "...), date...)
	b = append(b, "\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "...)
	b = append(strconv.AppendInt(b, int64(len(text)), 10), "\r\n\r\n"...)
	return append(b, text...)
}
