package websocket_test

import (
	"fmt"
	"slices"
	"strings"
)

// limits is the first part of category 9, up to API Gateway's: frames of 32 KB, messages of 128 KB.
func limits() (list []wireCase) {
	for i, n := range []int{64, 256, 1024, 4096, 8192, 16384, 32767, 32768} {
		for j, size := range []int{65536, 131071, 131072, 131073} {
			w := wireCase{
				id: fmt.Sprintf("9.1.%d.%d", i+1, j+1), name: fmt.Sprintf("%d bytes in frames of %d", size, n),
				send: inPieces((long + "*")[:size], n), status: 1009,
			}
			if size <= 131072 {
				w.status, w.text = 0, []string{long[:size]}
			}
			list = append(list, w)
		}
	}
	for i, size := range []int{16384, 32768} {
		for j, times := range []int{1, 2, 5} {
			w := wireCase{id: fmt.Sprintf("9.2.%d.%d", i+1, j+1), name: fmt.Sprintf("%d messages of %d", times, size)}
			for range times {
				w.send, w.text = append(w.send, masked(0x81, long[:size])), append(w.text, long[:size])
			}
			list = append(list, w)
		}
	}
	full := inPieces(long, 32768)
	last := len(full) - 1
	return append(
		list,
		wireCase{id: "9.3.1", name: "frame of 32 KB and one byte", send: frames(masked(0x81, long[:32769])), status: 1009},
		wireCase{id: "9.3.2", name: "the same, header only", send: frames(header(0x81, 32769, "")), status: 1009},
		wireCase{id: "9.3.3", name: "the same, as continuation", send: frames(masked(0x01, ""), header(0x80, 32769, "")), status: 1009},
		wireCase{id: "9.3.4", name: "one byte over 128 KB, header only", send: append(full[:last:last], masked(0x00, long[:32768]), header(0x80, 1, "")), status: 1009},
		wireCase{id: "9.3.5", name: "empty last fragment at 128 KB", send: append(full[:last:last], masked(0x00, long[:32768]), masked(0x80, "")), text: []string{long}},
		wireCase{id: "9.3.6", name: "two messages at the limit", send: append(inPieces(long, 32768), full...), text: []string{long, long}},
		wireCase{id: "9.3.7", name: "10 MB announced and begun", send: frames(header(0x81, 10<<20, long)), status: 1009},
		wireCase{id: "9.3.8", name: "binary at the limit", send: frames(masked(0x82, long[:32768])), binary: true, text: []string{long[:32768]}},
		wireCase{id: "9.3.9", name: "binary over the limit", send: frames(masked(0x82, long[:32769])), binary: true, status: 1009},
	)
}

// misc is category 10.
func misc() []wireCase {
	return []wireCase{
		{id: "10.1.1", name: "64 KB in frames of 1300", send: inPieces(long[:65536], 1300), text: []string{long[:65536]}},
	}
}

// beyond is the rest of category 9 and of 1.1 and 1.2, which only a server without those limits takes: messages of up to
// 1 MB, in one frame and in many, and a thousand small ones at once.
func beyond() (list []wireCase) {
	add := func(id, name string, binary bool, send [][]byte, text ...string) {
		list = append(list, wireCase{id: id, name: name, send: send, binary: binary, text: text, roomy: true})
	}
	huge := strings.Repeat("*", 1<<20)
	for kind, binary := range []bool{false, true} {
		first := byte(0x81 + kind)
		for i, size := range []int{65535, 65536, 65537, 262_144, 1 << 20} {
			add(fmt.Sprintf("9.4.%d.%d", kind+1, i+1), fmt.Sprintf("%d bytes", size), binary, frames(masked(first, huge[:size])), huge[:size])
		}
		for i, size := range []int{64, 256, 1024, 4096, 16384, 65536} {
			send := inPieces(huge[:1<<18], size)
			send[0][0] = first &^ 0x80
			add(fmt.Sprintf("9.5.%d.%d", kind+1, i+1), fmt.Sprintf("256 KB in frames of %d", size), binary, send, huge[:1<<18])
		}
		for i, size := range []int{0, 16, 64, 256, 1024} {
			const times = 1000
			add(fmt.Sprintf("9.6.%d.%d", kind+1, i+1), fmt.Sprintf("%d messages of %d", times, size), binary,
				slices.Repeat(frames(masked(first, huge[:size])), times), slices.Repeat([]string{huge[:size]}, times)...)
		}
	}
	return list
}
