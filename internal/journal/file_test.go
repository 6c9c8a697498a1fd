package journal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/journal"
)

// names are the files in a folder, relative to it.
func names(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	for _, path := range filesIn(t, dir) {
		name, err := filepath.Rel(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, filepath.ToSlash(name))
	}
	return strings.Join(all, " ")
}

func TestFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	for range 2 { // the second time they are there
		j := openJournal(t, journal.Config{Dir: dir})
		newStage(t, j, stageWith(groupARN)).Observe(message())
		newStage(t, j, stageWith(streamARN)).Observe(message())
		closeJournal(t, j)
	}
	if got, want := names(t, dir), "access/+chat+access.log execution/abcdef1234/prod.log firehose/amazon-apigateway-chat.log"; got != want {
		t.Errorf("got %s", got)
	}
	if got := linesOf(t, filepath.Join(dir, "access", "+chat+access.log")); strings.Join(got, "|") != "SOqIDEacoAMFaHQ=|SOqIDEacoAMFaHQ=" {
		t.Errorf("%q", got)
	}
	stamp, line, _ := strings.Cut(linesOf(t, filepath.Join(dir, "execution", "abcdef1234", "prod.log"))[0], " ")
	if _, err := time.Parse(time.RFC3339, stamp); err != nil || line != "(SOqIDEacoAMFaHQ=) Extended Request Id: SOqIDEacoAMFaHQ=" {
		t.Errorf("%s %s", stamp, line)
	}
	info, err := os.Stat(filepath.Join(dir, "access", "+chat+access.log"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// TestFileNames: whatever a log group is called, its file is in the folder, and no two have one file.
func TestFileNames(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, journal.Config{Dir: dir})
	groups := []string{"..", "../../x", "/", ".", "a#b", "a/b", "/a/b", strings.Repeat("a", 500), strings.Repeat("a", 501), "x.log.1"}
	for _, name := range groups {
		logs := newStage(t, j, accessTo("arn:aws:logs:eu-west-1:123456789012:log-group:"+name))
		logs.Observe(message())
	}
	odd := gateway.StageKey{API: "../../../y", Stage: "$default"}
	logs, err := journal.NewStage(j, odd, stageWith(groupARN))
	if err != nil {
		t.Fatal(err)
	}
	logs.Observe(message())
	closeJournal(t, j)
	found := filesIn(t, dir)
	if len(found) != len(groups)+2 {
		t.Errorf("%q", found)
	}
	outside, err := filepath.Glob(filepath.Join(dir, "..", "*"))
	if err != nil || len(outside) != 1 {
		t.Errorf("%q, %v", outside, err)
	}
}

func accessTo(arn string) *gateway.Stage {
	s := stageWith(arn)
	s.DefaultRouteSettings.LoggingLevel = "OFF"
	return s
}

// TestRotation: files do not get larger than they may, no line is broken or lost, and the oldest goes.
func TestRotation(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "access", "+chat+access.log")
	written := 0
	for range 4 {
		j := openJournal(t, journal.Config{Dir: dir, FileSize: 100, FileCount: 3})
		logs := newStage(t, j, accessOnly("line $context.requestId"))
		for range 20 {
			logs.Observe(numbered(100 + written))
			written++
		}
		closeJournal(t, j)
	}
	var lines []string
	for _, suffix := range []string{".3", ".2", ".1", ""} {
		info, err := os.Stat(name + suffix)
		if err != nil || info.Size() > 100 {
			t.Fatalf("%v, %v", info, err)
		}
		lines = append(lines, linesOf(t, name+suffix)...)
	}
	if got := len(filesIn(t, dir)); got != 4 {
		t.Errorf("%d files", got)
	}
	for i, line := range lines {
		if line != "line "+numbered(100+written-len(lines)+i).Event.RequestID {
			t.Errorf("line %d is %q", i, line)
		}
	}
}

// TestLongLine: a line that is longer than a file may be has a file of its own.
func TestLongLine(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, journal.Config{Dir: dir, FileSize: 10, FileCount: 9})
	logs := newStage(t, j, accessOnly("a long line of $context.requestId"))
	for n := range 3 {
		logs.Observe(numbered(n))
	}
	closeJournal(t, j)
	if got := len(filesIn(t, dir)); got != 3 {
		t.Errorf("%d files", got)
	}
}

// TestLinks: a link in the folder leads nowhere outside.
func TestLinks(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "access")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	j := openJournal(t, journal.Config{Dir: dir})
	newStage(t, j, accessOnly("$context.requestId")).Observe(message())
	closeJournal(t, j)
	if found := filesIn(t, outside); len(found) != 0 || j.Dropped() != 1 {
		t.Errorf("%q, %d dropped", found, j.Dropped())
	}
}

// TestManyFiles has more log groups than files are open at a time.
func TestManyFiles(t *testing.T) {
	const groups = 300
	dir := t.TempDir()
	j := openJournal(t, journal.Config{Dir: dir})
	for range 2 {
		for n := range groups {
			newStage(t, j, accessTo(groupARN+"/"+numbered(n).Event.RequestID)).Observe(numbered(n))
		}
	}
	closeJournal(t, j)
	found := filesIn(t, dir)
	if len(found) != groups || j.Dropped() != 0 {
		t.Errorf("%d files, %d dropped", len(found), j.Dropped())
	}
	for _, path := range found {
		if got := linesOf(t, path); len(got) != 2 || got[0] != got[1] {
			t.Errorf("%s: %q", path, got)
		}
	}
}

func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full on this machine")
	}
	file, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = file.Close() }() // nothing is in it
	j := openJournal(t, journal.Config{Writer: file})
	logs := newStage(t, j, accessOnly("$context.requestId"))
	for n := range 10 {
		logs.Observe(numbered(n))
	}
	closeJournal(t, j)
	if j.Dropped() != 10 {
		t.Errorf("%d dropped", j.Dropped())
	}
}
