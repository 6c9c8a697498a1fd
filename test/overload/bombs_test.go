//go:build linux

package overload_test

import (
	"bytes"
	"compress/flate"
	"errors"
	"strings"
	"testing"
	"time"
)

// offer asks for compression of messages: RFC 7692 section 5.1.
const offer = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"

// most is how long a message may be, and a frame a quarter of it.
const most = 128 << 10

// flushed is what a compressed message is sent without.
const flushed = "\x00\x00\xff\xff"

// deflated is a message as it is sent compressed: RFC 7692 section 7.2.1.
func deflated(t *testing.T, message []byte) string {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	must(t, err)
	_, err = w.Write(message)
	must(t, errors.Join(err, w.Flush()))
	return strings.TrimSuffix(out.String(), flushed)
}

// zeros are so many megabytes of zeros.
func zeros(t *testing.T, megabytes int) string {
	t.Helper()
	one := deflated(t, make([]byte, megabyte))
	return strings.Repeat(one+flushed, megabytes-1) + one
}

// compressed are the frames of a message that is compressed already: RSV1 on the first of them.
func compressed(message string) string {
	var frames strings.Builder
	first := byte(0x41)
	for len(message) > most/4 {
		frames.WriteString(frame(first, message[:most/4]))
		first, message = 0x00, message[most/4:]
	}
	frames.WriteString(frame(first|final, message))
	return frames.String()
}

// TestCompressionBombs: a message that inflates to more than a message may have is closed with 1009 as soon as that is known.
// Where compression is not turned on it is never agreed to.
func TestCompressionBombs(t *testing.T) {
	for _, engine := range engines(t) {
		t.Run(engine.name, func(t *testing.T) {
			p := start(t, engine.flags...)
			plain := p.define(t, nil, echoing)
			if err := plain.provoke(t.Context(), 1002, compressed("x")); err != nil {
				t.Errorf("compression that was not agreed to: %v", err)
			}
			if c, err := plain.dial(t.Context(), visitor{header: offer}); err != nil {
				t.Error(err)
			} else {
				must(t, c.write(compressed("x")))
				if _, err := c.hear(); codeOf(err) != 1002 {
					t.Errorf("compression that was offered in vain: %v", err)
				}
				c.drop()
			}
			s := p.define(t, map[string]string{"gangway:compression": "true"}, echoing)
			before := s.rest(t)
			greatest(t, s)
			s.forgetPeak(t)
			polite := s.blast(t, 200, compressed(deflated(t, []byte("x"))), 0)
			for _, row := range []struct {
				name    string
				message string
			}{
				{"a byte too many", deflated(t, make([]byte, most+1))},
				{"1,000 to 1", zeros(t, 32)},
				{"1,000 to 1, as long as may be", zeros(t, 125)},
				{"2,000 streams in one message", strings.Repeat(deflated(t, make([]byte, 100))+flushed+"\x01"+flushed, 2000)},
			} {
				cost := s.blast(t, sized(200, 10_000), compressed(row.message), 1009)
				t.Logf("%s: %d bytes of bomb, %d bytes are allocated", row.name, len(row.message), cost-polite)
				if cost-polite > 256<<10+3*len(row.message) {
					t.Errorf("%s: %d bytes are allocated, more than 256 KB", row.name, cost-polite)
				}
			}
			slowest(t, s)
			grown := s.memory(t, "VmHWM") - before.resident
			t.Logf("memory has grown by %s, at %d bombs at a time", mega(grown), workers)
			if grown > 64*megabyte {
				t.Errorf("memory has grown by %s", mega(grown))
			}
			s.settle(t, before)
		})
	}
}

// greatest is a message that is as long as may be once it is inflated, and is answered.
func greatest(t *testing.T, s *stage) {
	t.Helper()
	message := `{"action":"echo","n":"1","rest":"`
	message += strings.Repeat("x", most-len(message)-2) + `"}`
	c, err := s.dial(t.Context(), visitor{header: offer})
	must(t, err)
	defer c.drop()
	must(t, c.write(compressed(deflated(t, []byte(message)))))
	if got, err := c.hear(); err != nil || got != "1" {
		t.Errorf("a message of %d bytes, compressed: %q, %v", len(message), got, err)
	}
}

// blast is what is allocated for a connection that sends a bomb and is closed with a code; 0: closes itself.
func (s *stage) blast(t *testing.T, times int, bomb string, code int) (bytes int) {
	t.Helper()
	before := s.figures(t).allocated
	must(t, spread(times, func(int) error {
		c, err := s.dial(t.Context(), visitor{header: offer})
		if err != nil {
			return err
		}
		defer c.drop()
		err = c.write(bomb)
		if code == 0 {
			return errors.Join(err, c.write(frame(0x88, "\x03\xe8")))
		}
		got, err := c.hear()
		return wantsClosed(code, got, err)
	}))
	return (s.figures(t).allocated - before) / times
}

// slowest are messages that inflate to nothing, in as many steps as there can be. They cost time, and no more than a little.
func slowest(t *testing.T, s *stage) {
	t.Helper()
	length := most + most/64 - 1 // what may come of a compressed message
	for _, row := range []struct{ name, block, end string }{
		{"empty blocks", "\x00\x00\x00\xff\xff", "\x00"},
		{"empty streams", "\x03\x00", ""},
		{"empty streams of stored blocks", "\x01\x00\x00\xff\xff", ""},
	} {
		c, err := s.dial(t.Context(), visitor{header: offer})
		must(t, err)
		const messages = 10
		bomb := compressed(strings.Repeat(row.block, length/len(row.block)) + row.end)
		before, took := s.cpu(t), new(times)
		for range messages {
			begun := time.Now()
			must(t, c.write(bomb))
			if _, err := c.hear(); err != nil { // nothing is a message, which goes nowhere: it is refused in a frame
				t.Errorf("%s: %v", row.name, err)
			}
			took.add(time.Since(begun))
		}
		t.Logf("%s: %d bytes inflate to none in %s of processor time", row.name, length, short((s.cpu(t)-before)/messages))
		within(t, row.name, took.quantile(50), 50*time.Millisecond)
		c.drop()
	}
}
