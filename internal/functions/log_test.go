package functions_test

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gangway/internal/functions"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestLog(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "talk", "talk"))
	ids := map[string]string{}
	for i := range 20 {
		event := fmt.Sprintf(`"<%d>"`, i)
		ids[event] = s.invoke("talk", event).header.Get("X-Amzn-Requestid")
	}
	s.line("REPORT", 20)
	for event, id := range ids {
		var order []string
		for _, line := range s.logged() {
			if line.RequestID != id {
				continue
			}
			if line.Function != "talk" || line.Time.IsZero() || line.Stderr != strings.HasPrefix(line.Text, "err") {
				t.Errorf("%+v", line)
			}
			if !line.Stderr {
				first, _, _ := strings.Cut(line.Text, " ")
				order = append(order, first)
			}
			if line.Kind == functions.Output && !strings.HasSuffix(line.Text, event) {
				t.Errorf("%s is said of %s", line.Text, event)
			}
		}
		if got := strings.Join(order, " "); got != "START out unfinished END REPORT" {
			t.Errorf("%s: %s", event, got)
		}
	}
	if line := s.line("at init", 1); line.RequestID != "" {
		t.Errorf("%+v", line)
	}
}

var reportForm = regexp.MustCompile(`^REPORT RequestId: \S{36}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 1024 MB\t(Max Memory Used: \d+ MB\t)?(Init Duration: \d+\.\d\d ms\t)?$`)

func TestLogTail(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "talk", "talk"), native(t, "shout", "shout"))
	for try := range 2 {
		got := s.invoke("talk", "1", "X-Amz-Log-Type", "Tail")
		text, err := base64.StdEncoding.DecodeString(got.header.Get("X-Amz-Log-Result"))
		if err != nil {
			t.Fatal(err)
		}
		contains(t, string(text), "START RequestId: ", "out 1\n", "unfinished 1\n", "err 1\n", "END RequestId: ", "REPORT RequestId: ")
		report := s.line("REPORT", try+1).Text
		match := reportForm.FindStringSubmatch(report)
		if match == nil || (match[2] == "") != (try == 1) {
			t.Errorf("%q", report)
		}
	}
	got := s.invoke("shout", "1", "X-Amz-Log-Type", "Tail")
	if text, err := base64.StdEncoding.DecodeString(got.header.Get("X-Amz-Log-Result")); err != nil || len(text) != 4096 {
		t.Errorf("%d bytes of log, %v", len(text), err)
	}
	if got := s.invoke("shout", "1").header.Get("X-Amz-Log-Result"); got != "" {
		t.Errorf("a log that nobody wanted: %s", got)
	}
}

func TestLongLines(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "shout", "shout"))
	s.ok("shout", "1")
	s.line("REPORT", 1)
	var all strings.Builder
	for _, line := range s.logged() {
		if line.Kind != functions.Output {
			continue
		}
		if len(line.Text) > 70_000 {
			t.Errorf("a line of %d bytes", len(line.Text))
		}
		all.WriteString(line.Text)
	}
	if all.String() != strings.Repeat("a", 200_000)+"z" {
		t.Errorf("%d bytes came out", all.Len())
	}
}
