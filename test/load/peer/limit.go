//go:build linux

package peer

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"strconv"
	"syscall"

	"gangway/test/load/poll"
)

// limit is the barest server that can do the work: one epoll loop, one buffer, records without pointers. It has no routes, no
// limits, no ids but those that clients bring, and believes whatever it is told. What it costs is what the kernel costs and a bit
// of parsing, so the ratio of a real server to it says how far that one is from the floor, on any machine.
type limit struct {
	*loop
	backend *syscall.SockaddrInet4
	conns   []record // by file descriptor
	clients []int32  // file descriptors by the number in the handshake's path
	idle    []int32  // connections to the backend that nobody waits for
}

// record is what is known of a connection.
type record struct {
	kind   kind
	client int32 // of a connection to the backend: who waits for the answer
}

type kind uint8

const (
	unknown kind = iota // what it is shows in its first bytes; connections of HTTP stay so
	client
	upstream
)

// The answers are always the same. The key in accepted is that of the example in RFC 6455, section 1.3.
var (
	accepted = []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
	done     = []byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	reply    = append([]byte{0x81, 64}, bytes.Repeat([]byte{'r'}, 64)...)
)

// serveLimit serves until ctx ends. Messages whose action begins with an h are sent to the backend.
func serveLimit(ctx context.Context, backend string, out io.Writer) error {
	base, err := newLoop()
	if err != nil {
		return err
	}
	l := &limit{loop: base, conns: make([]record, base.files)}
	if backend != "" {
		if l.backend, err = poll.Resolve(backend); err != nil {
			return err
		}
	}
	return l.serve(ctx, out, l.take)
}

// take goes through what has come on a connection, and returns what is left of it.
func (l *limit) take(fd int32, data []byte) []byte {
	if data == nil {
		l.conns[fd] = record{} // the next with this descriptor is another
		return nil
	}
	switch l.conns[fd].kind {
	case client:
		return l.messages(fd, data)
	case upstream:
		return l.answer(fd, data)
	default:
		return l.requests(fd, data)
	}
}

// messages answers each frame of a client, and returns what is left.
func (l *limit) messages(fd int32, data []byte) []byte {
	l.out = l.out[:0]
	for len(data) >= 6 {
		head, length := 2, int(data[1]&0x7f)
		if length == 126 {
			if len(data) < 8 {
				break
			}
			head, length = 4, int(binary.BigEndian.Uint16(data[2:]))
		}
		if len(data) < head+4+length {
			break
		}
		opcode, payload := data[0]&15, data[head+4:head+4+length]
		unmask(payload, [4]byte(data[head:]))
		data = data[head+4+length:]
		switch {
		case opcode != 1: // no pings are sent, so no pongs come; who closes is closed
		case len(payload) > actionAt && payload[actionAt] == 'h':
			l.forward(fd, payload)
		default:
			l.out = append(l.out, reply...)
		}
	}
	if len(l.out) > 0 {
		l.write(fd, l.out)
	}
	return data
}

// actionAt is where the action stands in a message.
const actionAt = len(`{"action":"`)

// unmask takes the mask off (RFC 6455, section 5.3), eight bytes at a time.
func unmask(payload []byte, mask [4]byte) {
	word := uint64(binary.LittleEndian.Uint32(mask[:]))
	word |= word << 32
	for ; len(payload) >= 8; payload = payload[8:] {
		binary.LittleEndian.PutUint64(payload, binary.LittleEndian.Uint64(payload)^word)
	}
	for i := range payload {
		payload[i] ^= mask[i&3]
	}
}

// requests answers each request of HTTP, and returns what is left. After a handshake the connection is a client's.
func (l *limit) requests(fd int32, data []byte) []byte {
	l.out = l.out[:0]
	for {
		end := bytes.Index(data, []byte("\r\n\r\n"))
		if end < 0 {
			break
		}
		number := lastNumber(data)
		if data[0] == 'G' {
			l.accepted(fd, number)
			return data[end+4:]
		}
		length := contentLength(data[:end])
		if len(data) < end+4+length {
			break
		}
		body := data[end+4 : end+4+length]
		data = data[end+4+length:]
		l.push(number, body)
		l.out = append(l.out, done...)
	}
	if len(l.out) > 0 {
		l.write(fd, l.out)
	}
	return data
}

func (l *limit) accepted(fd int32, number int) {
	for number >= len(l.clients) {
		l.clients = append(l.clients, -1)
	}
	l.conns[fd], l.clients[number] = record{kind: client}, fd
	l.write(fd, accepted)
}

// push sends a message to the client of a number, or to all if it is the number of nobody.
func (l *limit) push(number int, body []byte) {
	var space [256]byte
	message := append(append(space[:0], 0x81, byte(len(body))), body...)
	if number < len(l.clients) {
		l.write(l.clients[number], message)
		return
	}
	for _, fd := range l.clients {
		l.write(fd, message)
	}
}

// lastNumber is the number at the end of the path in a request line.
func lastNumber(data []byte) int {
	line, _, _ := bytes.Cut(data, []byte(" HTTP"))
	n, err := strconv.Atoi(string(line[bytes.LastIndexByte(line, '/')+1:]))
	if err != nil || n < 0 || n >= 1<<20 {
		return 0
	}
	return n
}

// contentLength reads the one header that matters.
func contentLength(head []byte) int {
	const name = "\r\nContent-Length: "
	n, at := 0, bytes.Index(head, []byte(name))
	if at < 0 {
		return 0
	}
	for _, digit := range head[at+len(name):] {
		if digit < '0' || digit > '9' {
			break
		}
		n = n*10 + int(digit-'0')
	}
	return n
}
