package conformance_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// gauge is a backend that knows how many messages it is given at a time.
type gauge struct {
	*httptest.Server
	texts chan string

	mu    sync.Mutex // guards what follows
	waits time.Duration
	now   int
	most  int
	both  chan struct{} // closed when there are two messages at a time, until there is none
}

func newGauge(t *testing.T) *gauge {
	t.Helper()
	g := &gauge{texts: make(chan string, 4096)}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

// measures forgets what was, and has slow messages wait so long for company.
func (g *gauge) measures(waits time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waits, g.most = waits, 0
}

// enters is a message more.
func (g *gauge) enters() (waits time.Duration, both <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now++
	g.most = max(g.most, g.now)
	switch g.now {
	case 1:
		g.both = make(chan struct{})
	case 2:
		close(g.both)
	}
	return g.waits, g.both
}

// ServeHTTP implements http.Handler. A message with a 0 in it is slow: it waits for another one to come.
func (g *gauge) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	waits, both := g.enters()
	if strings.Contains(string(body), "0") {
		timer := time.NewTimer(waits)
		defer timer.Stop()
		select {
		case <-both:
		case <-timer.C:
		}
	}
	g.mu.Lock()
	g.now--
	g.mu.Unlock()
	g.texts <- string(body)
}

// wantMost wants this many messages at a time.
func (g *gauge) wantMost(t *testing.T, label string, most int) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.most != most {
		t.Errorf("%s: the backend was given %d messages at a time, expected %d", label, g.most, most)
	}
}

// ended are the next messages, as they have ended.
func (g *gauge) ended(t *testing.T, count int) (texts []string) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for range count {
		select {
		case text := <-g.texts:
			texts = append(texts, text)
		case <-late.C:
			t.Fatalf("the backend was given %q", texts)
		}
	}
	return texts
}

// TestTagOrdered sends messages, the first of which take long, to a stage that wants them one after the other: each begins when
// the one before has ended. Connections do not wait for each other.
// Source: API Gateway promises no order; "Integrations are invoked for each message" in the developer guide. The tag is ours.
func TestTagOrdered(t *testing.T) {
	t.Parallel()
	g := newGauge(t)
	s := (&builder{startProgram(t, t.TempDir()).server, g.URL}).tagged(t, `{"routes": {"$default": {"http": "/"}, "b": {"http": "/b"}}}`, map[string]string{"gangway:ordered": "true"})
	var wanted []string
	c := s.connect(t, "")
	const count, long = 21, 50 * time.Millisecond
	g.measures(long)
	for i := range count {
		wanted = append(wanted, fmt.Sprintf(`{"action":"%c","n":%d}`, "ab"[i%2], i))
		c.say(t, wanted[i])
	}
	if got := g.ended(t, count); !slices.Equal(got, wanted) {
		t.Errorf("messages came in the order %q", got)
	}
	g.wantMost(t, "one after the other", 1)
	g.measures(patience)
	c.say(t, "slow 0")
	s.connect(t, "").say(t, "slow 0")
	g.ended(t, 2)
	g.wantMost(t, "two connections", 2)
	s.define(t, `{"stage": {"stageName": "usual"}}`)
	g.measures(patience)
	c = s.connect(t, "")
	c.say(t, "slow 0")
	c.say(t, "slow 0")
	g.ended(t, 2)
	g.wantMost(t, "without the tag", 2)
}

// TestTagCompression has a stage take up an offer of permessage-deflate, and talks through it.
// Source: RFC 7692 sections 5 and 7.1; API Gateway takes it up: observed, python-websockets 1065.
func TestTagCompression(t *testing.T) {
	t.Parallel()
	s := (&builder{startProgram(t, t.TempDir()).server, ""}).tagged(t, `{"routes": {"$default": {"reply": true, "mock": "$input.path('$.text')"}}}`, map[string]string{"gangway:compression": "true"})
	zipped := s.url("prod")
	s.define(t, `{"stage": {"stageName": "usual"}}`)
	for url, taken := range map[string]bool{zipped: true, s.url("usual"): false} {
		for _, mode := range []websocket.CompressionMode{websocket.CompressionContextTakeover, websocket.CompressionNoContextTakeover} {
			c, response, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{CompressionMode: mode, CompressionThreshold: 1})
			must(t, err)
			t.Cleanup(func() { _ = c.CloseNow() })
			c.SetReadLimit(-1)
			if offer := response.Header.Get("Sec-Websocket-Extensions"); strings.HasPrefix(offer, "permessage-deflate") != taken {
				t.Errorf("the server took up %q", offer)
			}
			for _, text := range []string{"hello", strings.Repeat("hello ", 5000), ""} {
				wantEchoed(t, c, text)
			}
		}
	}
	c, response, err := websocket.Dial(t.Context(), zipped, nil)
	must(t, err)
	t.Cleanup(func() { _ = c.CloseNow() })
	if offer := response.Header.Get("Sec-Websocket-Extensions"); offer != "" {
		t.Errorf("the server took up %q, which nobody has offered", offer)
	}
	wantEchoed(t, c, "plain")
}

func wantEchoed(t *testing.T, c *websocket.Conn, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	must(t, c.Write(ctx, websocket.MessageText, []byte(`{"text":"`+text+`"}`)))
	_, got, err := c.Read(ctx)
	if err != nil || string(got) != text {
		t.Errorf("%.20q came back as %.20q, %v", text, got, err)
	}
}

// TestTagOfResource tags and untags what is there: an unknown tag is refused and changes nothing, a known one acts at once, a
// deployment or not.
func TestTagOfResource(t *testing.T) {
	t.Parallel()
	s := &stand{builder: &builder{startProgram(t, t.TempDir()).server, ""}}
	s.define(t, `{"routes": {"$default": {"mock": "x"}}}`)
	in := alice(s.url("prod"))
	in.header["Origin"] = []string{"https://evil.example"}
	path := "/v2/tags/" + strings.NewReplacer(":", "%3A", "/", "%2F").Replace("arn:aws:apigateway:"+region+"::/apis/"+s.api.id)
	for _, row := range []struct {
		path, tag, value string
		status           int
	}{
		{path, "gangway:allowed-origins", "https://app.example", http.StatusForbidden},
		{path + "%2Fstages%2Fprod", "gangway:allowed-origins", "https://evil.example", connected},
		{path + "%2Fstages%2Fprod", "gangway:allowed-origins", "https://other.example", http.StatusForbidden},
	} {
		for tag, value := range map[string]string{"gangway:allow-origins": row.value, row.tag: "*"} {
			got, err := s.control(t.Context(), post, row.path, map[string]any{"tags": map[string]string{tag: value, "team": "chat"}})
			must(t, err)
			if got.status != http.StatusBadRequest || !strings.Contains(got.text("message"), "gangway:") {
				t.Errorf("%s=%s: %d %s", tag, value, got.status, got.body)
			}
		}
		s.mustControl(t, post, row.path, map[string]any{"tags": map[string]string{row.tag: row.value}})
		if row.status == connected {
			wantConnected(t, row.value, in)
		} else {
			wantRefused(t, row.value, in, row.status, `{"message":"Forbidden"}`)
		}
	}
	for _, of := range []string{"%2Fstages%2Fprod", ""} {
		wantRefused(t, "still", in, http.StatusForbidden, `{"message":"Forbidden"}`)
		s.mustControl(t, remove, path+of+"?tagKeys=gangway%3Aallowed-origins", nil)
	}
	wantConnected(t, "without tags", in)
}
