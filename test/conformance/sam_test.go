package conformance_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gangway/internal/node"
)

// TestSAM takes a template of the AWS Serverless Application Model through the expansion that AWS itself uses, and makes
// what comes out in the order in which CloudFormation would. There is no deployment in it: the stages deploy themselves.
// Source: "AWS::Serverless::WebSocketApi" in the SAM developer guide; github.com/aws/serverless-application-model.
// It is case 148.
func TestSAM(t *testing.T) {
	python := pythonWith(t, "boto3", "samtranslator")
	away := newBackend()
	t.Cleanup(away.stop)
	s := startNode(t, node.Config{LambdaEndpoint: away.URL})
	ids := s.deploySAM(t, python)

	for stage, api := range map[string]string{"prod": ids["Chat"], "default": ids["Guarded"]} {
		deployed := s.deployed(t, api, stage)
		path := "/v2/apis/" + api + "/deployments/" + deployed.text("deploymentId")
		if made := s.mustControl(t, get, path, nil); made.object()["autoDeployed"] != true {
			t.Errorf("the deployment of stage %s is %s", stage, made.body)
		}
	}
	wantSAMTags(t, s, ids["Chat"])

	endpoint := s.mustControl(t, get, "/v2/apis/"+ids["Chat"], nil).text("apiEndpoint")
	c, _, err := dial(t.Context(), handshake{url: endpoint + "/prod"})
	must(t, err)
	defer c.drop()
	must(t, sendMessage(t.Context(), c.ws, false, 0, `{"action":"say"}`))
	must(t, sendMessage(t.Context(), c.ws, false, 0, `{"action":"sing"}`))
	wanted := map[string]string{"$connect": "Door", "say": "Room", "$default": "Room"}
	for range len(wanted) {
		route, function := awaitInvocation(t, away)
		if wanted[route] != function {
			t.Errorf("route %s invoked the function %s, expected %s", route, function, wanted[route])
		}
		delete(wanted, route)
	}
	if len(wanted) > 0 {
		t.Errorf("routes that invoked nothing: %v", wanted)
	}
}

// pythonWith finds a Python that has some packages, or skips the test.
func pythonWith(t *testing.T, packages ...string) string {
	t.Helper()
	python := tool(t, "python3")
	out, err := exec.CommandContext(t.Context(), python, "-c", "import "+strings.Join(packages, ", ")).CombinedOutput()
	if err != nil {
		t.Skipf("SKIPPED: Python has not all of %s, so nothing is known about them here: %s", strings.Join(packages, ", "), out)
	}
	return python
}

// deploySAM makes the resources of the template and returns their ids, by their names.
func (s *server) deploySAM(t *testing.T, python string) map[string]string {
	t.Helper()
	folder := testdata(t, "sam")
	command := exec.CommandContext(t.Context(), python, filepath.Join(folder, "deploy.py"), filepath.Join(folder, "template.json"))
	var complaints strings.Builder
	command.Env, command.Stderr = s.environment(t.TempDir()), &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("deploy.py: %v: %s%s", err, out, complaints.String())
	}
	var ids map[string]string
	must(t, json.Unmarshal(out, &ids))
	return ids
}

// deployed waits until a stage has deployed itself.
func (s *server) deployed(t *testing.T, api, stage string) *answer {
	t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		got := s.mustControl(t, get, "/v2/apis/"+api+"/stages/"+stage, nil)
		if got.text("deploymentId") != "" {
			return got
		}
		select {
		case <-again.C:
		case <-late.C:
			t.Fatalf("stage %s does not deploy itself: %s", stage, got.body)
		}
	}
}

// wantSAMTags wants an API to have the tag that SAM adds, and that of the template.
func wantSAMTags(t *testing.T, s *server, api string) {
	t.Helper()
	tags, _ := s.mustControl(t, get, "/v2/apis/"+api, nil).object()["tags"].(map[string]any)
	if text(tags, "websocketapi:createdBy") != "SAM" || text(tags, "team") != "red" {
		t.Errorf("tags are %v", tags)
	}
}

// awaitInvocation is the next invocation of a function: the route, and the function.
func awaitInvocation(t *testing.T, away *backend) (route, function string) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case c := <-away.received:
		context, _ := c.event()["requestContext"].(map[string]any)
		return text(context, "routeKey"), c.function()
	case <-late.C:
		t.Fatal("no function is invoked")
	}
	return "", ""
}
