package journal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/journal"
)

const (
	groupARN  = "arn:aws:logs:eu-west-1:123456789012:log-group:/chat/access"
	streamARN = "arn:aws:firehose:eu-west-1:123456789012:deliverystream/amazon-apigateway-chat"
)

var prod = gateway.StageKey{API: "abcdef1234", Stage: "prod"}

// stageWith is a stage that logs requests by their ids, and everything of their execution.
func stageWith(arn string) *gateway.Stage {
	s := &gateway.Stage{}
	s.AccessLogSettings = &gateway.AccessLogSettings{DestinationARN: arn, Format: "$context.requestId"}
	s.DefaultRouteSettings.LoggingLevel = "INFO"
	return s
}

func newStage(tb testing.TB, j *journal.Journal, s *gateway.Stage) *journal.StageLogs {
	tb.Helper()
	logs, err := journal.NewStage(j, prod, s)
	if err != nil {
		tb.Fatal(err)
	}
	return logs
}

func openJournal(tb testing.TB, cfg journal.Config) *journal.Journal {
	tb.Helper()
	j, err := journal.Open(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return j
}

func closeJournal(tb testing.TB, j *journal.Journal) {
	tb.Helper()
	if err := j.Close(tb.Context()); err != nil {
		tb.Error(err)
	}
}

// sent is a line as a writer gets it.
type sent struct {
	Time                         time.Time
	Log, API, Stage, Group, Line string
}

// output is a writer that several goroutines may look at.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) lines(tb testing.TB) []sent {
	tb.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []sent
	for line := range strings.Lines(o.text.String()) {
		var s sent
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			tb.Errorf("%q: %v", line, err)
		}
		all = append(all, s)
	}
	return all
}

// logged is what a stage writes of records.
func logged(t *testing.T, s *gateway.Stage, records ...*gateway.Record) []sent {
	t.Helper()
	out := &output{}
	j := openJournal(t, journal.Config{Writer: out})
	logs := newStage(t, j, s)
	for _, r := range records {
		logs.Observe(r)
	}
	closeJournal(t, j)
	return out.lines(t)
}

func TestStage(t *testing.T) {
	lines := logged(t, stageWith(groupARN), message())
	if len(lines) < 5 {
		t.Fatalf("%+v", lines)
	}
	access, first := lines[0], lines[1]
	if access.Log != "access" || access.Group != "/chat/access" || access.Line != "SOqIDEacoAMFaHQ=" || access.API != "abcdef1234" || access.Time.IsZero() {
		t.Errorf("%+v", access)
	}
	if first.Log != "execution" || first.Group != "/aws/apigateway/abcdef1234/prod" || first.Line != "(SOqIDEacoAMFaHQ=) Extended Request Id: SOqIDEacoAMFaHQ=" {
		t.Errorf("%+v", first)
	}
}

// TestRouteSettings: a route has its own settings in place of those of the stage, member by member.
func TestRouteSettings(t *testing.T) {
	yes, no := true, false
	s := &gateway.Stage{}
	s.DefaultRouteSettings = gateway.DefaultRouteSettings{LoggingLevel: "ERROR", DataTraceEnabled: true}
	s.RouteSettings = map[string]gateway.RouteOverride{
		"sendmessage": {LoggingLevel: "INFO"}, "quiet": {LoggingLevel: "OFF"}, "plain": {LoggingLevel: "INFO", DataTraceEnabled: &no},
		"traced": {DataTraceEnabled: &yes},
	}
	out := &output{}
	j := openJournal(t, journal.Config{Writer: out})
	logs := newStage(t, j, s)
	for route, want := range map[string]bool{"sendmessage": true, "quiet": false, "plain": false, "traced": false, "$connect": false} {
		if got := logs.Detail(route); got != want {
			t.Errorf("%s: details %v", route, got)
		}
	}
	for _, route := range []string{"quiet", "$default", "sendmessage"} {
		r := message()
		r.Event.RouteKey, r.Event.RequestID = route, route
		logs.Observe(r)
	}
	closeJournal(t, j)
	lines := out.lines(t)
	for _, line := range lines {
		if !strings.HasPrefix(line.Line, "(sendmessage) ") {
			t.Errorf("%+v", line)
		}
	}
	if len(lines) == 0 {
		t.Error("nothing is logged")
	}
}

