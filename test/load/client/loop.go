//go:build linux

// Package client is the load generator: an epoll loop in a process of its own that costs less for each connection than any server
// does. It opens WebSocket connections from many addresses 127.x.y.z, sends frames and requests that were made beforehand, and
// counts what comes back. It does what orders say that come as lines of JSON, and answers each with a report.
//
// It knows the client's half of RFC 6455 and HTTP/1.1 as far as the servers under test speak them, and no server by name. It
// refuses nothing: what is wrong with an answer is told as an error of the run.
package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"syscall"
	"time"

	"gangway/test/load/poll"
)

// work is something that a loop is doing.
type work interface {
	// begin starts it.
	begin(l *loop) error
	// message, response, opened and lost say what has happened meanwhile.
	message(l *loop, i int32, payload []byte)
	response(l *loop, j int32, status int, body []byte)
	opened(l *loop, i int32)
	lost(l *loop, why string)
	// done is asked after each batch of events.
	done(l *loop) bool
}

// loop is the one thread of a loader.
type loop struct {
	poller  *poll.Poller
	began   time.Time
	conns   []conn
	https   []requester
	backend *syscall.SockaddrInet4 // where requests go
	ids     []string               // that the server gave, by connection
	secured []net.Conn             // over TLS
	rest    map[int32][]byte
	buffer  []byte
	work    work
	report  *Report
	opened  int
	dropped int
	why     string // the last was dropped
	offset  byte   // of the addresses that connections come from
	failure string
	line    []byte    // of an order, as far as it has come
	last    time.Time // when something happened
}

// The numbers by which the poller names what is no connection: requesters count down from -1.
const orders = math.MinInt32

// quiet is how long nothing may happen to an order before it is given up.
const quiet = 15 * time.Second

// Serve takes orders from a file until it ends. Loaders with different numbers come from different addresses.
func Serve(in int, out io.Writer, number int) error {
	if _, err := poll.MaxFiles(); err != nil {
		return err
	}
	poller, err := poll.New()
	if err != nil {
		return err
	}
	l := &loop{poller: poller, began: time.Now(), rest: map[int32][]byte{}, buffer: make([]byte, 1<<18), work: idle{}, offset: byte(number)}
	if err := errors.Join(syscall.SetNonblock(in, true), poller.Add(in, poll.Readable, orders)); err != nil {
		return err
	}
	return l.run(in, json.NewEncoder(out))
}

// now is the time since the loop began.
func (l *loop) now() int64 { return int64(time.Since(l.began)) }

// run waits for events and orders.
func (l *loop) run(in int, out *json.Encoder) error {
	for {
		events, err := l.poller.Wait(l.patience())
		if err != nil {
			return err
		}
		if len(events) > 0 {
			l.last = time.Now()
		}
		for _, event := range events {
			if event.Fd != orders {
				l.event(event)
			} else if !l.listen(in) {
				return nil
			}
		}
		if end := bytes.IndexByte(l.line, '\n'); l.report == nil && end >= 0 {
			l.begin(l.line[:end])
			l.line = l.line[end+1:]
		}
		if l.report != nil && l.over() {
			if err := out.Encode(l.end()); err != nil {
				return err
			}
		}
	}
}

// patience is how many milliseconds to wait: with an order, time can run out.
func (l *loop) patience() int {
	if l.report != nil {
		return 100
	}
	return -1
}

// listen reads from the file that orders come by, until it ends.
func (l *loop) listen(in int) bool {
	n, errno := poll.Read(in, l.buffer)
	l.line = append(l.line, l.buffer[:n]...)
	return n > 0 || errno != 0
}

// begin starts to do what an order says.
func (l *loop) begin(line []byte) {
	var order Order
	l.report, l.failure = &Report{Latency: &Histogram{}}, ""
	err := json.Unmarshal(line, &order)
	if err == nil {
		l.work, err = newWork(&order)
	}
	l.report.CPU, l.report.Elapsed = -ownCPU(), -time.Duration(l.now())
	if err == nil {
		err = l.work.begin(l)
	}
	if err != nil {
		l.fail("%v", err)
	}
	l.last = time.Now()
}

// over says whether the order is done, or can be no more.
func (l *loop) over() bool {
	if l.failure != "" || l.work.done(l) {
		return true
	}
	if time.Since(l.last) > quiet {
		l.failure = fmt.Sprintf("nothing has come for %s; %d sent, %d received", quiet, l.report.Sent, l.report.Received)
	}
	return l.failure != ""
}

// end finishes the report.
func (l *loop) end() *Report {
	r := l.report
	r.Elapsed += time.Duration(l.now())
	r.CPU += ownCPU()
	r.Open, r.Dropped, r.Why, r.Error = l.opened, l.dropped, l.why, l.failure
	l.report, l.work = nil, idle{}
	return r
}

// event is something that the poller has told.
func (l *loop) event(event poll.Event) {
	switch i := event.Fd; {
	case i < 0:
		l.answered(-1 - i)
	case l.conns[i].state == connecting:
		l.connected(i)
	case l.conns[i].state != closed:
		l.readable(i)
	}
}

// fail ends the order with an error, the first that there is.
func (l *loop) fail(format string, args ...any) {
	if l.failure == "" {
		l.failure = fmt.Sprintf(format, args...)
	}
}

// ownCPU is the user and system time of this process.
func ownCPU() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// idle is the work of a loop that has none: whatever comes is counted nowhere. Others embed it.
type idle struct{}

func (idle) begin(*loop) error                  { return nil }
func (idle) message(*loop, int32, []byte)       {}
func (idle) response(*loop, int32, int, []byte) {}
func (idle) opened(*loop, int32)                {}
func (idle) lost(*loop, string)                 {}
func (idle) done(*loop) bool                    { return true }

// newWork is what an order asks for.
func newWork(o *Order) (work, error) {
	switch o.Do {
	case "dial":
		return &dialing{order: o}, nil
	case "secure":
		return &securing{order: o}, nil
	case "ask":
		return &asking{order: o}, nil
	case "talk":
		return &talking{order: o}, nil
	case "push":
		return &pushing{order: o}, nil
	case "post":
		return &posting{order: o}, nil
	case "status":
		return idle{}, nil
	case "close":
		return closing{}, nil
	default:
		return nil, fmt.Errorf("there is no order %q", o.Do)
	}
}
