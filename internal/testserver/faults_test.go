package testserver_test

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"gangway/internal/websocket"
)

// TestFaults: the client is told what it would be told if the backend did that, and the backend again when the fault is over.
func TestFaults(t *testing.T) {
	const internal, late = `{"message": "Internal server error"`, `{"message": "Endpoint request timed out"`
	for _, test := range []struct {
		name, fault, want string
		status            int
	}{
		{"down", `"kind":"refuse"`, internal, 504},
		{"without an answer", `"kind":"timeout"`, late, 504},
		{"later than the integration waits", `"kind":"delay","delay":"5s"`, late, 504},
		{"later, but in time", `"kind":"delay","delay":"20ms"`, "hello", 200},
		{"in error", `"kind":"error","status":503,"body":{"why":"down"}}`, `{"why":"down"}`, 200},
		{"with an answer of ours", `"kind":"answer","body":"ours"`, "ours", 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, websocket.Options{})
			api, url := s.deploy(echo(t), "")
			c := connect(t, url)
			s.must(http.MethodPost, "/faults", `{"match":{"api":"`+api+`","stage":"prod","route":"$default"},"times":1,`+test.fault+`}`, nil)
			c.say("hello")
			if got := await(t, "answer", c.messages); !strings.HasPrefix(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if e := s.events("?type=MESSAGE&wait=30s").Events[0]; e.Status != test.status {
				t.Errorf("got %+v", e)
			}
			c.say("again")
			if got := await(t, "answer", c.messages); got != "again" {
				t.Errorf("got %q", got)
			}
			var all struct{ Faults []struct{ Hits, Times int } }
			s.must(http.MethodGet, "/faults", "", &all)
			if len(all.Faults) != 1 || all.Faults[0].Hits != 1 {
				t.Errorf("got %v", all)
			}
		})
	}
}

// TestFaultOfConnect: nobody gets in while the backend of $connect is down, and everybody afterwards.
func TestFaultOfConnect(t *testing.T) {
	s := start(t, websocket.Options{})
	_, url := s.deploy(echo(t), "")
	var made struct{ ID string }
	s.must(http.MethodPost, "/faults", `{"kind":"refuse","match":{"route":"$connect"}}`, &made)
	s.must(http.MethodPost, "/faults", `{"kind":"refuse","match":{"route":"other"}}`, nil)
	_, response, err := websocket.Dial(t.Context(), url, &client{}, websocket.DialOptions{})
	if err == nil || response == nil || response.StatusCode != http.StatusGatewayTimeout {
		t.Errorf("got %v, %v", response, err)
	}
	s.must(http.MethodDelete, "/faults/"+made.ID, "", nil)
	connect(t, url)
	if status := s.ask(http.MethodDelete, "/faults/"+made.ID, "", nil); status != http.StatusNotFound {
		t.Errorf("got %d", status)
	}
	s.must(http.MethodDelete, "/faults", "", nil)
	var all struct{ Faults []any }
	s.must(http.MethodGet, "/faults", "", &all)
	if len(all.Faults) != 0 {
		t.Errorf("got %v", all)
	}
}

func TestFaultRefused(t *testing.T) {
	s := start(t, websocket.Options{})
	for _, body := range []string{
		`{}`, `{"kind":"explode"}`, `{"kind":"delay"}`, `{"kind":"delay","delay":"soon"}`, `{"kind":"refuse","status":500}`, `{"kind":"error","status":7}`,
		`{"kind":"refuse","times":-1}`, `{"kind":"refuse","match":{"rout":"x"}}`, `{"kind":"delay","delay":"-1s"}`, `[]`,
	} {
		if status := s.ask(http.MethodPost, "/faults", body, nil); status != http.StatusBadRequest {
			t.Errorf("%s: %d", body, status)
		}
	}
}

// TestDrop: the client finds its connection lost, and $disconnect hears of 1006.
func TestDrop(t *testing.T) {
	s := start(t, websocket.Options{})
	_, url := s.deploy(echo(t), "")
	c := connect(t, url)
	id := s.only()
	s.must(http.MethodPost, "/connections/"+id+"/fault", `{"kind":"drop"}`, nil)
	if got := await(t, "end", c.ended); got != "1006" {
		t.Errorf("closed with %q", got)
	}
	e := s.events("?type=DISCONNECT&wait=30s").Events[0]
	if e.CloseStatus != 1006 || e.CloseReason != "Connection Closed Abnormally" || e.ConnectionID != id {
		t.Errorf("got %+v", e)
	}
	for _, body := range []string{`{"kind":"drop"}`, `{"kind":"stall"}`, `{"kind":"resume"}`} {
		if status := s.ask(http.MethodPost, "/connections/"+id+"/fault", body, nil); status != http.StatusNotFound {
			t.Errorf("%s: %d", body, status)
		}
	}
	if status := s.ask(http.MethodPost, "/connections/"+id+"/fault", `{"kind":"kick"}`, nil); status != http.StatusBadRequest {
		t.Errorf("got %d", status)
	}
}

