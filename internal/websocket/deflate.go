package websocket

import (
	"compress/flate"
	"errors"
	"io"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

const (
	inflateFirst = 16 << 10  // most messages inflate into so much
	inflateNext  = 128 << 10 // and nearly all into this
	inflateKeep  = 160 << 10 // a greater buffer is not kept for the next message
	deflateKeep  = 64 << 10

	// A compressor rarely makes a message longer, and then by little: five bytes for each block that it stores.
	deflateSlack = 256
	slackShift   = 6
)

// flushed ends what the other side has left of its stream (RFC 7692 section 7.2.2), and our reading of it: an empty stored
// block without its header, then one that is the last.
const (
	flushed    = "\x00\x00\xff\xff"
	streamTail = flushed + "\x01\x00\x00\xff\xff"
)

// A codec compresses and inflates messages for all connections of a server. Each message is by itself, so what it takes is
// borrowed for one only: some 60 KB and the message to inflate it, 1 MB to compress it.
type codec struct {
	inflaters sync.Pool // *inflater
	deflaters sync.Pool // *deflater
	deflating atomic.Int32
	most      int32 // messages compressed at a time
}

func newCodec() *codec {
	return &codec{
		inflaters: sync.Pool{New: func() any { return newInflater() }},
		deflaters: sync.Pool{New: func() any { return newDeflater() }},
		most:      int32(2 * runtime.GOMAXPROCS(0)),
	}
}

// wireLimit is how long a compressed message may be that inflates to no more than limit bytes.
func wireLimit(limit int64) int64 {
	if slack := limit>>slackShift + deflateSlack; limit <= math.MaxInt64-slack {
		return limit + slack
	}
	return limit
}

// An inflater inflates one message at a time. What it returns is valid until it is put back.
type inflater struct {
	source source
	stream resettable
	out    []byte
}

type resettable interface {
	io.Reader
	flate.Resetter
}

func newInflater() *inflater {
	f := &inflater{out: make([]byte, 0, inflateFirst)}
	f.stream, _ = flate.NewReader(&f.source).(resettable) // as its documentation says
	return f
}

// inflater borrows one.
func (k *codec) inflater() *inflater { return k.inflaters.Get().(*inflater) }

// put gives it back.
func (k *codec) put(f *inflater) {
	f.source = source{}
	if cap(f.out) > inflateKeep {
		f.out = make([]byte, 0, inflateFirst)
	}
	k.inflaters.Put(f)
}

// inflate is the message that ev carries compressed, of no more than limit bytes: it stops when they are passed.
func (f *inflater) inflate(ev event, limit int64) ([]byte, *closeError) {
	f.out = f.out[:0]
	if len(ev.payload) == 0 { // zlib makes this of an empty message after another, though section 7.2.3.6 wants a zero byte
		return f.out, nil
	}
	f.source = source{ev.payload, streamTail}
	for more := true; more; {
		if err := f.stream.Reset(&f.source, nil); err != nil {
			return nil, errNotDeflate()
		}
		if bad := f.readAll(limit); bad != nil {
			return nil, bad
		}
		// Section 7.2.3.4: a message may end its stream by itself, and begin another one behind it.
		left := f.source.left()
		more = left > 0 && left != len(streamTail)
	}
	if ev.op == Text && !utf8.Valid(f.out) {
		return nil, errNotText()
	}
	return f.out, nil
}

// readAll reads the stream to its end.
func (f *inflater) readAll(limit int64) *closeError {
	for {
		if len(f.out) == cap(f.out) {
			f.grow(limit)
		}
		n, err := f.stream.Read(f.out[len(f.out):cap(f.out)])
		f.out = f.out[:len(f.out)+n]
		switch {
		case int64(len(f.out)) > limit:
			return &closeError{StatusTooBig, "message is too big"}
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return errNotDeflate()
		}
	}
}

// grow makes room for more, but for no more than one byte over the limit: who fills that has failed.
func (f *inflater) grow(limit int64) {
	size := int64(max(inflateNext, 2*cap(f.out)))
	if limit <= size {
		size = limit + 1
	}
	f.out = append(make([]byte, 0, size), f.out...)
}

func errNotDeflate() *closeError {
	return &closeError{StatusInvalidData, "message is not a deflate stream"}
}

// A source is a compressed message and what is to be read behind it. Because it can be read byte by byte, package flate
// takes none too many.
type source struct {
	message []byte
	tail    string
}

func (s *source) left() int { return len(s.message) + len(s.tail) }

// ReadByte implements io.ByteReader.
func (s *source) ReadByte() (b byte, err error) {
	if len(s.message) > 0 {
		b, s.message = s.message[0], s.message[1:]
		return b, nil
	}
	if s.tail == "" {
		return 0, io.EOF
	}
	b, s.tail = s.tail[0], s.tail[1:]
	return b, nil
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (n int, err error) {
	n = copy(p, s.message)
	s.message = s.message[n:]
	more := copy(p[n:], s.tail)
	s.tail = s.tail[more:]
	if n += more; n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// A deflater compresses one message at a time. As the writer of its own stream it takes no more than would be worth it.
type deflater struct {
	stream *flate.Writer
	out    []byte
	room   int
}

func newDeflater() *deflater {
	d := new(deflater)
	d.stream, _ = flate.NewWriter(d, flate.BestSpeed) // fails for an unknown level only
	return d
}

var errNotWorth = errors.New("compressed is longer")

// Write implements io.Writer.
func (d *deflater) Write(p []byte) (int, error) {
	if len(p) > d.room-len(d.out) {
		return 0, errNotWorth
	}
	d.out = append(d.out, p...)
	return len(p), nil
}

// deflate compresses a payload if that makes it shorter, unless too many are being compressed: memory is bounded, and the
// processors are busy anyway.
func (k *codec) deflate(payload []byte) (shorter []byte, ok bool) {
	defer k.deflating.Add(-1)
	if k.deflating.Add(1) > k.most {
		return payload, false
	}
	d := k.deflaters.Get().(*deflater)
	defer k.deflaters.Put(d)
	d.out, d.room = d.out[:0], len(payload)+len(flushed)-1
	if cap(d.out) > deflateKeep {
		d.out = nil
	}
	d.stream.Reset(d)
	_, err := d.stream.Write(payload)
	if err == nil {
		err = d.stream.Flush()
	}
	if err != nil {
		return payload, false
	}
	return slices.Clone(d.out[:len(d.out)-len(flushed)]), true // section 7.2.1
}
