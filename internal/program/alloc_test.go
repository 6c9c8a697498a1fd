//go:build !race

package program_test

import (
	"math"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/program"
)

// The most objects that a message may cost, besides what net/http makes of a request: what a message leaves behind is what
// keeps the garbage collector at work under load. The race detector makes objects of its own, so it does not count.
const (
	mostOfMock      = 4
	mostOfHTTPProxy = 12
)

func TestAllocsRunMock(t *testing.T) {
	p := compile(t, mockAPI("$request.body.action", "join"), program.Env{})
	allocates(t, p, message(`{"action":"join"}`), mostOfMock)
}

func TestAllocsRunHTTPProxy(t *testing.T) {
	ev := message(`{"action":"join","room":"lobby"}`)
	allocates(t, compile(t, roomAPI(), program.Env{HTTP: newCanned("welcome")}), ev, mostOfHTTPProxy)
}

// allocates wants that a message makes no more than so many objects.
func allocates(t *testing.T, p *program.Program, ev *gateway.Event, most float64) {
	t.Helper()
	route, ctx := p.Select(ev.Body), t.Context()
	least := math.Inf(1) // whatever else the process does counts as well: the best of some tries is the message's own
	for range 5 {
		least = min(least, testing.AllocsPerRun(100, func() {
			if _, err := route.Run(ctx, ev); err != nil {
				t.Fatal(err)
			}
		}))
	}
	if least > most {
		t.Errorf("got %v objects for a message, want at most %v", least, most)
	}
}
