//go:build !race

package program_test

import (
	"fmt"
	"math"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/program"
)

// The most objects that a message may cost, besides what net/http makes of a request: what a message leaves behind is what
// keeps the garbage collector at work under load. The race detector makes objects of its own, so it does not count.
const (
	mostOfSelect    = 0
	mostOfMock      = 0
	mostOfTemplate  = 100
	mostOfHTTPProxy = 12
)

func TestAllocsSelect(t *testing.T) {
	for _, selection := range []string{"$request.body.action", "${request.body.action}/${request.body.data.room}", "action"} {
		for _, routes := range []int{1, 300} {
			keys := []string{"join", "$default"}
			for i := 1; i < routes; i++ {
				keys = append(keys, fmt.Sprint("route", i))
			}
			p, body := compile(t, mockAPI(selection, keys...), program.Env{}), chat(107)
			allocates(t, mostOfSelect, func() {
				if p.Select(body) == nil {
					t.Fatal("no route")
				}
			})
		}
	}
}

func TestAllocsRunMock(t *testing.T) {
	runs(t, compile(t, mockAPI("$request.body.action", "join"), program.Env{}), message(`{"action":"join"}`), mostOfMock)
}

func TestAllocsRunTemplate(t *testing.T) {
	ev := message(`{"action":"join","room":"lobby","to":["ann","bob"]}`)
	runs(t, compile(t, renderedAPI(), program.Env{}), ev, mostOfTemplate)
}

func TestAllocsRunHTTPProxy(t *testing.T) {
	ev := message(`{"action":"join","room":"lobby"}`)
	runs(t, compile(t, roomAPI(), program.Env{HTTP: newCanned("welcome")}), ev, mostOfHTTPProxy)
}

// runs wants that a message makes no more than so many objects, whether or not it is recorded.
func runs(t *testing.T, p *program.Program, ev *gateway.Event, most float64) {
	t.Helper()
	route, ctx := p.Select(ev.Body), t.Context()
	for _, record := range []*gateway.Record{nil, {Event: ev}} {
		allocates(t, most, func() {
			if _, err := route.Watch(ctx, ev, record); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// allocates wants that something makes no more than so many objects.
func allocates(t *testing.T, most float64, do func()) {
	t.Helper()
	least := math.Inf(1) // whatever else the process does counts as well: the best of some tries is the message's own
	for range 5 {
		least = min(least, testing.AllocsPerRun(100, do))
	}
	if least > most {
		t.Errorf("got %v objects for a message, want at most %v", least, most)
	}
}
