package conformance_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"gangway/internal/node"
	"gangway/test/executable"
)

// startTalkative runs the program on a data folder, with a log of its own that says all there is to say.
func startTalkative(t *testing.T, dir string) *program {
	t.Helper()
	path, err := gangway()
	must(t, err)
	p := &program{output: executable.NewScreen()}
	p.command = exec.CommandContext(context.WithoutCancel(t.Context()), path,
		"serve", "--data", dir, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "debug")
	p.command.Stdout, p.command.Stderr = p.output, p.output
	must(t, p.command.Start())
	t.Cleanup(p.kill)
	var running node.Running
	if !eventually(t, func() bool { running, err = node.ReadRunning(dir); return err == nil }) {
		t.Fatalf("the program does not start: %s", p.output)
	}
	p.server, err = serverAt(running.Admin, running.Data, dir)
	must(t, err)
	return p
}

// What clients of the next test show. Each is looked for wherever the program writes.
const (
	bearerSecret  = "CanaryOfTheBearer-0001"
	proxySecret   = "CanaryOfTheProxy-0002"
	cookieSecret  = "CanaryOfTheCookie-0003"
	keySecret     = "CanaryOfTheApiKey-0004-abcdefghijkl"
	wrongSecret   = "CanaryOfTheWrongKey-0005-mnopqrstuv"
	tokenSecret   = "CanaryOfTheToken-0006"
	headerSecret  = "CanaryOfTheHeader-0007"
	contextSecret = "CanaryOfTheContext-0009"
	bodySecret    = "CanaryOfTheBody-0010"
)

// confiding is an API whose clients tell much, and whose backends repeat it: in URIs, headers, bodies and errors.
const confiding = `{"routes": {
	"$connect": {"integration": {"integrationType": "HTTP_PROXY", "integrationMethod": "POST", "integrationUri": "http://${stageVariables.door}", "requestParameters": {
		"integration.request.querystring.token": "route.request.querystring.token", "integration.request.header.X-Copy": "route.request.header.Authorization"}}},
	"$disconnect": {"lambda": "echo"},
	"echo": {"lambda": "echo", "reply": true},
	"throw": {"lambda": "throw", "reply": true},
	"http": {"http": "/echo", "reply": true},
	"mock": {"mock": "$input.body", "reply": true},
	"checked": {"mock": "fine", "reply": true}},
	"deploy": "no", "stage": {"stageName": "prod"}}`

// newConfiding makes the API, with an authorizer that reads a parameter and a header, and two stages with all logs: one with data trace.
func newConfiding(t *testing.T, p *place) {
	t.Helper()
	p.define(t, confiding)
	p.mayLog(t)
	p.mustControl(t, post, "/v2/apis/"+p.api.id+"/models", `{"name":"Color","contentType":"application/json","schema":"{\"properties\":{\"color\":{\"enum\":[\"red\"]}}}"}`)
	p.guarded(t, "", `"route.request.querystring.token", "route.request.header.X-Own-Token"`)
	p.define(t, `{"routes": {"$connect": {"route": {"apiKeyRequired": true}}, "checked": {"route": {"modelSelectionExpression": "$default", "requestModels": {"$default": "Color"}}}}, "deploy": "all"}`)
	p.define(t, `{"deploy": "all", "stage": {"stageName": "traced"}}`)
	format := outcome + "|$context.authorizer.error|$context.identity.apiKey|$context.identity.apiKeyId|$context.identity.userAgent"
	for stage, trace := range map[string]bool{"prod": false, "traced": true} {
		p.logs(t, stage, stage, format)
		p.set(t, stage, fmt.Sprintf(`{"defaultRouteSettings":{"loggingLevel":"INFO","dataTraceEnabled":%t}}`, trace))
	}
	key := p.apiKey(t, keySecret)
	p.plan(t, "prod", "", key)
	p.plan(t, "traced", "", key)
	p.away.replies(confide)
}

