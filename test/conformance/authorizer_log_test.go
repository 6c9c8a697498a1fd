package conformance_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestAuthorizerLogs has each end of an authorizer written into the access log, with what it has said and without what the client
// has shown.
// Source: "Set up logging for WebSocket APIs" ($context.authorizer.status, $context.authorizer.error) in the API Gateway developer
// guide.
func TestAuthorizerLogs(t *testing.T) {
	l := newLambdaAPI(t)
	ownEnvironment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", l.caller.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", l.caller.SecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", l.caller.SessionToken)
	t.Setenv("GANGWAY_LAMBDA_ENDPOINT", l.URL)
	dataDir := t.TempDir()
	s := &stand{builder: &builder{startProgram(t, dataDir).server, "http://127.0.0.1:9"}, lambdaAPI: l}
	s.create("guard", &lambdaFunction{handler: "guard"})
	s.mustControl(t, patch, "/account", `{"patchOperations":[{"op":"replace","path":"/cloudwatchRoleArn","value":"arn:aws:iam::000000000000:role/logs"}]}`)
	s.define(t, `{"routes": {"$connect": {}}, "deploy": "no"}`)
	s.ask(t, functionURI("guard"), "route.request.header.X-Token")
	s.define(t, `{"stage": {"accessLogSettings": {"destinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:door",
		"format": "$context.requestId $context.status $context.authorizer.status $context.authorizer.principalId $context.authorizer.error"}}}`)
	none := alice(s.url("prod"))
	wantRefused(t, "no token", none, 401, notKnown)
	with := func(as string) handshake {
		in := alice(s.url("prod") + "?as=" + as)
		in.header["X-Token"] = []string{"the-token"}
		return in
	}
	wantRefused(t, "unauthorized", with("unauthorized"), 401, notKnown)
	wantRefused(t, "deny", with("deny"), 403, explicitDeny)
	wantRefused(t, "error", with("error"), 500, notDecided)
	wantConnected(t, "allow", with("allow"))
	wanted := []string{
		`^\S+ 401 401 - .*identity source.*X-Token`, `^\S+ 401 401 - .*Unauthorized`, `^\S+ 403 403 - .*denies execute-api:Invoke`,
		`^\S+ 500 500 - .*the function ended with the error`, `^\S+ 200 200 me -$`,
	}
	var lines []string
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(patience); len(lines) < len(wanted) && time.Now().Before(end); <-again.C {
		text, _ := os.ReadFile(filepath.Join(dataDir, "logs", "access", "door.log")) // it is not there at first
		lines = strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	for i, pattern := range wanted {
		if i >= len(lines) || !regexp.MustCompile(pattern).MatchString(lines[i]) {
			t.Errorf("line %d is not %s: %q", i, pattern, lines)
		}
	}
	if strings.Contains(strings.Join(lines, ""), "the-token") {
		t.Errorf("the token is in the log: %q", lines)
	}
}
