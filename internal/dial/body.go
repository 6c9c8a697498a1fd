package dial

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
)

// framing is how the end of a body is found.
type framing int

const (
	nothing framing = iota // there is no body
	counted
	inChunks
	toTheEnd // of the connection
)

// frame finds how the body ends: RFC 9112 section 6.3.
func (x *exchange) frame() {
	h := &x.head
	switch {
	case h.status == http.StatusNoContent, h.status == http.StatusNotModified:
		x.framing, x.response.ContentLength = nothing, 0
	case x.request.Method == http.MethodHead:
		x.framing = nothing
	case h.chunked:
		x.framing = inChunks
	case h.length == 0:
		x.framing = nothing
	case h.length > 0:
		x.framing, x.left = counted, h.length
	default:
		x.framing, x.lasts = toTheEnd, false
	}
}

// Read implements [io.Reader] for the response's body.
func (x *exchange) Read(p []byte) (int, error) {
	switch {
	case x.err != nil:
		return 0, x.err
	case x.over.Load():
		return 0, http.ErrBodyReadAfterClose
	case len(p) == 0:
		return 0, nil
	}
	n, err := x.read(p)
	if err == nil {
		return n, nil
	}
	if x.err = err; err == io.EOF { //nolint:errorlint // as a Reader has it
		x.finish(true)
		return n, err
	}
	if ctx := x.request.Context(); ctx.Err() != nil {
		x.err = context.Cause(ctx)
	}
	x.finish(false)
	return n, x.err
}

// Close implements [io.Closer]. A connection with a response that was not read to its end is closed.
func (x *exchange) Close() error {
	x.finish(false)
	return nil
}

// read reads some of the body. The error is io.EOF at its end.
func (x *exchange) read(p []byte) (int, error) {
	if x.framing == toTheEnd {
		return x.some(p)
	}
	if x.framing == inChunks && x.left == 0 {
		if err := x.nextChunk(); err != nil {
			return 0, err
		}
	}
	n, err := x.some(p[:min(int64(len(p)), x.left)])
	x.left -= int64(n)
	switch {
	case err == io.EOF: //nolint:errorlint // as a Reader has it
		return n, io.ErrUnexpectedEOF
	case err != nil, x.left > 0:
		return n, err
	case x.framing == counted:
		return n, io.EOF
	case bytes.HasPrefix(x.room.unused(), []byte("\r\n0\r\n\r\n")): // who has read all may not read again to find the end
		return n, x.nextChunk()
	default:
		return n, nil
	}
}

// some reads what was read before, or else once from the connection.
func (x *exchange) some(p []byte) (int, error) {
	r := x.room
	if before := r.unused(); len(before) > 0 {
		n := copy(p, before)
		r.next += n
		return n, nil
	}
	return x.conn.stream.Read(p)
}

const (
	maxSize    = 256      // bytes of a line with the size of a chunk, and its extensions
	maxTrailer = 16 << 10 // bytes of trailer fields
)

// nextChunk reads up to the data of the next chunk: RFC 9112 section 7.1. The error is io.EOF after the last one.
func (x *exchange) nextChunk() error {
	if x.begun {
		if line, err := x.line(2); err != nil || len(line) > 0 {
			return orMalformed(err, "there is more in a chunk than it has said")
		}
	}
	x.begun = true
	line, err := x.line(maxSize)
	if err != nil {
		return err
	}
	digits, _, _ := bytes.Cut(line, []byte{';'})
	size, err := strconv.ParseUint(string(bytes.TrimRight(digits, " \t")), 16, 63)
	if err != nil || !isValue(string(line)) {
		return malformed("the size of a chunk is %.40q", line)
	}
	if size > 0 {
		x.left = int64(size)
		return nil
	}
	for room := maxTrailer; room > 0; { // trailer fields are dropped, as section 7.1.2 allows
		line, err := x.line(room)
		if err != nil {
			return err
		}
		if len(line) == 0 {
			return io.EOF
		}
		if _, _, err := parseField(string(line)); err != nil {
			return err
		}
		room -= len(line) + 2
	}
	return malformed("there are more than %d bytes of trailer fields", maxTrailer)
}

func orMalformed(err error, text string) error {
	if err != nil {
		return err
	}
	return malformed("%s", text)
}

// line reads a line, without its end, which is CR LF and nothing else: as for all that says where a body ends. It stays as it
// is until something else is read.
func (x *exchange) line(limit int) ([]byte, error) {
	r := x.room
	for {
		unused := r.unused()
		if end := bytes.IndexByte(unused[:min(limit, len(unused))], '\n'); end >= 0 {
			r.next += end + 1
			if end == 0 || unused[end-1] != '\r' {
				return nil, malformed("a line of its framing ends without CR")
			}
			return unused[:end-1], nil
		}
		if len(unused) >= limit {
			return nil, malformed("a line of its framing has more than %d bytes", limit)
		}
		switch err := x.fill(); {
		case err == io.EOF: //nolint:errorlint // as a Reader has it
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		}
	}
}
