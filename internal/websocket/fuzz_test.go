package websocket_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"gangway/internal/websocket"
)

// decode feeds a copy of the stream in pieces whose sizes cuts gives, and writes down what comes out.
func decode(d *websocket.Decoder, stream, cuts []byte) (got []string) {
	note := func(op websocket.Opcode, payload []byte) { got = append(got, fmt.Sprintf("%x:%x", op, payload)) }
	stream = slices.Clone(stream)
	for i := 0; len(stream) > 0; i++ {
		n := len(stream)
		if i < len(cuts) {
			n = min(n, int(cuts[i])+1)
		}
		if status, reason := d.Feed(stream[:n], note); status != 0 {
			return append(got, fmt.Sprint(status, reason))
		}
		stream = stream[n:]
	}
	return got
}

// FuzzFrames: however a stream is cut, the same comes out of it; it agrees with a second parser; and what is allocated is
// in proportion to what has arrived, not to what lengths say.
func FuzzFrames(f *testing.F) {
	for _, cases := range [][]wireCase{framing(), pings(), opcodes(), fragmentation(), closing7()} {
		for _, w := range cases {
			f.Add(slices.Concat(w.send...), []byte{0, 1, 2, 3, 0, 0, 0, 9}, w.binary)
		}
	}
	f.Fuzz(func(t *testing.T, stream, cuts []byte, binary bool) {
		o := websocket.Options{Binary: binary}
		if got, most := allocatedFor(o, stream, cuts), uint64(4*len(stream)+64<<10); got > most {
			t.Errorf("%d bytes allocated for %d bytes", got, len(stream))
		}
		whole := decode(websocket.NewDecoder(o), stream, nil)
		if parts := decode(websocket.NewDecoder(o), stream, cuts); !slices.Equal(whole, parts) {
			t.Errorf("whole %q, in pieces %q", whole, parts)
		}
		if want := reference(stream, binary); !slices.Equal(strip(whole), want) {
			t.Errorf("got %q, the second parser says %q", whole, want)
		}
	})
}

// allocatedFor is what is allocated for a stream that comes in pieces.
func allocatedFor(o websocket.Options, stream, cuts []byte) uint64 {
	stream = slices.Clone(stream)
	d := websocket.NewDecoder(o)
	return allocated(func() {
		status := websocket.Status(0)
		for i := 0; len(stream) > 0 && status == 0; i++ {
			n := len(stream)
			if i < len(cuts) {
				n = min(n, int(cuts[i])+1)
			}
			status, _ = d.Feed(stream[:n], func(websocket.Opcode, []byte) {})
			stream = stream[n:]
		}
	})
}

// A message that comes in the smallest pieces is put together without much more being allocated than it takes.
func TestSmallPieces(t *testing.T) {
	for _, size := range []int{1, 32, 1000, 32768} { // of a fragment, of 4096 at most
		stream := slices.Concat(inPieces(long[:min(len(long), 4096*size)], size)...)
		got := allocatedFor(websocket.Options{}, stream, bytes.Repeat([]byte{0}, len(stream)))
		t.Logf("%d bytes allocated for %d bytes", got, len(stream))
		if most := uint64(4*len(stream) + 64<<10); got > most {
			t.Errorf("%d bytes allocated for %d bytes", got, len(stream))
		}
	}
}

// strip takes the text from a verdict.
func strip(got []string) []string {
	got = slices.Clone(got)
	if n := len(got); n > 0 && !strings.Contains(got[n-1], ":") {
		got[n-1] = got[n-1][:4]
	}
	return got
}

// reference is a second parser, written from RFC 6455 for clarity: it wants all bytes at once and copies as it likes.
func reference(b []byte, allowBinary bool) (got []string) {
	var message []byte
	var kind byte
	for fragments := 0; len(b) >= 2; {
		fin, rsv, op, masked, size := b[0]>>7 == 1, b[0]>>4&7, b[0]&15, b[1]>>7 == 1, uint64(b[1]&127)
		control := op >= 8
		if rsv != 0 || op >= 3 && op <= 7 || op >= 11 || !masked || control && (!fin || size > 125) {
			return append(got, "1002")
		}
		head, short := 2, uint64(0)
		switch size {
		case 126:
			head, short = 4, 125
		case 127:
			head, short = 10, 65535
		}
		if len(b) < head {
			return got
		}
		if head > 2 {
			size = binary.BigEndian.Uint64(append(make([]byte, 10-head, 16), b[2:head]...))
			if size <= short || size>>63 == 1 {
				return append(got, "1002")
			}
		}
		if len(b) < head+4 {
			return got
		}
		key := b[head : head+4]
		b = b[head+4:]
		if !control {
			switch {
			case (op == 0) == (kind == 0):
				return append(got, "1002")
			case op == 2 && !allowBinary:
				return append(got, "1003")
			case size > 32768 || uint64(len(message))+size > 131072:
				return append(got, "1009")
			case fragments == 4096:
				return append(got, "1008")
			}
			fragments++
			if op != 0 {
				kind = op
			}
		}
		n := min(size, uint64(len(b)))
		payload := make([]byte, n)
		for i := range payload {
			payload[i] = b[i] ^ key[i%4]
		}
		b = b[n:]
		if control {
			if n == size {
				got = append(got, fmt.Sprintf("%x:%x", op, payload))
			}
			continue
		}
		message = append(message, payload...)
		end := fin && n == size
		if kind == 1 && !validSoFar(message, end) {
			return append(got, "1007")
		}
		if end {
			got = append(got, fmt.Sprintf("%x:%x", kind, message))
			message, kind, fragments = nil, 0, 0
		}
	}
	return got
}

