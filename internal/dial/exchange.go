package dial

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// An exchange is a request and its response, whose body it is. All of it but the connection and the room is in one piece.
type exchange struct {
	transport *Transport
	request   *http.Request
	response  http.Response
	head      head

	conn    *conn
	room    *room
	last    bool    // the server has been told that there will be no other request
	upload  *upload // nil: all of the request has been written
	closed  bool    // the body of the request, or it will be
	unsent  error   // why not all of it could be; the server may say more
	lost    error   // why nothing can be read
	lasts   bool    // the connection may be kept
	framing framing
	left    int64 // of the body, or of its chunk
	begun   bool  // the body's first chunk
	err     error // which has ended the body

	over atomic.Bool // the connection is no longer this exchange's
}

// room is what is needed while a call goes on, and never after it.
type room struct {
	out  []byte // head and body of the request
	in   []byte // what was read
	next int    // what of it has not been used
}

const (
	small = 4 << 10  // bytes of room for what is read
	large = 64 << 10 // with more it is not kept
)

var rooms = sync.Pool{New: func() any { return &room{in: make([]byte, 0, small)} }}

func (r *room) release() {
	if cap(r.out) > large || cap(r.in) > large {
		return
	}
	r.out, r.in, r.next = r.out[:0], r.in[:0], 0
	rooms.Put(r)
}

// unused is what was read and not yet used.
func (r *room) unused() []byte { return r.in[r.next:] }

// compose prepares a request: what cannot be sent is found before anybody is called.
func (x *exchange) compose(fields []Field) (err error) {
	if x.room.out, err = appendHead(x.room.out, x.request, fields, x.last); err != nil {
		return err
	}
	return x.appendBody()
}

// appendBody reads what of a body goes out with the head: all of one that is not large.
func (x *exchange) appendBody() error {
	r := x.request
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	if streams(r) {
		x.upload = newUpload(r.Body, -1)
		return nil
	}
	first := min(r.ContentLength, inline)
	head := len(x.room.out)
	x.room.out = append(x.room.out, make([]byte, first)...)
	if _, err := io.ReadFull(r.Body, x.room.out[head:]); err != nil {
		return fmt.Errorf("%w: its body: %w", errRequest, err)
	}
	if first < r.ContentLength {
		x.upload = newUpload(r.Body, r.ContentLength-first)
		return nil
	}
	x.closeBody()
	return nil
}

// closeBody closes the body of the request, if nobody else will.
func (x *exchange) closeBody() {
	if body := x.request.Body; body != nil && !x.closed {
		x.closed = true
		_ = body.Close()
	}
}

// send writes a request, or as much of it as does not have to wait for the server. A connection that was kept and takes nothing
// of it, not a byte, is given up for another one; whatever else happens, the request is not written again.
func (x *exchange) send(ctx context.Context, to origin) (err error) {
	for {
		now := time.Now()
		if x.conn = x.transport.pool.take(to, now); x.conn == nil {
			if x.conn, err = x.transport.open(ctx, to); err != nil {
				return err
			}
		}
		c := x.conn
		c.begin(ctx, now)
		if x.unsent = x.write(c); x.unsent == nil || !c.kept || c.wrote || ctx.Err() != nil {
			break
		}
		c.hangUp()
	}
	if x.unsent == nil && x.upload != nil {
		x.closed = true // when it is over
		x.upload.start(x.conn)
	}
	x.closeBody()
	return nil
}

// write writes what there is of a request, to a connection that is quiet, and may read what comes first.
func (x *exchange) write(c *conn) error {
	out, asked := x.room.out, !c.kept
	if x.upload == nil && c.tls == nil {
		written, read, err := c.ear.converse(out, x.room.in[:cap(x.room.in)], asked)
		x.room.in, out = x.room.in[:read], out[written:]
		if written > 0 {
			asked, c.wrote = true, true
		}
		if len(out) == 0 {
			x.lost = err
			return nil
		}
		if err != nil {
			return err
		}
	}
	if !asked && !c.quiet() {
		return errNoise
	}
	if x.upload != nil {
		c.watch() // two will wait: neither needs to
	}
	_, err := c.stream.Write(out)
	return err
}

