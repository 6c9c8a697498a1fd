package websocket

import (
	"net/http"
	"slices"
)

// A Decoder lets tests feed the frame parser without a connection.
type Decoder struct {
	d     decoder
	codec *codec
}

// NewDecoder is a server's side decoder, on a connection that agreed to compression if the options do.
func NewDecoder(o Options) *Decoder {
	as := dialect{wantMask: true, deflate: o.Compression.Enabled}
	return &Decoder{decoder{limits: o.WithDefaults(), dialect: as}, newCodec()}
}

// Feed hands the decoder bytes, which it changes, and calls got for each message and control frame. It returns the status
// of the error that ends the stream, or 0.
func (d *Decoder) Feed(b []byte, got func(op Opcode, payload []byte)) (Status, string) {
	for len(b) > 0 {
		ev, ok, n, bad := d.d.next(b)
		if ok && d.d.compressed && !ev.op.control() {
			ev.payload, bad = d.inflate(ev)
		}
		if bad != nil {
			return bad.status, bad.reason
		}
		b = b[n:]
		if ok {
			got(ev.op, ev.payload)
		}
	}
	return 0, ""
}

func (d *Decoder) inflate(ev event) ([]byte, *closeError) {
	f := d.codec.inflater()
	defer d.codec.put(f)
	text, bad := f.inflate(ev, d.d.limits.MaxMessage)
	return slices.Clone(text), bad
}

// Mask is mask.
func Mask(b []byte, key [4]byte) [4]byte { return mask(b, key) }

// Agree is what a server answers to the lines of Sec-WebSocket-Extensions.
func Agree(lines ...string) string {
	return agree(http.Header{"Sec-Websocket-Extensions": lines})
}

// A Codec compresses as connections do.
type Codec struct{ k *codec }

// NewCodec returns one of its own.
func NewCodec() *Codec { return &Codec{newCodec()} }

// Deflate compresses a payload, if that makes it shorter.
func (c *Codec) Deflate(payload []byte) ([]byte, bool) { return c.k.deflate(payload) }

// Inflate calls got with the text that a message inflates to, or returns what is wrong with it.
func (c *Codec) Inflate(message []byte, limit int64, got func(text []byte)) (Status, string) {
	f := c.k.inflater()
	defer c.k.put(f)
	text, bad := f.inflate(event{Text, message}, limit)
	if bad != nil {
		return bad.status, bad.reason
	}
	got(text)
	return 0, ""
}

// Held is what all connections hold of messages.
func (s *Server) Held() int { return int(s.hoard.held.Load()) }

// Hold has nobody in particular hold so many bytes more.
func (s *Server) Hold(bytes int) { s.hoard.held.Add(int64(bytes)) }
