package journal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/journal"
)

// gate is a writer that waits until it is let through, and fails as long as it is told to.
type gate struct {
	output
	entered chan struct{}
	pass    chan struct{}
	broken  atomic.Bool
}

func newGate() *gate { return &gate{entered: make(chan struct{}, 1000), pass: make(chan struct{})} }

func (g *gate) Write(p []byte) (int, error) {
	g.entered <- struct{}{}
	<-g.pass
	if g.broken.Load() {
		return 0, errors.New("no space left on device")
	}
	return g.output.Write(p)
}

// numbered is a record with a number for an id.
func numbered(n int) *gateway.Record {
	r := message()
	r.Event.RequestID = fmt.Sprint(n)
	return r
}

// accessOnly is a stage that logs requests by their ids, in CloudWatch Logs.
func accessOnly(format string) *gateway.Stage {
	s := stageWith(groupARN)
	s.DefaultRouteSettings.LoggingLevel, s.AccessLogSettings.Format = "OFF", format
	return s
}

// TestOverflow fills the queue while nothing can be written: nobody waits, and what is missing is told.
func TestOverflow(t *testing.T) {
	for format, note := range map[string]string{
		"$context.requestId": "lines were dropped", `{"a":"$context.requestId"}`: `lines were dropped"}`, "<a>$context.requestId</a>": "lines were dropped -->",
	} {
		t.Run(format, func(t *testing.T) {
			const all = 1000
			out := newGate()
			j := openJournal(t, journal.Config{Writer: out, Queue: 500})
			logs := newStage(t, j, accessOnly(format))
			logs.Observe(numbered(0))
			<-out.entered
			for n := range all - 1 {
				logs.Observe(numbered(n + 1))
			}
			close(out.pass)
			closeJournal(t, j)
			lines := out.lines(t)
			last := lines[len(lines)-1].Line
			if !strings.HasSuffix(last, note) {
				t.Fatalf("the last line is %q", last)
			}
			dropped := 0
			for part := range strings.FieldsFuncSeq(last, func(r rune) bool { return r < '0' || r > '9' }) {
				if _, err := fmt.Sscan(part, &dropped); err != nil {
					t.Fatal(err)
				}
			}
			if written := len(lines) - 1; dropped == 0 || written+dropped != all || j.Dropped() != uint64(dropped) {
				t.Errorf("%d written, %d noted, %d counted", written, dropped, j.Dropped())
			}
		})
	}
}

// TestBroken writes to something that fails: it is reported once in ten seconds, and noted where lines are missing once it works.
func TestBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newGate()
		close(out.pass)
		out.broken.Store(true)
		told := &bytes.Buffer{}
		j := openJournal(t, journal.Config{Writer: out, Log: slog.New(slog.NewTextHandler(told, nil))})
		logs := newStage(t, j, accessOnly("$context.requestId"))
		for n := range 95 { // 19 seconds
			logs.Observe(numbered(n))
			<-time.After(200 * time.Millisecond)
		}
		if got := strings.Count(told.String(), "no space left"); got != 2 {
			t.Errorf("reported %d times: %s", got, told)
		}
		out.broken.Store(false)
		logs.Observe(numbered(95))
		closeJournal(t, j)
		lines := out.lines(t)
		if len(lines) != 2 || lines[0].Line != "95" || lines[1].Line != "95 lines were dropped" || j.Dropped() != 95 {
			t.Errorf("%d dropped, %+v", j.Dropped(), lines)
		}
	})
}

// TestClose: what waits is written, and what does not go does not keep anybody.
func TestClose(t *testing.T) {
	out := newGate()
	j := openJournal(t, journal.Config{Writer: out})
	logs := newStage(t, j, accessOnly("$context.requestId"))
	logs.Observe(numbered(0))
	<-out.entered
	logs.Observe(numbered(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Close(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "bytes of lines may be lost") {
		t.Errorf("%v", err)
	}
	close(out.pass)
	closeJournal(t, j) // once more, and this time it ends
	logs.Observe(numbered(2))
	if got := len(out.lines(t)); got != 2 || j.Dropped() != 1 {
		t.Errorf("%d lines, %d dropped", got, j.Dropped())
	}
}

// TestHammer writes from many goroutines, to a folder that is replaced by something else on the way, while stages come and go.
func TestHammer(t *testing.T) {
	const writers, each = 8, 300
	dir := t.TempDir()
	j := openJournal(t, journal.Config{Dir: dir, FileSize: 4 << 10, FileCount: 2, Queue: 64 << 10})
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			s := stageWith(fmt.Sprintf("%s-%d", groupARN, w%3))
			logs := newStage(t, j, s)
			for n := range each {
				logs.Observe(numbered(n))
				if n%50 == 0 {
					logs = newStage(t, j, s)
				}
				if w == 0 && n == each/2 {
					// From here on this file cannot be written.
					_ = os.RemoveAll(filepath.Join(dir, "access", "+chat+access-1.log"))
					_ = os.MkdirAll(filepath.Join(dir, "access", "+chat+access-1.log", "in the way"), 0o700)
				}
				_ = j.Dropped()
			}
		})
	}
	group.Wait()
	closeJournal(t, j)
	for _, path := range filesIn(t, dir) {
		for _, line := range linesOf(t, path) {
			if strings.TrimSpace(line) == "" || strings.Contains(path, "execution") && !strings.Contains(line, "Z (") && !strings.Contains(line, "dropped") {
				t.Errorf("%s: %q", path, line)
			}
		}
	}
}

func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func linesOf(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole, ok := strings.CutSuffix(string(text), "\n")
	if !ok {
		t.Errorf("%s ends within a line", path)
	}
	return strings.Split(whole, "\n")
}

func TestOnePlace(t *testing.T) {
	if _, err := journal.Open(journal.Config{Dir: t.TempDir(), Writer: &output{}}); err == nil {
		t.Error("two places were taken")
	}
	occupied := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(occupied, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, cfg := range []journal.Config{{Dir: occupied}, {Cloud: &journal.Cloud{}}, {Cloud: &journal.Cloud{Region: "eu-west-1", LogsEndpoint: "ftp://x"}}} {
		if _, err := journal.Open(cfg); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
}
