package conformance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/control"
)

// lifecycle is a backend of $connect and $disconnect that keeps books. Every sixteenth connection, by its id, it refuses.
type lifecycle struct {
	*httptest.Server

	mu       sync.Mutex // guards what follows
	down     bool       // $disconnect is answered with 503
	open     map[string]bool
	refused  map[string]bool
	attempts map[string][]string // request ids of $disconnect, by connection
	told     map[string][]string // those that were answered with 200, with their status and reason
}

func newLifecycle(t *testing.T) *lifecycle {
	t.Helper()
	l := &lifecycle{open: map[string]bool{}, refused: map[string]bool{}, attempts: map[string][]string{}, told: map[string][]string{}}
	l.Server = httptest.NewServer(l)
	t.Cleanup(l.Close)
	return l
}

// ServeHTTP implements http.Handler.
func (l *lifecycle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // it is empty
	id := r.Header.Get("Connectionid")
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case r.Header.Get("Event") == "CONNECT" && id[3]%16 == 0:
		l.refused[id] = true
		w.WriteHeader(http.StatusForbidden)
	case r.Header.Get("Event") == "CONNECT":
		l.open[id] = true
	default:
		l.attempts[id] = append(l.attempts[id], r.Header.Get("Request"))
		if l.down {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		l.told[id] = append(l.told[id], r.Header.Get("Status")+" "+r.Header.Get("Reason"))
	}
}

// is sets whether $disconnect can be told.
func (l *lifecycle) is(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
}

// connected are the connections of which $connect was let in.
func (l *lifecycle) connected() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.open))
}

// untold are those of some connections that have no $disconnect, tried being enough or not.
func (l *lifecycle) untold(of []string, tried bool) (missing []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range of {
		if tried && len(l.attempts[id]) == 0 || !tried && len(l.told[id]) == 0 {
			missing = append(missing, id)
		}
	}
	return missing
}

