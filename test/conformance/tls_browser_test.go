package conformance_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"gangway/test/executable"
)

// wssPage opens one connection after the other, and tells its server what came of each.
const wssPage = `<!doctype html><meta charset="utf-8"><script type="module">
const seen = [];
for (const url of await (await fetch("/targets")).json()) {
	seen.push(await new Promise(done => {
		const c = new WebSocket(url);
		c.onopen = () => c.send("where am I?");
		c.onmessage = e => { done(e.data); c.close(); };
		c.onerror = () => done("refused");
	}));
}
await fetch("/seen", {method: "POST", body: JSON.stringify(seen)});
</script>`

// TestTLSBrowser connects from a page in Chromium: with a browser that does not know the local authority, with one that does, where
// certutil is here to tell it, and with one that knows the certificates themselves.
func TestTLSBrowser(t *testing.T) {
	path := tool(t, "chromium")
	s, at := openDomain(t)
	targets := []string{"wss://localhost" + s.port() + at, "wss://ws.example.test" + s.port(), "ws://ws.example.test" + s.port()}
	local, custom := "localhost"+s.port()+"/"+s.api.id+" blue", "ws.example.test"+s.port()+" blue"
	t.Run("unknown", func(t *testing.T) {
		wantSeen(t, browse(t, path, t.TempDir(), targets), "refused", "refused", custom)
	})
	t.Run("pinned", func(t *testing.T) {
		pins := "--ignore-certificate-errors-spki-list=" + s.pin(t, "localhost") + "," + s.pin(t, "ws.example.test")
		wantSeen(t, browse(t, path, t.TempDir(), targets, pins), local, custom, custom)
	})
	t.Run("trusted", func(t *testing.T) {
		certutil, home := tool(t, "certutil"), t.TempDir()
		store := filepath.Join(home, ".pki", "nssdb")
		must(t, os.MkdirAll(store, 0o700))
		for _, args := range [][]string{{"-N", "--empty-password"}, {"-A", "-t", "C,,", "-n", "Gangway", "-i", s.authority()}} {
			if out, err := exec.CommandContext(t.Context(), certutil, append([]string{"-d", "sql:" + store}, args...)...).CombinedOutput(); err != nil {
				t.Fatalf("certutil %v: %v: %s", args, err, out)
			}
		}
		wantSeen(t, browse(t, path, home, targets), local, custom, custom)
	})
}

func wantSeen(t *testing.T, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the page has seen %q, expected %q", got, want)
	}
}

// pin is how Chromium knows the key of the certificate for a name, once that has been verified.
func (s *site) pin(t *testing.T, name string) string {
	t.Helper()
	state, err := s.shake(t, &tls.Config{RootCAs: s.roots, ServerName: name, MinVersion: tls.VersionTLS12})
	must(t, err)
	sum := sha256.Sum256(state.PeerCertificates[0].RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// browse opens the page in Chromium, with a folder of its own as home, and returns what it has seen.
func browse(t *testing.T, chromium, home string, targets []string, flags ...string) []string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, wssPage)
	})
	mux.HandleFunc("GET /targets", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(targets) })
	return show(t, chromium, home, mux, flags...)
}

// show opens a site in a browser until one of its pages posts what it has seen to /seen.
func show(t *testing.T, chromium, home string, mux *http.ServeMux, flags ...string) []string {
	t.Helper()
	seen := make(chan []string, 1)
	mux.HandleFunc("POST /seen", func(_ http.ResponseWriter, r *http.Request) {
		var all []string
		_ = json.NewDecoder(r.Body).Decode(&all) // of what cannot be read, nothing was seen
		seen <- all
	})
	origin := httptest.NewServer(mux)
	t.Cleanup(origin.Close)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	command := exec.CommandContext(ctx, chromium, append(append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--no-first-run", "--no-proxy-server",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir=" + filepath.Join(home, "profile"),
		"--host-resolver-rules=MAP *.example.test 127.0.0.1",
	}, flags...), origin.URL+"/")...)
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_RUNTIME_DIR=" + home}
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) } // so that it ends its own processes
	command.WaitDelay = 10 * time.Second
	output := executable.NewScreen()
	command.Stdout, command.Stderr = output, output
	must(t, command.Start())
	defer func() {
		cancel()
		_ = command.Wait() // fails: it was interrupted
	}()
	select {
	case all := <-seen:
		return all
	case <-ctx.Done():
		t.Fatalf("the page says nothing: %s", output)
		return nil
	}
}
