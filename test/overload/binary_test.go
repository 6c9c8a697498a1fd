//go:build linux

package overload_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/node"
	"gangway/test/executable"
)

// patience is how long a test waits for what must happen: far longer than anything takes, so that only what is broken runs
// into it.
const patience = time.Minute

// TestMain removes what was built.
func TestMain(m *testing.M) { executable.Main(m) }

// choosesEngine says whether the program lets one choose its engine.
var choosesEngine = sync.OnceValues(func() (bool, error) {
	path, err := executable.Build()
	if err != nil {
		return false, err
	}
	help, err := exec.Command(path, "serve", "--help").CombinedOutput()
	return bytes.Contains(help, []byte("--engine")), err
})

// engine is what the program does its work by, and how it is told to.
type engine struct {
	name  string
	flags []string
}

// engines are those of the program.
func engines(t *testing.T) []engine {
	t.Helper()
	chooses, err := choosesEngine()
	must(t, err)
	if !chooses {
		t.Log("the program has no --engine: its only engine is tested")
		return []engine{{name: "default"}}
	}
	var all []engine
	for _, name := range []string{"loop", "portable"} {
		all = append(all, engine{name, []string{"--engine", name}})
	}
	return all
}

// isLarge says that the tests are to run in full size.
func isLarge() bool { return os.Getenv("GANGWAY_LARGE") != "" }

// sized is the usual size of a test, or its full one.
func sized(usual, full int) int {
	if isLarge() {
		return full
	}
	return usual
}

// process is the program at work.
type process struct {
	command     *exec.Cmd
	output      *executable.Screen
	admin, data string        // URLs
	dir         string        // the data folder
	started     time.Duration // how long that took, until it said so
	done        chan struct{} // closed when it has ended, as err says
	err         error
}

// start runs `gangway serve` without limits on how often clients may come, until the test ends.
func start(t *testing.T, flags ...string) *process {
	t.Helper()
	return startUnder(t, nil, flags...)
}

// startUnder is start by a command that runs another one under a limit.
func startUnder(t *testing.T, limit []string, flags ...string) *process {
	t.Helper()
	path, err := executable.Build()
	must(t, err)
	p := &process{output: executable.NewScreen(), dir: t.TempDir(), done: make(chan struct{})}
	args := append(limit, path, "serve", "--data", p.dir, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
		"--log-level", "error", "--account-rate", "0", "--connect-rate", "0", "--shutdown-timeout", "3s")
	args = append(args, flags...)
	p.command = exec.CommandContext(context.WithoutCancel(t.Context()), args[0], args[1:]...)
	p.command.Stdout, p.command.Stderr = p.output, p.output
	begun := time.Now()
	must(t, p.command.Start())
	go func() {
		p.err = p.command.Wait()
		close(p.done)
	}()
	t.Cleanup(func() { p.end(t) })
	select {
	case <-p.output.Begun():
	case <-p.done:
		t.Fatalf("the program ended with %v: %s", p.err, p.output)
	case <-time.After(patience):
		t.Fatal("the program says nothing")
	}
	p.started = time.Since(begun)
	running, err := node.ReadRunning(p.dir)
	must(t, err)
	p.admin, p.data = running.Admin, strings.Replace(running.Data, "localhost", "127.0.0.1", 1)
	return p
}

// end wants the program to be there still, and to leave in good order.
func (p *process) end(t *testing.T) {
	t.Helper()
	_ = p.command.Process.Signal(os.Interrupt) // if it has ended, that is found below
	select {
	case <-p.done:
		if p.err != nil && !t.Failed() && !t.Skipped() {
			t.Errorf("the program ended with %v: %s", p.err, p.output)
		}
	case <-time.After(patience):
		_ = p.command.Process.Kill()
		t.Errorf("the program does not stop: %s", p.output)
	}
	if text := p.output.String(); strings.Contains(text, "panic") || strings.Contains(text, "fatal error") {
		t.Errorf("the program says %s", text)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
