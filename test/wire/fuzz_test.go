package wire_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// A kind is the first byte of a frame.
const (
	final    = 0x80
	text     = 0x01
	data     = 0x02
	closing  = 0x88
	ping     = 0x89
	pong     = 0x8A
	maskFlag = 0x80
)

// frame is the wire form of a frame, masked as who is to read it wants it.
func frame(first byte, payload []byte, server bool) []byte {
	form := 0
	switch {
	case len(payload) > 0xFFFF:
		form = 8
	case len(payload) > 125:
		form = 2
	}
	return framed(first, payload, form, server)
}

// framed is frame with a length of 0, 2 or 8 bytes beside the first.
func framed(first byte, payload []byte, form int, masked bool) []byte {
	b := []byte{first, 0}
	switch form {
	case 0:
		b[1] = byte(len(payload))
	case 2:
		b[1] = 126
		b = binary.BigEndian.AppendUint16(b, uint16(len(payload)))
	default:
		b[1] = 127
		b = binary.BigEndian.AppendUint64(b, uint64(len(payload)))
	}
	if !masked {
		return append(b, payload...)
	}
	b[1] |= maskFlag
	key := [4]byte{0x11, 0x80, 0xC3, 0x5A}
	b = append(b, key[:]...)
	for i, c := range payload {
		b = append(b, c^key[i%4])
	}
	return b
}

// FuzzStream: any bytes, and valid streams that were changed, come to the same with both engines, however they are cut.
func FuzzStream(f *testing.F) {
	cuts := []byte{0, 1, 2, 0, 0, 9, 200}
	for _, server := range []bool{true, false} {
		for _, stream := range [][]byte{
			frame(final|text, []byte("Hello, \xc2\xb5\xe2\x82\xac!"), server),
			frame(final|text, nil, server),
			frame(final|data, bytes.Repeat([]byte{0xFF}, 126), server),
			frame(final|text, bytes.Repeat([]byte("x"), 65536), server),
			slices.Concat(frame(text, []byte("\xe2\x82"), server), frame(ping, []byte("?"), server), frame(final, []byte("\xac"), server)),
			slices.Concat(frame(data, nil, server), frame(0, nil, server), frame(final, []byte("end"), server)),
			slices.Concat(frame(pong, []byte("unasked"), server), frame(closing, []byte("\x03\xe8bye"), server), frame(ping, nil, server)),
			frame(closing, nil, server), frame(closing, []byte("\x03"), server), frame(closing, []byte("\x03\xf4"), server),
			frame(closing, []byte("\x03\xe7"), server), frame(closing, []byte("\x03\xee"), server), frame(closing, []byte("\x13\x88"), server),
			frame(closing, []byte("\x03\xe8\xff"), server), frame(0x83, nil, server), frame(0x8F, nil, server),
			frame(final|text, []byte("\xed\xa0\x80"), server), frame(final|text, []byte("\xe2\x82"), server),
			frame(final, []byte("from nowhere"), server), slices.Concat(frame(text, nil, server), frame(text, nil, server)),
			frame(0x0B, nil, server), frame(0x09, nil, server), frame(ping, bytes.Repeat([]byte("x"), 126), server), frame(0xC1, nil, server),
			framed(final|text, []byte("long form"), 2, server), framed(final|text, []byte("longer form"), 8, server),
			frame(final|text, []byte("the wrong side"), !server),
			append(framed(final|text, nil, 8, false)[:2], 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4),
		} {
			f.Add(stream, cuts, server)
			f.Add(stream[:len(stream)-1], cuts, server)
		}
	}
	f.Fuzz(func(t *testing.T, stream, cuts []byte, server bool) {
		if len(stream) < 1<<18 {
			compare(t, stream, cuts, server)
		}
	})
}

// FuzzSequence: any sequence of frames, whole and broken ones, comes to the same with both engines.
func FuzzSequence(f *testing.F) {
	for _, server := range []bool{true, false} {
		f.Add([]byte("\x00\x05hello\x01\x02\xe2\x82\x03\x01?\x02\x01\xac\x05\x04\x03\xe8ok"), []byte{3, 0, 1}, server)
		f.Add([]byte("\x04\xfe\x04\xff\x00\xfd\x05hello"), []byte{}, server)
		f.Add([]byte("\x06\xfc\x01\x01a\x07\x01b\x02\x01c"), []byte{200}, server)
		f.Add([]byte("\x01\x01a\x05\x02\x03\xe9\x02\x01c"), []byte{0, 0, 0, 0}, server)
	}
	f.Fuzz(func(t *testing.T, program, cuts []byte, server bool) {
		if len(program) < 1<<12 {
			compare(t, sequence(program, server), cuts, server)
		}
	})
}

// firsts are the first bytes of frames that a program can have; the odd ones come last.
var firsts = []byte{
	final | text, text, final, ping, final | data, closing, data, 0, pong,
	0x83, 0x8B, 0x09, 0x08, 0xC1, 0x91, 0xA0, 0xB9,
}

// sequence is the stream that a program describes: each frame by a byte for its kind, one for its length, and its payload.
func sequence(program []byte, server bool) (stream []byte) {
	for len(program) >= 2 && len(stream) < 1<<19 {
		first, size := firsts[int(program[0])%len(firsts)], int(program[1])
		program = program[2:]
		switch size {
		case 0xFF:
			stream = append(stream, frame(first, bytes.Repeat([]byte("a"), 65536), server)...)
			continue
		case 0xFE:
			stream = append(stream, frame(first, bytes.Repeat([]byte("b"), 126), server)...)
			continue
		case 0xFD: // not the shortest form
			stream = append(stream, framed(first, []byte("short"), 2+6*(len(program)%2), server)...)
			continue
		case 0xFC: // from the wrong side
			stream = append(stream, frame(first, []byte("mask"), !server)...)
			continue
		}
		payload := program[:min(len(program), size)]
		program = program[len(payload):]
		stream = append(stream, frame(first, payload, server)...)
	}
	return stream
}
