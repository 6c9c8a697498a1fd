package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gangway/internal/websocket"
)

// conversation prints what arrives on a connection and knows when it is over. It is the connection's handler.
type conversation struct {
	streams  *Streams
	print    func(message) error
	messages chan message
	ended    chan ending

	want     int // messages to receive; 0: no matter
	received int
	done     bool // all that was to be sent is, and nothing has come for a while
	closing  bool // by us
}

// lingerTime is how long replies may take after all was sent, where nobody has said how many there will be.
const lingerTime = time.Second

type message struct {
	op      websocket.Opcode
	payload []byte
}

type ending struct {
	status websocket.Status
	reason string
}

func newConversation(want int, s *Streams) *conversation {
	return &conversation{
		streams: s, print: s.printer(), want: want,
		// One of each is all there can be: the connection is paused until a message is printed.
		messages: make(chan message, 1), ended: make(chan ending, 1),
	}
}

// Open implements [websocket.Handler].
func (*conversation) Open(*websocket.Conn) {}

// Message implements [websocket.Handler]. Printing may block, so it happens elsewhere, while nothing more is read.
func (v *conversation) Message(conn *websocket.Conn, op websocket.Opcode, payload []byte) {
	conn.Pause()
	v.messages <- message{op, slices.Clone(payload)}
}

// Close implements [websocket.Handler].
func (v *conversation) Close(_ *websocket.Conn, status websocket.Status, reason string) {
	v.ended <- ending{status, reason}
}

// run prints until the connection has ended.
func (v *conversation) run(ctx context.Context, conn *websocket.Conn, sent <-chan error, expired <-chan time.Time) error {
	interrupted := ctx.Done()
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	defer quiet.Stop()
	var failed error
	allSent := false
	for {
		select {
		case m := <-v.messages:
			failed = errors.Join(failed, v.receive(m))
			conn.Resume()
			if allSent {
				quiet.Reset(lingerTime)
			}
		case err := <-sent: // who sends nothing, and so has no channel, stays
			sent, allSent = nil, true
			quiet.Reset(lingerTime)
			if !errors.Is(err, websocket.ErrClosed) { // the ending says it better
				failed = errors.Join(failed, err)
			}
		case <-quiet.C:
			v.done = true
		case <-expired:
			expired = nil
			failed = errors.Join(failed, fmt.Errorf("%d of %d messages came in time", v.received, v.want))
		case <-interrupted:
			interrupted = nil
			v.leave(conn)
		case end := <-v.ended:
			return errors.Join(failed, v.finish(end))
		}
		if failed != nil || v.satisfied() {
			v.leave(conn)
		}
	}
}

// satisfied says whether what was asked for has happened.
func (v *conversation) satisfied() bool {
	if v.want > 0 {
		return v.received >= v.want
	}
	return v.done
}

// leave begins the close handshake; Close follows, if need be after a few seconds.
func (v *conversation) leave(conn *websocket.Conn) {
	if !v.closing {
		v.closing = true
		conn.Close(websocket.StatusNormal, "")
	}
}

func (v *conversation) receive(m message) error {
	v.received++
	return v.print(m)
}

// finish prints what came before the end, and says what the end means.
func (v *conversation) finish(end ending) error {
	select {
	case m := <-v.messages:
		if err := v.receive(m); err != nil {
			return err
		}
	default:
	}
	if v.closing {
		return nil
	}
	text := oneLine(fmt.Sprintf("closed by the server: %d %s", end.status, end.reason))
	if end.status == websocket.StatusAbnormal {
		text = "the connection was lost, without a word from the server"
	}
	normal := end.status == websocket.StatusNormal || end.status == websocket.StatusNoStatus
	if normal && v.received >= v.want {
		v.streams.note("%s", text)
		return nil
	}
	return &fault{code: exitClosed, err: errors.New(text)}
}
