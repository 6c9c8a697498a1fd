//go:build linux

package client

import (
	"bytes"
	"strconv"
	"strings"
	"syscall"

	"gangway/test/load/poll"
)

// dialing opens connections, some at a time.
type dialing struct {
	idle
	order  *Order
	to     *syscall.SockaddrInet4
	first  int // number of the first of them
	begun  int
	ready  int
	before string // the handshake up to the number, and
	after  string // from there on
}

// sampleKey is the key of the example in RFC 6455, section 1.3: any will do.
const sampleKey = "dGhlIHNhbXBsZSBub25jZQ=="

func (d *dialing) begin(l *loop) (err error) {
	if d.to, err = poll.Resolve(d.order.Address); err != nil {
		return err
	}
	d.first = len(l.conns)
	l.conns = append(l.conns, make([]conn, d.order.Count)...)
	d.before, d.after, _ = strings.Cut("GET "+d.order.Path+" HTTP/1.1\r\nHost: "+d.order.Address+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "+sampleKey+"\r\n"+d.order.Header+"\r\n", "{n}")
	for range min(d.order.Parallel, d.order.Count) {
		d.more(l)
	}
	return nil
}

// more begins another connection.
func (d *dialing) more(l *loop) {
	if d.begun == d.order.Count || l.failure != "" {
		return
	}
	i := d.first + d.begun
	d.begun++
	// 64 addresses of this loader's own, so that it never runs out of ports.
	fd, err := poll.Dial([4]byte{127, 1 + l.offset, byte(i % 64), 2}, d.to)
	if err != nil {
		l.fail("connection %d: %v", i, err)
		return
	}
	l.conns[i] = conn{fd: int32(fd), state: connecting, sent: l.now()}
	if d.greet(l, int32(i)) {
		err = l.poller.Add(fd, poll.Readable, int32(i))
	} else {
		err = l.poller.Add(fd, poll.Writable, int32(i))
	}
	if err != nil {
		l.fail("connection %d: %v", i, err)
	}
}

// greet sends the handshake if the connection is made.
func (d *dialing) greet(l *loop, i int32) bool {
	request := append(l.buffer[:0], d.before...)
	if d.after != "" {
		request = strconv.AppendInt(request, int64(i), 10)
		request = append(request, d.after...)
	}
	if !l.write(l.conns[i].fd, request) {
		return false
	}
	l.conns[i].state = shaking
	l.report.Sent++
	return true
}

// connected has a connection that was not made at once send its handshake.
func (l *loop) connected(i int32) {
	d, ok := l.work.(*dialing)
	if !ok {
		return // the order was given up
	}
	if !d.greet(l, i) {
		l.fail("connection %d was refused", i)
		return
	}
	if err := l.poller.Change(int(l.conns[i].fd), poll.Readable, i); err != nil {
		l.fail("connection %d: %v", i, err)
	}
}

// shaken reads the answer to a handshake.
func (l *loop) shaken(i int32, data []byte) {
	head, rest, whole := bytes.Cut(data, []byte("\r\n\r\n"))
	if !whole {
		l.keep(i, data)
		return
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
		l.fail("handshake of connection %d: %.200q", i, data)
		return
	}
	l.conns[i].state = open
	l.opened++
	l.work.opened(l, i)
	if len(rest) > 0 {
		l.frames(i, rest)
	}
}

func (d *dialing) opened(l *loop, i int32) {
	if d.order.Expect == "" {
		d.count(l, i)
	}
}

// message is the greeting of a server that has one.
func (d *dialing) message(l *loop, i int32, payload []byte) {
	if d.order.Expect != "" && strings.HasPrefix(string(payload), d.order.Expect) {
		d.count(l, i)
	}
}

func (d *dialing) count(l *loop, i int32) {
	d.ready++
	l.report.Received++
	l.report.Latency.Add(timeSince(l, l.conns[i].sent))
	d.more(l)
}

func (d *dialing) lost(l *loop, why string) { l.fail("handshake: %s", why) }

func (d *dialing) done(*loop) bool { return d.ready == d.order.Count }

// closing ends all connections without a word.
type closing struct{ idle }

func (closing) begin(l *loop) error {
	for i := range l.conns {
		if l.conns[i].state != closed {
			poll.Abort(int(l.conns[i].fd))
		}
	}
	for j := range l.https {
		poll.Abort(int(l.https[j].fd))
	}
	for _, conn := range l.secured {
		_ = conn.Close()
	}
	l.secured = nil
	l.conns, l.https, l.ids, l.opened, l.dropped = l.conns[:0], l.https[:0], nil, 0, 0
	clear(l.rest)
	return nil
}
