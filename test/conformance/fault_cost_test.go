package conformance_test

import (
	"net/http"
	"strings"
	"testing"
)

// What may be read of one answer: the header and the body of an HTTP backend, and the result of a function.
const (
	serverCap   = 256<<10 + 128<<10
	functionCap = 256<<10 + 6<<20 + 100<<10
)

// crowd is how many clients fall into a trap at the same time.
const crowd = 16

// TestBackendFaultsMemory: however much backends say, twice of what may be read is the most that it takes to hear them.
func TestBackendFaultsMemory(t *testing.T) {
	t.Parallel()
	onlyLinux(t)
	greedy := []fault{{name: "sends a bomb", act: answers("200 OK", "Content-Encoding: gzip\r\n", bombed(100<<20)), kept: true}}
	for _, f := range faults("http://127.0.0.1:1") {
		if strings.Contains(f.name, "huge") || strings.Contains(f.name, "endless") || strings.Contains(f.name, "for ever") {
			greedy = append(greedy, f)
		}
	}
	y := newYard(t, "")
	for _, part := range []struct {
		kinds []string
		most  int64
	}{{serverKinds, serverCap}, {functionKinds, functionCap}} {
		y.crowd(t, &fault{name: "echoes", act: func(v *visit) bool { v.echo(); return true }, kept: true}, part.kinds[0])
		y.forgetPeak(t)
		before := y.peak(t)
		for _, f := range greedy {
			for _, kind := range part.kinds {
				y.crowd(t, &f, kind)
			}
		}
		// What a process has is more than what it uses: garbage is collected when the heap has doubled.
		const slack = 64 << 20
		grown, most := y.peak(t)-before, 2*2*crowd*part.most+slack
		t.Logf("%s: %d MB more than before, of %d", part.kinds, grown>>20, most>>20)
		if grown > most {
			t.Errorf("%s: %d MB more than before", part.kinds, grown>>20)
		}
	}
	y.wantHealthy(t)
}

// crowd lets many clients fall into a trap at the same time, and waits for what they are told.
func (y *yard) crowd(t *testing.T, f *fault, kind string) {
	t.Helper()
	tr, at := y.lay(t, f, kind)
	api, stage := y.stage(t, &ambush{f, kind, "$default", sight{}, tr, at})
	var clients []*client
	for range crowd {
		clients = append(clients, y.enter(t, api, stage))
	}
	for _, c := range clients {
		c.say(t, `{"action":"trap"}`)
	}
	for _, c := range clients {
		c.hear(t)
		c.drop()
	}
	if n := tr.calls.Load(); n != crowd {
		t.Errorf("%s, %s: %d calls of %d messages", f.name, kind, n, crowd)
	}
}

// TestHangingBackendsLeaveNothing: when all has ended that backends hold up, the gateway has as many sockets as before, and
// no goroutine that waits for any of them.
func TestHangingBackendsLeaveNothing(t *testing.T) {
	t.Parallel()
	onlyLinux(t)
	y := newYard(t, "")
	var hanging []fault
	for _, f := range faults("http://127.0.0.1:1") {
		if f.isLate() {
			hanging = append(hanging, f)
		}
	}
	y.keep(t, &hanging[0], serverKinds[0]) // opens what stays open
	http.DefaultClient.CloseIdleConnections()
	base := y.files(t)
	for _, f := range hanging {
		for kind := range f.sights() {
			y.keep(t, &f, kind)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if !eventually(t, func() bool { return y.files(t) <= base }) {
		t.Errorf("%d files and sockets are open, and were %d", y.files(t), base)
	}
	var left []string
	for _, stack := range y.goroutines(t) {
		if strings.Contains(stack, "internal/program.") || strings.Contains(stack, "internal/integration.") || strings.Contains(stack, "http.(*persistConn)") {
			left = append(left, stack)
		}
	}
	if len(left) > some { // what is about to end counts as well
		t.Errorf("%d goroutines are left, of which one is\n%.2000s", len(left), left[0])
	}
}

// some is how many clients wait for each fault that takes its time.
const some = 8

// keep keeps clients waiting, each for two answers at once.
func (y *yard) keep(t *testing.T, f *fault, kind string) {
	t.Helper()
	a := &ambush{fault: f, kind: kind, routeKey: "$default", want: late}
	a.trap, a.at = y.lay(t, f, kind)
	api, stage := y.stage(t, a)
	ids := map[*client]string{}
	for range some {
		c := y.enter(t, api, stage)
		ids[c] = c.ask(t, `{"action":"whoami"}`)
		for range 2 {
			c.say(t, `{"action":"trap"}`)
		}
	}
	for c, id := range ids {
		for range 2 {
			if item := c.hear(t); !isFrame(item, timedOutText, id) {
				t.Errorf("%s, %s: the client sees %.200q", f.name, kind, item)
			}
		}
		c.drop()
	}
	if n := a.trap.calls.Load(); n > 2*some {
		t.Errorf("%s, %s: %d calls of %d messages", f.name, kind, n, 2*some)
	}
}
