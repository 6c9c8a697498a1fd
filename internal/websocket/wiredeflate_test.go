package websocket_test

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

const (
	deflateOffer  = "permessage-deflate; client_max_window_bits"
	deflateAnswer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	fullWindow    = "; server_max_window_bits=15"
)

// squeezed is the payload of a compressed message, made without the engine.
func squeezed(text string, level int) string {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(w, text)
	_ = w.Flush()
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

// inflated is the text of a message, inflated without the engine if it is compressed.
func inflated(tb testing.TB, message string, compressed bool) string {
	tb.Helper()
	if !compressed {
		return message
	}
	text, err := io.ReadAll(flate.NewReader(strings.NewReader(message + "\x00\x00\xff\xff\x01\x00\x00\xff\xff")))
	if err != nil {
		tb.Errorf("not a deflate stream: %v: %.80q", err, message)
	}
	return string(text)
}

// zipped is a compressed text message in one frame.
func zipped(text string) []byte { return masked(0xC1, squeezed(text, flate.BestSpeed)) }

// zippedPieces is a compressed text message in frames of n bytes.
func zippedPieces(text string, level, n int) [][]byte {
	list := inPieces(squeezed(text, level), n)
	list[0][0] |= 0x40
	return list
}

// sample is JSON of a size, as an application sends it.
func sample(size int) string {
	random := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `{"action":"price","symbol":"S%03d","bid":%d.%02d,"ask":%d.%02d,"at":"2026-11-%02dT%02d:%02d:00Z","seq":%d},`,
			random.IntN(500), random.IntN(1000), random.IntN(100), random.IntN(1000), random.IntN(100),
			1+random.IntN(28), random.IntN(24), random.IntN(60), i)
	}
	return b.String()[:size]
}

// noise is what no compressor makes shorter.
func noise(size int) string {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return string(b)
}

