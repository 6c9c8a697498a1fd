package websocket_test

import "fmt"

// closing7 is category 7, the closing handshake.
func closing7() []wireCase {
	ok, hello := closeFrame(1000, ""), masked(0x81, "hello")
	list := []wireCase{
		{id: "7.1.1", name: "message, close", send: frames(hello, ok), text: []string{"hello"}, status: 1000},
		{id: "7.1.2", name: "two closes", send: frames(ok, ok), status: 1000},
		{id: "7.1.3", name: "ping after close", send: frames(ok, masked(0x89, "late")), status: 1000},
		{id: "7.1.4", name: "message after close", send: frames(ok, hello), status: 1000},
		{id: "7.1.5", name: "rest of a message after close", send: frames(masked(0x01, "a"), ok, masked(0x80, "b")), status: 1000},
		{id: "7.1.6", name: "much, close, ping", send: append(inPieces(long, 32768), ok, masked(0x89, "late")), text: []string{long}, status: 1000},
		{id: "7.1.7", name: "garbage after close", send: frames(ok, []byte(long)), status: 1000},
		{id: "7.3.1", name: "empty", send: frames(masked(0x88, "")), status: 1005},
		{id: "7.3.2", name: "one byte", send: frames(masked(0x88, "a")), status: 1002},
		{id: "7.3.3", name: "status", send: frames(ok), status: 1000},
		{id: "7.3.4", name: "status and reason", send: frames(closeFrame(1000, "Hello World!")), status: 1000},
		{id: "7.3.5", name: "longest reason", send: frames(closeFrame(1000, long[:123])), status: 1000},
		{id: "7.3.6", name: "reason too long", send: frames(closeFrame(1000, long[:124])), status: 1002},
		{id: "7.5.1", name: "reason is not UTF-8", send: frames(closeFrame(1000, "\xce\xba\xf4\x90\x80\x80")), status: 1007},
		{id: "7.5.2", name: "reason is cut off", send: frames(closeFrame(1000, "\xe2\x82")), status: 1007},
		{id: "7.5.3", name: "reason beyond ASCII", send: frames(closeFrame(1000, "größer")), status: 1000},
	}
	for i, s := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		list = append(list, wireCase{
			id: fmt.Sprintf("7.7.%d", i+1), name: fmt.Sprintf("status %d", s), send: frames(closeFrame(s, "x")), status: s,
		})
	}
	for i, s := range []int{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 65535} {
		list = append(list, wireCase{
			id: fmt.Sprintf("7.9.%d", i+1), name: fmt.Sprintf("status %d", s), send: frames(closeFrame(s, "x")), status: 1002,
		})
	}
	return list
}
