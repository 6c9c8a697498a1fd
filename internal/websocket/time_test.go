package websocket_test

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/websocket"
)

// live reads for the client until the end: it answers pings if it should, and close frames.
func (c *client) live(answer bool) {
	go func() {
		for {
			f, err := c.next()
			if err != nil {
				return
			}
			switch {
			case f.first == 0x89 && answer:
				f.first = 0x8A
			case f.first == 0x88:
			default:
				continue
			}
			if _, err := c.Write(masked(f.first, string(f.payload))); err != nil {
				return
			}
		}
	}()
}

// wantEndAfter waits for the call of Handler.Close and compares the time it took, to a second, and what it was told.
func wantEndAfter(t *testing.T, r *recorder, start time.Time, after time.Duration, status websocket.Status, reason string) {
	t.Helper()
	got := <-r.closed
	if want := (closing{status, reason}); got != want {
		t.Errorf("closed with %v, want %v", got, want)
	}
	if took := time.Since(start); took < after || took > after+time.Second {
		t.Errorf("closed after %v, want %v", took, after)
	}
}

func TestTimeLimits(t *testing.T) {
	every := func(d time.Duration, times int, f func()) {
		for range times {
			<-time.After(d)
			f()
		}
	}
	for _, test := range []struct {
		name   string
		o      websocket.Options
		silent bool // the client answers no ping
		during func(conn *websocket.Conn, c *client)
		after  time.Duration
		status websocket.Status
		reason string
	}{
		{name: "idle", after: 10 * time.Minute, status: 1001, reason: "Going away"},
		{name: "idle, set", o: websocket.Options{Idle: 7 * time.Second}, after: 7 * time.Second, status: 1001, reason: "Going away"},
		{name: "idle after messages received", during: func(_ *websocket.Conn, c *client) {
			every(9*time.Minute, 3, func() { c.write(masked(0x81, "x")) })
		}, after: 37 * time.Minute, status: 1001, reason: "Going away"},
		{name: "idle after messages sent", during: func(conn *websocket.Conn, _ *client) {
			every(9*time.Minute, 3, func() { _ = conn.Send(websocket.Text, []byte("x"), nil) })
		}, after: 37 * time.Minute, status: 1001, reason: "Going away"},
		{name: "pings are no activity", during: func(_ *websocket.Conn, c *client) {
			every(time.Minute, 5, func() { c.write(masked(0x89, "x")); c.write(masked(0x8A, "x")) })
		}, after: 10 * time.Minute, status: 1001, reason: "Going away"},
		{name: "pings are activity if they count", o: websocket.Options{PingsCount: true}, during: func(_ *websocket.Conn, c *client) {
			every(8*time.Minute, 2, func() { c.write(masked(0x89, "x")) })
		}, after: 26 * time.Minute, status: 1001, reason: "Going away"},
		{name: "unsolicited pongs, too", o: websocket.Options{PingsCount: true}, during: func(_ *websocket.Conn, c *client) {
			every(8*time.Minute, 2, func() { c.write(masked(0x8A, "x")) })
		}, after: 26 * time.Minute, status: 1001, reason: "Going away"},
		{name: "our pings never are", o: websocket.Options{PingsCount: true}, after: 10 * time.Minute, status: 1001, reason: "Going away"},
		{name: "lifetime", during: func(_ *websocket.Conn, c *client) {
			every(5*time.Minute, 23, func() { c.write(masked(0x81, "x")) })
		}, after: 2 * time.Hour, status: 1001, reason: "Going away"},
		{name: "no limits but the pings", o: websocket.Options{Idle: -1, Lifetime: -1}, during: func(conn *websocket.Conn, _ *client) {
			every(24*time.Hour, 1, func() { conn.Close(4000, "enough") })
		}, after: 24 * time.Hour, status: 4000, reason: "enough"},
		{name: "dead client", silent: true, after: 90 * time.Second, status: 1006, reason: "ping timeout"},
		{name: "a silent client may stay without pings", silent: true, o: websocket.Options{Ping: -1}, after: 10 * time.Minute, status: 1001, reason: "Going away"},
		{name: "dead after talking", silent: true, during: func(_ *websocket.Conn, c *client) {
			every(50*time.Second, 2, func() { c.write(masked(0x81, "x")) })
		}, after: 190 * time.Second, status: 1006, reason: "ping timeout"},
		{name: "unfinished message", during: func(_ *websocket.Conn, c *client) {
			c.write(masked(0x01, "x"))
			every(8*time.Second, 3, func() { c.write(masked(0x00, "x")) })
		}, after: 30 * time.Second, status: 1008, reason: "message takes too long"},
		{name: "a finished one is none", during: func(_ *websocket.Conn, c *client) {
			c.write(masked(0x01, "x"))
			every(20*time.Second, 1, func() { c.write(masked(0x80, "x")) })
		}, after: 10*time.Minute + 20*time.Second, status: 1001, reason: "Going away"},
		{name: "a pause is not the client's", o: websocket.Options{Ping: -1}, during: func(conn *websocket.Conn, c *client) {
			c.write(masked(0x01, "x"))
			synctest.Wait()
			conn.Pause()
			every(50*time.Second, 1, conn.Resume)
		}, after: 80 * time.Second, status: 1008, reason: "message takes too long"},
		{name: "100 control frames in every second", during: func(conn *websocket.Conn, c *client) {
			every(time.Second, 3, func() { c.write(bytes.Repeat(masked(0x8A, ""), 100)) })
			conn.Close(1000, "")
		}, after: 3 * time.Second, status: 1000},
		{name: "101 in one", during: func(_ *websocket.Conn, c *client) {
			every(time.Second, 1, func() { c.write(bytes.Repeat(masked(0x8A, ""), 101)) })
		}, after: time.Second, status: 1008, reason: "too many control frames"},
		{name: "a pause is not silence", silent: true, o: websocket.Options{Idle: -1}, during: func(conn *websocket.Conn, _ *client) {
			synctest.Wait() // the reader reads
			conn.Pause()
			every(330*time.Second, 1, conn.Resume)
		}, after: 420 * time.Second, status: 1006, reason: "ping timeout"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start, r := time.Now(), newRecorder()
				conn, c := pipe(t, r, test.o)
				c.live(!test.silent)
				if test.during != nil {
					test.during(conn, c)
				}
				wantEndAfter(t, r, start, test.after, test.status, test.reason)
				_ = c.Close()
			})
		})
	}
}

