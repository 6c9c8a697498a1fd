package websocket

import "encoding/binary"

// Opcode says what a message or frame carries (RFC 6455 section 5.2).
type Opcode byte

// The kinds of message.
const (
	Text   Opcode = 0x1
	Binary Opcode = 0x2
)

const (
	opContinuation Opcode = 0x0
	opClose        Opcode = 0x8
	opPing         Opcode = 0x9
	opPong         Opcode = 0xA
)

const (
	maxControl = 125 // RFC 6455 section 5.5: also the longest length that needs no extension
	maxHeader  = 14
	finBit     = 0x80
	rsvBits    = 0x70
	rsv1Bit    = 0x40
	maskBit    = 0x80
)

func (o Opcode) control() bool { return o >= opClose }

func (o Opcode) known() bool {
	switch o {
	case opContinuation, Text, Binary, opClose, opPing, opPong:
		return true
	default:
		return false
	}
}

// A header is everything of a frame before its payload (RFC 6455 section 5.2).
type header struct {
	fin        bool
	masked     bool
	compressed bool // RSV1, RFC 7692 section 6
	op         Opcode
	key        [4]byte
	length     int64
}

// A dialect is what was agreed on frames.
type dialect struct {
	wantMask bool // only a server's side wants frames masked
	deflate  bool // messages may be compressed
}

// parseHeader reads the header at the start of b and returns its size, or 0 if b ends before the header does.
// What is wrong is reported as soon as its byte is there.
func parseHeader(b []byte, as dialect) (h header, size int, bad *closeError) {
	if len(b) < 2 {
		return h, 0, nil
	}
	h.fin, h.op, h.masked = b[0]&finBit != 0, Opcode(b[0]&0x0F), b[1]&maskBit != 0
	length := int64(b[1] &^ maskBit)
	if rsv := b[0] & rsvBits; rsv != 0 { // section 5.2
		if rsv != rsv1Bit || !as.deflate || h.op != Text && h.op != Binary {
			return h, 0, &closeError{StatusProtocolError, "reserved bits are set"}
		}
		h.compressed = true
	}
	if bad := h.check(length, as.wantMask); bad != nil {
		return h, 0, bad
	}
	size = 2
	switch length {
	case 126:
		size = 4
	case 127:
		size = 10
	}
	if len(b) < size {
		return h, 0, nil
	}
	if h.length, bad = extendedLength(b[2:size], length); bad != nil {
		return h, 0, bad
	}
	if !h.masked {
		return h, size, nil
	}
	if len(b) < size+4 {
		return h, 0, nil
	}
	copy(h.key[:], b[size:])
	return h, size + 4, nil
}

// check judges the first two bytes of a frame, but for the reserved bits.
func (h *header) check(length int64, wantMask bool) *closeError {
	switch {
	case !h.op.known():
		return &closeError{StatusProtocolError, "unknown opcode"}
	case h.masked != wantMask && wantMask: // section 5.1
		return &closeError{StatusProtocolError, "client frame is not masked"}
	case h.masked != wantMask:
		return &closeError{StatusProtocolError, "server frame is masked"}
	case h.op.control() && !h.fin: // section 5.5
		return &closeError{StatusProtocolError, "control frame is fragmented"}
	case h.op.control() && length > maxControl:
		return &closeError{StatusProtocolError, "control frame is too long"}
	}
	return nil
}

// extendedLength reads the 0, 2 or 8 bytes that follow a 7-bit length; section 5.2 demands the shortest form.
func extendedLength(b []byte, short int64) (int64, *closeError) {
	switch len(b) {
	case 2:
		if n := binary.BigEndian.Uint16(b); n > maxControl {
			return int64(n), nil
		}
	case 8:
		if n := binary.BigEndian.Uint64(b); n > 0xFFFF && n>>63 == 0 {
			return int64(n), nil
		}
	default:
		return short, nil
	}
	return 0, &closeError{StatusProtocolError, "invalid frame length"}
}

// appendHeader appends the wire form of h.
func appendHeader(b []byte, h *header) []byte {
	first, mask := byte(h.op), byte(0)
	if h.fin {
		first |= finBit
	}
	if h.compressed {
		first |= rsv1Bit
	}
	if h.masked {
		mask = maskBit
	}
	switch {
	case h.length <= maxControl:
		b = append(b, first, mask|byte(h.length))
	case h.length <= 0xFFFF:
		b = append(b, first, mask|126)
		b = binary.BigEndian.AppendUint16(b, uint16(h.length))
	default:
		b = append(b, first, mask|127)
		b = binary.BigEndian.AppendUint64(b, uint64(h.length))
	}
	if h.masked {
		b = append(b, h.key[:]...)
	}
	return b
}

// headerSize is the number of bytes appendHeader takes.
func headerSize(length int, masked bool) int {
	size := 2
	switch {
	case length > 0xFFFF:
		size = 10
	case length > maxControl:
		size = 4
	}
	if masked {
		size += 4
	}
	return size
}