// confide is a backend that repeats all that it is told; where it fails, only by what clients prove who they are.
func confide(c *call) reply {
	quoted := fmt.Sprintf("%q", c.body)
	complaint := fmt.Sprintf("%q", `no seat for the key `+keySecret+`, who says {"authorization":"Bearer `+bearerSecret+`","cookie":["session=`+cookieSecret+`"]}`)
	switch name := c.function(); {
	case name == "guard" && strings.Contains(c.body, `"mode":"throw"`):
		return reply{http.StatusOK, http.Header{"X-Amz-Function-Error": {"Unhandled"}}, `{"errorMessage":"do not know the token ` + tokenSecret + ` nor Bearer ` + bearerSecret + `","errorType":"Error"}`}
	case name == "guard" && strings.Contains(c.body, `"mode":"malformed"`):
		return reply{status: http.StatusOK, body: `{"principalId":"` + tokenSecret + `","policyDocument":"` + tokenSecret + `"}`}
	case name == "guard":
		return reply{status: http.StatusOK, body: allowed + `,"context":{"secret":"` + contextSecret + `"}}`}
	case name == "throw":
		return reply{http.StatusOK, http.Header{"X-Amz-Function-Error": {"Unhandled"}}, `{"errorMessage":` + complaint + `,"errorType":"Error","trace":[` + complaint + `]}`}
	case name != "":
		return reply{status: http.StatusOK, body: `{"statusCode":200,"body":` + quoted + `}`}
	case strings.HasPrefix(c.uri, "/refuse"):
		return reply{http.StatusForbidden, http.Header{"Set-Cookie": {"session=" + cookieSecret}, "Authorization": {"Bearer " + bearerSecret}}, "no " + tokenSecret + " here: " + c.uri}
	}
	header := http.Header{"Set-Cookie": {"session=" + cookieSecret + "; HttpOnly"}, "X-Echo": {c.header.Get("X-Copy")}}
	return reply{http.StatusOK, header, c.uri + " " + c.body + " " + c.header.Get("X-Copy")}
}

// confidence is what a client shows.
func confidence(key string) http.Header {
	return http.Header{
		"Authorization": {"Bearer " + bearerSecret}, "Proxy-Authorization": {"Basic " + proxySecret}, "Cookie": {"theme=dark; session=" + cookieSecret},
		"X-Api-Key": {key}, "X-Own-Token": {headerSecret}, "User-Agent": {"alice"},
	}
}

// TestLogsTellNoSecrets has clients show secrets of all kinds, be let in and refused in all ways, and looks for them in all logs at their
// most talkative and in every file of the data folder. Where a stage traces data, its execution log may have what backends and clients
// say to each other: bodies, with what an authorizer has added. What a model finds wrong is shown with the value, and is not tried here. Source: a promise of ours; "Set up logging for WebSocket APIs in API
// Gateway" warns of data trace, and has API Gateway redact authorization headers and API keys.
func TestLogsTellNoSecrets(t *testing.T) {
	dir := t.TempDir()
	p := newPlaceless(t)
	running := func() *program { t.Setenv("GANGWAY_LAMBDA_ENDPOINT", p.backend); return startTalkative(t, dir) }()
	p.server = running.server
	newConfiding(t, p)
	traced := "execution/" + p.api.id + "/traced.log"
	for _, stage := range []string{"prod", "traced"} {
		p.confide(t, stage)
	}
	signed := p.presign(t)
	running.stop(t)
	places := map[string][]byte{"the program's own log": []byte(running.output.String())}
	p.collect(t, dir, places)
	all := append(signed, canary{"the bearer token", bearerSecret}, canary{"the proxy's token", proxySecret}, canary{"the cookie", cookieSecret}, canary{"the API key", keySecret},
		canary{"another API key", wrongSecret}, canary{"the identity source in the query", tokenSecret}, canary{"the identity source in a header", headerSecret},
		canary{"what the authorizer says", contextSecret}, canary{"a message", bodySecret})
	for place, text := range places {
		for _, secret := range all {
			if place == traced && (secret.text == contextSecret || secret.text == bodySecret) {
				if !bytes.Contains(text, []byte(secret.text)) {
					t.Errorf("%s: %s is not there, though data is traced", place, secret.name)
				}
				continue
			}
			wantHidden(t, place, text, secret)
		}
	}
	if len(places) < 8 || len(places[traced]) == 0 || len(places["access/prod.log"]) == 0 {
		t.Errorf("there are %d places: %d bytes of %s", len(places), len(places[traced]), traced)
	}
	t.Logf("%d secrets looked for in %d places", len(all), len(places))
}

