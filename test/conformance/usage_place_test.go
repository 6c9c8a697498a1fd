package conformance_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"gangway/internal/node"
)

// place is a node with a backend behind it, which functions are, too. Its API is that of the last [place.define].
type place struct {
	*builder
	away *backend
	api  *deployed
}

// newPlace starts a node, and makes the API that a definition says.
func newPlace(t *testing.T, cfg node.Config, definition string) *place {
	t.Helper()
	p := newPlaceless(t)
	cfg.LambdaEndpoint = p.backend
	p.server = startNode(t, cfg)
	p.define(t, definition)
	return p
}

// newPlaceless is a place without a node yet.
func newPlaceless(t *testing.T) *place {
	t.Helper()
	away := newBackend()
	t.Cleanup(away.stop)
	return &place{builder: &builder{backend: away.URL}, away: away}
}

// define makes the API what a definition says.
func (p *place) define(t *testing.T, text string) {
	t.Helper()
	made, err := p.apply(t.Context(), p.api, []byte(text))
	must(t, err)
	p.api = made
}

// set changes settings of a stage, and deploys nothing.
func (p *place) set(t *testing.T, stage, settings string) {
	t.Helper()
	p.mustControl(t, patch, "/v2/apis/"+p.api.id+"/stages/"+stage, settings)
}

// guarded has the authorizer "guard" decide about clients, a function that lets them all in and says what more it wants.
func (p *place) guarded(t *testing.T, answer, sources string) {
	t.Helper()
	made := p.mustControl(t, post, "/v2/apis/"+p.api.id+"/authorizers",
		fmt.Sprintf(`{"name":"guard","authorizerType":"REQUEST","authorizerUri":%q,"identitySource":[%s]}`, functionURI("guard"), sources))
	p.away.replies(func(c *call) reply {
		switch c.function() {
		case "guard":
			return reply{status: http.StatusOK, body: answer}
		case "":
			return reply{status: http.StatusOK}
		}
		return reply{status: http.StatusOK, body: `{"statusCode":200,"body":"done"}`}
	})
	p.define(t, `{"routes": {"$connect": {"route": {"authorizationType": "CUSTOM", "authorizerId": "`+made.text("authorizerId")+`"}}}}`)
}

// allowed is what an authorizer says of a client that it lets in.
const allowed = `{"principalId":"me","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"*"}]}`

// open opens a connection that must be let in.
func (p *place) open(t *testing.T, stage string, header http.Header) *client {
	t.Helper()
	c, _, err := dial(t.Context(), handshake{url: p.data + "/" + p.api.id + "/" + stage, header: header})
	must(t, err)
	t.Cleanup(c.drop)
	return c
}

// attempt makes a handshake, closes the connection if it becomes one, and returns how it ended: "101", or the status and the body.
func (p *place) attempt(t *testing.T, stage string, header http.Header) string {
	t.Helper()
	c, _, err := dial(t.Context(), handshake{url: p.data + "/" + p.api.id + "/" + stage, header: header})
	if err == nil {
		c.drop()
		return "101"
	}
	refused, ok := errors.AsType[*refusal](err)
	if !ok {
		return err.Error()
	}
	return fmt.Sprintf("%d %s %s", refused.status, refused.header.Get("X-Amzn-Errortype"), refused.body)
}

// How handshakes are refused: "Gateway response types for API Gateway" in the developer guide has the statuses.
const (
	forbidden = `403 ForbiddenException {"message":"Forbidden"}`
	tooMany   = `429 TooManyRequestsException {"message":"Too Many Requests"}`
	exhausted = `429 LimitExceededException {"message":"Limit Exceeded"}`
)

// tooManyFrame is the frame that tells a client of the same.
const tooManyFrame = `{"message": "Too Many Requests", "connectionId":"…", "requestId":"…"}`

func (p *place) wantAttempt(t *testing.T, what, stage string, header http.Header, wanted string) {
	t.Helper()
	if got := p.attempt(t, stage, header); got != wanted {
		t.Errorf("%s: the client is told %s, expected %s", what, got, wanted)
	}
}

// wantReply sends a message and wants it answered with a text, in which … stands for anything.
func wantReply(t *testing.T, c *client, text, wanted string) string {
	t.Helper()
	c.say(t, text)
	got, err := c.next()
	if err != nil || !matches(wanted, got) {
		t.Errorf("%.80q was answered with %.300q, %v; expected %.300q", text, got, err, wanted)
	}
	return got
}

// bearing is the header of a client that shows an API key; none if it is empty.
func bearing(key string) http.Header {
	if key == "" {
		return http.Header{}
	}
	return http.Header{"X-Api-Key": {key}}
}

// apiKey makes an API key that is enabled, and returns its id.
func (p *place) apiKey(t *testing.T, value string) string {
	t.Helper()
	return p.mustControl(t, post, "/apikeys", map[string]any{"name": value, "value": value, "enabled": true}).text("id")
}

// plan makes a usage plan for a stage, with more members, and puts API keys into it.
func (p *place) plan(t *testing.T, stage, more string, keys ...string) string {
	t.Helper()
	id := p.mustControl(t, post, "/usageplans", fmt.Sprintf(`{"name":"plan","apiStages":[{"apiId":%q,"stage":%q}]%s}`, p.api.id, stage, more)).text("id")
	for _, key := range keys {
		p.mustControl(t, post, "/usageplans/"+id+"/keys", map[string]any{"keyId": key, "keyType": "API_KEY"})
	}
	return id
}

// oneOp is a patch of version 1 of the control plane.
func oneOp(op, path, value string) string {
	return fmt.Sprintf(`{"patchOperations":[{"op":%q,"path":%q,"value":%q}]}`, op, path, value)
}

// wantUsage wants a key to have used so much of a plan today, and to have so much left.
func (p *place) wantUsage(t *testing.T, plan, key string, used, left int64) {
	t.Helper()
	today := time.Now().UTC().Format(time.DateOnly)
	got := p.mustControl(t, get, "/usageplans/"+plan+"/usage?startDate="+today+"&endDate="+today+"&keyId="+key, nil)
	if text := fmt.Sprintf(`"values":{%q:[[%d,%d]]}`, key, used, left); !matches("…"+text+"…", string(got.body)) {
		t.Errorf("the usage is %s, expected %s", got.body, text)
	}
}

// wholeDay skips a test of what is counted by the day if the day is about to end, UTC.
func wholeDay(t *testing.T) {
	t.Helper()
	if now := time.Now().UTC(); now.Add(2*patience).YearDay() != now.YearDay() {
		t.Skip("SKIPPED: the day ends, UTC, and the counts of the day with it")
	}
}
