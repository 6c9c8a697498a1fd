package console_test

import (
	"context"
	"testing"
	"time"

	"gangway/internal/node"
	"gangway/test/browser"
	"gangway/test/console"
)

// patience is how long a test may take in all. It is far longer than it does, so that none fails on a slow machine.
const patience = 5 * time.Minute

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open has a node and a browser with somebody signed in, until the test ends. The browser must not have complained by then.
func open(t *testing.T) *console.Stand {
	t.Helper()
	if _, err := browser.Find(); err != nil {
		t.Skipf("SKIPPED: %v, so nothing is known about pages here", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	t.Cleanup(cancel)
	s, err := console.Open(ctx, node.Config{DataDir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() {
		if faults := s.Page.Faults(); len(faults) > 0 {
			t.Errorf("the browser complains: %q", faults)
		}
		must(t, s.Close())
	})
	must(t, s.SignIn())
	return s
}

func TestEveryPage(t *testing.T) {
	s := open(t)
	var api struct{ APIID string }
	must(t, s.Ask(t.Context(), "POST", "/v2/apis", map[string]any{"name": "chat", "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action"}, &api))
	for _, page := range console.Pages(api.APIID) {
		must(t, s.Show(page))
		if faults := s.Page.Faults(); len(faults) > 0 {
			t.Errorf("%s: the browser complains: %q", page, faults)
		}
	}
}
