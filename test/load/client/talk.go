//go:build linux

package client

import (
	"bytes"
	"time"
)

// talking sends messages, on each connection the next when the last is answered.
type talking struct {
	idle
	order  *Order
	frame  []byte
	expect []byte
	until  int64
}

func timeSince(l *loop, then int64) time.Duration { return time.Duration(l.now() - then) }

func (t *talking) begin(l *loop) error {
	t.frame, t.expect = frame(nil, opText, []byte(t.order.Text)), []byte(t.order.Expect)
	t.until = l.now() + int64(t.order.Time)
	active := len(l.conns)
	if t.order.Count > 0 {
		active = min(active, t.order.Count)
	}
	if t.order.Once {
		t.order.Ops = active
	}
	// Spread over all, so that none of the server's loops has them all.
	for k := range active {
		t.send(l, int32(k*len(l.conns)/active))
	}
	return nil
}

// send sends the next message, if there is to be one.
func (t *talking) send(l *loop, i int32) {
	c := &l.conns[i]
	if c.sent = l.now(); c.sent > t.until || l.report.Sent == t.order.Ops {
		return
	}
	if !l.write(c.fd, t.frame) {
		l.fail("a message could not be sent on connection %d", i)
		return
	}
	l.report.Sent++
}

// apology is how a gateway's error frame begins.
var apology = []byte(`{"message": "`)

// least is the shortest answer: all servers are told to send as much.
const least = 64

func (t *talking) message(l *loop, i int32, payload []byte) {
	if !bytes.HasPrefix(payload, t.expect) {
		return
	}
	if len(payload) < least && len(t.expect) == 0 || bytes.HasPrefix(payload, apology) {
		l.fail("unexpected answer %.200q", payload)
		return
	}
	l.report.Received++
	l.report.Latency.Add(timeSince(l, l.conns[i].sent))
	if !t.order.Once {
		t.send(l, i)
	}
}

func (t *talking) lost(l *loop, why string) { l.fail("%s", why) }

func (t *talking) done(l *loop) bool {
	over := l.now() > t.until || l.report.Sent == t.order.Ops
	return over && l.report.Received >= l.report.Sent
}

// asking learns the id of each connection from the answer to a message that has it as connectionId.
type asking struct {
	idle
	order *Order
	frame []byte
	next  int
}

var member = []byte(`"connectionId":`)

func (a *asking) begin(l *loop) error {
	a.frame = frame(nil, opText, []byte(a.order.Text))
	l.ids = make([]string, len(l.conns))
	for range min(len(l.conns), 256) {
		a.send(l)
	}
	return nil
}

func (a *asking) send(l *loop) {
	if a.next == len(l.conns) {
		return
	}
	if !l.write(l.conns[a.next].fd, a.frame) {
		l.fail("a message could not be sent on connection %d", a.next)
	}
	a.next++
	l.report.Sent++
}

func (a *asking) message(l *loop, i int32, payload []byte) {
	_, rest, found := bytes.Cut(payload, member)
	parts := bytes.SplitN(rest, []byte{'"'}, 3)
	if !found || len(parts) < 3 {
		l.fail("no id of a connection in %.200q", payload)
		return
	}
	l.ids[i] = string(parts[1])
	l.report.Received++
	a.send(l)
}

func (a *asking) lost(l *loop, why string) { l.fail("%s", why) }

func (a *asking) done(l *loop) bool { return l.report.Received == len(l.conns) }
