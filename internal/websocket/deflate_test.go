package websocket_test

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"gangway/internal/websocket"
)

// TestThreshold: what is compressed, in which frames, and that it never becomes longer.
func TestThreshold(t *testing.T) {
	for _, test := range []struct {
		name       string
		o          websocket.Options
		payload    string
		compressed bool
		frames     int
	}{
		{name: "one byte below", payload: long[:511], frames: 1},
		{name: "at it", payload: long[:512], compressed: true, frames: 1},
		{name: "noise", payload: noise(4096), frames: 1},
		{name: "long noise", payload: noise(65536), frames: 2},
		{name: "set", o: websocket.Options{Compression: websocket.Compression{Threshold: 10}}, payload: long[:30], compressed: true, frames: 1},
		{name: "set, not worth it", o: websocket.Options{Compression: websocket.Compression{Threshold: 1}}, payload: "a", frames: 1},
		{name: "none", o: websocket.Options{Compression: websocket.Compression{Threshold: -1}}, payload: long, frames: 4},
		{name: "frames of 100", o: websocket.Options{WriteFrame: 100}, payload: long, compressed: true, frames: 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.o.Compression.Enabled = true
			s := websocket.NewServer(newRecorder(), test.o)
			defer s.Close()
			ours, theirs := tcp(t)
			conn, c := connectOffering(t, s, websocket.AcceptOptions{}, deflateOffer, ours, theirs)
			_ = c.SetDeadline(time.Now().Add(patience))
			if err := conn.Send(websocket.Binary, []byte(test.payload), nil); err != nil {
				t.Fatal(err)
			}
			got, first, n := readMessage(t, c)
			if compressed := first&0x40 != 0; compressed != test.compressed || n != test.frames {
				t.Errorf("compressed: %t, in %d frames of %d bytes; want %t, %d", compressed, n, len(got), test.compressed, test.frames)
			}
			if inflated(t, got, test.compressed) != test.payload {
				t.Errorf("got %.80q", got)
			}
		})
	}
}

// readMessage reads the frames of one message.
func readMessage(t *testing.T, c *client) (payload string, first byte, frames int) {
	t.Helper()
	for frames = 1; ; frames++ {
		f, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		if frames == 1 {
			first = f.first
		} else if f.first&^0x80 != 0 {
			t.Errorf("frame %d: %v", frames, f)
		}
		payload += string(f.payload)
		if f.first&0x80 != 0 {
			return payload, first, frames
		}
	}
}

// allocated is what f allocates, in bytes.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// bomb is a message of 32 KB that inflates to 32 MB.
var bomb = sync.OnceValue(func() string { return squeezed(strings.Repeat("a", 32<<20), flate.BestCompression) })

// TestBomb: a message that inflates 1000:1 costs no more than 256 KB, even the first one; the next cost next to nothing,
// because nothing is kept of them.
func TestBomb(t *testing.T) {
	if loops != nil {
		t.Skip("no engine takes part")
	}
	bomb := []byte(bomb())
	attempt := func(k *websocket.Codec) {
		status, _ := k.Inflate(bomb, 128<<10, func([]byte) { t.Error("inflated") })
		if status != websocket.StatusTooBig {
			t.Errorf("status %d, want 1009", status)
		}
	}
	first := websocket.NewCodec()
	if got := allocated(func() { attempt(first) }); got > 256<<10 {
		t.Errorf("the first attempt allocated %d bytes", got)
	}
	const attempts = 1000
	got := allocated(func() {
		for range attempts {
			attempt(websocket.NewCodec())
		}
	})
	t.Logf("an attempt by itself: %d bytes of heap", got/attempts)
	if got/attempts > 256<<10 {
		t.Errorf("%d attempts allocated %d bytes each", attempts, got/attempts)
	}
}

// TestBombs: the same over connections, a thousand of them, each of which ends with 1009.
func TestBombs(t *testing.T) {
	if encrypted {
		t.Skip("handshakes of TLS are counted, too")
	}
	const attempts = 1000
	bomb := masked(0xC1, bomb())
	r := newRecorder()
	s := websocket.NewServer(r, withDeflate())
	l := listen(t)
	got := allocated(func() {
		for range attempts {
			ours, theirs := pair(t, l, false)
			_, c := connectOffering(t, s, websocket.AcceptOptions{}, deflateOffer, ours, theirs)
			c.write(bomb)
			c.want(0x88, closeText(1009, "message is too big"))
			_ = c.Close()
			<-r.closed
		}
	})
	t.Logf("an attempt, connection and client included: %d bytes", got/attempts)
	if got/attempts > 256<<10 {
		t.Errorf("%d attempts allocated %d bytes each", attempts, got/attempts)
	}
	s.Close()
	r.check(t)
}

