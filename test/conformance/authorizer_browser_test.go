package conformance_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// page logs in with a token that the server of the page has made, as a subprotocol: the one place in which a page can put
// something into a handshake ("The WebSocket API", HTML living standard). It tells its server what happens to it, and has itself
// in a frame, of another origin. A token that was too short for a slow machine is fetched anew.
const page = `<!doctype html><title>chat</title><script>
const tell = what => fetch("/told", {method: "POST", body: what});
const join = async (attempts) => {
	const {url, token} = await (await fetch("/login")).json();
	const socket = new WebSocket(url, ["access_token." + token, "chat"]);
	let opened = false;
	socket.onopen = () => { opened = true; tell("open " + socket.protocol).then(() => socket.send("who?")); };
	socket.onmessage = event => tell("message " + event.data);
	socket.onclose = event => !opened && attempts > 1 ? join(attempts - 1) : tell("close " + event.code + " " + event.reason + " " + event.wasClean);
};
join(5);
if (location.hostname == "127.0.0.1") {
	window.onload = () => { document.body.appendChild(document.createElement("iframe")).src = location.href.replace("127.0.0.1", "localhost"); };
}
</script><body>`

// browser starts a real browser with a page, until the test ends; or skips the test on a machine that has none.
func browser(t *testing.T, url string) {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("SKIPPED: there is no Chromium, so nothing is known about browsers here")
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	command := exec.CommandContext(ctx, path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--no-proxy-server", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--remote-debugging-port=0", "--user-data-dir="+t.TempDir(), url)
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) } // it ends its own processes, and leaves its folder alone
	command.WaitDelay = patience
	must(t, command.Start())
	t.Cleanup(func() {
		cancel()
		_ = command.Wait() // it was told to end
	})
}

// TestTokenBrowser has a page in a real browser log in with a token, talk, and be closed when the token ends. The same page on a
// site that is not allowed gets nowhere.
// Source: RFC 6455 sections 4.1 (a subprotocol that was not offered fails the connection), 7.4.1 (1008) and 10.2 (Origin).
func TestTokenBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes seconds to start")
	}
	t.Parallel()
	s := &builder{startProgram(t, t.TempDir()).server, ""}
	from := newIssuer(t)
	told := map[string]chan string{"127.0.0.1": make(chan string, 64), "localhost": make(chan string, 64)}
	var url string
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/login":
			ends := time.Now().Add(-27 * time.Second).Unix() // the clocks may be 30 seconds apart
			_, _ = fmt.Fprintf(w, `{"url": %q, "token": %q}`, url, from.token(t, "one", fields{"exp": ends, "groups": []string{"a"}}))
		case "/told":
			text, _ := io.ReadAll(r.Body)
			name, _, _ := strings.Cut(r.Host, ":")
			told[name] <- string(text)
		case "/":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, page)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(site.Close)
	url = s.tagged(t, whoever, from.tags(map[string]string{
		"gangway:jwt-sources": "route.request.subprotocol.access_token", "gangway:allowed-origins": site.URL,
	})).url("prod")
	browser(t, site.URL)
	for _, wanted := range []string{"open chat", `message ann|ann|["a"]|||`, "close 1008 Authorization expired true"} {
		wantTold(t, told["127.0.0.1"], wanted)
	}
	wantTold(t, told["localhost"], "close 1006  false")
}

// wantTold wants the next that a page tells to be this.
func wantTold(t *testing.T, told <-chan string, wanted string) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case got := <-told:
		if got != wanted {
			t.Errorf("the page told %q, expected %q", got, wanted)
		}
	case <-late.C:
		t.Fatalf("the page told nothing, expected %q", wanted)
	}
}
