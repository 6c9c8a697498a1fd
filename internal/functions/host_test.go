//go:build unix

package functions_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gangway/internal/functions"
)

func TestConcurrency(t *testing.T) {
	f := native(t, "marked", "marked")
	f.Concurrency = 2
	s := newStand(t, functions.Config{}, f)
	var group sync.WaitGroup
	for _, event := range []string{"1", "2"} {
		group.Go(func() {
			if got := s.ok("marked", event); got != event {
				t.Errorf("%s: %s", event, got)
			}
		})
	}
	s.line("begun", 2)
	got := s.invoke("marked", "3")
	if got.status != http.StatusTooManyRequests || got.header.Get("X-Amzn-Errortype") != "TooManyRequestsException" {
		t.Errorf("the third of two: %+v", got)
	}
	contains(t, got.body, `"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded"`)
	if later := s.invoke("marked", "4", "X-Amz-Invocation-Type", "Event"); later.status != http.StatusAccepted || later.body != "" {
		t.Errorf("%+v", later)
	}
	put(t, filepath.Join(f.Dir, "go"), "")
	group.Wait()
	s.line("begun 4", 1) // had its turn
}

func TestOneAfterTheOther(t *testing.T) {
	f := native(t, "echo", "echo")
	f.Concurrency = 1
	s := newStand(t, functions.Config{}, f)
	if n := len(pids(t, s, "echo", 100)); n != 1 {
		t.Errorf("%d processes", n)
	}
}

func TestNeverReadsNext(t *testing.T) {
	f := native(t, "satisfied", "satisfied")
	f.Timeout = time.Second
	s := newStand(t, functions.Config{}, f)
	for range 2 { // the second has a process of its own
		if got := s.ok("satisfied", "{}"); got != `"done"` {
			t.Errorf("%s", got)
		}
	}
	s.line("Task timed out after 1.00 seconds", 2)
	s.line("REPORT", 2)
}

func TestMisuse(t *testing.T) {
	f := native(t, "misuse", "misuse")
	f.Concurrency = 1
	s := newStand(t, functions.Config{}, f)
	if got := s.ok("misuse", "{}"); got != `"first"` {
		t.Errorf("the first answer counts: %s", got)
	}
	var told []string
	if err := json.Unmarshal([]byte(s.ok("misuse", "{}")), &told); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"response before next 403 InvalidStateTransition", "wrong id 400 InvalidRequestID", "init error 403 InvalidStateTransition",
		"no such path 404 ", "next while running 403 InvalidStateTransition", "response 202 ",
		"response again 403 InvalidStateTransition", "web page 403 ",
		"localhost:port 404", "127.0.0.1 404", "127.1.2.3:port 404", "[::1]:port 404",
		"rebound.example:port 421", "localhost:1 421", "10.0.0.1:port 421", "localhost.example 421",
	}
	if !slices.Equal(told, want) {
		t.Errorf("got  %q\nwant %q", told, want)
	}
}

func TestCrashWhileIdle(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "echo", "echo"))
	for range 10 {
		first := pid(t, s.ok("echo", "1"))
		kill(t, first)
		got := s.invoke("echo", "2")
		switch {
		case got.failed() == "" && pid(t, got.body) == first:
			t.Errorf("%d has answered after its end", first)
		case got.failed() != "" && got.said().ErrorType != "Runtime.ExitError": // it was gone before that could be seen
			t.Errorf("%s", got.body)
		}
	}
}

func TestIdle(t *testing.T) {
	s := newStand(t, functions.Config{Idle: 20 * time.Millisecond}, native(t, "echo", "echo"))
	gone(t, pid(t, s.ok("echo", "1")))
	pid(t, s.ok("echo", "2"))
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// gone waits until a process is no more.
func gone(t *testing.T, pid int) {
	t.Helper()
	until(t, "process "+itoa(pid)+" ends", func() bool { return dead(pid) })
}

// until waits for what the system does not tell of.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	late := time.After(patience)
	for !is() {
		select {
		case <-late:
			t.Fatal("not yet: " + what)
		case <-time.After(time.Millisecond):
		}
	}
}

// dead says of a process that it has ended, be it that nobody has asked how: one whose parent has ended is left to others.
func dead(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile(filepath.Join("/proc", itoa(pid), "stat"))
	_, after, _ := strings.Cut(string(stat), ") ")
	return err == nil && strings.HasPrefix(after, "Z")
}

func TestCloseLeavesNothing(t *testing.T) {
	hang := native(t, "hang", "hang")
	s := newStand(t, functions.Config{}, native(t, "fork", "fork"), native(t, "marked", "marked"), hang)
	var family []int
	if err := json.Unmarshal([]byte(s.ok("fork", "{}")), &family); err != nil || len(family) != 2 {
		t.Fatal(family, err)
	}
	for _, pid := range family {
		if dead(pid) {
			t.Fatalf("%d is not there", pid)
		}
	}
	answered := make(chan *reply)
	go func() { answered <- s.invoke("marked", "1") }()
	s.line("begun", 1)
	s.close()
	if got := <-answered; got.failed() == "" && got.status == http.StatusOK {
		t.Errorf("what ran when it closed: %+v", got)
	}
	for _, pid := range family {
		gone(t, pid)
	}
	if got := s.invoke("fork", "{}"); got.status != http.StatusNotFound {
		t.Errorf("after the end: %+v", got)
	}
	if err := s.host.Set(nil); err == nil {
		t.Error("functions were set after the end")
	}
	s.close() // again
}