// wantTold wants all of some connections to have their $disconnect within a time.
func (l *lifecycle) wantTold(t *testing.T, of []string, tried bool, within time.Duration) {
	t.Helper()
	begun := time.Now()
	for missing := l.untold(of, tried); len(missing) > 0; missing = l.untold(of, tried) {
		if time.Since(begun) > within {
			t.Fatalf("%d of %d connections have no $disconnect after %v", len(missing), len(of), within)
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Logf("%d connections have their $disconnect after %v", len(of), time.Since(begun).Round(time.Millisecond))
}

// wantPairs wants no $disconnect without $connect, but for as many as there were handshakes under way when the node was killed, and the same
// request id each time.
func (l *lifecycle) wantPairs(t *testing.T, strays int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	stray, again := 0, 0
	for id, requests := range l.attempts {
		if !l.open[id] {
			stray++
		}
		if len(slices.Compact(slices.Clone(requests))) != 1 || requests[0] == "" {
			t.Errorf("%s has request ids %v", id, requests)
		}
		if len(requests) > 1 {
			again++
		}
	}
	t.Logf("%d connections, %d refused; %d were told more than once, %d of a $connect that was under way", len(l.open), len(l.refused), again, stray)
	if stray > strays {
		t.Errorf("%d connections have a $disconnect without a $connect that succeeded, %d may have", stray, strays)
	}
}

// lifecycleAPI has $connect and $disconnect told to a backend.
const lifecycleAPI = `{"routes": {
	"$connect": {"http": "/", "integration": {"requestParameters": {
		"integration.request.header.Event": "context.eventType", "integration.request.header.Connectionid": "context.connectionId"}}},
	"$disconnect": {"http": "/", "integration": {"requestParameters": {
		"integration.request.header.Event": "context.eventType", "integration.request.header.Connectionid": "context.connectionId",
		"integration.request.header.Request": "context.requestId", "integration.request.header.Status": "context.disconnectStatusCode",
		"integration.request.header.Reason": "context.disconnectReason"}}}
}, "stage": {"stageName": "%s"}}`

// makeLifecycle makes an API with stages.
func makeLifecycle(t *testing.T, s *server, l *lifecycle, stages ...string) *deployed {
	t.Helper()
	b := &builder{s, l.URL}
	var api *deployed
	for i, stage := range stages {
		text := fmt.Sprintf(lifecycleAPI, stage)
		if i > 0 {
			text = fmt.Sprintf(`{"stage": {"stageName": %q}}`, stage)
		}
		var err error
		api, err = b.apply(t.Context(), api, []byte(text))
		must(t, err)
	}
	return api
}

// connectMany opens connections, of which some are refused.
func connectMany(t *testing.T, url string, n int) {
	t.Helper()
	var wait sync.WaitGroup
	turns := make(chan struct{}, 20)
	for range n {
		turns <- struct{}{}
		wait.Go(func() {
			defer func() { <-turns }()
			if c, _, err := dial(t.Context(), handshake{url: url, raw: true}); err == nil {
				t.Cleanup(func() { _ = c.raw.Close() })
			} else if _, refused := errors.AsType[*refusal](err); !refused {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

// metric is a number of a node.
func (s *server) metric(t *testing.T, name string) float64 {
	t.Helper()
	got, err := s.do(t.Context(), request{method: get, url: s.admin + "/metrics"})
	must(t, err)
	for line := range strings.Lines(string(got.body)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			must(t, err)
			return n
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

// wantWritten wants so many connections to be written down: those that were refused a moment ago are struck out within a tenth of a second.
func (s *server) wantWritten(t *testing.T, want int) {
	t.Helper()
	for begun := time.Now(); int(s.metric(t, "gangway_sessions_owed")) != want; <-time.After(10 * time.Millisecond) {
		if time.Since(begun) > patience {
			t.Fatalf("%v connections are written down, not %d", s.metric(t, "gangway_sessions_owed"), want)
		}
	}
}

// TestDisconnectAfterKill: a node is ended with kill -9 while it has connections, and its backend is down when it is back. Each $connect that
// succeeded has its $disconnect within thirty seconds of the backend's return, none has one without, and each attempt the same id.
func TestDisconnectAfterKill(t *testing.T) {
	l, dir := newLifecycle(t), t.TempDir()
	p := startProgram(t, dir)
	api := makeLifecycle(t, p.server, l, "prod")
	connectMany(t, p.data+"/"+api.id+"/prod", 300)
	open := l.connected()
	if len(open) < 200 {
		t.Errorf("%d connections are open", len(open))
	}
	p.wantWritten(t, len(open))
	p.kill()
	l.is(true)
	p = startProgram(t, dir)
	l.wantTold(t, open, true, 30*time.Second)
	l.is(false)
	l.wantTold(t, open, false, 30*time.Second)
	l.wantPairs(t, 0)
	l.mu.Lock()
	for id, told := range l.told {
		if len(told) != 1 || told[0] != "1006 Connection lost with its node" || len(l.attempts[id]) < 2 {
			t.Errorf("%s was told %v in %d attempts", id, told, len(l.attempts[id]))
			break
		}
	}
	l.mu.Unlock()
	p.stop(t)
	p = startProgram(t, dir) // nothing is told again
	if n := p.metric(t, "gangway_sessions_owed"); n != 0 {
		t.Errorf("%v connections are still written down", n)
	}
}

// TestDisconnectAfterStop: what a backend could not take before the node was stopped in good order is told after the next start, with the end
// that it had.
func TestDisconnectAfterStop(t *testing.T) {
	l, dir := newLifecycle(t), t.TempDir()
	p := startProgram(t, dir)
	api := makeLifecycle(t, p.server, l, "prod")
	connectMany(t, p.data+"/"+api.id+"/prod", 20)
	open := l.connected()
	l.is(true)
	p.stop(t)
	l.wantTold(t, open, true, 0)
	l.is(false)
	startProgram(t, dir)
	l.wantTold(t, open, false, 30*time.Second)
	l.wantPairs(t, 0)
	for _, id := range open {
		if !strings.HasPrefix(l.told[id][0], "1001 ") {
			t.Errorf("%s was told %v", id, l.told[id])
		}
	}
}

// TestDisconnectOfStageGone: who is owed a $disconnect of a stage that is deleted meanwhile is told nothing; others are.
func TestDisconnectOfStageGone(t *testing.T) {
	l, dir := newLifecycle(t), t.TempDir()
	p := startProgram(t, dir)
	api := makeLifecycle(t, p.server, l, "prod", "old")
	connectMany(t, p.data+"/"+api.id+"/prod", 20)
	kept := l.connected()
	connectMany(t, p.data+"/"+api.id+"/old", 20)
	gone := slices.DeleteFunc(l.connected(), func(id string) bool { return slices.Contains(kept, id) })
	p.wantWritten(t, len(kept)+len(gone))
	p.kill()
	l.is(true)
	p = startProgram(t, dir, "--log-level", "warn")
	l.wantTold(t, slices.Concat(kept, gone), true, 30*time.Second)
	p.mustControl(t, remove, "/v2/apis/"+api.id+"/stages/old", nil)
	l.is(false)
	l.wantTold(t, kept, false, 30*time.Second)
	for begun := time.Now(); int(p.metric(t, "gangway_sessions_dropped_total")) != len(gone); <-time.After(50 * time.Millisecond) {
		if time.Since(begun) > patience {
			t.Fatalf("%v are dropped, not %d", p.metric(t, "gangway_sessions_dropped_total"), len(gone))
		}
	}
	if told := l.untold(gone, false); len(told) != len(gone) || len(gone) == 0 {
		t.Errorf("%d of %d were told", len(gone)-len(told), len(gone))
	}
	if n := strings.Count(p.output.String(), "stage that is gone"); n != 1 {
		t.Errorf("%d lines: %s", n, p.output)
	}
}

// TestDeadLetters: a $disconnect that cannot be told is listed after its last attempt, also after a kill, and can be told again or forgotten.
func TestDeadLetters(t *testing.T) {
	l, dir := newLifecycle(t), t.TempDir()
	p := startProgram(t, dir, "--disconnect-attempts", "2")
	api := makeLifecycle(t, p.server, l, "prod")
	l.is(true)
	for len(l.connected()) < 3 {
		if c, _, err := dial(t.Context(), handshake{url: p.data + "/" + api.id + "/prod", raw: true}); err == nil {
			must(t, c.raw.Close())
		}
	}
	open := l.connected()
	for begun := time.Now(); p.metric(t, "gangway_sessions_dead_letters") < 3; <-time.After(50 * time.Millisecond) {
		if time.Since(begun) > patience {
			t.Fatal("nothing is given up")
		}
	}
	p.kill()
	p = startProgram(t, dir)
	letters := p.deadLetters(t)
	if len(letters) != 3 {
		t.Fatalf("%+v", letters)
	}
	for id, letter := range letters {
		if !slices.Contains(open, id) || letter.APIID != api.id || letter.StageName != "prod" || letter.StatusCode != 1006 || letter.Attempts != 2 ||
			letter.Error != "the integration has answered 503" || letter.RequestID != l.attempts[id][0] || letter.GivenUpAt.IsZero() {
			t.Errorf("%+v", letter)
		}
	}
	l.is(false)
	if got := p.mustControl(t, post, "/gangway/deadletters/"+open[0]+"/retry", nil); got.status != http.StatusAccepted {
		t.Errorf("retry: %d", got.status)
	}
	l.wantTold(t, open[:1], false, 30*time.Second)
	p.mustControl(t, remove, "/gangway/deadletters/"+open[1], nil)
	if letters = p.deadLetters(t); len(letters) != 1 || string(letters[open[2]].ConnectionID) != open[2] {
		t.Errorf("%+v", letters)
	}
	for path, want := range map[string]int{"/" + open[0] + "/retry": 404, "/nonsense/retry": 400} {
		if got, err := p.control(t.Context(), post, "/gangway/deadletters"+path, nil); err != nil || got.status != want {
			t.Errorf("%s: %v, %v", path, got.status, err)
		}
	}
	l.wantPairs(t, 0)
}

// deadLetters are those that are listed, by connection.
func (s *server) deadLetters(t *testing.T) map[string]control.DeadLetter {
	t.Helper()
	found := map[string]control.DeadLetter{}
	for query := "?maxResults=2"; query != ""; {
		var page struct {
			Items     []control.DeadLetter
			NextToken string
		}
		must(t, json.Unmarshal(s.mustControl(t, get, "/gangway/deadletters"+query, nil).body, &page))
		for _, letter := range page.Items {
			found[string(letter.ConnectionID)] = letter
		}
		query = ""
		if page.NextToken != "" {
			query = "?maxResults=2&nextToken=" + page.NextToken
		}
	}
	return found
}

// TestPairsUnderKills: clients come and go while the node is killed again and again, and its backend is down now and then.
func TestPairsUnderKills(t *testing.T) {
	const clients, kills = 16, 5
	l, dir := newLifecycle(t), t.TempDir()
	p := startProgram(t, dir)
	api := makeLifecycle(t, p.server, l, "prod")
	for round := range kills {
		l.is(round%2 == 1)
		done := make(chan struct{})
		var wait sync.WaitGroup
		url := p.data + "/" + api.id + "/prod"
		for i := range clients {
			wait.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-done:
						return
					default:
					}
					if c, _, err := dial(t.Context(), handshake{url: url, raw: true}); err == nil && (n+i)%3 > 0 {
						_ = c.raw.Close()
					}
				}
			})
		}
		for want := len(l.connected()) + 400; len(l.connected()) < want; <-time.After(time.Millisecond) {
		}
		p.kill()
		close(done)
		wait.Wait()
		p = startProgram(t, dir)
	}
	l.is(false)
	l.wantTold(t, l.connected(), false, 30*time.Second)
	l.wantPairs(t, clients*kills)
}
