package conformance_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// filesBelow are the names of all files below a folder, which need not be there.
func filesBelow(t *testing.T, folder string) (names []string) {
	t.Helper()
	must(t, filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err == nil && !entry.IsDir() {
			info, err := entry.Info()
			must(t, err)
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has the mode %o", file, info.Mode().Perm())
			}
			names = append(names, strings.TrimPrefix(file, folder+string(filepath.Separator)))
		}
		return err
	}))
	return names
}

// chatter makes an API in the program, turns its logs on if it should, and has a client say something and leave.
func chatter(t *testing.T, p *place, logging bool) {
	t.Helper()
	p.define(t, `{"routes": {"$default": {"mock": "hello", "reply": true}}}`)
	if logging {
		p.mayLog(t)
		p.logs(t, "prod", "/chat/access", stockJSON)
		p.set(t, "prod", `{"defaultRouteSettings":{"loggingLevel":"INFO"}}`)
	}
	c := p.open(t, "prod", nil)
	for range 3 {
		wantReply(t, c, "hello", "hello")
	}
}

// TestLogsDefault starts the program as it is: a stage that has no logs leaves no file, and one that has leaves them in the data
// folder, for its owner alone.
func TestLogsDefault(t *testing.T) {
	for _, logging := range []bool{false, true} {
		p, dir := newPlaceless(t), t.TempDir()
		running := startProgram(t, dir)
		p.server = running.server
		chatter(t, p, logging)
		running.stop(t)
		got := filesBelow(t, filepath.Join(dir, "logs"))
		switch wanted := "access/+chat+access.log execution/" + p.api.id + "/prod.log"; {
		case !logging && len(got) > 0:
			t.Errorf("without logs there are the files %q", got)
		case logging && strings.Join(got, " ") != wanted:
			t.Errorf("there are the files %q, expected %s", got, wanted)
		case logging:
			wantChatter(t, p, accessLines(t, filepath.Join(dir, "logs"), "+chat+access", 4))
		}
	}
}

// chatExecuted is how many lines that is in the execution log: of the client, of each message, and of the end.
const chatExecuted = 9 + 3*7 + 6

// wantChatter wants the access log of what chatter does: a client, three messages, and the end of the connection with the node.
func wantChatter(t *testing.T, p *place, lines []string) {
	t.Helper()
	events := map[string]int{}
	for _, line := range lines {
		var logged map[string]string
		if err := json.Unmarshal([]byte(line), &logged); err != nil || logged["status"] != "200" {
			t.Errorf("%v: %s", err, line)
		}
		events[logged["eventType"]]++
	}
	if events["CONNECT"] != 1 || events["MESSAGE"] != 3 || events["DISCONNECT"] != 1 || len(events) != 3 {
		t.Errorf("the access log of %s has %v: %q", p.api.id, events, lines)
	}
}

// TestLogsPlaces has the program write its logs elsewhere: to another folder, nowhere, and to its standard output.
func TestLogsPlaces(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "elsewhere")
	p := newPlaceless(t)
	running := startProgram(t, t.TempDir(), "--stage-log-dir", folder)
	p.server = running.server
	chatter(t, p, true)
	running.stop(t)
	wantChatter(t, p, accessLines(t, folder, "+chat+access", 4))

	nowhere := filepath.Join(t.TempDir(), "nowhere")
	p.api = nil
	running = startProgram(t, t.TempDir(), "--stage-logs", "none", "--stage-log-dir", nowhere)
	p.server = running.server
	chatter(t, p, true)
	running.stop(t)
	if got := filesBelow(t, nowhere); len(got) > 0 {
		t.Errorf("with --stage-logs none there are the files %q", got)
	}

	p.api = nil
	running = startProgram(t, t.TempDir(), "--stage-logs", "stdout")
	p.server = running.server
	chatter(t, p, true)
	running.stop(t)
	lines := map[string][]string{}
	for line := range strings.Lines(running.output.String()) {
		var printed struct{ Time, Log, API, Stage, Group, Line string }
		if json.Unmarshal([]byte(line), &printed) != nil {
			continue // what the program says for people
		}
		if printed.Time == "" || printed.API != p.api.id || printed.Stage != "prod" {
			t.Errorf("a line is %s", line)
		}
		lines[printed.Log+" "+printed.Group] = append(lines[printed.Log+" "+printed.Group], printed.Line)
	}
	wantChatter(t, p, lines["access /chat/access"])
	if executed := lines["execution /aws/apigateway/"+p.api.id+"/prod"]; len(executed) != chatExecuted {
		t.Errorf("the execution log has %d lines: %q", len(executed), executed)
	}
}

// readLogs reads all of some log groups back with boto3.
const readLogs = `
import json, sys, boto3
logs = boto3.client("logs")
there = {}
for group in logs.get_paginator("describe_log_groups").paginate().build_full_result()["logGroups"]:
    name = group["logGroupName"]
    streams = [stream["logStreamName"] for stream in logs.describe_log_streams(logGroupName=name)["logStreams"]]
    events = []
    for stream in streams:
        events += [event["message"] for event in logs.get_log_events(logGroupName=name, logStreamName=stream, startFromHead=True)["events"]]
    there[name] = events
print(json.dumps(there))
`

// TestCloudWatchLogs has the program send its logs to CloudWatch Logs, where boto3 reads them. Source: the log group of the execution
// log, Stack Overflow question 67640010; that of the access log is in destinationArn.
func TestCloudWatchLogs(t *testing.T) {
	if testing.Short() {
		t.Skip("moto takes seconds to start")
	}
	m := newMoto(t)
	ownEnvironment(t)
	p := newPlaceless(t)
	running := startProgram(t, t.TempDir(), "--stage-logs", "cloudwatch", "--logs-endpoint", m.url)
	p.server = running.server
	chatter(t, p, true)
	running.stop(t)
	var there map[string][]string
	must(t, json.Unmarshal([]byte(m.run(t, readLogs)), &there))
	wantChatter(t, p, there["/chat/access"])
	executed := there["/aws/apigateway/"+p.api.id+"/prod"]
	if len(executed) != chatExecuted || len(there) != 2 {
		t.Errorf("there are %d groups; the execution log has %d lines: %q", len(there), len(executed), executed)
	}
	for _, line := range executed {
		if !matches("(…=) …", line) {
			t.Errorf("a line of the execution log is %q", line)
		}
	}
}

// TestLogsUnreachable has no CloudWatch Logs: clients do not notice, and the node says so.
func TestLogsUnreachable(t *testing.T) {
	ownEnvironment(t)
	p := newPlaceless(t)
	running := startProgram(t, t.TempDir(), "--stage-logs", "cloudwatch", "--logs-endpoint", "http://127.0.0.1:9")
	p.server = running.server
	chatter(t, p, true)
	running.stop(t)
	if said := running.output.String(); !strings.Contains(said, "lines of logs of stages are lost") {
		t.Errorf("the program says %s", said)
	}
}
