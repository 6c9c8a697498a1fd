package websocket_test

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func frames(f ...[]byte) [][]byte { return f }

// inPieces is a text message in frames of n bytes.
func inPieces(text string, n int) [][]byte {
	var list [][]byte
	for piece := range slices.Chunk([]byte(text), n) {
		first := byte(0x00)
		if len(list) == 0 {
			first = 0x01
		}
		list = append(list, masked(first, string(piece)))
	}
	if len(list) == 0 {
		return frames(masked(0x81, ""))
	}
	list[len(list)-1][0] |= 0x80
	return list
}

// framing: lengths in all their forms.
func framing() (list []wireCase) {
	for i, n := range []int{0, 1, 125, 126, 127, 128, 32767, 32768, 32769, 65535, 65536} {
		sized := wireCase{name: fmt.Sprintf("%d bytes", n), status: 1009}
		if n <= 32768 {
			sized.status, sized.text = 0, []string{long[:n]}
		}
		text, refused, accepted := sized, sized, sized
		text.id, text.send = fmt.Sprintf("1.1.%d", i+1), frames(masked(0x81, long[:n]))
		refused.id, refused.send = fmt.Sprintf("1.2.%d", i+1), frames(masked(0x82, long[:n]))
		refused.status, refused.text = 1003, nil
		accepted.id, accepted.send, accepted.binary = fmt.Sprintf("1.3.%d", i+1), refused.send, true
		list = append(list, text, refused, accepted)
	}
	for i, f := range []struct {
		name   string
		send   []byte
		status int
	}{
		{"16-bit length of 0", []byte{0x81, 0xFE, 0, 0, 1, 2, 3, 4}, 1002},
		{"16-bit length of 125", append([]byte{0x81, 0xFE, 0, 125, 1, 2, 3, 4}, long[:125]...), 1002},
		{"64-bit length of 0", []byte{0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, 1002},
		{"64-bit length of 65535", []byte{0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 1, 2, 3, 4}, 1002},
		{"length 2^63", []byte{0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, 1002},
		{"length 2^64-1", []byte{0x81, 0xFF, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4}, 1002},
		{"length 2^63-1", []byte{0x81, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4}, 1009},
		{"length 2^63-1, fragment", []byte{0x01, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4}, 1009},
		{"length 2^32", []byte{0x81, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4}, 1009},
		{"text not masked", []byte{0x81, 0x05, 'h', 'e', 'l', 'l', 'o'}, 1002},
		{"empty text not masked", []byte{0x81, 0x00}, 1002},
		{"binary not masked", []byte{0x82, 0x01, 0x00}, 1002},
		{"ping not masked", []byte{0x89, 0x00}, 1002},
		{"close not masked", []byte{0x88, 0x02, 0x03, 0xE8}, 1002},
		{"masked, then not", append(masked(0x01, "a"), 0x80, 0x01, 'b'), 1002},
		{"header only, too long", header(0x81, 32769, ""), 1009},
		{"header only, binary", header(0x82, 10, ""), 1003},
	} {
		list = append(list, wireCase{
			id: fmt.Sprintf("1.4.%d", i+1), name: f.name, send: frames(f.send), status: f.status,
		})
	}
	return list
}

func pings() []wireCase {
	ten := wireCase{id: "2.10", name: "ten pings"}
	for i := range 10 {
		ten.send = append(ten.send, masked(0x89, strconv.Itoa(i)))
		ten.pongs = append(ten.pongs, strconv.Itoa(i))
	}
	flood := wireCase{id: "2.13", name: "101 pings in a second", status: 1008}
	for range 300 { // a second may end among them once, not twice
		flood.send = append(flood.send, masked(0x89, ""))
		flood.pongs = append(flood.pongs, "")
	}
	pongs := wireCase{id: "2.14", name: "101 pongs in a second", status: 1008}
	for range 300 {
		pongs.send = append(pongs.send, masked(0x8A, "x"))
	}
	binary := "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
	return []wireCase{
		{id: "2.1", name: "empty", send: frames(masked(0x89, "")), pongs: []string{""}},
		{id: "2.2", name: "text", send: frames(masked(0x89, "Hello, world!")), pongs: []string{"Hello, world!"}},
		{id: "2.3", name: "not text", send: frames(masked(0x89, binary)), pongs: []string{binary}},
		{id: "2.4", name: "125 bytes", send: frames(masked(0x89, long[:125])), pongs: []string{long[:125]}},
		{id: "2.5", name: "126 bytes", send: frames(masked(0x89, long[:126])), status: 1002},
		{id: "2.6", name: "126 bytes, header only", send: frames(header(0x89, 126, "")), status: 1002},
		{id: "2.7", name: "unsolicited empty pong", send: frames(masked(0x8A, ""))},
		{id: "2.8", name: "unsolicited pong", send: frames(masked(0x8A, "unsolicited"))},
		{
			id: "2.9", name: "unsolicited pong, ping",
			send: frames(masked(0x8A, "unsolicited"), masked(0x89, "ping")), pongs: []string{"ping"},
		},
		ten,
		{
			id: "2.11", name: "pings around a message", text: []string{"hello"}, pongs: []string{"1", "2"},
			send: frames(masked(0x89, "1"), masked(0x81, "hello"), masked(0x89, "2")),
		},
		{id: "2.12", name: "fragmented ping", send: frames(masked(0x09, "a"), masked(0x80, "b")), status: 1002},
		flood, pongs,
		{id: "2.15", name: "pong of 126 bytes", send: frames(masked(0x8A, long[:126])), status: 1002},
		{id: "2.16", name: "fragmented pong", send: frames(masked(0x0A, "")), status: 1002},
	}
}

// reserved: each combination of RSV bits, on each kind of frame.
func reserved() (list []wireCase) {
	for rsv := byte(1); rsv <= 7; rsv++ {
		for i, op := range []byte{0x81, 0x82, 0x80, 0x88, 0x89, 0x8A} {
			list = append(list, wireCase{
				id:   fmt.Sprintf("3.%d.%d", rsv, i+1),
				name: fmt.Sprintf("rsv %d on %#x after a message", rsv, op),
				send: frames(masked(0x81, "hello"), masked(op|rsv<<4, "x"), masked(0x89, "late")),
				text: []string{"hello"}, status: 1002,
			})
		}
	}
	return list
}

// opcodes: the reserved ones.
func opcodes() (list []wireCase) {
	for _, op := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		kind := 1 + op>>3
		bad := masked(0x80|op, "reserved")
		for i, w := range []wireCase{
			{name: "empty", send: frames(masked(0x80|op, ""))},
			{name: "with payload", send: frames(bad)},
			{name: "between messages", text: []string{"hello"}, send: frames(masked(0x81, "hello"), bad, masked(0x81, "late"))},
			{name: "within a message", send: frames(masked(0x01, "he"), bad, masked(0x80, "llo"))},
			{name: "fragmented", send: frames(masked(op, "a"), masked(0x80, "b"))},
		} {
			w.id, w.status = fmt.Sprintf("4.%d.%d.%d", kind, op, i+1), 1002
			list = append(list, w)
		}
	}
	return list
}

func fragmentation() []wireCase {
	ping := masked(0x89, "ping")
	one, two := masked(0x01, "fragment1"), masked(0x80, "fragment2")
	whole := []string{"fragment1fragment2"}
	pong := []string{"ping"}
	return []wireCase{
		{id: "5.1", name: "ping in two", send: frames(masked(0x09, "a"), masked(0x80, "b")), status: 1002},
		{id: "5.2", name: "pong in two", send: frames(masked(0x0A, "a"), masked(0x80, "b")), status: 1002},
		{id: "5.3", name: "text in two", send: frames(one, two), text: whole},
		{id: "5.4", name: "text in two, binary allowed", send: frames(one, two), text: whole, binary: true},
		{id: "5.5", name: "binary in two", send: frames(masked(0x02, "a"), masked(0x80, "b")), text: []string{"ab"}, binary: true},
		{id: "5.6", name: "text in two, ping between", send: frames(one, ping, two), text: whole, pongs: pong},
		{id: "5.7", name: "text in two, pong between", send: frames(one, masked(0x8A, ""), two), text: whole},
		{id: "5.8", name: "binary in two refused", send: frames(masked(0x02, "a")), status: 1003},
		{id: "5.9", name: "continuation without start, FIN", send: frames(two, masked(0x81, "x")), status: 1002},
		{id: "5.10", name: "the same, empty", send: frames(masked(0x80, "")), status: 1002},
		{id: "5.11", name: "the same, header only", send: frames(header(0x80, 10, "")), status: 1002},
		{id: "5.12", name: "continuation without start", send: frames(masked(0x00, "a"), masked(0x81, "x")), status: 1002},
		{id: "5.13", name: "the same, empty", send: frames(masked(0x00, "")), status: 1002},
		{id: "5.14", name: "the same, then FIN", send: frames(masked(0x00, "a"), two), status: 1002},
		{id: "5.15", name: "continuation after the end", send: frames(one, two, masked(0x00, "a")), text: whole, status: 1002},
		{id: "5.16", name: "continuations around a message", send: frames(masked(0x00, "a"), masked(0x81, "b"), masked(0x80, "c")), status: 1002},
		{id: "5.17", name: "continuation with FIN, text", send: frames(masked(0x80, "a"), masked(0x81, "b")), status: 1002},
		{id: "5.18", name: "two starts", send: frames(one, masked(0x01, "x")), status: 1002},
		{id: "5.19", name: "five fragments, pings between", send: frames(masked(0x01, "1"), masked(0x00, "2"), ping, masked(0x00, "3"), masked(0x00, "4"), ping, masked(0x80, "5")), text: []string{"12345"}, pongs: []string{"ping", "ping"}},
		{id: "5.20", name: "message within a message", send: frames(one, masked(0x81, "x")), status: 1002},
		{id: "5.21", name: "binary within text", send: frames(one, masked(0x82, "x")), status: 1002, binary: true},
		{id: "5.22", name: "empty fragments", send: frames(masked(0x01, ""), masked(0x00, ""), masked(0x80, "")), text: []string{""}},
		{id: "5.23", name: "empty fragments around bytes", send: frames(masked(0x01, ""), masked(0x00, "x"), masked(0x80, "")), text: []string{"x"}},
		{id: "5.24", name: "4096 fragments", send: inPieces(long[:4096], 1), text: []string{long[:4096]}},
		{id: "5.25", name: "4097 fragments", send: inPieces(long[:4097], 1), status: 1008},
		{id: "5.26", name: "close within a message", send: frames(one, closeFrame(1000, "")), status: 1000},
		{id: "5.27", name: "two messages in fragments", send: frames(one, two, one, two), text: slices.Concat(whole, whole)},
		{id: "5.28", name: "fragmented close", send: frames(masked(0x08, closeText(1000, ""))), status: 1002},
	}
}

// sequences of bytes with their verdict, after Markus Kuhn's decoder test and RFC 3629 section 4.
const sequences = `
6.5 valid cebae1bdb9cf83cebcceb5 | 00 | c280 | e0a080 | f0908080 | 7f | dfbf | efbfbf | f48fbfbf
6.6 prefix ce | cebae1bd | cebae1 | cebae1bdb9cf | cebae1bdb9cf83cebcce
6.7 valid 00 | c280 | e0a080 | f0908080
6.8 invalid f888808080 | fc8480808080
6.9 valid 7f | dfbf | efbfbf | f48fbfbf
6.10 invalid f7bfbfbf | fbbfbfbfbf | fdbfbfbfbfbf
6.11 valid ed9fbf | ee8080 | efbfbd | f48fbfbf
6.11b invalid f4908080
6.12 invalid 80 | bf | 80bf | 80bf80 | 80bf80bf | 80bf80bf80 | 80bf80bf80bf | 808182838485868788898a8b8c8d8e8f | b0b1b2b3b4b5b6b7b8b9babbbcbdbebf
6.13 invalid c020c120 | c220c320df20 | e020e120ef20 | f020f120f420 | f820f920fb20 | fc20fd20
6.14 prefix c3 | e0a0 | f09080 | df | efbf | f48fbf | e1 | f1 | f180
6.14b invalid c0 | e080 | f08080 | f8808080 | fc80808080 | f7bfbf | fbbfbfbf | fdbfbfbfbf
6.15 invalid c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf
6.16 invalid fe | ff | fefeffff
6.17 invalid c0af | e080af | f08080af | f8808080af | fc80808080af
6.18 invalid c1bf | e09fbf | f08fbfbf | f887bfbfbf | fc83bfbfbfbf
6.19 invalid c080 | e08080 | f0808080 | f880808080 | fc8080808080
6.20 invalid eda080 | edadbf | edae80 | edafbf | edb080 | edbe80 | edbfbf
6.21 invalid eda080edb080 | eda080edbfbf | edadbfedb080 | edadbfedbfbf | edae80edb080 | edae80edbfbf | edafbfedb080 | edafbfedbfbf
6.22 valid efbfbe | efbfbf | f09fbfbe | f09fbfbf | f0afbfbe | f0afbfbf | f0bfbfbe | f0bfbfbf | f18fbfbe | f18fbfbf | f19fbfbe | f19fbfbf | f1afbfbe | f1afbfbf | f1bfbfbe | f1bfbfbf | f28fbfbe | f28fbfbf | f29fbfbe | f29fbfbf | f2afbfbe | f2afbfbf | f2bfbfbe | f2bfbfbf | f38fbfbe | f38fbfbf | f39fbfbe | f39fbfbf | f3afbfbe | f3afbfbf | f3bfbfbe | f3bfbfbf | f48fbfbe | f48fbfbf
6.23 valid efbfb9 | efbfba | efbfbb | efbfbc | efbfbd | efbfbe | efbfbf
`

// text: each sequence in one frame and, if it is not too plain, in a frame for each byte.
func text() []wireCase {
	list := failFast()
	for line := range strings.Lines(sequences) {
		id, rest, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		verdict, rest, _ := strings.Cut(rest, " ")
		for i, digits := range strings.Split(rest, " | ") {
			b, err := hex.DecodeString(digits)
			if err != nil {
				panic(err)
			}
			w := wireCase{name: verdict + " " + digits, status: 1007}
			if verdict == "valid" {
				w.status, w.text = 0, []string{string(b)}
			}
			w.id, w.send = fmt.Sprintf("%s.%d", id, 2*i+1), frames(masked(0x81, string(b)))
			list = append(list, w)
			w.id, w.send = fmt.Sprintf("%s.%d", id, 2*i+2), inPieces(string(b), 1)
			list = append(list, w)
		}
	}
	return list
}

// failFast: the verdict must not wait for the end of the message, nor of the frame.
func failFast() []wireCase {
	greek := "Hello-µ@ßöäüàá-UTF-8!!"
	bad := "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited"
	good, broken, edited := bad[:11], bad[11:15], bad[15:]
	return []wireCase{
		{id: "6.1.1", name: "empty", send: frames(masked(0x81, "")), text: []string{""}},
		{id: "6.1.2", name: "three empty fragments", send: frames(masked(0x01, ""), masked(0x00, ""), masked(0x80, "")), text: []string{""}},
		{id: "6.1.3", name: "empty around text", send: frames(masked(0x01, ""), masked(0x00, greek), masked(0x80, "")), text: []string{greek}},
		{id: "6.2.1", name: "valid", send: frames(masked(0x81, greek)), text: []string{greek}},
		{id: "6.2.2", name: "cut between code points", send: frames(masked(0x01, greek[:8]), masked(0x80, greek[8:])), text: []string{greek}},
		{id: "6.2.3", name: "a frame for each byte", send: inPieces(greek, 1), text: []string{greek}},
		{id: "6.2.4", name: "more of it", send: inPieces("\xce\xba\xe1\xbd\xb9\xcf\x83", 1), text: []string{"\xce\xba\xe1\xbd\xb9\xcf\x83"}},
		{id: "6.3.1", name: "invalid", send: frames(masked(0x81, bad)), status: 1007},
		{id: "6.3.2", name: "invalid, a frame for each byte", send: inPieces(bad, 1), status: 1007},
		{id: "6.4.1", name: "no FIN, next frame invalid", send: frames(masked(0x01, good), masked(0x00, broken)), status: 1007},
		{id: "6.4.2", name: "no FIN, cut within the bad point", send: frames(masked(0x01, good+"\xf4"), masked(0x00, "\x90")), status: 1007},
		{id: "6.4.3", name: "frame not finished", send: frames(header(0x81, len(bad), good+broken)), status: 1007},
		{id: "6.4.4", name: "frame ends at the earliest bad byte", send: frames(header(0x81, len(bad), good+"\xf4\x90")), status: 1007},
		{id: "6.4.5", name: "ping in a cut code point", send: frames(masked(0x01, "\xe2\x82"), masked(0x89, "\xff"), masked(0x80, "\xac")), text: []string{"€"}, pongs: []string{"\xff"}},
		{id: "6.4.6", name: "unfinished at the end", send: frames(masked(0x01, "\xe2"), masked(0x80, "\x82")), status: 1007},
		{id: "6.4.7", name: "next message starts afresh", send: frames(masked(0x81, edited), masked(0x81, "\x82\xac")), text: []string{edited}, status: 1007},
		{id: "6.4.8", name: "binary is not checked", send: frames(masked(0x82, bad)), binary: true, text: []string{bad}},
	}
}
