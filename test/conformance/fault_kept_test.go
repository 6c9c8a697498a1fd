package conformance_test

import (
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestBackendEndsKeptConnections: a backend that answers, and then ends the connection without having said so, is unreachable
// to who comes at that moment, whichever of both sides notices first.
func TestBackendEndsKeptConnections(t *testing.T) {
	t.Parallel()
	y := newYard(t, "")
	f := &fault{name: "answers and hangs up", act: func(v *visit) bool {
		v.reply("200 OK", "", "")
		_ = v.Close()
		return false
	}}
	tr, at := y.lay(t, f, "HTTP_PROXY")
	api, stage := y.stage(t, &ambush{f, "HTTP_PROXY", "$connect", sight{}, tr, at})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				status, text := y.knock(t, api, stage)
				if status != http.StatusSwitchingProtocols && (status != unreached.status || text != unreached.text) {
					t.Errorf("the client is answered %d %q, not 101 or %d %q", status, text, unreached.status, unreached.text)
					return
				}
			}
		})
	}
	all.Wait()
	if n := tr.calls.Load(); n > 400 {
		t.Errorf("%d calls for 400 handshakes", n)
	}
	y.wantHealthy(t)
}

// TestAbandonedHandshake: when the time of a backend is over that does not even begin TLS, so is the connection to it; it
// does not wait for a time limit of its own. A second message, which has much more time, shows which comes first.
func TestAbandonedHandshake(t *testing.T) {
	t.Parallel()
	y := newYard(t, "")
	f := &fault{name: "does not begin TLS", https: true, greet: unanswering, server: late, held: true}
	tr, at := y.lay(t, f, "HTTP_PROXY")
	y.spring(t, &ambush{f, "HTTP_PROXY", "$default", late, tr, at})

	slow := &fault{name: "hangs", act: says(""), server: late}
	_, slowAt := y.lay(t, slow, "HTTP_PROXY")
	r := trapped("HTTP_PROXY", slowAt)
	r.Integration["timeoutInMillis"] = (8 * time.Second).Milliseconds()
	made, err := (&builder{y.server, ""}).apply(t.Context(), nil, definitionOf(t, map[string]route{"$default": r}))
	must(t, err)
	c := y.enter(t, made.id, made.stage)
	c.say(t, "x")
	select {
	case <-tr.left:
	case item := <-c.items:
		t.Errorf("the connection is still there when another call, begun later, has ended after 8 s with %s", item)
	}
}