func TestLastActive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		r := newRecorder()
		conn, c := pipe(t, r, websocket.Options{})
		c.live(true)
		var got []time.Duration
		for _, act := range []func(){
			func() {},
			func() { c.write(masked(0x89, "")) },
			func() { c.write(masked(0x81, "x")) },
			func() { c.write(masked(0x8A, "")) },
			func() { _ = conn.Send(websocket.Text, nil, nil) },
		} {
			<-time.After(time.Minute)
			act()
			synctest.Wait()
			got = append(got, conn.LastActive().Sub(start)/time.Minute)
		}
		for i, want := range []time.Duration{0, 0, 3, 3, 5} {
			if got[i] != want {
				t.Errorf("last active after act %d: minute %d, want %d", i, got[i], want)
			}
		}
		if !conn.ConnectedAt().Equal(start) {
			t.Errorf("connected at %v, want %v", conn.ConnectedAt(), start)
		}
		_ = c.Close()
		<-r.closed
	})
}

// A client that reads nothing is dropped ten seconds after the last byte it took, and who sent to it is told.
func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		conn, c := pipe(t, r, websocket.Options{})
		results := make(chan error, 3)
		done := func(err error) { results <- err }
		for range 3 {
			if err := conn.Send(websocket.Text, []byte("never read"), done); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		wantEndAfter(t, r, start, 10*time.Second, 1006, "slow consumer")
		for range 3 {
			if err := <-results; !errors.Is(err, websocket.ErrClosed) {
				t.Errorf("done with %v, want ErrClosed", err)
			}
		}
		_ = c.Close()
	})
}

// A client that pings and never reads must not stop the reader: it is dropped like any that does not read.
func TestPingsNeverRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		_, c := pipe(t, r, websocket.Options{})
		start := time.Now()
		for range 90 {
			c.write(masked(0x89, "ping"))
		}
		if time.Since(start) > 0 {
			t.Error("the reader waited for the client to read pongs")
		}
		wantEndAfter(t, r, start, 10*time.Second, 1006, "slow consumer")
		_ = c.Close()
	})
}

// Who is told to go and does not answer is hung up on after CloseWait.
func TestCloseWait(t *testing.T) {
	for _, test := range []struct {
		name  string
		wait  time.Duration
		after time.Duration
	}{
		{"default", 0, 5 * time.Second},
		{"set", 2 * time.Second, 2 * time.Second},
		{"none", -1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecorder()
				conn, c := pipe(t, r, websocket.Options{CloseWait: test.wait})
				start := time.Now()
				conn.Close(1000, "Connection Closed Normally")
				conn.Close(1011, "too late")
				c.want(0x88, closeText(1000, "Connection Closed Normally"))
				wantEndAfter(t, r, start, test.after, 1000, "Connection Closed Normally")
				_ = c.Close()
			})
		})
	}
}

// Queued messages leave before the close frame as long as they get on, but not for ever.
func TestCloseBehindQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		conn, c := pipe(t, r, websocket.Options{})
		for _, text := range []string{"a" + long[:20000], "b" + long[:20000], "c" + long[:20000]} {
			_ = conn.Send(websocket.Text, []byte(text), nil)
		}
		conn.Close(1000, "")
		if err := conn.Send(websocket.Text, []byte("d"), nil); !errors.Is(err, websocket.ErrClosed) {
			t.Errorf("sent after Close: %v", err)
		}
		for _, text := range []string{"a" + long[:20000], "b" + long[:20000], "c" + long[:20000]} {
			<-time.After(3 * time.Second)
			c.want(0x81, text)
		}
		c.want(0x88, closeText(1000, ""))
		c.write(closeFrame(1000, ""))
		r.wantClosed(t, 1000, "")
		_ = c.Close()
	})
}
