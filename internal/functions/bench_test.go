package functions_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gangway/internal/functions"
	"gangway/internal/lambda"
)

func post(b *testing.B, client *http.Client, url string) {
	b.Helper()
	response, err := client.Post(url, "application/json", strings.NewReader("{}"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		b.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("X-Amz-Function-Error") != "" {
		b.Fatal(response.Status)
	}
}

// BenchmarkWarm is an invocation of a process that is there, over HTTP: an exchange of the caller with the host and two of the process
// with it. BenchmarkBare is one exchange with such a process, and BenchmarkRelayed is two in a row.
func BenchmarkWarm(b *testing.B) {
	for name, log := range map[string]func(functions.Line){"log": func(functions.Line) {}, "no-log": nil} {
		b.Run(name, func(b *testing.B) {
			host := functions.New(functions.Config{Log: log})
			defer func() { _ = host.Close(context.Background()) }()
			if err := host.Set([]functions.Function{native(b, "echo", "echo")}); err != nil {
				b.Fatal(err)
			}
			api := httptest.NewServer(host)
			defer api.Close()
			url := api.URL + "/2015-03-31/functions/echo/invocations"
			post(b, api.Client(), url)
			b.ReportAllocs()
			for b.Loop() {
				post(b, api.Client(), url)
			}
		})
	}
}

// BenchmarkCall is the same by a caller in this process, as the gateway is one: only the exchanges with the process remain.
func BenchmarkCall(b *testing.B) {
	host := functions.New(functions.Config{Log: func(functions.Line) {}})
	defer func() { _ = host.Close(context.Background()) }()
	if err := host.Set([]functions.Function{native(b, "echo", "echo")}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if got, err := host.Invoke(b.Context(), &lambda.Call{Function: "echo", Event: []byte("{}")}); err != nil || got.FunctionError != "" {
			b.Fatal(got, err)
		}
	}
}

func BenchmarkBare(b *testing.B) {
	url := startBare(b)
	client := &http.Client{}
	defer client.CloseIdleConnections()
	b.ReportAllocs()
	for b.Loop() {
		post(b, client, url)
	}
}

func BenchmarkRelayed(b *testing.B) {
	url := startBare(b)
	inner := &http.Client{}
	defer inner.CloseIdleConnections()
	relay := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		response, err := inner.Post(url, "application/json", r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer func() { _ = response.Body.Close() }()
		_, _ = io.Copy(w, response.Body)
	}))
	defer relay.Close()
	b.ReportAllocs()
	for b.Loop() {
		post(b, relay.Client(), relay.URL)
	}
}

// startBare starts a process that answers over HTTP.
func startBare(b *testing.B) string {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	command := exec.CommandContext(b.Context(), self)
	command.Env = append(os.Environ(), behaviourVariable+"=bare", "GOMAXPROCS=2")
	out, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(url)
}

// BenchmarkCold is an invocation that needs a new process, and BenchmarkColdBare is such a process that prints a line and
// ends: the difference is what a cold start costs because of us.
func BenchmarkCold(b *testing.B) {
	for name, f := range coldFunctions(b) {
		b.Run(name, func(b *testing.B) {
			host := functions.New(functions.Config{Log: func(functions.Line) {}})
			defer func() { _ = host.Close(context.Background()) }()
			api := httptest.NewServer(host)
			defer api.Close()
			var best fastest
			for b.Loop() {
				if err := host.Set([]functions.Function{f}); err != nil {
					b.Fatal(err)
				}
				best.time(func() { post(b, api.Client(), api.URL+"/2015-03-31/functions/cold/invocations") })
				if err := host.Set(nil); err != nil {
					b.Fatal(err)
				}
			}
			best.report(b)
		})
	}
}

func BenchmarkColdBare(b *testing.B) {
	for name, f := range coldFunctions(b) {
		b.Run(name, func(b *testing.B) {
			var best fastest
			for b.Loop() {
				command := exec.CommandContext(b.Context(), filepath.Join(f.Dir, "bootstrap"))
				switch name {
				case "node":
					command = exec.CommandContext(b.Context(), "node", filepath.Join(f.Dir, "app.js"))
				case "python":
					command = exec.CommandContext(b.Context(), "python3", filepath.Join(f.Dir, "app.py"))
				}
				command.Env = append(os.Environ(), behaviourVariable+"=hello")
				best.time(func() {
					if err := command.Run(); err != nil {
						b.Fatal(err)
					}
				})
			}
			best.report(b)
		})
	}
}

// fastest keeps the shortest of some times: what remains where the machine has other things to do.
type fastest struct{ least time.Duration }

func (f *fastest) time(do func()) {
	begun := time.Now()
	do()
	if took := time.Since(begun); f.least == 0 || took < f.least {
		f.least = took
	}
}

func (f *fastest) report(b *testing.B) {
	b.Helper()
	b.ReportMetric(float64(f.least.Microseconds())/1000, "least-ms")
}

// coldFunctions are functions of each kind, of those that this machine has interpreters for.
func coldFunctions(b *testing.B) map[string]functions.Function {
	b.Helper()
	found := map[string]functions.Function{"custom": native(b, "cold", "echo")}
	for name, row := range map[string][3]string{
		"node":   {"node", "app.js", "exports.handler = async () => 1"},
		"python": {"python3", "app.py", "def handler(event, context): return 1"},
	} {
		if _, err := exec.LookPath(row[0]); err != nil {
			continue
		}
		dir := b.TempDir()
		if err := os.WriteFile(filepath.Join(dir, row[1]), []byte(row[2]), 0o600); err != nil {
			b.Fatal(err)
		}
		runtime := map[string]string{"node": "nodejs20.x", "python": "python3.11"}[name]
		found[name] = functions.Function{Name: "cold", Runtime: runtime, Handler: "app.handler", Dir: dir}
	}
	return found
}
