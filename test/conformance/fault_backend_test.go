package conformance_test

import (
	"slices"
	"testing"
)

// TestBackendFaults has backends of every kind do what is wrong in every way that we know. Who sent a message is told of it
// once, in one frame, and goes on; who wanted to connect is told by a status. The backend is called once.
func TestBackendFaults(t *testing.T) {
	y := newYard(t, "")
	elsewhere, away := layBefore(t, &fault{act: answers("200 OK", "", "")})
	for _, f := range slices.Concat(faults(away), unanswered(), oddResults()) {
		for kind, want := range f.sights() {
			if isFunction(kind) && f.isBefore() {
				continue // TestLambdaServiceFaults
			}
			for _, routeKey := range []string{"$default", "$connect"} {
				t.Run(f.name+"/"+kind+" "+routeKey, func(t *testing.T) {
					t.Parallel()
					tr, at := y.lay(t, &f, kind)
					y.spring(t, &ambush{&f, kind, routeKey, want, tr, at})
				})
			}
		}
	}
	t.Cleanup(func() { // the others have ended
		if n := elsewhere.calls.Load(); n != 0 {
			t.Errorf("%d redirects were followed", n)
		}
		y.wantHealthy(t)
		y.wantFarewells(t)
	})
}

// TestLambdaServiceFaults is what goes wrong with the service itself, before it can be told which function is meant.
func TestLambdaServiceFaults(t *testing.T) {
	for _, f := range unanswered() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			tr, at := layBefore(t, &f)
			y := newYard(t, at)
			for _, kind := range functionKinds {
				for _, routeKey := range []string{"$default", "$connect"} {
					y.spring(t, &ambush{&f, kind, routeKey, f.function, tr, "any"})
				}
			}
			y.wantHealthy(t)
		})
	}
}
