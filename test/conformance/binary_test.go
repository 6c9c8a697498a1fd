package conformance_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"gangway/internal/node"
	"gangway/test/executable"
)

// gangway is the real program, built once for all tests that run it.
func gangway() (string, error) { return executable.Build() }

// TestMain removes what was built.
func TestMain(m *testing.M) { executable.Main(m) }

// program is a running process of the real program.
type program struct {
	*server
	command *exec.Cmd
	output  *executable.Screen
}

// startProgram runs `gangway serve` on a data folder and free ports, with flags if there are any, and waits until it says where it is.
func startProgram(t *testing.T, dataDir string, flags ...string) *program {
	t.Helper()
	path, err := gangway()
	must(t, err)
	p := &program{output: executable.NewScreen()}
	p.command = exec.CommandContext(context.WithoutCancel(t.Context()), path, append([]string{
		"serve", "--data", dataDir, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "error",
	}, flags...)...)
	p.command.Stdout, p.command.Stderr = p.output, p.output
	must(t, p.command.Start())
	t.Cleanup(p.kill)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.output.Begun():
	case <-timer.C:
		t.Fatal("the program says nothing")
	}
	running, err := node.ReadRunning(dataDir)
	must(t, err)
	if running.PID != p.command.Process.Pid {
		t.Fatalf("the folder speaks of process %d, not %d", running.PID, p.command.Process.Pid)
	}
	p.server, err = serverAt(running.Admin, running.Data, dataDir)
	must(t, err)
	return p
}

// kill ends the process as kill -9 does.
func (p *program) kill() {
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
}

// stop ends the process as a service manager does, and wants it to leave in good order.
func (p *program) stop(t *testing.T) {
	t.Helper()
	must(t, p.command.Process.Signal(os.Interrupt))
	done := make(chan error, 1)
	go func() { done <- p.command.Wait() }()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("the program ended with %v: %s", err, p.output)
		}
	case <-timer.C:
		t.Errorf("the program does not stop: %s", p.output)
	}
}

// tool finds a program, or skips the test.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("SKIPPED: %s is not installed, so nothing is known about it here", name)
	}
	return path
}

// environment is that of a user who points the tools of AWS at a node.
func (s *server) environment(home string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "PYENV_ROOT=" + os.Getenv("PYENV_ROOT"), "PYENV_VERSION=" + os.Getenv("PYENV_VERSION"),
		"AWS_ACCESS_KEY_ID=" + s.key.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + s.key.SecretAccessKey,
		"AWS_DEFAULT_REGION=" + region, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
		"AWS_ENDPOINT_URL_APIGATEWAYV2=" + s.admin, "NO_PROXY=127.0.0.1,localhost",
	}
}

// words splits a command line at blanks, but for those between single quotes.
func words(line string) []string {
	var all []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			all = append(all, part)
			continue
		}
		all = append(all, strings.Fields(part)...)
	}
	return all
}
