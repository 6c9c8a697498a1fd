package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// chatPlane answers for one API with one stage; the snapshots are files of testdata.
func chatPlane(t *testing.T, stage, deployed, defined string) *fake {
	t.Helper()
	answers := map[string]string{
		"GET /v2/apis/a1":             `{"apiId":"a1","name":"chat","apiEndpoint":"ws://localhost:8080/a1","tags":{"team":"x"}}`,
		"GET /v2/apis/a1/stages":      `{"items":[{"stageName":"prod"}]}`,
		"GET /v2/apis/a1/stages/prod": stage,
		"GET /v2/apis/a1/stages/none": `404 {"message":"Invalid stage identifier specified"}`,
	}
	for query, name := range map[string]string{"?stageName=prod": deployed, "": defined} {
		if name != "" {
			answers["GET /v2/apis/a1/snapshot"+query] = read(t, name)
		}
	}
	return newFake(t, answers)
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// golden holds a text against a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(filepath.Join("testdata", name), []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(read(t, name), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

const (
	plainStage = `{"stageName":"prod","deploymentId":"d1","defaultRouteSettings":{"loggingLevel":"OFF",` +
		`"dataTraceEnabled":false,"detailedMetricsEnabled":false},"routeSettings":{},"stageVariables":{},"tags":{},` +
		`"createdDate":"2026-11-22T06:00:00Z"}`
	fullStage = `{"stageName":"prod","deploymentId":"d1","autoDeploy":true,"description":"all","clientCertificateId":"c1",` +
		`"accessLogSettings":{"destinationArn":"arn:aws:logs:us-east-1:000000000000:log-group:x","format":"$context.requestId"},` +
		`"defaultRouteSettings":{"loggingLevel":"INFO","dataTraceEnabled":false,"throttlingBurstLimit":5,"throttlingRateLimit":2.5},` +
		`"routeSettings":{"$connect":{"loggingLevel":"ERROR"},"join":{"throttlingBurstLimit":0}},"stageVariables":{"url":"http://h"},` +
		`"tags":{"gangway:x":"y"}}`
)

func TestExport(t *testing.T) {
	for _, c := range []struct{ name, stage, snapshot, template string }{
		{"chat", plainStage, "chat.json", "chat.template.json"},
		{"all there is", fullStage, "full.json", "full.template.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := chatPlane(t, c.stage, c.snapshot, "")
			got := run(t, f.env(), "", "export", "a1")
			if got.code != 0 || got.stderr != "" {
				t.Fatalf("%+v", got)
			}
			golden(t, c.template, got.stdout)
			if again := run(t, f.env(), "", "export", "a1", "prod"); again.stdout != got.stdout {
				t.Errorf("the same again is not the same:\n%s", cmp.Diff(got.stdout, again.stdout))
			}
		})
	}
}

// TestExportIsATemplate asks CloudFormation's linter.
func TestExportIsATemplate(t *testing.T) {
	linter, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("there is no cfn-lint")
	}
	command := exec.CommandContext(t.Context(), linter, "testdata/chat.template.json", "testdata/full.template.json")
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("cfn-lint: %v\n%s", err, out)
	}
}

// TestExportOfReferences: what CloudFormation would read as a reference to a secret, or as a function, is not exported.
func TestExportOfReferences(t *testing.T) {
	const reference = `{{resolve:secretsmanager:prod}}`
	for _, c := range []struct{ name, stage, snapshot, want string }{
		{"description", "", `"api":{"name":"chat","description":"a ` + reference + `"}`, "description of the API chat"},
		{"template", "", `"integrations":[{"integrationId":"i1","requestTemplates":{"$default":"` + reference + `"}}]`, "requestTemplates of integration i1"},
		{
			"name of a template", "", `"integrations":[{"integrationId":"i1","responses":[{"integrationResponseId":"p1","responseTemplates":{"` +
				reference + `":"x"}}]}]`, "responseTemplates of integration response p1",
		},
		{"route", "", `"routes":[{"routeKey":"` + reference + ` x"}]`, `routeKey of route "` + reference + ` x"`},
		{"schema", "", `"models":[{"name":"M","schema":"{\"title\":\"` + reference + `\"}"}]`, "schema of model M"},
		{"schema that stays a text", "", `"models":[{"name":"M","schema":"{\"title\":\"` + reference + `\",\"enum\":[null]}"}]`, "schema of model M"},
		{"link", "", `"integrations":[{"integrationId":"i1","connectionId":"` + reference + `"}]`, "connectionId of integration i1"},
		{"function", "", `"routes":[{"routeKey":"x","requestModels":{"Ref":"y"}}]`, "requestModels of route x"},
		{"variable", `"stageVariables":{"a":"b","Ref":"AWS::AccountId"},`, `"api":{"name":"chat"}`, "stageVariables of stage prod"},
		{"tag", `"tags":{"Fn::Sub":"x"},`, `"api":{"name":"chat"}`, "tags of stage prod"},
		{"certificate", `"clientCertificateId":"` + reference + `",`, `"api":{"name":"chat"}`, "clientCertificateId of stage prod"},
	} {
		f := chatPlane(t, `{"stageName":"prod",`+c.stage+`"deploymentId":"d1"}`, "", "")
		f.answers["GET /v2/apis/a1/snapshot?stageName=prod"] = `{"api":{"name":"chat"},` + c.snapshot + `}`
		got := run(t, f.env(), "", "export", "a1")
		want := "gangway: export: CloudFormation would not take as they are, but read as references or functions of its own: " + c.want + "; "
		if got.code != 1 || got.stdout != "" || !strings.HasPrefix(got.stderr, want) {
			t.Errorf("%s: %+v, want %q", c.name, got, want)
		}
	}
	f := chatPlane(t, plainStage, "", "")
	route := `{"routeKey":"` + reference + `"},`
	f.answers["GET /v2/apis/a1/snapshot?stageName=prod"] = `{"api":{"name":"{\"Ref\":1}"},"routes":[` + strings.TrimSuffix(strings.Repeat(route, 9), ",") + `]}`
	got := run(t, f.env(), "", "export", "a1")
	if got.code != 1 || !strings.Contains(got.stderr, ", and 4 more; ") || strings.Contains(got.stderr, "API") {
		t.Errorf("%+v", got)
	}
}

