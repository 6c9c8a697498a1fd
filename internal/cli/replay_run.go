package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"gangway/internal/websocket"
)

// replay is a recording being replayed.
type replay struct {
	command     *replayCommand
	streams     *Streams
	mask        masking
	sessions    map[string]*session // by the recorded id
	sent        int
	differences int
	last        time.Time // the recorded time of what was done last
}

// session is a connection of a replay. It is the connection's handler.
type session struct {
	name     string
	number   int             // from 1, as they were opened
	conn     *websocket.Conn // nil: the handshake was refused
	expected []string        // what was recorded to come until now
	given    int             // of that, what is not waited for any more

	mu    sync.Mutex // guards what follows
	came  []string
	ended string        // how; empty: it is open
	news  chan struct{} // takes one when something has come
}

// Open implements [websocket.Handler].
func (*session) Open(*websocket.Conn) {}

// Message implements [websocket.Handler]. A recording does not tell an empty reply from none, so it is not looked at.
func (v *session) Message(_ *websocket.Conn, op websocket.Opcode, payload []byte) {
	if len(payload) == 0 {
		return
	}
	v.mu.Lock()
	v.came = append(v.came, shownFrame(op, payload))
	v.mu.Unlock()
	v.tell()
}

// Close implements [websocket.Handler].
func (v *session) Close(_ *websocket.Conn, status websocket.Status, reason string) {
	v.mu.Lock()
	v.ended = strings.TrimSpace(fmt.Sprintf("%d %s", status, reason))
	v.mu.Unlock()
	v.tell()
}

func (v *session) tell() {
	select {
	case v.news <- struct{}{}:
	default:
	}
}

func (v *session) state() (came int, ended string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.came), v.ended
}

// run does what was recorded, and compares what came.
func (r *replay) run(ctx context.Context, moments []moment) error {
	defer r.end()
	for i := range moments {
		m := &moments[i]
		if err := r.pause(ctx, m); err != nil {
			return err
		}
		if err := m.do(r, ctx, m); err != nil {
			return err
		}
	}
	if err := waitFor(ctx, r.command.Wait); err != nil {
		return err
	}
	for _, v := range r.inOrder() {
		if err := r.compare(v); err != nil {
			return err
		}
	}
	return nil
}

// pause waits as long as nothing happened in the recording, if that is asked for.
func (r *replay) pause(ctx context.Context, m *moment) error {
	before := r.last
	r.last = m.at
	if r.command.Speed == 0 || before.IsZero() {
		return nil
	}
	return waitFor(ctx, time.Duration(float64(m.at.Sub(before))/r.command.Speed))
}

// waitFor lets time pass, unless there is something wrong with ctx.
func waitFor(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end closes what is open.
func (r *replay) end() {
	for _, v := range r.sessions {
		if v.conn != nil {
			v.conn.Close(websocket.StatusNormal, "")
		}
	}
}

// inOrder are the sessions in the order in which they were opened.
func (r *replay) inOrder() []*session {
	all := make([]*session, 0, len(r.sessions))
	for _, v := range r.sessions {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b *session) int { return cmp.Compare(a.number, b.number) })
	return all
}

// differ says what is different.
func (r *replay) differ(format string, args ...any) error {
	r.differences++
	return r.streams.printf(format+"\n", args...)
}

// connect opens a connection that was open in the recording, and wants it refused if it was.
func (r *replay) connect(ctx context.Context, m *moment) (*session, error) {
	number := len(r.sessions) + 1
	v := &session{name: numbered(number, m.connection), number: number, news: make(chan struct{}, 1)}
	r.sessions[m.connection] = v
	c := r.command
	with := connectCommand{
		folderSettings: c.folderSettings, URL: c.URL, Timeout: c.Timeout, Header: c.Header, Subprotocol: c.Subprotocol, CA: c.CA, Sign: c.Sign,
	}
	conn, err := with.connect(ctx, r.streams, v)
	wanted := http.StatusOK
	if m.event.Type == "CONNECT" {
		wanted = m.event.Status
	}
	failed, _ := errors.AsType[*fault](err)
	refused := failed != nil && failed.code == exitRefused
	switch {
	case err != nil && !refused:
		return nil, err
	case refused && wanted < http.StatusBadRequest:
		return v, r.differ("%s: %s, and was let in when it was recorded", v.name, err)
	case refused && !strings.Contains(err.Error(), fmt.Sprintf(" %d ", wanted)):
		return v, r.differ("%s: %s, and with status %d when it was recorded", v.name, err, wanted)
	case !refused && wanted >= http.StatusBadRequest:
		conn.Close(websocket.StatusNormal, "")
		return v, r.differ("%s: was let in, and refused with status %d when it was recorded", v.name, wanted)
	}
	v.conn = conn
	return v, nil
}

// session is the connection of a moment, opened now if the recording began later.
func (r *replay) session(ctx context.Context, m *moment) (*session, error) {
	if v := r.sessions[m.connection]; v != nil {
		return v, nil
	}
	return r.connect(ctx, m)
}

func (r *replay) open(ctx context.Context, m *moment) error {
	_, err := r.session(ctx, m)
	return err
}

func (r *replay) send(ctx context.Context, m *moment) error {
	v, err := r.session(ctx, m)
	if err != nil || v.conn == nil {
		return err
	}
	r.sent++
	op, payload := frameOf(m.body)
	err = v.conn.SendWait(ctx, op, payload)
	if errors.Is(err, websocket.ErrClosed) {
		_, ended := v.state()
		return r.differ("%s: could not send %s: it was closed, %s", v.name, brief(m.body), ended)
	}
	return err
}

// expect waits until as much has come as had when this was recorded. What does not come in time is not waited for again.
func (r *replay) expect(ctx context.Context, m *moment) error {
	v, err := r.session(ctx, m)
	if err != nil || v.conn == nil {
		return err
	}
	v.expected = append(v.expected, m.body)
	late := time.NewTimer(r.command.Timeout)
	defer late.Stop()
	for {
		came, ended := v.state()
		if came >= len(v.expected)-v.given || ended != "" {
			return nil
		}
		select {
		case <-v.news:
		case <-late.C:
			v.given++
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (r *replay) close(_ context.Context, m *moment) error {
	if v := r.sessions[m.connection]; v != nil && v.conn != nil {
		v.conn.Close(websocket.StatusNormal, "")
	}
	return nil
}

// compare says what came and was not recorded, and the other way round. What came in another order is no difference: pushes and
// replies overtake each other.
func (r *replay) compare(v *session) error {
	came := slices.Clone(v.came)
	var missing []string
	for _, want := range v.expected {
		at := slices.IndexFunc(came, func(got string) bool { return r.mask.same(want, got) })
		if at < 0 {
			missing = append(missing, want)
			continue
		}
		came = slices.Delete(came, at, at+1)
	}
	for i, want := range missing {
		if i >= len(came) {
			if err := r.differ("%s: did not get\n  %s", v.name, brief(want)); err != nil {
				return err
			}
			continue
		}
		err := r.differ("%s: got something else%s\n  want %s\n  got  %s", v.name, r.mask.where(want, came[i]), brief(want), brief(came[i]))
		if err != nil {
			return err
		}
	}
	for _, got := range came[min(len(missing), len(came)):] {
		if err := r.differ("%s: got, and not when it was recorded\n  %s", v.name, brief(got)); err != nil {
			return err
		}
	}
	return nil
}

// brief is a body for a line.
func brief(body string) string {
	const most = 2000
	text := []rune(oneLine(body))
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}