// TestIdleMemory: a connection that has exchanged compressed messages, and one with a time to close at, hold no more than
// one that has not, but for that time.
func TestIdleMemory(t *testing.T) {
	if encrypted {
		t.Skip("handshakes of TLS leave more behind")
	}
	const connections = 200
	idle := func(o websocket.Options, offer string, closeAt bool) int64 {
		r := echo()
		s := websocket.NewServer(r, o)
		defer s.Close()
		var clients [connections]net.Conn
		var before, after runtime.MemStats
		collectGarbage(&before)
		for i := range clients {
			ours, theirs := tcp(t)
			conn, c := connectOffering(t, s, websocket.AcceptOptions{}, offer, ours, theirs)
			if offer == "" {
				c.write(masked(0x81, sample(16384)))
			} else {
				c.write(zipped(sample(16384)))
			}
			readMessage(t, c)
			if closeAt {
				conn.CloseAt(time.Now().Add(time.Hour), websocket.StatusPolicy, "token expired")
			}
			clients[i] = theirs
		}
		collectGarbage(&after)
		runtime.KeepAlive(clients)
		return (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / connections
	}
	_ = idle(websocket.Options{}, "", false) // the runtime's own first time
	for attempt := range 5 {                 // what other tests have left behind goes when it likes
		plain := idle(websocket.Options{}, "", false)
		deflate := idle(withDeflate(), deflateOffer, false)
		expiring := idle(websocket.Options{}, "", true)
		t.Logf("attempt %d: bytes of heap, both ends: %d; with compression %d, with CloseAt %d", attempt, plain, deflate, expiring)
		if deflate <= plain+512 && expiring <= plain+512 {
			return
		}
	}
	t.Error("compression, or a time to close at, takes too much of an idle connection")
}

// collectGarbage empties the pools and reads what is left.
func collectGarbage(m *runtime.MemStats) {
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(m)
}

// TestDeflateHammer: connections that share what inflates and compresses do not see each other's messages.
func TestDeflateHammer(t *testing.T) {
	r := echo()
	s := websocket.NewServer(r, withDeflate())
	done := make(chan struct{})
	for n := range 16 {
		ours, theirs := tcp(t)
		_, c := connectOffering(t, s, websocket.AcceptOptions{}, deflateOffer, ours, theirs)
		go func() {
			defer func() { done <- struct{}{} }()
			for i := range 50 {
				text := strings.Repeat(fmt.Sprintf("%d of %d, ", i, n), 1+i*i)
				if _, err := c.Write(zipped(text)); err != nil {
					t.Error(err)
					return
				}
				f, err := c.next()
				if err != nil || inflated(t, string(f.payload), f.first&0x40 != 0) != text {
					t.Errorf("message %d of %d: %v, %v", i, n, f, err)
					return
				}
			}
		}()
	}
	for range 16 {
		<-done
	}
	s.Close()
	r.check(t)
}

// FuzzDeflate: a message that compress/flate makes of any text, at any level, flushed and cut anywhere, arrives as it was;
// and what we make of it is the same again.
func FuzzDeflate(f *testing.F) {
	f.Add([]byte("Hello"), 1, []byte{2}, []byte{1, 1})
	f.Add([]byte(sample(2000)), 9, []byte{100, 200, 3}, []byte{7})
	f.Add([]byte("\xed\xa0\x80"), 0, []byte{}, []byte{})
	f.Add([]byte{}, -2, []byte{0, 0}, []byte{})
	var writers [12]*flate.Writer // for each level; a megabyte each
	for i := range writers {
		writers[i], _ = flate.NewWriter(nil, i-2)
	}
	k := websocket.NewCodec()
	f.Fuzz(func(t *testing.T, message []byte, level int, frameCuts, streamCuts []byte) {
		if len(message) > 32768 || len(frameCuts) > 2000 {
			return
		}
		wire := flushedOften(writers[uint(level)%12], message, frameCuts)
		first := byte(0x42)
		var stream []byte
		for _, n := range frameCuts {
			size := min(len(wire), int(n))
			stream = append(stream, masked(first, wire[:size])...)
			first, wire = 0x00, wire[size:]
		}
		stream = append(stream, masked(0x80|first, wire)...)
		o := withDeflate()
		o.Binary, o.MaxFrame = true, 1<<20
		want := []string{fmt.Sprintf("2:%x", message)}
		if got := decode(websocket.NewDecoder(o), stream, streamCuts); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if shorter, ok := k.Deflate(message); ok {
			if len(shorter) >= len(message) || inflated(t, string(shorter), true) != string(message) {
				t.Errorf("%d bytes of %d made of %q", len(shorter), len(message), message)
			}
		}
	})
}

// flushedOften is a compressed message whose compressor was flushed after pieces of as many bytes as the cuts say.
func flushedOften(w *flate.Writer, message, cuts []byte) string {
	var b bytes.Buffer
	w.Reset(&b)
	for _, n := range cuts[:min(len(cuts), 10)] {
		size := min(len(message), int(n))
		_, _ = w.Write(message[:size])
		_ = w.Flush()
		message = message[size:]
	}
	_, _ = w.Write(message)
	_ = w.Flush()
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

// FuzzInflate: whatever comes compressed, what it inflates to is what compress/flate says or nothing, within the limit,
// and what is allocated does not depend on it.
func FuzzInflate(f *testing.F) {
	for _, cases := range [][]wireCase{deflatedOddly(), deflatedWrongly()} {
		for _, w := range cases {
			for _, b := range w.send {
				if len(b) > 6 && b[1] < 0x80|126 {
					message := slices.Clone(b[6:])
					websocket.Mask(message, [4]byte(b[2:6]))
					f.Add(message, uint16(100))
				}
			}
		}
	}
	f.Add([]byte(squeezed(sample(5000), 1)), uint16(4999))
	f.Add([]byte(squeezed(sample(5000), 1)), uint16(5000))
	f.Add([]byte(squeezed(long, 9)), uint16(60000))
	f.Fuzz(func(t *testing.T, message []byte, limit uint16) {
		k := websocket.NewCodec()
		var got []byte
		var status websocket.Status
		spent := allocated(func() {
			status, _ = k.Inflate(message, int64(limit), func(text []byte) { got = bytes.Clone(text) })
		})
		if spent > 256<<10+uint64(limit) {
			t.Errorf("%d bytes allocated for %d", spent, len(message))
		}
		want, err := io.ReadAll(io.LimitReader(reinflate(message), int64(limit)+1))
		switch status {
		case 0:
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%x inflated to %q, compress/flate says %q, %v", message, got, want, err)
			}
		case websocket.StatusTooBig:
			if len(want) <= int(limit) {
				t.Errorf("%x is too big, compress/flate says %d bytes, limit %d", message, len(want), limit)
			}
		case websocket.StatusInvalidData:
			if err == nil && len(want) <= int(limit) && utf8.Valid(want) {
				t.Errorf("%x is not right, compress/flate says %q", message, want)
			}
		default:
			t.Errorf("%x: status %d", message, status)
		}
	})
}

// reinflate reads all streams of a message, written for clarity: the first as far as it goes, then what is behind it.
func reinflate(message []byte) io.Reader {
	if len(message) == 0 {
		return bytes.NewReader(nil)
	}
	rest := bytes.NewReader(append(slices.Clone(message), "\x00\x00\xff\xff\x01\x00\x00\xff\xff"...))
	var readers []io.Reader
	for range len(message) + 9 {
		readers = append(readers, &lazyFlate{rest: rest})
	}
	return io.MultiReader(readers...)
}

// lazyFlate begins to read where the one before has ended, if that is not the end.
type lazyFlate struct {
	rest  *bytes.Reader
	flate io.Reader
}

func (l *lazyFlate) Read(b []byte) (int, error) {
	if l.flate == nil {
		if n := l.rest.Len(); n == 0 || n == 9 {
			return 0, io.EOF
		}
		l.flate = flate.NewReader(l.rest)
	}
	return l.flate.Read(b)
}

// FuzzExtensionHeader: whatever the header says, what is agreed to was offered, and nobody is promised a smaller window.
func FuzzExtensionHeader(f *testing.F) {
	f.Add("permessage-deflate; client_max_window_bits", "")
	f.Add("foo; a=\"b\\\"c\", permessage-deflate; server_max_window_bits=\"15\"", "x")
	f.Add("permessage-deflate; server_max_window_bits=10", "permessage-deflate")
	f.Add(",;=\"\\", "\t \"")
	f.Fuzz(func(t *testing.T, one, two string) {
		got := websocket.Agree(one, two)
		both := one + "," + two
		switch got {
		case "":
		case deflateAnswer, deflateAnswer + fullWindow:
			if !strings.Contains(both, "permessage-deflate") || strings.Count(one, `"`)%2+strings.Count(two, `"`)%2 > 0 && !strings.Contains(both, `\`) {
				t.Errorf("%q agreed to as %q", both, got)
			}
			if strings.HasSuffix(got, fullWindow) && !strings.Contains(both, "server_max_window_bits") {
				t.Errorf("%q agreed to as %q", both, got)
			}
		default:
			t.Errorf("%q agreed to as %q", both, got)
		}
		// An offer in front that can be accepted is accepted, if what follows is no less well formed for it.
		if got != "" && websocket.Agree("permessage-deflate", one, two) != deflateAnswer {
			t.Errorf("%q: not the first acceptable offer", both)
		}
	})
}
