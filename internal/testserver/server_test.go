package testserver_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"gangway/internal/websocket"
)

func TestEvents(t *testing.T) {
	s := start(t, websocket.Options{})
	_, url := s.deploy(echo(t), "")
	c := connect(t, url)
	id := s.only()
	for _, text := range []string{"first", "second"} {
		c.say(text)
		if got := await(t, "reply", c.messages); got != text {
			t.Errorf("got %q", got)
		}
	}
	s.events("?type=MESSAGE&since=2&wait=30s")
	s.must(http.MethodPost, "/connections/"+id, "pushed", nil)
	if got := await(t, "push", c.messages); got != "pushed" {
		t.Errorf("got %q", got)
	}
	c.Conn.Close(websocket.StatusNormal, "bye")
	s.events("?type=DISCONNECT&wait=30s&connection=" + id)
	found := s.events("")
	var got bytes.Buffer
	for i, e := range found.Events {
		if e.Number != int64(i+1) {
			t.Errorf("event %d has number %d", i, e.Number)
		}
		if e.Reply != "" {
			e.Message += " > " + e.Reply
		}
		got.WriteString(strings.TrimSpace(strings.Join([]string{e.Type, e.RouteKey, e.Message + e.CloseReason}, " ")) + "\n")
	}
	want := "CONNECT $connect\nMESSAGE $default first > first\nMESSAGE $default second > second\n" +
		"PUSH POST @connections pushed\nDISCONNECT $disconnect bye\n"
	if got.String() != want || found.Next != 5 {
		t.Errorf("got %s, next %d", got.String(), found.Next)
	}
	if late := s.events("?since=5&wait=10ms"); len(late.Events) != 0 {
		t.Errorf("got %v", late)
	}
	s.must(http.MethodDelete, "/events", "", nil)
	if after := s.events(""); len(after.Events) != 0 || after.Next != 5 {
		t.Errorf("got %v", after)
	}
}

func TestClock(t *testing.T) {
	for _, test := range []struct {
		name, advance, ends string
		limits              websocket.Options
	}{
		{"idle", "10m", "1001 Going away", websocket.Options{}},
		{"not idle yet", "9m59s", "", websocket.Options{}},
		{"two hours", "2h", "1001 Going away", websocket.Options{Idle: -1}},
		{"not two hours yet", "1h59m50s", "", websocket.Options{Idle: -1}},
		{"nobody pings in the time that was skipped", "24h", "", websocket.Options{Idle: -1, Lifetime: -1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, test.limits)
			_, url := s.deploy(echo(t), "")
			c := connect(t, url)
			id := s.only()
			began := time.Now()
			s.must(http.MethodPost, "/clock", `{"advance":"`+test.advance+`"}`, nil)
			t.Logf("%s took %v", test.advance, time.Since(began))
			if test.ends == "" {
				c.say("there")
				if got := await(t, "reply", c.messages); got != "there" {
					t.Errorf("got %q", got)
				}
				return
			}
			if got := await(t, "end", c.ended); got != test.ends {
				t.Errorf("closed with %q", got)
			}
			if e := s.events("?type=DISCONNECT&wait=30s").Events[0]; e.CloseStatus != 1001 || e.ConnectionID != id {
				t.Errorf("got %+v", e)
			}
		})
	}
}

// TestClockParts: what passes bit by bit counts together, and activity in between counts.
func TestClockParts(t *testing.T) {
	s := start(t, websocket.Options{})
	_, url := s.deploy(echo(t), "")
	c := connect(t, url)
	for range 3 {
		s.must(http.MethodPost, "/clock", `{"advance":"9m"}`, nil)
		c.say("still here")
		await(t, "reply", c.messages)
		s.events("?type=MESSAGE&wait=30s") // it was sent, and so counts
	}
	var now struct{ Skipped string }
	s.must(http.MethodGet, "/clock", "", &now)
	if now.Skipped != "27m0s" {
		t.Errorf("skipped %s", now.Skipped)
	}
	s.must(http.MethodPost, "/clock", `{"advance":"6m"}`, nil)
	s.must(http.MethodPost, "/clock", `{"advance":"4m"}`, nil)
	if got := await(t, "end", c.ended); got != "1001 Going away" {
		t.Errorf("closed with %q", got)
	}
}

// TestBucket: a bucket that was emptied is full again when the clock says so.
func TestBucket(t *testing.T) {
	s := start(t, websocket.Options{})
	_, url := s.deploy(echo(t), `{"defaultRouteSettings":{"throttlingBurstLimit":2,"throttlingRateLimit":0.01}}`)
	s.must(http.MethodPost, "/clock", `{"advance":"5m"}`, nil)
	c := connect(t, url) // the first token
	say := func(want string) {
		t.Helper()
		c.say("x")
		if got := await(t, "answer", c.messages); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	say("x")
	say("Too Many Requests")
	s.must(http.MethodPost, "/clock", `{"advance":"5m"}`, nil)
	say("x")
	say("x")
	say("Too Many Requests")
}

func TestClockRefuses(t *testing.T) {
	s := start(t, websocket.Options{})
	for _, body := range []string{`{}`, `{"advance":"-1h"}`, `{"advance":"soon"}`, `{"advance":"1000000h"}`, `{"by":"1h"}`, ``} {
		if status := s.ask(http.MethodPost, "/clock", body, nil); status != http.StatusBadRequest {
			t.Errorf("%s: %d", body, status)
		}
	}
}