// TestStall: what is sent to a client that takes nothing waits, then is refused with 429, and all that waited comes in order.
func TestStall(t *testing.T) {
	s := start(t, websocket.Options{QueueMessages: 3, Stall: -1})
	_, url := s.deploy(echo(t), "")
	c := connect(t, url)
	id := s.only()
	s.must(http.MethodPost, "/connections/"+id+"/fault", `{"kind":"stall"}`, nil)
	s.must(http.MethodPost, "/connections/"+id+"/fault", `{"kind":"stall"}`, nil) // it is already
	for i := range 3 {
		c.say(fmt.Sprint("reply ", i))
		s.events(fmt.Sprintf("?type=MESSAGE&since=%d&wait=30s", i+1))
	}
	if status := s.ask(http.MethodPost, "/connections/"+id, "one too many", nil); status != http.StatusTooManyRequests {
		t.Errorf("got %d", status)
	}
	if len(c.messages) > 0 {
		t.Errorf("got %q", <-c.messages)
	}
	s.must(http.MethodPost, "/connections/"+id+"/fault", `{"kind":"resume"}`, nil)
	for i := range 3 {
		if got := await(t, "reply", c.messages); got != fmt.Sprint("reply ", i) {
			t.Errorf("got %q", got)
		}
	}
	s.must(http.MethodPost, "/connections/"+id, "pushed", nil)
	if got := await(t, "push", c.messages); got != "pushed" {
		t.Errorf("got %q", got)
	}
}

// TestStalled: a client that takes nothing for too long is dropped, and one that leaves is not held back.
func TestStalled(t *testing.T) {
	s := start(t, websocket.Options{Stall: time.Second})
	_, url := s.deploy(echo(t), "")
	c := connect(t, url)
	s.must(http.MethodPost, "/connections/"+s.only()+"/fault", `{"kind":"stall"}`, nil)
	c.say("hello")
	if e := s.events("?type=DISCONNECT&wait=30s").Events[0]; e.CloseStatus != 1006 || e.CloseReason != "slow consumer" {
		t.Errorf("got %+v", e)
	}
	c = connect(t, url)
	s.must(http.MethodPost, "/connections/"+s.only()+"/fault", `{"kind":"stall"}`, nil)
	at := s.events("").Next
	c.Reset()
	if e := s.events(fmt.Sprintf("?type=DISCONNECT&wait=30s&since=%d", at)).Events[0]; e.CloseStatus != 1006 {
		t.Errorf("got %+v", e)
	}
}

// TestReset: nothing of a test is there in the next, and no test leaves anything behind.
func TestReset(t *testing.T) {
	s := start(t, websocket.Options{})
	backend := echo(t)
	round := func() {
		t.Helper()
		_, url := s.deploy(backend, "")
		c, stalled := connect(t, url), connect(t, url)
		c.say("hello")
		await(t, "reply", c.messages)
		var open struct {
			Connections []struct{ ConnectionID string }
		}
		s.must(http.MethodGet, "/connections", "", &open)
		s.must(http.MethodPost, "/connections/"+open.Connections[0].ConnectionID+"/fault", `{"kind":"stall"}`, nil)
		s.must(http.MethodPost, "/faults", `{"kind":"refuse","match":{"route":"$disconnect"}}`, nil)
		s.must(http.MethodPost, "/reset", "", nil)
		await(t, "end", c.ended)
		await(t, "end", stalled.ended)
		var left struct{ Connections, Faults, Items, Events []any }
		for _, path := range []string{"/connections", "/faults", "/v2/apis", "/events"} {
			s.must(http.MethodGet, path, "", &left)
		}
		if len(left.Connections)+len(left.Faults)+len(left.Items)+len(left.Events) > 0 {
			t.Errorf("left: %v", left)
		}
		if _, _, err := websocket.Dial(t.Context(), url, &client{}, websocket.DialOptions{}); err == nil {
			t.Error("the API is still there")
		}
	}
	for range 5 {
		round()
	}
	before, files := runtime.NumGoroutine(), descriptors()
	for range 20 {
		round()
	}
	const some = 10 // whatever the HTTP client of the test keeps
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before+some; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
	for deadline := time.Now().Add(patience); descriptors() > files+some; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d descriptors, %d before", descriptors(), files)
		}
	}
}

// descriptors is how many files are open, where that can be seen.
func descriptors() int {
	open, _ := os.ReadDir("/proc/self/fd") // none elsewhere
	return len(open)
}

// TestStrangers: no page of somebody else's gets anything by a browser on this machine.
func TestStrangers(t *testing.T) {
	s := start(t, websocket.Options{})
	port := s.Place().Test[strings.LastIndexByte(s.Place().Test, ':'):]
	for _, test := range []struct {
		host, origin string
		want         int
	}{
		{"127.0.0.1" + port, "", 200},
		{"localhost" + port, "", 200},
		{"localhost", "", 200},
		{"[::1]" + port, "", 200},
		{"evil.example" + port, "", 421},
		{"evil.example", "", 421},
		{"127.0.0.1.evil.example" + port, "", 421},
		{"localhost.evil.example", "", 421},
		{"10.0.0.1" + port, "", 421},
		{"127.0.0.1" + port, "http://localhost:3000", 200},
		{"127.0.0.1" + port, "https://evil.example", 403},
		{"127.0.0.1" + port, "null", 403},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Place().Test+"/ready", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = test.host
		if test.origin != "" {
			request.Header.Set("Origin", test.origin)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != test.want {
			t.Errorf("%s, %s: %d", test.host, test.origin, response.StatusCode)
		}
	}
}

// TestBounded: the oldest goes first, and it is said how much.
func TestBounded(t *testing.T) {
	s := start(t, websocket.Options{})
	_, url := s.deploy(echo(t), "")
	c := connect(t, url)
	long := strings.Repeat("x", 30<<10)
	const said = 600 // of 90 KB each, in and out and what the backend was sent and said
	for range said {
		c.say(long)
		await(t, "reply", c.messages)
	}
	s.events(fmt.Sprintf("?wait=30s&since=%d", said))
	found := s.events("")
	if found.Dropped == 0 || found.Dropped+int64(len(found.Events)) != said+1 || found.Events[0].Number != found.Dropped+1 {
		t.Errorf("%d dropped, %d left", found.Dropped, len(found.Events))
	}
}