// TestExportOfTwoDeployments: what changes gives the deployment another name, or CloudFormation would not make it anew.
func TestExportOfTwoDeployments(t *testing.T) {
	deployment := func(snapshot string) string {
		got := run(t, chatPlane(t, plainStage, snapshot, "").env(), "", "export", "a1").stdout
		_, rest, _ := strings.Cut(got, `"DeploymentId": {`)
		_, rest, _ = strings.Cut(rest, `"Ref": "`)
		name, _, _ := strings.Cut(rest, `"`)
		return name
	}
	one, other := deployment("chat.json"), deployment("changed.json")
	if one == other || !strings.HasPrefix(one, "Deployment") || !strings.HasPrefix(other, "Deployment") {
		t.Errorf("%q and %q", one, other)
	}
}

func TestDiff(t *testing.T) {
	noDeployment := strings.Replace(plainStage, `"deploymentId":"d1",`, "", 1)
	for _, c := range []struct{ name, stage, deployed, defined, golden string }{
		{"changed", plainStage, "chat.json", "changed.json", "changed.diff"},
		{"changed back", plainStage, "changed.json", "chat.json", "changed_back.diff"},
		{"first", noDeployment, "", "chat.json", "first.diff"},
		{"same", plainStage, "chat.json", "chat.json", "same.diff"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := chatPlane(t, c.stage, c.deployed, c.defined)
			got := run(t, f.env(), "", "diff", "a1", "prod")
			if got.code != 0 || got.stderr != "" {
				t.Fatalf("%+v", got)
			}
			golden(t, c.golden, got.stdout)
			want := map[bool]int{true: 0, false: 5}[c.name == "same"]
			scripted := run(t, f.env(), "", "diff", "a1", "prod", "--exit-code")
			if scripted.code != want || scripted.stderr != "" || scripted.stdout != got.stdout {
				t.Errorf("with --exit-code: %d, stderr %q; want %d", scripted.code, scripted.stderr, want)
			}
		})
	}
}

func TestExportAndDiffOfWhatIsNotThere(t *testing.T) {
	noDeployment := strings.Replace(plainStage, `"deploymentId":"d1",`, "", 1)
	for _, c := range []struct {
		stage, args string
		code        int
		want        string
	}{
		{noDeployment, "export a1", 1, "stage prod of API a1 has no deployment: there is nothing to export yet"},
		{plainStage, "export a1 none", 1, "API a1 has no stage none, but these: prod"},
		{plainStage, "export", 2, `expected "<api>`},
		{plainStage, "diff a1", 2, `expected "<stage>"`},
		{plainStage, "diff a1 none", 1, "calling the GetStage operation: Invalid stage identifier specified"},
	} {
		got := run(t, chatPlane(t, c.stage, "", "").env(), "", strings.Fields(c.args)...)
		if got.code != c.code || got.stdout != "" || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%s: %+v, want %d and %q", c.args, got, c.code, c.want)
		}
	}
}

// TestExportOfMuch: CloudFormation takes 500 resources.
func TestExportOfMuch(t *testing.T) {
	var routes bytes.Buffer
	for i := range 500 {
		if i > 0 {
			routes.WriteByte(',')
		}
		routes.WriteString(`{"routeKey":"` + strings.Repeat("x", i%7) + `!"}`)
	}
	f := chatPlane(t, plainStage, "", "")
	f.answers["GET /v2/apis/a1/snapshot?stageName=prod"] = `{"api":{"name":"chat","protocolType":"WEBSOCKET"},"routes":[` + routes.String() + `]}`
	got := run(t, f.env(), "", "export", "a1")
	if got.code != 0 || got.stderr != "The template has 503 resources. CloudFormation takes 500: split it before you deploy it.\n" {
		t.Errorf("%d, %q", got.code, got.stderr)
	}
	if n := strings.Count(got.stdout, `"AWS::ApiGatewayV2::Route"`); n != 500 || !strings.Contains(got.stdout, `"XxxxxxRoute71"`) {
		t.Errorf("%d routes", n)
	}
}
