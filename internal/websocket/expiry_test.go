package websocket_test

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/websocket"
)

// TestCloseAt: a connection ends at its time, whatever happens on it, unless something ends it before.
func TestCloseAt(t *testing.T) {
	const minute = time.Minute
	expire := func(conn *websocket.Conn, after time.Duration) {
		conn.CloseAt(time.Now().Add(after), websocket.StatusPolicy, "token expired")
	}
	wait := func(d time.Duration) { <-time.After(d) }
	for _, test := range []struct {
		name   string
		o      websocket.Options
		during func(conn *websocket.Conn, c *client)
		after  time.Duration
		status websocket.Status
		reason string
	}{
		{name: "in time", during: func(conn *websocket.Conn, _ *client) { expire(conn, 5*minute) }, after: 5 * minute},
		{name: "in a second", during: func(conn *websocket.Conn, _ *client) { expire(conn, time.Second) }, after: time.Second},
		{name: "in an hour, with messages", during: func(conn *websocket.Conn, c *client) {
			expire(conn, time.Hour)
			for range 59 {
				wait(minute)
				c.write(masked(0x81, "x"))
			}
		}, after: time.Hour},
		{name: "while paused", during: func(conn *websocket.Conn, _ *client) { expire(conn, 5*minute); conn.Pause() }, after: 5 * minute},
		{name: "has passed", during: func(conn *websocket.Conn, _ *client) { expire(conn, -minute) }},
		{name: "is now", during: func(conn *websocket.Conn, _ *client) { expire(conn, 0) }},
		{name: "sooner than was said before", during: func(conn *websocket.Conn, _ *client) {
			expire(conn, 9*minute)
			wait(minute)
			expire(conn, 2*minute)
		}, after: 3 * minute},
		{name: "later than was said before", during: func(conn *websocket.Conn, _ *client) {
			expire(conn, 2*minute)
			wait(minute)
			expire(conn, 5*minute)
		}, after: 6 * minute},
		{name: "taken back", during: func(conn *websocket.Conn, _ *client) {
			expire(conn, 2*minute)
			wait(minute)
			conn.CloseAt(time.Time{}, websocket.StatusPolicy, "")
		}, after: 10 * minute, status: 1001, reason: "Going away"},
		{name: "idle before", during: func(conn *websocket.Conn, _ *client) { expire(conn, 11*minute) }, after: 10 * minute, status: 1001, reason: "Going away"},
		{name: "never, as good as", during: func(conn *websocket.Conn, _ *client) {
			conn.CloseAt(time.Unix(1<<40, 0), websocket.StatusPolicy, "")
		}, after: 10 * minute, status: 1001, reason: "Going away"},
		{name: "by the clock on the wall", during: func(conn *websocket.Conn, _ *client) {
			conn.CloseAt(time.Unix(time.Now().Unix()+90, 0), websocket.StatusPolicy, "token expired")
		}, after: 90 * time.Second},
		{name: "closed before", during: func(conn *websocket.Conn, _ *client) {
			expire(conn, 5*minute)
			wait(minute)
			conn.Close(4000, "enough")
		}, after: minute, status: 4000, reason: "enough"},
		{name: "without other limits", o: websocket.Options{Idle: -1, Lifetime: -1, Ping: -1}, during: func(conn *websocket.Conn, _ *client) {
			expire(conn, 100*time.Hour)
		}, after: 100 * time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start, r := time.Now(), newRecorder()
				conn, c := pipe(t, r, test.o)
				c.live(true)
				test.during(conn, c)
				if test.status == 0 {
					test.status, test.reason = websocket.StatusPolicy, "token expired"
				}
				wantEndAfter(t, r, start, test.after, test.status, test.reason)
				conn.CloseAt(time.Now().Add(time.Minute), 1000, "after the end")
				_ = c.Close()
			})
		})
	}
}

// TestCloseAtInOpen: the time may be set before anything else, and the client is told.
func TestCloseAtInOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, r := time.Now(), newRecorder()
		r.open = func(c *websocket.Conn) { c.CloseAt(start.Add(30*time.Second), 4401, "token expired") }
		_, c := pipe(t, r, websocket.Options{})
		c.want(0x88, closeText(4401, "token expired"))
		c.write(closeFrame(4401, ""))
		wantEndAfter(t, r, start, 30*time.Second, 4401, "token expired")
		_ = c.Close()
	})
}

