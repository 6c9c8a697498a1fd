package store_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"gangway/internal/store"
)

// The test binary is also the other process that some tests need: it does one thing to one folder.
const (
	childRole = "GANGWAY_STORE_TEST_ROLE"
	childDir  = "GANGWAY_STORE_TEST_DIR"
)

func TestMain(m *testing.M) {
	role, dir := os.Getenv(childRole), os.Getenv(childDir)
	switch role {
	case "":
		os.Exit(m.Run())
	case "write":
		os.Exit(child(dir, func(l *store.Log) error { return write(l, 0) }))
	case "write some":
		os.Exit(child(dir, func(l *store.Log) error { return writeSome(l, 60) }))
	case "pace":
		os.Exit(child(dir, func(l *store.Log) error { return write(l, time.Second/50) }))
	case "insist":
		os.Exit(child(dir, insist))
	case "hold":
		os.Exit(child(dir, hold))
	}
	os.Exit(2)
}

// child opens the store, says so on its standard output, and does its work until it fails, is killed or loses its parent.
func child(dir string, work func(*store.Log) error) int {
	l, err := store.Open(context.Background(), dir)
	if err == nil {
		say("open")
		err = work(l)
	}
	if err != nil {
		say("error: " + err.Error())
		return 1
	}
	return 0
}

func say(line string) {
	if _, err := os.Stdout.WriteString(line + "\n"); err != nil {
		os.Exit(3)
	}
}

// hold waits for the end of its standard input.
func hold(*store.Log) error {
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// write appends the sample records for ever and says each revision once it is acknowledged.
func write(l *store.Log, pace time.Duration) error {
	tick := make(<-chan time.Time)
	if pace > 0 {
		tick = time.Tick(pace)
	}
	for {
		if err := writeSome(l, 1); err != nil {
			return err
		}
		if pace > 0 {
			<-tick
		}
	}
}

func writeSome(l *store.Log, records int) error {
	for range records {
		r, err := l.Append(context.Background(), sample(l.Revision()+1))
		if err != nil {
			return err
		}
		say(strconv.FormatUint(r.Revision, 10))
	}
	return nil
}

// insist writes until it fails, and then tries again.
func insist(l *store.Log) error {
	err := write(l, time.Second/50)
	say("error: " + err.Error())
	for range 5 {
		if _, again := l.Append(context.Background(), sample(l.Revision()+1)); again == nil {
			say("acknowledged after a failure")
		}
	}
	return err
}

// process is a running child.
type process struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
	stdin io.Closer
}

func spawn(t *testing.T, role, dir string) *process {
	t.Helper()
	return spawnUnder(t, role, dir)
}

// spawnUnder starts a child by way of a command that runs it.
func spawnUnder(t *testing.T, role, dir string, command ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command = append(command, self)
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Env = append(os.Environ(), childRole+"="+role, childDir+"="+dir)
	cmd.Stderr = os.Stderr
	return start(t, cmd)
}

func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, lines: bufio.NewScanner(out), stdin: in}
	t.Cleanup(func() { p.kill() })
	return p
}

// line is the next thing the child says, "" when it has ended.
func (p *process) line() string {
	p.lines.Scan()
	return p.lines.Text()
}

// kill ends the child as kill -9 does and returns the last revision it acknowledged, 0 for none, after those before.
func (p *process) kill() (last uint64, failure string) {
	_ = p.cmd.Process.Kill() // it may have ended already
	last, failure = p.drain()
	_ = p.cmd.Wait() // killed
	return last, failure
}

func (p *process) drain() (last uint64, failure string) {
	for p.lines.Scan() {
		text := p.lines.Text()
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			last = n
		}
		if strings.HasPrefix(text, "error: ") {
			failure = text
		}
	}
	return last, failure
}

// sample is the record that all tests store at a revision: it follows from the number alone.
func sample(n uint64) store.Record {
	key := fmt.Sprintf("apis/a%d/routes/r%d", n%7, n)
	r := store.Record{
		Revision: n, Time: time.Unix(1_700_000_000+int64(n), int64(n)).UTC(), Principal: "AKIDEXAMPLE", Operation: "CreateRoute",
		Changes: []store.Change{{Key: "apis/a0"}},
	}
	if n%3 != 0 {
		value := fmt.Sprintf(`{"routeKey":"<$%d>","note":"%s"}`, n, strings.Repeat("é", int(n*37%900)))
		r.Changes = append(r.Changes, store.Change{Key: gatewayKey(key), Value: []byte(value)})
	}
	return r
}
