//go:build linux

package overload_test

import (
	"context"
	"encoding/binary"
	"strings"
	"testing"
)

// announced is the header of a masked frame with a length of 16 or 64 bits, of which nothing follows.
func announced(first, form byte, length uint64) string {
	head := []byte{first, final | form}
	if form == 126 {
		head = binary.BigEndian.AppendUint16(head, uint16(length))
	} else {
		head = binary.BigEndian.AppendUint64(head, length)
	}
	return string(head) + "\x00\x00\x00\x00"
}

// hostile are headers that no server should believe: RFC 6455 section 5.2 wants the shortest form and the highest bit clear.
var hostile = []struct {
	name, bytes string
	code        int
}{
	{"all bits", announced(text, 127, 1<<64-1), 1002},
	{"the highest bit", announced(text, 127, 1<<63), 1002},
	{"the most there is", announced(text, 127, 1<<63-1), 1009},
	{"a continuation of the most there is", frame(0x01, "x") + announced(final, 127, 1<<63-1), 1009},
	{"what overflows when it is added up", frame(0x01, strings.Repeat("x", 100)) + announced(final, 127, 1<<63-100), 1009},
	{"32 bits and one", announced(text, 127, 1<<32), 1009},
	{"31 bits and one", announced(text, 127, 1<<31), 1009},
	{"16 bits and one", announced(text, 127, 1<<16), 1009},
	{"a byte more than a frame may have", announced(text, 126, 32<<10+1), 1009},
	{"a byte more than a message may have", strings.Repeat(frame(0x01, strings.Repeat("x", 32<<10)), 1) +
		strings.Repeat(frame(0x00, strings.Repeat("x", 32<<10)), 3) + frame(final, "x"), 1009},
	{"64 bits for 125", announced(text, 127, 125), 1002},
	{"64 bits for 16", announced(text, 127, 1<<16-1), 1002},
	{"16 bits for 125", announced(text, 126, 125), 1002},
	{"a long ping", announced(ping, 126, 126), 1002},
	{"a ping of the most there is", announced(ping, 127, 1<<63-1), 1002},
	{"a close frame of 64 bits", announced(0x88, 127, 1<<63), 1002},
	{"a binary frame of the most there is", announced(0x82, 127, 1<<63-1), 1003},
}

// TestHostileLengths: what a frame announces is judged before any of it has come, and nothing is made ready for it.
func TestHostileLengths(t *testing.T) {
	for _, engine := range engines(t) {
		t.Run(engine.name, func(t *testing.T) {
			s := start(t, engine.flags...).define(t, nil, echoing)
			before := s.rest(t)
			s.forgetPeak(t)
			attempts := sized(2000, 100_000)
			polite := s.perAttempt(t, sized(500, 5000), frame(0x88, "\x03\xe8"), 1000)
			for _, row := range hostile {
				cost := s.perAttempt(t, attempts/len(hostile), row.bytes, row.code)
				t.Logf("%s: %d bytes are allocated, %d with the handshake", row.name, cost-polite, cost)
				if cost-polite > 64<<10+len(row.bytes)*4 {
					t.Errorf("%s: %d bytes are allocated, more than 64 KB", row.name, cost-polite)
				}
			}
			byteByByte(t, s)
			grown := s.memory(t, "VmHWM") - before.resident
			t.Logf("memory has grown by %s", mega(grown))
			if grown > 32*megabyte {
				t.Errorf("memory has grown by %s", mega(grown))
			}
			s.settle(t, before)
		})
	}
}

// perAttempt is what is allocated for a connection that says something and is closed with a code.
func (s *stage) perAttempt(t *testing.T, attempts int, words string, code int) (bytes int) {
	t.Helper()
	before := s.figures(t).allocated
	must(t, spread(attempts, func(int) error { return s.provoke(t.Context(), code, words) }))
	return (s.figures(t).allocated - before) / attempts
}

// provoke says something, in parts, and wants to be closed with a code.
func (s *stage) provoke(ctx context.Context, code int, parts ...string) error {
	c, err := s.dial(ctx, visitor{})
	if err != nil {
		return err
	}
	defer c.drop()
	for _, part := range parts {
		if err := c.write(part); err != nil {
			break // it may be closed before
		}
	}
	got, err := c.hear()
	return wantsClosed(code, got, err)
}

// byteByByte sends what is hostile in the smallest parts.
func byteByByte(t *testing.T, s *stage) {
	t.Helper()
	for _, row := range hostile {
		if len(row.bytes) < 1000 {
			if err := s.provoke(t.Context(), row.code, strings.Split(row.bytes, "")...); err != nil {
				t.Errorf("%s, byte by byte: %v", row.name, err)
			}
		}
	}
}