// TestExpiries: each of many connections of one server ends in its own second.
func TestExpiries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const connections = 300
		start, r := time.Now(), newRecorder()
		s := websocket.NewServer(r, websocket.Options{})
		for i := range connections {
			ours, theirs := net.Pipe()
			conn, c := connectOver(t, s, websocket.AcceptOptions{}, ours, theirs)
			c.live(true)
			after := (i*7)%connections + 1
			conn.CloseAt(start.Add(time.Duration(after)*time.Second), websocket.Status(4000+after), "")
		}
		for i := range connections {
			wantEndAfter(t, r, start, time.Duration(i+1)*time.Second, websocket.Status(4001+i), "")
		}
		s.Close()
		r.check(t)
	})
}

// TestOwnTimes: connections of one server keep each to its own times, and the others to the server's.
func TestOwnTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, r := time.Now(), newRecorder()
		s := websocket.NewServer(r, websocket.Options{Idle: 5 * time.Minute})
		ends := make(chan int, 5)
		for _, o := range []*websocket.Options{
			nil,
			{Idle: 3 * time.Second},
			{Idle: 200 * time.Second},
			{Lifetime: 70 * time.Second},
			{Idle: -1, Lifetime: 3 * time.Hour},
		} {
			ours, theirs := net.Pipe()
			_, c := connectOver(t, s, websocket.AcceptOptions{Options: o}, ours, theirs)
			go func() {
				c.live(true)
				if o != nil && o.Lifetime == 70*time.Second {
					for range 6 { // not idle, yet it ends
						<-time.After(10 * time.Second)
						c.write(masked(0x81, "x"))
					}
				}
				ends <- 1
			}()
		}
		for _, after := range []time.Duration{3 * time.Second, 70 * time.Second, 200 * time.Second, 5 * time.Minute, 3 * time.Hour} {
			wantEndAfter(t, r, start, after, 1001, "Going away")
		}
		for range 5 {
			<-ends
		}
		s.Close()
		r.check(t)
	})
}

// TestOwnLimits: AcceptOptions.Options carries every limit, in both directions, whatever the server's are.
func TestOwnLimits(t *testing.T) {
	for _, test := range []struct {
		name   string
		server websocket.Options
		own    *websocket.Options
		send   []byte
		status int // 0: echoed
	}{
		{name: "binary", own: &websocket.Options{Binary: true}, send: masked(0x82, "x")},
		{name: "no binary", server: websocket.Options{Binary: true}, own: &websocket.Options{}, send: masked(0x82, "x"), status: 1003},
		{name: "longer frames", own: &websocket.Options{MaxFrame: 100_000}, send: masked(0x81, long[:100_000])},
		{name: "shorter frames", own: &websocket.Options{MaxFrame: 10}, send: masked(0x81, long[:11]), status: 1009},
		{name: "longer messages", own: &websocket.Options{MaxFrame: -1, MaxMessage: 1 << 20}, send: masked(0x81, long+long)},
		{name: "shorter messages", own: &websocket.Options{MaxMessage: 10}, send: masked(0x81, long[:11]), status: 1009},
		{name: "longer compressed", server: withDeflate(), own: ownDeflate(1 << 20), send: zipped(long + long)},
		{name: "shorter compressed", server: withDeflate(), own: ownDeflate(1000), send: zipped(long[:1001]), status: 1009},
		{name: "at the limit compressed", server: withDeflate(), own: ownDeflate(1000), send: zipped(long[:1000])},
		{name: "no limit compressed", server: withDeflate(), own: ownDeflate(-1), send: zipped(long + long + long)},
		{name: "compression", own: ownDeflate(0), send: zipped("x")},
		{name: "no compression", server: withDeflate(), own: &websocket.Options{}, send: zipped("x"), status: 1002},
		{name: "the server's", server: websocket.Options{MaxMessage: 10}, send: masked(0x81, long[:11]), status: 1009},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := echo()
			s := websocket.NewServer(r, test.server)
			ours, theirs := tcp(t)
			_, c := connectOffering(t, s, websocket.AcceptOptions{Options: test.own}, deflateOffer, ours, theirs)
			_ = c.SetDeadline(time.Now().Add(patience))
			c.write(test.send)
			_, first, _ := readMessage(t, c)
			if closed := first == 0x88; closed != (test.status != 0) {
				t.Errorf("first byte of the answer %#x", first)
			}
			if test.status != 0 {
				if got := <-r.closed; got.status != websocket.Status(test.status) {
					t.Errorf("closed with %v, want %d", got, test.status)
				}
			}
			_ = c.Close()
			s.Close()
			r.check(t)
		})
	}
}

// ownDeflate are options that compress and take messages of a size.
func ownDeflate(size int64) *websocket.Options {
	o := withDeflate()
	o.MaxMessage = size
	return &o
}
