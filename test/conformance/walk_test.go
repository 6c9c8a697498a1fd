package conformance_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gangway/internal/control"
	"gangway/internal/node"
)

// TestWalkBoto3 calls every operation of the control plane that is served, with every parameter it has, with boto3; and
// every other operation of the two service models, which must say why it is not. Source: the service models of botocore.
func TestWalkBoto3(t *testing.T) {
	python := pythonWith(t, "boto3")
	s := startNode(t, node.Config{})
	s.walk(t, python, "walk.py", "boto3")
	wantNothingLeft(t, s)
}

// TestWalkCLI does the same with the AWS CLI.
func TestWalkCLI(t *testing.T) {
	python := pythonWith(t, "boto3", "awscli.clidriver")
	s := startNode(t, node.Config{})
	s.walk(t, python, "walk.py", "cli")
	wantNothingLeft(t, s)
}

// TestPages lists everything that can be listed in small pages, by hand and with every paginator of boto3 and of the CLI.
// Source: the paginator files of botocore. There are no waiters for API Gateway.
func TestPages(t *testing.T) {
	for client, packages := range map[string][]string{"boto3": {"boto3"}, "cli": {"boto3", "awscli.clidriver"}} {
		t.Run(client, func(t *testing.T) {
			python := pythonWith(t, packages...)
			startNode(t, node.Config{}).walk(t, python, "pages.py", client)
		})
	}
}

// TestWalkOwn calls every operation of ours that AWS does not have; no client of AWS knows them.
func TestWalkOwn(t *testing.T) {
	s := startNode(t, node.Config{})
	api := s.mustControl(t, post, "/v2/apis", `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x"}`).text("apiId")
	s.mustControl(t, post, "/v2/apis/"+api+"/routes", `{"routeKey":"$default"}`)
	statuses := map[string]int{} // of what is left to walk
	for _, row := range control.Operations() {
		if row.Service == control.ServiceOwn && row.Excuse() == "" && row.Name != "Tail" && !strings.HasSuffix(row.Name, "DeadLetter") { // see TestTail, TestDeadLetters
			statuses[row.Name] = row.Status
		}
	}
	for _, row := range []struct{ operation, method, path, body, want string }{
		{"GetSnapshot", get, "/v2/apis/" + api + "/snapshot", "", `{"api":{"apiId":"` + api + `"},"routes":[{"routeKey":"$default"}]}`},
		{
			"CreateCredentials", post, "/gangway/credentials", `{"name":"ci","policy":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]},"durationSeconds":3600}`,
			`{"name":"ci","arn":"arn:aws:iam::000000000000:user/ci","accessKeyId":"…","secretAccessKey":"…","createdDate":"…","expiration":"…"}`,
		},
		{"ListCredentials", get, "/gangway/credentials", "", `{"items":[{"name":"ci","accessKeyId":"…","secretAccessKey":null,"sessionToken":null}]}`},
		{"RotateCredentials", post, "/gangway/credentials/ci/rotation", `{"graceSeconds":60}`, `{"name":"ci","accessKeyId":"…","secretAccessKey":"…"}`},
		{"ListChanges", get, "/gangway/changes?maxResults=2", "", `{"items":[{"operation":"Start"},{"operation":"CreateApi"}],"nextToken":"…"}`},
		{"DeleteCredentials", remove, "/gangway/credentials/ci", "", ""},
		{"ListConnections", get, "/gangway/apis/" + api + "/connections", "", `{"items":[]}`},
		{"GetMetrics", get, "/gangway/metrics", "", `{"time":"…","apis":[{"apiId":"` + api + `","connections":0,"messagesIn":0,"messagesOut":0,"errors":0}]}`},
		{"GetApiMetrics", get, "/gangway/apis/" + api + "/metrics", "", `{"time":"…","stages":[]}`},
		{"ListNodes", get, "/gangway/nodes", "", `{"items":[{"nodeId":"…","self":true,"state":"ready"}]}`},
		{"ListDeadLetters", get, "/gangway/deadletters", "", `{"items":[]}`},
		{"TestRoute", post, "/gangway/apis/" + api + "/test", `{"draft":true,"body":"{}"}`, `{"routeKey":"$default"}`},
		{"RenderTemplate", post, "/gangway/render", `{"template":"a$input.body","body":"b"}`, `{"output":"ab"}`},
		{"CheckText", post, "/gangway/check", `{"kind":"json","text":"{"}`, `{"errors":[{"message":"…","line":1,"column":1}]}`},
		{"ImportTemplate", post, "/gangway/templates", `{"name":"a","template":"Resources: {T: {Type: 'AWS::SQS::Queue'}}"}`, `{"changes":[],"foreign":["T (AWS::SQS::Queue)"],"errors":[]}`},
	} {
		var body any
		if row.body != "" {
			body = row.body
		}
		got := s.mustControl(t, row.method, row.path, body)
		if got.status != statuses[row.operation] {
			t.Errorf("%s: status %d, expected %d", row.operation, got.status, statuses[row.operation])
		}
		delete(statuses, row.operation)
		if row.want == "" {
			continue
		}
		var wanted, have any
		must(t, json.Unmarshal([]byte(row.want), &wanted))
		must(t, json.Unmarshal(got.body, &have))
		for _, difference := range differences("", wanted, have) {
			t.Errorf("%s: %s", row.operation, difference)
		}
	}
	for name := range statuses {
		t.Errorf("%s is served, and was not walked", name)
	}
}

// walk runs a client of AWS along the table of operations.
func (s *server) walk(t *testing.T, python, script, client string) {
	t.Helper()
	table, err := json.Marshal(operations())
	must(t, err)
	command := exec.CommandContext(t.Context(), python, filepath.Join(testdata(t, "walk"), script), client)
	command.Env = s.wholeEnvironment(t.TempDir())
	command.Stdin = bytes.NewReader(table)
	out, err := command.CombinedOutput()
	const skipped = 77 // clients.py
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == skipped {
		t.Skipf("SKIPPED: %s", out)
	}
	if err != nil {
		t.Fatalf("%s: %v: %s", client, err, out)
	}
	t.Logf("%s: %s", client, out)
}

// testdata is a copy of a folder of testdata: of what this process itself reads, Go notices that it has changed.
func testdata(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	must(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", name))))
	return dir
}

// operationRow is a row of the control plane as the walk reads it.
type operationRow struct {
	Service string `json:"service"`
	Name    string `json:"name"`
	Excuse  string `json:"excuse"`
}

func operations() []operationRow {
	var rows []operationRow
	for _, row := range control.Operations() {
		rows = append(rows, operationRow{row.Service, row.Name, row.Excuse()})
	}
	return rows
}