// TestCloseEndsStrays: what has left the process group ends as well, at a reload and at the end.
func TestCloseEndsStrays(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells the environment of processes")
	}
	need(t, "setsid")
	f := native(t, "detach", "detach")
	s := newStand(t, functions.Config{}, f)
	for _, end := range []func(){func() { f.Memory++; s.set(f) }, s.close} {
		var family []int
		if err := json.Unmarshal([]byte(s.ok("detach", "{}")), &family); err != nil || len(family) != 2 {
			t.Fatal(family, err)
		}
		until(t, "it leaves the group", func() bool {
			group, err := syscall.Getpgid(family[1])
			return err == nil && group == family[1]
		})
		end()
		gone(t, family[0])
		gone(t, family[1])
	}
}

func TestSet(t *testing.T) {
	kept, changed, removed := native(t, "kept", "echo"), native(t, "changed", "echo"), native(t, "removed", "echo")
	s := newStand(t, functions.Config{}, kept, changed, removed)
	before := map[string]int{}
	for _, name := range []string{"kept", "changed", "removed"} {
		before[name] = pid(t, s.ok(name, "1"))
	}
	changed.Environment["MORE"] = "1"
	s.set(changed, kept)
	if after := pid(t, s.ok("kept", "1")); after != before["kept"] {
		t.Errorf("kept: %d became %d", before["kept"], after)
	}
	if after := pid(t, s.ok("changed", "1")); after == before["changed"] {
		t.Error("changed: it is the same process")
	}
	gone(t, before["changed"])
	gone(t, before["removed"])
	if got := s.invoke("removed", "1"); got.status != http.StatusNotFound {
		t.Errorf("removed: %+v", got)
	}
}

func TestReload(t *testing.T) {
	f := native(t, "marked", "marked")
	s := newStand(t, functions.Config{Poll: time.Millisecond}, f, native(t, "echo", "echo"))
	other := pid(t, s.ok("echo", "1"))
	answered := make(chan string)
	go func() { answered <- s.ok("marked", "1") }()
	s.line("begun 1", 1)
	put(t, filepath.Join(f.Dir, "node_modules", "ignored"), "")
	put(t, filepath.Join(f.Dir, "go"), "") // a change, and the word to go on
	if line := s.line("reloaded", 1); line.Function != "marked" || line.Kind != functions.Notice {
		t.Errorf("%+v", line)
	}
	if got := <-answered; got != "1" {
		t.Errorf("what ran: %s", got)
	}
	s.ok("marked", "2")
	if again := pid(t, s.ok("echo", "1")); again != other {
		t.Error("the other function was reloaded, too")
	}
}

func TestAsynchronous(t *testing.T) {
	once := native(t, "once", "error")
	once.Retries = -1
	s := newStand(t, functions.Config{Backoff: time.Millisecond}, native(t, "error", "error"), native(t, "talk", "talk"), once)
	got := s.invoke("error", "{}", "X-Amz-Invocation-Type", "Event")
	if got.status != http.StatusAccepted {
		t.Fatalf("%+v", got)
	}
	id := got.header.Get("X-Amzn-Requestid")
	if line := s.line("has failed 3 times and is given up", 1); line.RequestID != id {
		t.Errorf("%+v", line)
	}
	s.line("START RequestId: "+id, 3)
	s.invoke("talk", "1", "X-Amz-Invocation-Type", "Event")
	s.line("out 1", 1)
	s.invoke("once", "1", "X-Amz-Invocation-Type", "Event")
	s.line("has failed 1 times", 1)
}

func TestEnvironment(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "of the shell")
	f := native(t, "environment", "environment")
	f.Handler, f.Memory = "some.handler", 256
	f.Environment["OWN"], f.Environment["BOTH"], f.Environment["AWS_REGION"] = "own", "function", "mine"
	s := newStand(t, functions.Config{Region: "eu-west-3", Environment: map[string]string{"BOTH": "host", "AWS_ACCESS_KEY_ID": "AKID"}}, f)
	var list []string
	if err := json.Unmarshal([]byte(s.ok("environment", "{}")), &list); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"OWN=own", "BOTH=function", "AWS_ACCESS_KEY_ID=AKID", "AWS_REGION=eu-west-3", "AWS_DEFAULT_REGION=eu-west-3", "_HANDLER=some.handler",
		"AWS_LAMBDA_FUNCTION_NAME=environment", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/environment", "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand", "LAMBDA_TASK_ROOT=" + f.Dir, "TZ=:UTC",
	} {
		if !slices.Contains(list, want) {
			t.Errorf("no %s in %v", want, list)
		}
	}
	if text := strings.Join(list, "\n"); strings.Contains(text, "of the shell") || !strings.Contains(text, "[$LATEST]") {
		t.Errorf("%s", text)
	}
}

