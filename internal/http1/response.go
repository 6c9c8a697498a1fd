package http1

import (
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A response is what a handler writes its answer to. What is short is sent whole, when the handler has returned: then its
// length is known.
type response struct {
	exchange *exchange
	header   http.Header

	mu       sync.Mutex // held while bytes are sent; guards what follows
	status   int        // 0: not known yet
	length   int64      // as the handler has told; -1: it has not
	written  int64      // of the body
	head     *buffer    // status and fields, until they are sent
	body     *buffer    // what is not sent yet; nil: nothing
	by       time.Time  // until when bytes must be taken; zero: some time from then
	dated    bool       // the handler has told the date
	close    bool       // and that the connection ends
	chunked  bool
	closing  bool // the connection ends with this answer
	waiting  bool // the client waits for 100 before it sends its body, and may send none if it gets something else
	taken    bool // by TakeOver or Hijack
	finished bool
	err      error // of sending
}

// Header implements [http.ResponseWriter].
func (w *response) Header() http.Header {
	if w.header == nil {
		w.header = make(http.Header, 8)
	}
	return w.header
}

// WriteHeader implements [http.ResponseWriter]. What is no status, and 101, which only TakeOver brings about, become 500.
func (w *response) WriteHeader(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.taken || w.finished || w.status != 0:
		w.exchange.conn.server.log().Warn("http1: superfluous WriteHeader", "status", status)
	case status >= 100 && status < 200 && status != http.StatusSwitchingProtocols:
		w.inform(status)
	case status < 200 || status > 999:
		w.exchange.conn.server.log().Error("http1: a handler has answered with a status that is none", "status", status)
		w.begin(http.StatusInternalServerError)
	default:
		w.begin(status)
	}
}

// begin fixes the status and the header: what is done to it later changes nothing.
func (w *response) begin(status int) {
	w.status, w.length, w.head = status, -1, borrow()
	w.head.b = appendFields(appendStatus(w.head.b, status), w.header)
	if length, err := strconv.ParseUint(w.header.Get("Content-Length"), 10, 62); err == nil {
		w.length = int64(length)
	}
	_, w.dated = w.header["Date"]
	for _, list := range w.header["Connection"] {
		w.close = w.close || hasToken(list, "close")
	}
	w.closing = w.close
}

// inform sends an answer before the answer (RFC 9110 section 15.2).
func (w *response) inform(status int) {
	if w.exchange.old {
		return // it has none
	}
	if status == http.StatusContinue {
		w.waiting = false
	}
	out := borrow()
	defer out.giveBack()
	out.b = append(appendFields(appendStatus(out.b, status), w.header), "\r\n"...)
	w.send(out.b)
}

// invite has the client send its body, if it waits to be asked (RFC 9110 section 10.1.1).
func (w *response) invite() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting && (w.status == 0 || w.head != nil) {
		w.waiting = false
		w.send([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	}
}

// hasBody says whether an answer with this status has a body (RFC 9110 section 6.4.1).
func hasBody(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// Write implements [http.ResponseWriter].
func (w *response) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if send, err := w.admit(len(p)); !send {
		return accepted(len(p), err)
	}
	w.room()
	if len(p) > bufferSize-len(w.body.b) {
		w.flush(p, false)
	} else {
		w.body.b = append(w.body.b, p...)
	}
	return accepted(len(p), w.err)
}

// WriteString implements [io.StringWriter].
func (w *response) WriteString(s string) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if send, err := w.admit(len(s)); !send {
		return accepted(len(s), err)
	}
	w.room()
	for rest := s; rest != "" && w.err == nil; {
		if len(w.body.b) >= bufferSize {
			w.flush(nil, false)
		}
		n := min(len(rest), bufferSize-len(w.body.b))
		w.body.b = append(w.body.b, rest[:n]...)
		rest = rest[n:]
	}
	return accepted(len(s), w.err)
}

// accepted is what writing n bytes returns. What waits in a buffer counts as written.
func accepted(n int, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	return n, nil
}

// admit is the half of writing that does not depend on how the bytes are given. It says whether n bytes of the body are to be
// sent, or why they cannot be. It needs w.mu.
func (w *response) admit(n int) (send bool, err error) {
	if err := w.start(); err != nil {
		return false, err
	}
	switch {
	case n == 0:
		return false, nil
	case !hasBody(w.status):
		return false, http.ErrBodyNotAllowed
	case w.length >= 0 && w.written+int64(n) > w.length:
		return false, http.ErrContentLength
	}
	w.written += int64(n)
	return !w.exchange.bodiless, nil
}

// start makes the status 200 if there is none.
func (w *response) start() error {
	switch {
	case w.taken:
		return http.ErrHijacked
	case w.finished:
		return errAnswered
	case w.status == 0:
		w.begin(http.StatusOK)
	}
	return w.err
}

// room has a buffer for the body.
func (w *response) room() {
	if w.body == nil {
		w.body = borrow()
	}
}

// Flush implements [http.Flusher].
func (w *response) Flush() { _ = w.FlushError() }

// FlushError is for [http.ResponseController].
func (w *response) FlushError() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.start(); err != nil {
		return err
	}
	w.flush(nil, false)
	return w.err
}

// finish sends what is left of the answer, and reports whether another request may follow.
func (w *response) finish() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.taken {
		return false
	}
	if err := w.start(); err == nil {
		w.flush(nil, true)
	}
	w.finished = true
	w.head.giveBack()
	w.body.giveBack()
	w.head, w.body = nil, nil
	short := w.length > w.written && hasBody(w.status) && !w.exchange.bodiless
	return !w.closing && !short && w.err == nil
}

// abort ends an answer that its handler could not end. If nothing was sent of it, the client is told.
func (w *response) abort() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.taken || w.status != 0 && w.head == nil {
		w.err = io.ErrClosedPipe
		return
	}
	w.head.giveBack()
	w.body.giveBack()
	w.header, w.body, w.written = http.Header{"Connection": {"close"}}, nil, 0
	w.begin(http.StatusInternalServerError)
}

// flush sends what there is of the body, and more of it, after the head if that was not sent: all that is short in one
// write. It needs w.mu.
func (w *response) flush(more []byte, last bool) {
	if w.err != nil {
		return
	}
	var data []byte
	if w.body != nil {
		data = w.body.b
	}
	out := w.head
	if w.head = nil; out == nil {
		out = borrow()
	} else {
		out.b = w.completeHead(out.b, len(data), last)
	}
	defer out.giveBack()
	length := len(data) + len(more)
	if w.chunked && length > 0 {
		out.b = append(strconv.AppendInt(out.b, int64(length), 16), "\r\n"...)
	}
	out.b = append(out.b, data...)
	if len(more) > 0 {
		w.send(out.b)
		w.send(more)
		out.b = out.b[:0]
	}
	if w.chunked && length > 0 {
		out.b = append(out.b, "\r\n"...)
	}
	if w.chunked && last {
		out.b = append(out.b, "0\r\n\r\n"...)
	}
	if w.body != nil {
		w.body.b = data[:0]
	}
	w.send(out.b)
}

// send needs w.mu.
func (w *response) send(p []byte) {
	if w.err == nil && len(p) > 0 {
		_, w.err = w.exchange.conn.link.write(p, w.by)
	}
}