// validSoFar reports whether b is text, or if it need not end here, can be continued to text.
func validSoFar(b []byte, end bool) bool {
	if utf8.Valid(b) {
		return true
	}
	for i := 1; i <= 3 && i <= len(b) && !end; i++ {
		if tail := b[len(b)-i:]; !utf8.FullRune(tail) && utf8.Valid(b[:len(b)-i]) {
			return true
		}
	}
	return false
}

// FuzzMessage: a message cut into frames at any points, with pings between them, arrives whole if and only if it is UTF-8,
// and every ping before the end does.
func FuzzMessage(f *testing.F) {
	f.Add([]byte("Hello-\xc2\xb5@\xc3\x9f\xe2\x82\xac"), []byte{1, 0, 7, 2}, []byte{3})
	f.Add([]byte("\xed\xa0\x80"), []byte{}, []byte{})
	f.Add([]byte("\xf4\x90\x80\x80"), []byte{1, 1, 1}, []byte{0, 0})
	f.Add([]byte(""), []byte{0, 0}, []byte{})
	f.Fuzz(func(t *testing.T, message, frameCuts, streamCuts []byte) {
		if len(message) > 32768 || len(frameCuts) > 2000 {
			return
		}
		var stream []byte
		var want []string
		first, rest := byte(0x01), string(message)
		for _, n := range frameCuts {
			size := min(len(rest), int(n))
			stream = append(stream, masked(first, rest[:size])...)
			stream = append(stream, masked(0x89, string([]byte{n}))...)
			want = append(want, fmt.Sprintf("9:%x", []byte{n}))
			first, rest = 0x00, rest[size:]
		}
		stream = append(stream, masked(0x80|first, rest)...)
		got := decode(websocket.NewDecoder(websocket.Options{}), stream, streamCuts)
		if utf8.Valid(message) {
			if want = append(want, fmt.Sprintf("1:%x", message)); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			return
		}
		last := len(got) - 1
		if last < 0 || !strings.HasPrefix(got[last], "1007") {
			t.Fatalf("%x: got %q, want 1007", message, got)
		}
		if !slices.Equal(got[:last], want[:last]) {
			t.Errorf("got %q before the error, want %q", got[:last], want[:last])
		}
	})
}

// FuzzMask: masking in any two pieces is masking byte by byte, and twice is nothing.
func FuzzMask(f *testing.F) {
	f.Add([]byte(long[:100]), []byte{1, 2, 3, 4}, 7)
	f.Fuzz(func(t *testing.T, b, k []byte, cut int) {
		var key [4]byte
		copy(key[:], k)
		want := slices.Clone(b)
		for i := range want {
			want[i] ^= key[i%4]
		}
		cut = max(0, min(cut, len(b)))
		got := slices.Clone(b)
		websocket.Mask(got[cut:], websocket.Mask(got[:cut], key))
		if !bytes.Equal(got, want) {
			t.Errorf("%x masked with %x is %x, want %x", b, key, got, want)
		}
	})
}

// FuzzHandshake: the answer is 101 only if every condition of RFC 6455 section 4.2.1 holds and there is no body, judged
// from the bytes; a refusal says that the connection closes.
func FuzzHandshake(f *testing.F) {
	f.Add([]byte(request))
	for _, from := range []string{"GET", "HTTP/1.1", "Upgrade: WebSocket", "keep-alive, Upgrade", "13", "dGhl", "Host: test"} {
		for _, to := range []string{"POST", "HTTP/1.0", "Upgrade: h2c", "close", "14", "", "Content-Length: 3", "Transfer-Encoding: chunked"} {
			f.Add([]byte(strings.Replace(request, from, to, 1)))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return
		}
		bad := websocket.CheckHandshake(r)
		if bad != nil {
			if !strings.Contains(bad.Header.Get("Connection"), "close") || bad.Status < 400 || bad.Status > 499 {
				t.Errorf("refused with %d %v", bad.Status, bad.Header)
			}
			return
		}
		if why := conditions(string(raw)); why != "" {
			t.Errorf("101 although %s: %q", why, raw)
		}
	})
}

// conditions is a crude second opinion: the first condition that the bytes of a request do not meet.
func conditions(raw string) string {
	raw = strings.TrimLeft(raw, "\r\n")
	head, _, _ := strings.Cut(strings.ReplaceAll(raw, "\r\n", "\n"), "\n\n")
	line, fields, _ := strings.Cut(head, "\n")
	fields = strings.NewReplacer("\n ", " ", "\n\t", " ").Replace(fields) // a folded line is one (RFC 9112 section 5.2)
	has := func(name, value string) bool {
		for field := range strings.Lines(fields) {
			k, v, _ := strings.Cut(field, ":")
			if strings.EqualFold(k, name) && strings.Contains(strings.ToLower(v), value) {
				return true
			}
		}
		return false
	}
	_, proto, _ := strings.Cut(line, " HTTP/")
	switch {
	case !strings.HasPrefix(line, "GET "):
		return "not GET"
	case !strings.HasPrefix(proto, "1.") || proto == "1.0":
		return "not HTTP/1.1"
	case !has("Upgrade", "websocket"), !has("Connection", "upgrade"), !has("Sec-WebSocket-Version", "13"):
		return "a header is missing"
	case !has("Sec-WebSocket-Key", "=="):
		return "no key"
	case has("Transfer-Encoding", ""):
		return "a transfer coding"
	}
	for field := range strings.Lines(fields) {
		k, v, _ := strings.Cut(field, ":")
		if strings.EqualFold(k, "Content-Length") && strings.Trim(v, " \t\n0") != "" {
			return "a body"
		}
	}
	return ""
}