// TestCloseEndsOldCode: what runs with replaced code is in no set anymore, and must end as well.
func TestCloseEndsOldCode(t *testing.T) {
	f := native(t, "marked", "marked")
	s := newStand(t, functions.Config{}, f)
	answered := make(chan *reply)
	go func() { answered <- s.invoke("marked", "1") }()
	s.line("begun", 1)
	s.set()
	s.close()
	if got := <-answered; got.failed() == "" {
		t.Errorf("%+v", got)
	}
}

// TestNodeFailsWhileIdle: what fails after an invocation is no matter of the next.
func TestNodeFailsWhileIdle(t *testing.T) {
	f := nodeFunction(t, "late", "app.js", `let n = 0; exports.handler = async () => {
	  setInterval(() => { if (require('fs').existsSync('go')) throw new Error('late') }, 10); return ++n }`)
	s := newStand(t, functions.Config{Poll: -1}, f)
	for try := 1; try <= 2; try++ {
		if got := s.ok("late", "{}"); got != "1" {
			t.Errorf("%s: it has the state of the one that failed", got)
		}
		s.line("REPORT", try)
		put(t, filepath.Join(f.Dir, "go"), "")
		s.line("Uncaught Exception\tError: late", try)
		if line := s.line("a process that had nothing to do has ended: exit status 129", try); line.Kind != functions.Notice || line.RequestID != "" {
			t.Errorf("%+v", line)
		}
		if err := os.Remove(filepath.Join(f.Dir, "go")); err != nil {
			t.Error(err)
		}
	}
}

// TestLinkedFolder: a folder of code may be a link.
func TestLinkedFolder(t *testing.T) {
	f := native(t, "echo", "echo")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(f.Dir, link); err != nil {
		t.Fatal(err)
	}
	f.Dir = link
	s := newStand(t, functions.Config{Poll: time.Millisecond}, f)
	s.ok("echo", "1")
	put(t, filepath.Join(link, "more"), "")
	s.line("reloaded", 1)
}

// TestLogMayCallBack: what takes the log may use the host.
func TestLogMayCallBack(t *testing.T) {
	var host *functions.Host
	called := make(chan error, 1)
	set := []functions.Function{{Name: "java", Runtime: "java21", Dir: t.TempDir()}}
	host = functions.New(functions.Config{Log: func(functions.Line) { called <- host.Set(set) }})
	if err := host.Set(set); err != nil {
		t.Error(err)
	}
	if err := <-called; err != nil {
		t.Error(err)
	}
	if err := host.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestParentDies: a host that is killed leaves no process behind.
func TestParentDies(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells a process of its parent's end")
	}
	host, body := startParent(t, native(t, "echo", "echo").Dir, "echo")
	child := pid(t, body)
	if dead(child) {
		t.Fatalf("%d is not there", child)
	}
	kill(t, host.Process.Pid)
	_ = host.Wait() // killed
	gone(t, child)
}

// startParent starts a process that is a host, whose function it has invoked.
func startParent(t *testing.T, folder, behaviour string) (host *exec.Cmd, answer string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	host = exec.CommandContext(t.Context(), self)
	host.Env = append(os.Environ(), behaviourVariable+"=parent", "FOLDER="+folder, "CHILD="+behaviour)
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	if answer, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return host, answer
}

// TestHammerHost has everything happen at once: invocations of all kinds, new sets, processes that die.
func TestHammerHost(t *testing.T) {
	echo, failing := native(t, "echo", "echo"), native(t, "error", "error")
	echo.Concurrency = 3
	s := newStand(t, functions.Config{Idle: time.Millisecond, Backoff: time.Millisecond, Poll: time.Millisecond}, echo, failing)
	var group sync.WaitGroup
	for worker := range 6 {
		group.Go(func() {
			for turn := range 30 {
				switch (worker + turn) % 6 {
				case 0:
					s.invoke("error", "{}", "X-Amz-Invocation-Type", "Event")
				case 1:
					s.invoke("error", "{}", "X-Amz-Log-Type", "Tail")
				default:
					got := s.invoke("echo", itoa(turn))
					if got.status == http.StatusOK && got.failed() == "" && !strings.HasSuffix(got.body, ":"+itoa(turn)+"}") {
						t.Errorf("%d: %s", turn, got.body)
					}
					if worker == 0 && got.status == http.StatusOK && got.failed() == "" {
						_ = syscall.Kill(pid(t, got.body), syscall.SIGKILL) // may have ended: it was idle
					}
				}
			}
		})
	}
	group.Go(func() {
		for turn := range 20 {
			changed := echo
			changed.Memory = 1024 + turn%3
			if err := s.host.Set([]functions.Function{changed, failing}); err != nil {
				t.Error(err)
			}
			put(t, filepath.Join(failing.Dir, "edited"), itoa(turn))
		}
	})
	group.Wait()
	s.set(echo)
	s.ok("echo", "1")
	for _, line := range s.logged() {
		if strings.Contains(line.Text, "panic") {
			t.Errorf("%+v", line)
		}
	}
}