// raw is bytes in hexadecimal digits.
func raw(digits string) string {
	b, err := hex.DecodeString(digits)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// offering completes cases of connections that agreed to permessage-deflate.
func offering(list []wireCase) []wireCase {
	for i := range list {
		list[i].offer, list[i].answer = deflateOffer, deflateAnswer
	}
	return list
}

// deflated: sizes, frames and levels of compression, 12.1 to 12.4.
func deflated() (list []wireCase) {
	add := func(id, name, text string, send [][]byte) {
		list = append(list, wireCase{id: id, name: name, send: send, text: []string{text}})
	}
	sizes := []int{0, 16, 64, 256, 512, 1024, 4096, 8192, 16384, 16385, 32768, 65536, 131072}
	for i, n := range sizes {
		text := sample(n)
		add(fmt.Sprintf("12.1.%d", i+1), fmt.Sprintf("JSON of %d bytes", n), text, frames(zipped(text)))
	}
	for i, n := range sizes {
		random := noise(n)
		pieces := zippedPieces(random, flate.DefaultCompression, 32768)
		pieces[0][0] ^= 3 // binary
		add(fmt.Sprintf("12.2.%d", i+1), fmt.Sprintf("noise of %d bytes", n), random, pieces)
		list[len(list)-1].binary = true
	}
	for i, n := range []int{1, 2, 3, 7, 64, 1000} {
		text := sample(3000)
		add(fmt.Sprintf("12.3.%d", i+1), fmt.Sprintf("in frames of %d bytes", n), text, zippedPieces(text, flate.BestSpeed, n))
	}
	for i := range 12 {
		text := sample(20000)
		add(fmt.Sprintf("12.4.%d", i+1), fmt.Sprintf("level %d", i-2), text, frames(masked(0xC1, squeezed(text, i-2))))
	}
	return offering(list)
}

// deflatedOddly: what compressors may do, 12.5. The examples are those of RFC 7692 section 7.2.3.
func deflatedOddly() []wireCase {
	hello, twice := []string{"Hello"}, []string{"Hello", "Hello"}
	example := raw("f248cdc9c90700")
	euro := squeezed("€uro: €", flate.NoCompression)
	return offering([]wireCase{
		{id: "12.5.1", name: "one block", send: frames(masked(0xC1, example)), text: hello},
		{id: "12.5.2", name: "in two frames", send: frames(masked(0x41, example[:3]), masked(0x80, example[3:])), text: hello},
		{id: "12.5.3", name: "a stored block", send: frames(masked(0xC1, raw("000500faff48656c6c6f00"))), text: hello},
		{id: "12.5.4", name: "two blocks", send: frames(masked(0xC1, raw("f24805000000ffffcac9c90700"))), text: hello},
		{id: "12.5.5", name: "a final block", send: frames(masked(0xC1, raw("f348cdc9c9070000"))), text: hello},
		{id: "12.5.6", name: "a final block and nothing", send: frames(masked(0xC1, raw("f348cdc9c90700"))), text: hello},
		{id: "12.5.7", name: "a final block and another", send: frames(masked(0xC1, raw("f348cdc9c90700")+example)), text: []string{"HelloHello"}},
		{id: "12.5.8", name: "three final blocks", send: frames(masked(0xC1, raw("f34805000300f348050000"))), text: []string{"HeHe"}},
		{id: "12.5.9", name: "empty", send: frames(masked(0xC1, raw("00"))), text: []string{""}},
		{id: "12.5.10", name: "empty, as an empty block", send: frames(masked(0xC1, raw("0200"))), text: []string{""}},
		{id: "12.5.11", name: "empty, without a byte", send: frames(masked(0xC1, "")), text: []string{""}},
		{id: "12.5.12", name: "empty, in three frames", send: frames(masked(0x41, ""), masked(0x00, raw("00")), masked(0x80, "")), text: []string{""}},
		{id: "12.5.13", name: "empty frames around", send: frames(masked(0x41, ""), masked(0x00, example), masked(0x80, "")), text: hello},
		{id: "12.5.14", name: "many empty blocks", send: frames(masked(0xC1, strings.Repeat(raw("000000ffff"), 1000)+example)), text: hello},
		{id: "12.5.15", name: "twice, each by itself", send: frames(masked(0xC1, example), masked(0xC1, example)), text: twice},
		{id: "12.5.16", name: "ping between frames", send: frames(masked(0x41, example[:3]), masked(0x89, "p"), masked(0x80, example[3:])), text: hello, pongs: []string{"p"}},
		{id: "12.5.17", name: "not compressed", send: frames(masked(0x81, "Hello")), text: hello},
		{id: "12.5.18", name: "not compressed, in two frames", send: frames(masked(0x01, "Hel"), masked(0x80, "lo")), text: hello},
		{id: "12.5.19", name: "not compressed, long", send: frames(masked(0x81, long[:32768])), text: []string{long[:32768]}},
		{id: "12.5.20", name: "compressed and not in turns", send: frames(masked(0xC1, example), masked(0x81, "a"), masked(0xC1, example), masked(0x81, "b")), text: []string{"Hello", "a", "Hello", "b"}},
		{id: "12.5.21", name: "looks compressed and is not", send: frames(masked(0x82, example)), binary: true, text: []string{example}},
		{id: "12.5.22", name: "binary", send: frames(masked(0xC2, squeezed("\xff\xfe", 1))), binary: true, text: []string{"\xff\xfe"}},
		{id: "12.5.23", name: "binary refused", send: frames(masked(0xC2, example)), status: 1003},
		{id: "12.5.24", name: "cut in a code point", send: frames(masked(0x41, euro[:6]), masked(0x80, euro[6:])), text: []string{"€uro: €"}},
		{id: "12.5.25", name: "close within a message", send: frames(masked(0x41, example[:3]), closeFrame(1000, "")), status: 1000},
		{id: "12.5.26", name: "compressed twice", send: frames(masked(0xC2, squeezed(example, 1))), binary: true, text: []string{example}},
	})
}

// deflatedWrongly: what breaks a rule, 12.6.
func deflatedWrongly() (list []wireCase) {
	example := raw("f248cdc9c90700")
	for i, w := range []wireCase{
		{name: "RSV1 on a ping", send: frames(masked(0xC9, "x")), status: 1002},
		{name: "RSV1 on a pong", send: frames(masked(0xCA, "x")), status: 1002},
		{name: "RSV1 on a close frame", send: frames(masked(0xC8, closeText(1000, ""))), status: 1002},
		{name: "RSV1 on a ping within a message", send: frames(masked(0x41, example[:3]), masked(0xC9, "x")), status: 1002},
		{name: "RSV1 on the last frame", send: frames(masked(0x41, example[:3]), masked(0xC0, example[3:])), status: 1002},
		{name: "RSV1 on a frame between", send: frames(masked(0x41, example[:3]), masked(0x40, example[3:])), status: 1002},
		{name: "RSV1 on the second frame only", send: frames(masked(0x01, "x"), masked(0xC0, example)), status: 1002},
		{name: "RSV1 on a continuation of nothing", send: frames(masked(0xC0, example)), status: 1002},
		{name: "RSV1 on opcode 3", send: frames(masked(0xC3, example)), status: 1002},
		{name: "RSV1 on opcode 11", send: frames(masked(0xCB, "")), status: 1002},
		{name: "RSV2", send: frames(masked(0xA1, "x")), status: 1002},
		{name: "RSV3", send: frames(masked(0x91, "x")), status: 1002},
		{name: "RSV1 and RSV2", send: frames(masked(0xE1, example)), status: 1002},
		{name: "RSV1 and RSV3", send: frames(masked(0xD1, example)), status: 1002},
		{name: "all of them, on a ping", send: frames(masked(0xF9, "")), status: 1002},
		{name: "not masked", send: frames([]byte{0xC1, 1, 0}), status: 1002},
		{name: "message within a message", send: frames(masked(0x41, example), masked(0xC1, example)), status: 1002},
		{name: "unknown kind of block", send: frames(masked(0xC1, raw("ff"))), status: 1007},
		{name: "stored length does not match", send: frames(masked(0xC1, raw("000500050048656c6c6f00"))), status: 1007},
		{name: "stored block goes on", send: frames(masked(0xC1, raw("00ff0000ff48"))), status: 1007},
		{name: "block without an end", send: frames(masked(0xC1, example[:4])), status: 1007},
		{name: "impossible code lengths", send: frames(masked(0xC1, raw("04ffffffffffff"))), status: 1007},
		{name: "points before its start", send: frames(masked(0xC1, raw("02030000"))), status: 1007},
		{name: "points into the message before", send: frames(masked(0xC1, example), masked(0xC1, raw("f200110000"))), text: []string{"Hello"}, status: 1007},
		{name: "noise", send: frames(masked(0xC1, noise(1000))), status: 1007},
		{name: "text that is not compressed", send: frames(masked(0xC1, "Hello")), status: 1007},
		{name: "noise behind a final block", send: frames(masked(0xC1, raw("f348cdc9c90700ff"))), status: 1007},
		{name: "zlib header", send: frames(masked(0xC1, raw("789c")+example)), status: 1007},
		{name: "not UTF-8", send: frames(zipped("Hello \xff")), status: 1007},
		{name: "not UTF-8, in frames of a byte", send: zippedPieces("Hello \xed\xa0\x80", 1, 1), status: 1007},
		{name: "a code point is cut at the end", send: frames(zipped("Hello \xe2\x82")), status: 1007},
		{name: "the next message does not complete it", send: frames(zipped("\xe2\x82"), zipped("\xac")), status: 1007},
		{name: "not UTF-8 without compression", send: frames(masked(0x81, "\xff")), status: 1007},
		{name: "wrong after right", send: frames(zipped("right"), masked(0xC1, raw("ff"))), text: []string{"right"}, status: 1007},
	} {
		w.id = fmt.Sprintf("12.6.%d", i+1)
		list = append(list, w)
	}
	return offering(list)
}

// deflatedLimits: the frame limit counts what comes, the message limit what it inflates to, 12.7.
func deflatedLimits() (list []wireCase) {
	stored := inPieces(squeezed(noise(131072), flate.NoCompression), 32768)
	stored[0][0] = 0x42
	empties := inPieces(strings.Repeat(raw("000000ffff"), 27000), 32768)
	empties[0][0] |= 0x40
	bomb := squeezed(strings.Repeat("\x00", 32<<20), flate.BestCompression)
	for i, w := range []wireCase{
		{name: "128 KB", send: frames(zipped(long)), text: []string{long}},
		{name: "128 KB and one byte", send: frames(zipped(long + "*")), status: 1009},
		{name: "128 KB that became longer", send: stored, binary: true, text: []string{noise(131072)}},
		{name: "32 MB in one frame", send: frames(masked(0xC1, bomb)), status: 1009},
		{name: "10 MB, 1000:1", send: frames(masked(0xC1, squeezed(strings.Repeat("a", 10<<20), 9))), status: 1009},
		{name: "200 KB, in frames of 100 bytes", send: zippedPieces(strings.Repeat("ab", 100<<10), 9, 100), status: 1009},
		{name: "frame over 32 KB", send: frames(header(0xC1, 32769, "")), status: 1009},
		{name: "continuation over 32 KB", send: frames(masked(0x41, "x"), header(0x80, 32769, "")), status: 1009},
		{name: "more than could be 128 KB", send: empties, status: 1009},
		{name: "4096 fragments", send: zippedPieces(long[:4090], flate.NoCompression, 1), text: []string{long[:4090]}},
		{name: "4097 fragments", send: zippedPieces(long[:4091], flate.NoCompression, 1), status: 1008},
		{name: "two at the limit", send: frames(zipped(long), zipped(long)), text: []string{long, long}},
		{name: "not compressed, over 128 KB, after one that was", send: append(frames(zipped("x")), inPieces(long+"*", 32768)...), text: []string{"x"}, status: 1009},
		{name: "not compressed, over 128 KB", send: inPieces(long+"*", 32768), status: 1009},
	} {
		w.id = fmt.Sprintf("12.7.%d", i+1)
		list = append(list, w)
	}
	return offering(list)
}

// deflateParameters is category 13: what is offered, what is agreed to, and that it is kept to. Where it is nothing, RSV1 is
// an error as before.
func deflateParameters() (list []wireCase) {
	const server, client = "; server_no_context_takeover", "; client_no_context_takeover"
	const full, nothing = deflateAnswer + fullWindow, ""
	for i, o := range []struct{ offer, answer string }{
		{"permessage-deflate", deflateAnswer},
		{"permessage-deflate" + server, deflateAnswer},
		{"permessage-deflate; server_max_window_bits=9", nothing},
		{"permessage-deflate; server_max_window_bits=15", full},
		{"permessage-deflate; server_max_window_bits=9" + server, nothing},
		{"permessage-deflate" + server + "; server_max_window_bits=15", full},
		{"permessage-deflate; server_max_window_bits=9, permessage-deflate" + server + ", permessage-deflate", deflateAnswer},
		{"permessage-deflate" + client, deflateAnswer},
		{"permessage-deflate; client_max_window_bits=8" + client + server, deflateAnswer},
		{"x-webkit-deflate-frame", nothing},
	} {
		text := sample(2000)
		for j, w := range []wireCase{
			{name: "two messages", send: frames(zipped(text), zipped(text)), text: []string{text, text}},
			{name: "in frames", send: zippedPieces(text, 9, 100), text: []string{text}},
			{name: "not compressed", send: frames(masked(0x81, text)), text: []string{text}},
		} {
			w.id = fmt.Sprintf("13.%d.%d", i+1, j+1)
			w.name, w.offer, w.answer = o.offer+", "+w.name, o.offer, o.answer
			if o.answer == nothing && j < 2 {
				w.text, w.status = nil, 1002
			}
			list = append(list, w)
		}
	}
	return list
}