func wantHidden(t *testing.T, place string, text []byte, secret canary) {
	t.Helper()
	for line := range bytes.Lines(text) {
		for _, form := range secret.forms() {
			if bytes.Contains(line, form) {
				t.Errorf("%s: %s is there: %.600q", place, secret.name, line)
				return
			}
		}
	}
}

// confide has clients come to a stage: one that is let in and says much, and many that are not let in.
func (p *place) confide(t *testing.T, stage string) {
	t.Helper()
	query := "?token=" + tokenSecret
	p.attempt(t, stage+query, confidence(wrongSecret))
	p.attempt(t, stage, confidence(keySecret))
	for _, mode := range []string{"throw", "malformed"} {
		p.attempt(t, stage+query+"&mode="+mode, confidence(keySecret))
	}
	host := strings.TrimPrefix(p.backend, "http://")
	for _, door := range []string{"127.0.0.1:9/nobody", host + "/refuse", host + "/connect"} {
		p.set(t, stage, `{"stageVariables":{"door":"`+door+`"}}`)
		p.attempt(t, stage+query, confidence(keySecret))
	}
	c := p.open(t, stage+query, confidence(keySecret))
	for _, action := range []string{"echo", "throw", "http", "mock", "checked", "nowhere"} {
		c.ask(t, `{"action":"`+action+`","color":"green","text":"`+bodySecret+`","authorization":"Bearer `+bearerSecret+`"}`)
	}
	c.drop()
}

// presign has clients come with signed URLs, right and wrong, and returns what of them is secret.
func (p *place) presign(t *testing.T) (secrets []canary) {
	t.Helper()
	session := keyOf(p.mustControl(t, post, "/gangway/credentials", `{"name":"signer","durationSeconds":3600,"policy":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}]}}`))
	p.api = nil
	p.define(t, `{"routes": {"$connect": {"lambda": "echo", "route": {"authorizationType": "AWS_IAM"}}}}`)
	p.logs(t, "prod", "signed", outcome+"|$context.authorize.error|$context.authenticate.error")
	p.set(t, "prod", `{"defaultRouteSettings":{"loggingLevel":"INFO","dataTraceEnabled":true}}`)
	hash := sha256.Sum256(nil)
	for _, wrong := range []string{"", "x"} {
		key := session
		key.SecretAccessKey += wrong
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.httpData()+"/"+p.api.id+"/prod?X-Amz-Expires=300", http.NoBody)
		must(t, err)
		target, _, err := v4.NewSigner().PresignHTTP(t.Context(), key, r, hex.EncodeToString(hash[:]), "execute-api", region, time.Now())
		must(t, err)
		signed, err := url.Parse(target)
		must(t, err)
		secrets = append(secrets, canary{"a signature", signed.Query().Get("X-Amz-Signature")})
		got := p.attempt(t, "prod?"+signed.RawQuery, nil)
		if wanted := map[string]string{"": "101", "x": "403"}[wrong]; !strings.HasPrefix(got, wanted) {
			t.Errorf("a client with a signature is told %s, expected %s", got, wanted)
		}
	}
	return append(secrets, canary{"a session's token", session.SessionToken}, canary{"a session's secret", session.SecretAccessKey})
}

// collect reads all files of a data folder but those that are meant to hold a secret; logs by their names below the folder of logs.
func (*place) collect(t *testing.T, dir string, places map[string][]byte) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "credentials" || entry.Name() == "secret.key" {
			return err
		}
		text, err := os.ReadFile(file)
		name, _ := filepath.Rel(dir, file) // it is below
		places[strings.TrimPrefix(filepath.ToSlash(name), "logs/")] = text
		return err
	}))
}