func TestNothingToLog(t *testing.T) {
	j := openJournal(t, journal.Config{Writer: &output{}})
	defer closeJournal(t, j)
	off := &gateway.Stage{}
	off.DefaultRouteSettings.LoggingLevel = "OFF"
	none, err := journal.Open(journal.Config{})
	if none != nil || err != nil {
		t.Errorf("%v, %v", none, err)
	}
	for _, logs := range []*journal.StageLogs{newStage(t, j, off), newStage(t, none, stageWith(groupARN))} {
		if logs != nil {
			t.Error("there are logs")
		}
		logs.Observe(message())
		if logs.Detail("$connect") {
			t.Error("details are wanted")
		}
	}
	logs := newStage(t, j, stageWith(groupARN))
	for _, r := range []*gateway.Record{nil, {}, {Event: &gateway.Event{}}} {
		logs.Observe(r)
	}
	if none.Dropped() != 0 || none.Close(t.Context()) != nil {
		t.Error("a journal that is none has lost something")
	}
}

func TestStagesThatAreWrong(t *testing.T) {
	j := openJournal(t, journal.Config{Writer: &output{}})
	defer closeJournal(t, j)
	for _, arn := range []string{
		"", "arn:aws:logs:eu-west-1:1:log-group", "arn:aws:logs:eu-west-1:1:deliverystream/x", "arn:aws:firehose:eu-west-1:1:log-group:x",
		"arn:aws:logs:evil.example.com/:1:log-group:x", "arn:aws:logs:eu-west-1:1:log-group:a b",
		groupARN + ":", groupARN + ":x", groupARN + ":log-stream:a:b", streamARN + ":*", streamARN + "/x",
	} {
		logs, err := journal.NewStage(j, prod, stageWith(arn))
		if checked := journal.CheckDestination(arn); err == nil || logs != nil || !errors.Is(checked, err) {
			t.Errorf("%q: %v, and %v", arn, err, checked)
		}
	}
	empty := stageWith(groupARN)
	empty.AccessLogSettings.Format = ""
	if _, err := journal.NewStage(j, prod, empty); err == nil {
		t.Error("an empty format was taken")
	}
}

// TestDestinations: "CloudWatch Logs resources and operations" has two ARNs of a log group, and one of a stream in it.
func TestDestinations(t *testing.T) {
	for _, suffix := range []string{"", ":*", ":log-stream:x", ":log-stream:2026/11/[$LATEST]x", ":log-stream:*", ":log-stream:"} {
		arn := groupARN + suffix
		if err := journal.CheckDestination(arn); err != nil {
			t.Errorf("%s: %v", arn, err)
		}
		if lines := logged(t, stageWith(arn), message()); len(lines) == 0 || lines[0].Group != "/chat/access" {
			t.Errorf("%s: %+v", arn, lines)
		}
	}
	for _, arn := range []string{streamARN, "arn:aws-cn:logs:cn-north-1::log-group:x", "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:a.b_c/d#e-f"} {
		if err := journal.CheckDestination(arn); err != nil {
			t.Errorf("%s: %v", arn, err)
		}
	}
}

// Source: "Configure logging for WebSocket APIs": no logs of 413, and of excessive 429.
func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stageWith(groupARN)
		s.DefaultRouteSettings.LoggingLevel = "OFF"
		large, many := message(), message()
		large.Status, many.Status = 413, 429
		out := &output{}
		j := openJournal(t, journal.Config{Writer: out})
		logs := newStage(t, j, s)
		for range 3 {
			for range 100 {
				logs.Observe(large)
				logs.Observe(many)
			}
			<-time.After(time.Second)
		}
		closeJournal(t, j)
		if got := len(out.lines(t)); got != 30 {
			t.Errorf("%d lines", got)
		}
	})
}