// receive reads the head of the response, past those of informational ones: RFC 9110 section 15.2. A server may say why it has
// not read all of a request.
func (x *exchange) receive() error {
	for early, read := 0, 0; ; early++ {
		n, err := x.fillHead(maxHead - read)
		if err != nil {
			return x.whyNot(err)
		}
		text := string(x.room.in[x.room.next : x.room.next+n])
		x.room.next += n
		read += n
		if err := x.head.parse(text); err != nil {
			return err
		}
		switch {
		case x.head.status == http.StatusSwitchingProtocols:
			return malformed("nobody has asked for another protocol")
		case x.head.status >= http.StatusOK:
			x.answer()
			return nil
		case early == maxEarly:
			return malformed("it has more than %d informational ones before it", maxEarly)
		}
	}
}

// whyNot is why there is no response: that the request could not be sent, if so.
func (x *exchange) whyNot(err error) error {
	if x.unsent != nil {
		return x.unsent
	}
	if x.upload != nil {
		if failed := x.upload.source(); failed != nil {
			return failed
		}
	}
	if err == io.EOF { //nolint:errorlint // as a Reader has it
		err = fmt.Errorf("dial: the server has hung up without a response: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// fillHead reads until a head is complete and returns its length.
func (x *exchange) fillHead(limit int) (int, error) {
	r := x.room
	for seen := 0; ; {
		if n := headEnd(r.unused(), seen); n > 0 && n <= limit {
			return n, nil
		}
		switch seen = len(r.unused()); {
		case seen > limit:
			return 0, malformed("its header has more than %d bytes", maxHead)
		case !mayBeHTTP(r.unused()):
			return 0, malformed("it begins with %.40q", r.unused())
		}
		seen = max(seen-2, 0) // the end may have come in part
		if err := x.fill(); err != nil {
			return 0, err
		}
	}
}

// fill reads once, behind what was read.
func (x *exchange) fill() error {
	r := x.room
	if r.next == len(r.in) {
		r.in, r.next = r.in[:0], 0
	}
	if len(r.in) == cap(r.in) {
		if r.next > 0 {
			r.in = append(r.in[:0], r.unused()...)
			r.next = 0
		} else {
			r.in = append(r.in, make([]byte, cap(r.in))...)[:len(r.in)]
		}
	}
	if x.lost != nil {
		return x.lost
	}
	n, err := x.conn.stream.Read(r.in[len(r.in):cap(r.in)])
	r.in = r.in[:len(r.in)+n]
	if n > 0 {
		return nil
	}
	return err
}

// answer makes the response of the head.
func (x *exchange) answer() {
	h := &x.head
	x.lasts = h.lasts && !x.last && x.unsent == nil
	x.response = http.Response{
		Status: h.reason, StatusCode: h.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: h.minor, Header: h.fields,
		ContentLength: h.length, Close: !h.lasts, Request: x.request, Body: x,
	}
	if h.minor == 0 {
		x.response.Proto = "HTTP/1.0"
	}
	if h.chunked {
		x.response.TransferEncoding = []string{"chunked"}
	}
	if x.frame(); x.framing == nothing {
		x.response.Body = http.NoBody
		x.finish(true)
	}
}

// finish ends the use of the connection. One on which all of the request was written and all of the response read, and
// nothing besides, is kept.
func (x *exchange) finish(clean bool) {
	if !x.over.CompareAndSwap(false, true) {
		return
	}
	c := x.conn
	if clean && x.lasts && len(x.room.unused()) == 0 && x.upload.ended() && c.end() {
		x.transport.keep(c, x.head.waits)
	} else {
		c.hangUp()
	}
	if clean {
		x.room.release() // nobody else is reading
		x.room = nil
	}
}
