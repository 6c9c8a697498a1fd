//go:build !race

package websocket_test

// With the race detector pools forget what they are given, now and then, so that others can be found out.

import (
	"runtime"
	"slices"
	"testing"

	"gangway/internal/websocket"
)

// What comes in very small messages, each of which pauses, is held and copied in proportion to what it is.
func TestPauseOften(t *testing.T) {
	const messages = 16_000
	paused, all := resumer(t), make(chan struct{})
	heard := 0
	r := newRecorder()
	r.message = func(c *websocket.Conn, _ websocket.Opcode, _ []byte) {
		if heard++; heard == messages {
			close(all)
		}
		c.Pause()
		paused <- c
	}
	_, c := connect(t, r, websocket.Options{})
	stream := slices.Repeat(masked(0x81, ""), messages)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	go func() { _, _ = c.Write(stream) }()
	<-all
	runtime.ReadMemStats(&after)
	// Half a kilobyte for each message leaves room for what else goes on, but not for the rest to be copied each time.
	if got := (after.TotalAlloc - before.TotalAlloc) / messages; got > 512 {
		t.Errorf("%d bytes are allocated for each message of 6 bytes", got)
	}
}

// A length costs nothing but the bytes it is written in, whatever it says: see RFC 6455 section 10.4.
func TestHostileLengths(t *testing.T) {
	const attempts = 20
	for _, test := range []struct {
		name   string
		send   []byte
		status websocket.Status
	}{
		{"2^63-1", []byte{0x81, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4}, 1009},
		{"2^63-1, compressed", []byte{0xC1, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4}, 1009},
		{"2^63", []byte{0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, 1002},
		{"2^64-1", []byte{0x81, 0xFF, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4}, 1002},
		{"2^32", []byte{0x81, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4}, 1009},
		{"one over the limit", header(0x81, 32769, ""), 1009},
		{"what adds up to 2^63", append(masked(0x01, long[:100]), 0x80, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 156, 1, 2, 3, 4), 1009},
		{"0 in 64 bits", []byte{0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, 1002},
		{"a ping", []byte{0x89, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4}, 1002},
		{"a close frame", []byte{0x88, 0xFE, 0xFF, 0xFF, 1, 2, 3, 4}, 1002},
		{"the limit, begun", header(0x81, 32768, "x"), 1006},
		{"a fragment of the limit, begun", append(masked(0x01, "x"), header(0x00, 32768, "x")...), 1006},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRecorder()
			s := websocket.NewServer(r, withDeflate())
			clients := make([]*client, attempts)
			for i := range attempts {
				ours, theirs := tcp(t)
				_, clients[i] = connectOffering(t, s, websocket.AcceptOptions{}, deflateOffer, ours, theirs)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for _, c := range clients {
				c.write(test.send)
				if test.status == 1006 { // nothing is wrong with it yet
					_ = c.Close()
				}
				if got := <-r.closed; got.status != test.status {
					t.Errorf("closed with %v, want %d", got, test.status)
				}
			}
			runtime.ReadMemStats(&after)
			each := (after.TotalAlloc - before.TotalAlloc) / attempts
			t.Logf("%d bytes are allocated", each)
			if each > 64<<10 {
				t.Errorf("%d bytes are allocated", each)
			}
			for _, c := range clients {
				_ = c.Close()
			}
			s.Close()
			r.check(t)
		})
	}
}
