package websocket

// A Decoder lets tests feed the frame parser without a connection.
type Decoder struct{ d decoder }

// NewDecoder is a server's side decoder.
func NewDecoder(o Options) *Decoder {
	return &Decoder{decoder{limits: o.WithDefaults(), wantMask: true}}
}

// Feed hands the decoder bytes, which it changes, and calls got for each message and control frame. It returns the status
// of the error that ends the stream, or 0.
func (d *Decoder) Feed(b []byte, got func(op Opcode, payload []byte)) (Status, string) {
	for len(b) > 0 {
		ev, ok, n, bad := d.d.next(b)
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

// Mask is mask.
func Mask(b []byte, key [4]byte) [4]byte { return mask(b, key) }
