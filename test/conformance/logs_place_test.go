package conformance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gangway/internal/journal"
	"gangway/internal/node"
)

// newLogging starts a node whose stages write their logs into a folder, which is returned, and makes an API. The account has
// the role that turning logs on asks for.
func newLogging(t *testing.T, definition string) (p *place, folder string) {
	t.Helper()
	folder = t.TempDir()
	p = newPlace(t, node.Config{StageLogs: journal.Config{Dir: folder}}, definition)
	p.mayLog(t)
	return p, folder
}

// mayLog gives the account its role: "Set up permissions for CloudWatch logging" in the developer guide.
func (p *place) mayLog(t *testing.T) {
	t.Helper()
	p.mustControl(t, patch, "/account", oneOp("replace", "/cloudwatchRoleArn", "arn:aws:iam::000000000000:role/logs"))
}

// logs has a stage write an access log, and deploys nothing.
func (p *place) logs(t *testing.T, stage, group, format string) {
	t.Helper()
	p.set(t, stage, fmt.Sprintf(`{"accessLogSettings":{"destinationArn":"arn:aws:logs:us-east-1:000000000000:log-group:%s","format":%q}}`, group, format))
}

// logFile is the lines of a file once there are so many, or more.
func logFile(t *testing.T, folder, name string, least int) []string {
	t.Helper()
	var lines []string
	there := eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		lines = strings.SplitAfter(string(text), "\n")
		lines = lines[:len(lines)-1] // nothing, or a line that is being written
		return err == nil && len(lines) >= least
	})
	if !there {
		t.Fatalf("%s has %d lines, expected %d: %q", name, len(lines), least, lines)
	}
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\n")
	}
	return lines
}

// accessLines are the lines of an access log.
func accessLines(t *testing.T, folder, group string, least int) []string {
	t.Helper()
	return logFile(t, folder, "access/"+group+".log", least)
}

// stamp is what stands before a line of an execution log in a file.
var stamp = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \(([A-Za-z0-9_-]{15}=)\) `)

// executionLines are the lines of the execution log of the stage prod, without time and id, once the last one is as wanted.
func (p *place) executionLines(t *testing.T, folder, last string) []string {
	t.Helper()
	var lines []string
	there := eventually(t, func() bool {
		text, _ := os.ReadFile(filepath.Join(folder, "execution", p.api.id, "prod.log")) // until it is there
		lines = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		return strings.HasSuffix(string(text), "\n") && matches("…"+last, lines[len(lines)-1])
	})
	if !there {
		t.Fatalf("the execution log is %q, expected to end with %q", lines, last)
	}
	for i, line := range lines {
		if !stamp.MatchString(line) {
			t.Errorf("a line has no time or no id: %q", line)
		}
		lines[i] = stamp.ReplaceAllString(line, "")
	}
	return lines
}

// clearExecution empties it.
func (p *place) clearExecution(t *testing.T, folder string) {
	t.Helper()
	must(t, os.Truncate(filepath.Join(folder, "execution", p.api.id, "prod.log"), 0))
}

// wantLines holds lines against texts in which … stands for anything.
func wantLines(t *testing.T, what string, got []string, wanted ...string) {
	t.Helper()
	for i := range max(len(got), len(wanted)) {
		switch {
		case i >= len(got):
			t.Errorf("%s: the line %q is missing", what, wanted[i])
		case i >= len(wanted):
			t.Errorf("%s: there is one more line: %q", what, got[i])
		case !matches(wanted[i], got[i]):
			t.Errorf("%s: line %d is\n%q, expected\n%q", what, i+1, got[i], wanted[i])
		}
	}
}
