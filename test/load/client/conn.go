//go:build linux

package client

import (
	"encoding/binary"
	"syscall"

	"gangway/test/load/poll"
)

// conn is a client's connection, as cheap as it can be: no pointer, no buffer.
type conn struct {
	fd    int32
	state state
	sent  int64 // when the last message went out or the connection was begun, in nanoseconds of the loop's clock
}

type state uint8

const (
	closed     state = iota
	connecting       // the request of the handshake is not sent yet
	shaking          // its answer is awaited
	open
)

// opcodes of RFC 6455, section 5.2.
const (
	opText  = 1
	opClose = 8
	opPing  = 9
	opPong  = 10
)

// mask is the masking key of all frames: servers cannot tell it from one that was drawn by lot.
var mask = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// frame appends a masked frame (RFC 6455, section 5.2).
func frame(to []byte, opcode byte, payload []byte) []byte {
	to = append(to, 0x80|opcode)
	switch n := len(payload); {
	case n < 126:
		to = append(to, 0x80|byte(n))
	case n < 1<<16:
		to = binary.BigEndian.AppendUint16(append(to, 0x80|126), uint16(n))
	default:
		to = binary.BigEndian.AppendUint64(append(to, 0x80|127), uint64(n))
	}
	to = append(to, mask[:]...)
	for i, b := range payload {
		to = append(to, b^mask[i&3])
	}
	return to
}

// next cuts one frame of a server off data. ok: there was a whole one.
func next(data []byte) (opcode byte, payload, rest []byte, ok bool) {
	if len(data) < 2 {
		return 0, nil, data, false
	}
	head, length := 2, int(data[1]&0x7f)
	switch {
	case length == 126 && len(data) >= 4:
		head, length = 4, int(binary.BigEndian.Uint16(data[2:]))
	case length == 127 && len(data) >= 10:
		head, length = 10, int(binary.BigEndian.Uint64(data[2:]))
	case length >= 126:
		return 0, nil, data, false
	}
	if length < 0 || len(data) < head+length {
		return 0, nil, data, false
	}
	return data[0] & 15, data[head : head+length], data[head+length:], true
}

// write writes all of data or fails: what clients send is small and waited for, so a socket that does not take it is broken.
func (l *loop) write(fd int32, data []byte) bool {
	n, errno := poll.Write(int(fd), data)
	return errno == 0 && n == len(data)
}

// readable reads what has come for a connection and takes it apart.
func (l *loop) readable(i int32) {
	c := &l.conns[i]
	data, errno := l.read(c.fd, i)
	switch {
	case errno == poll.ErrAgain:
	case errno != 0:
		l.drop(i, errno.Error())
	case len(data) == 0:
		l.drop(i, "closed by the server")
	case c.state == shaking:
		l.shaken(i, data)
	default:
		l.frames(i, data)
	}
}

// read reads into the one buffer, behind what was left of the connection's last frame.
func (l *loop) read(fd, i int32) ([]byte, syscall.Errno) {
	begin := 0
	if rest, ok := l.rest[i]; ok {
		begin = copy(l.buffer, rest)
	}
	n, errno := poll.Read(int(fd), l.buffer[begin:])
	if errno != 0 || n == 0 {
		return nil, errno
	}
	if begin > 0 {
		delete(l.rest, i)
	}
	return l.buffer[:begin+n], 0
}

// keep remembers the beginning of something of which more is to come.
func (l *loop) keep(i int32, data []byte) {
	if len(data) > 0 {
		l.rest[i] = append([]byte(nil), data...)
	}
}

// frames goes through the frames in data.
func (l *loop) frames(i int32, data []byte) {
	for {
		opcode, payload, rest, ok := next(data)
		if !ok {
			l.keep(i, rest)
			return
		}
		data = rest
		switch opcode {
		case opPing:
			l.write(l.conns[i].fd, frame(nil, opPong, payload))
		case opPong:
		case opClose:
			l.drop(i, "closed by the server: "+string(payload))
			return
		default: // servers here send messages of one frame
			l.work.message(l, i, payload)
		}
	}
}

// drop notes that a connection has ended that should not have.
func (l *loop) drop(i int32, why string) {
	c := &l.conns[i]
	if c.state == closed {
		return
	}
	if c.state == open {
		l.dropped, l.why = l.dropped+1, why
		l.opened--
	}
	poll.Close(int(c.fd))
	c.state = closed
	delete(l.rest, i)
	l.work.lost(l, why)
}
