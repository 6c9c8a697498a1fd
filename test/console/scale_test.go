package console_test

import (
	"context"
	"fmt"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"gangway/test/browser"
	"gangway/test/console"
	"gangway/test/executable"
)

// TestMain removes what was built.
func TestMain(m *testing.M) { executable.Main(m) }

// elsewhere is a user of a node in a process of its own, which may hold as many connections as a process can.
func elsewhere(t *testing.T, flags ...string) *user {
	t.Helper()
	if _, err := browser.Find(); err != nil {
		t.Skipf("SKIPPED: %v, so nothing is known about pages here", err)
	}
	path, err := executable.Build()
	must(t, err)
	dir, screen := t.TempDir(), executable.NewScreen()
	command := exec.CommandContext(context.WithoutCancel(t.Context()), path, append([]string{"serve", "--data", dir, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "error"}, flags...)...)
	command.Stdout, command.Stderr = screen, screen
	must(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait() // fails: it was killed
	})
	select {
	case <-screen.Begun():
	case <-time.After(patience):
		t.Fatal("the program says nothing")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	t.Cleanup(cancel)
	s, err := console.OpenAt(ctx, dir)
	if err != nil {
		t.Fatalf("%v: %s", err, screen)
	}
	t.Cleanup(func() { must(t, s.Close()) })
	must(t, s.SignIn())
	return &user{t, s}
}

// TestManyConnections lists ten thousand connections.
func TestManyConnections(t *testing.T) {
	const many = 10000
	u := elsewhere(t, "--connect-rate=100000", "--account-rate=100000", "--account-burst=100000")
	id := u.chat(t)
	must(t, u.Ask(t.Context(), "POST", "/v2/apis/"+id+"/stages", map[string]any{"stageName": "prod"}, nil))
	must(t, u.Ask(t.Context(), "POST", "/v2/apis/"+id+"/deployments", map[string]any{"stageName": "prod"}, nil))
	var all [many]*websocket.Conn
	defer func() {
		for _, c := range all {
			if c != nil {
				_ = c.CloseNow() // nothing was to be said
			}
		}
	}()
	var wait sync.WaitGroup
	for first := range 8 {
		wait.Go(func() {
			for i := first; i < many; i += 8 {
				c, _, err := websocket.Dial(t.Context(), u.Data+"/"+id+"/prod", nil)
				if err != nil {
					t.Errorf("connection %d: %v", i, err)
					return
				}
				all[i] = c
			}
		})
	}
	wait.Wait()
	begun := time.Now()
	u.at("/apis/" + id + "/connections")
	u.sees("10,000")
	t.Logf("listed after %s", time.Since(begun).Round(time.Millisecond))
	if faults := u.Page.Faults(); len(faults) > 0 {
		t.Errorf("the browser complains: %q", faults)
	}
}

// TestManyAPIs has 500 APIs, and 300 routes on one of them.
func TestManyAPIs(t *testing.T) {
	u := &user{t, open(t)}
	var api struct{ APIID string }
	for i := range 500 {
		must(t, u.Ask(t.Context(), "POST", "/v2/apis", map[string]any{"name": fmt.Sprintf("api %d", i), "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action"}, &api))
	}
	for i := range 300 {
		must(t, u.Ask(t.Context(), "POST", "/v2/apis/"+api.APIID+"/routes", map[string]any{"routeKey": fmt.Sprintf("route %d", i)}, nil))
	}
	begun := time.Now()
	u.at("/apis")
	u.sees("500")
	t.Logf("500 APIs: shown after %s", time.Since(begun).Round(time.Millisecond))
	begun = time.Now()
	u.at("/apis/" + api.APIID + "/routes")
	t.Logf("300 routes: shown after %s", time.Since(begun).Round(time.Millisecond))
	u.fills("Search 300 routes", "route 299")
	u.waits(`!document.querySelector('main').innerText.includes('route 298')`)
	u.press("route 299")
	u.sees("Test this route")
}
