package conformance_test

import (
	"net/http"
	"testing"
)

// executed is an API with a backend of each kind.
const executed = `{"routes": {"$connect": {"mock": ""}, "$default": {"mock": "hello", "reply": true},
	"told": {"http": "/told", "reply": true}, "asked": {"lambda": "asked", "reply": true},
	"gone": {"integration": {"integrationType": "HTTP_PROXY", "integrationMethod": "POST", "integrationUri": "http://127.0.0.1:9/gone"}}}}`

// newExecuted has the backends answer.
func newExecuted(t *testing.T) (p *place, folder string) {
	t.Helper()
	p, folder = newLogging(t, executed)
	p.away.replies(func(c *call) reply {
		if c.function() != "" {
			return reply{status: http.StatusOK, body: `{"statusCode":200,"body":"from the function"}`}
		}
		return reply{status: http.StatusOK, header: http.Header{"X-Own": {"answered"}}, body: "from the backend"}
	})
	return p, folder
}

// TestExecutionLog reads what a $connect leaves at the level INFO. Source of the lines: Stack Overflow question 67640010, who has
// published those of a $connect; those of the end are REST APIs'.
func TestExecutionLog(t *testing.T) {
	p, folder := newExecuted(t)
	p.set(t, "prod", `{"defaultRouteSettings":{"loggingLevel":"INFO"}}`)
	c := p.open(t, "prod", http.Header{"User-Agent": {"alice"}})
	got := p.executionLines(t, folder, "Method completed with status: 200")
	wantLines(t, "$connect", got,
		"Extended Request Id: …=",
		"Verifying Usage Plan for request: …=. API Key:  API Stage: "+p.api.id+"/prod",
		"API Key  authorized because route '$connect' does not require API Key. Request will not contribute to throttle or quota limits",
		"Usage Plan check succeeded for API Key  and API Stage "+p.api.id+"/prod",
		"Starting execution for request: …=",
		"WebSocket Request Route: [$connect]",
		"Client [UserAgent: alice, SourceIp: 127.0.0.1] is connecting to WebSocket API ["+p.api.id+"].",
		"Received response. Status: 200, Integration latency: … ms",
		"Successfully completed execution",
		"Method completed with status: 200",
	)
	p.clearExecution(t, folder)
	wantReply(t, c, `{"action":"told"}`, "from the backend")
	wantLines(t, "a message", p.executionLines(t, folder, "Method completed with status: 200"),
		"Extended Request Id: …=", "Starting execution for request: …=", "WebSocket Request Route: [told]",
		"WebSocket API ["+p.api.id+"] received message from client [Connection Id: …=].",
		"Received response. Status: 200, Integration latency: … ms", "Successfully completed execution", "Method completed with status: 200",
	)
	p.clearExecution(t, folder)
	wantReply(t, c, `{"action":"gone"}`, failed)
	wantLines(t, "a message that fails", p.executionLines(t, folder, "Method completed with status: 504"),
		"Extended Request Id: …=", "Starting execution for request: …=", "WebSocket Request Route: [gone]",
		"WebSocket API ["+p.api.id+"] received message from client [Connection Id: …=].",
		"Execution failed due to a network error communicating with endpoint: …", "Method completed with status: 504",
	)
}

// TestExecutionLogLevels changes the level, of the stage and of a route, without a deployment. At the level ERROR what goes well says
// nothing. Source: "Set up logging for WebSocket APIs in API Gateway" in the developer guide.
func TestExecutionLogLevels(t *testing.T) {
	p, folder := newExecuted(t)
	c := p.open(t, "prod", nil)
	wantReply(t, c, `{"action":"gone"}`, failed) // off
	p.set(t, "prod", `{"defaultRouteSettings":{"loggingLevel":"ERROR"}}`)
	wantReply(t, c, `{"action":"told"}`, "from the backend")
	wantReply(t, c, `{"action":"nowhere"}`, "hello")
	wantReply(t, c, `{"action":"gone"}`, failed)
	p.wantAttempt(t, "a client", "prod", nil, "101")
	const network = "Execution failed due to a network error communicating with endpoint: …"
	wantLines(t, "ERROR", p.executionLines(t, folder, network), network)
	p.set(t, "prod", `{"routeSettings":{"gone":{"loggingLevel":"OFF"},"told":{"loggingLevel":"INFO"}}}`)
	wantReply(t, c, `{"action":"gone"}`, failed)
	wantReply(t, c, `{"action":"asked"}`, "from the function")
	wantReply(t, c, `{"action":"told"}`, "from the backend")
	wantLines(t, "INFO for one route", p.executionLines(t, folder, "Method completed with status: 200")[1:],
		"Extended Request Id: …=", "Starting execution for request: …=", "WebSocket Request Route: [told]", "WebSocket API […] received message from client […=].",
		"Received response. Status: 200, Integration latency: … ms", "Successfully completed execution", "Method completed with status: 200",
	)
	p.set(t, "prod", `{"defaultRouteSettings":{"loggingLevel":"OFF"}}`)
	p.mustControl(t, remove, "/v2/apis/"+p.api.id+"/stages/prod/routesettings/gone", nil)
	p.clearExecution(t, folder)
	wantReply(t, c, `{"action":"gone"}`, failed)
	wantReply(t, c, `{"action":"told"}`, "from the backend") // still INFO
	wantLines(t, "OFF but for one route", p.executionLines(t, folder, "Method completed with status: 200")[:1], "Extended Request Id: …=")
}

// TestDataTrace adds what goes to a backend and comes back, of each kind of integration: at INFO, and not at ERROR. Source:
// "Set up logging for WebSocket APIs in API Gateway"; the lines are REST APIs', of which users have published many.
func TestDataTrace(t *testing.T) {
	p, folder := newExecuted(t)
	c := p.open(t, "prod", nil)
	p.set(t, "prod", `{"defaultRouteSettings":{"loggingLevel":"ERROR","dataTraceEnabled":true}}`)
	wantReply(t, c, `{"action":"told","text":"ping"}`, "from the backend")
	p.set(t, "prod", `{"defaultRouteSettings":{"loggingLevel":"INFO"}}`)
	begin := []string{"Extended Request Id: …", "Starting execution for request: …", "WebSocket Request Route: […]", "WebSocket API […] received message from client […]."}
	end := []string{"Successfully completed execution", "Method completed with status: 200"}
	for _, row := range []struct {
		message, answer string
		lines           []string
	}{
		{`{"action":"told","text":"ping"}`, "from the backend", []string{
			`Method request body before transformations: {"action":"told","text":"ping"}`,
			"Endpoint request URI: " + p.backend + "/told",
			"Endpoint request headers: {…X-Amzn-Trace-Id=Root=1-…}",
			`Endpoint request body after transformations: {"action":"told","text":"ping"}`,
			"Sending request to " + p.backend + "/told",
			"Received response. Status: 200, Integration latency: … ms",
			"Endpoint response headers: {…X-Own=answered…}",
			"Endpoint response body before transformations: from the backend",
			"Method response body after transformations: from the backend",
		}},
		{`{"action":"asked"}`, "from the function", []string{
			`Method request body before transformations: {"action":"asked"}`,
			"Endpoint request URI: …function:asked…",
			"Endpoint request headers: {…}",
			`Endpoint request body after transformations: {"requestContext":{"routeKey":"asked",…"body":"{\"action\":\"asked\"}"…`,
			"Sending request to …function:asked…",
			"Received response. Status: 200, Integration latency: … ms",
			"Endpoint response headers: {…}",
			`Endpoint response body before transformations: {"statusCode":200,"body":"from the function"}`,
			"Method response body after transformations: from the function",
		}},
		{"anything", "hello", []string{
			"Method request body before transformations: anything",
			"Received response. Status: 200, Integration latency: … ms",
			"Method response body after transformations: hello",
		}},
	} {
		wantReply(t, c, row.message, row.answer)
		got := p.executionLines(t, folder, "Method completed with status: 200")
		wantLines(t, row.message, got, append(append(append([]string{}, begin...), row.lines...), end...)...)
		p.clearExecution(t, folder)
	}
	p.set(t, "prod", `{"routeSettings":{"told":{"dataTraceEnabled":false}}}`)
	wantReply(t, c, `{"action":"told","text":"ping"}`, "from the backend")
	wantLines(t, "not for one route", p.executionLines(t, folder, "Method completed with status: 200"),
		append(append(append([]string{}, begin...), "Received response. Status: 200, Integration latency: … ms"), end...)...)
}

// TestExecutionLogRefusals reads why clients were not let in. Source of the lines: "How do I use API Gateway REST API logs to
// troubleshoot…" of re:Post, the knowledge center of AWS; that keys show their last six characters users have published.
func TestExecutionLogRefusals(t *testing.T) {
	p, folder := newLogging(t, keyed)
	id := p.apiKey(t, keyValue("abcdef"))
	p.plan(t, "prod", `,"throttle":{"burstLimit":1,"rateLimit":0.001}`, id)
	p.set(t, "prod", `{"defaultRouteSettings":{"loggingLevel":"INFO"}}`)
	verifying := "Verifying Usage Plan for request: …=. API Key: … API Stage: " + p.api.id + "/prod"
	const id16 = "Extended Request Id: …="
	p.open(t, "prod", bearing(keyValue("abcdef")))
	wantLines(t, "let in", p.executionLines(t, folder, "Method completed with status: 200")[:4],
		id16, "Verifying Usage Plan for request: …=. API Key: "+stars+"abcdef API Stage: "+p.api.id+"/prod",
		"Usage Plan check succeeded for API Key "+stars+"abcdef and API Stage "+p.api.id+"/prod", "Starting execution for request: …=")
	p.clearExecution(t, folder)
	p.wantAttempt(t, "once more", "prod", bearing(keyValue("abcdef")), tooMany)
	wantLines(t, "too often", p.executionLines(t, folder, "Method completed with status: 429"),
		id16, verifying, "Execution failed: …Too Many Requests", "Method completed with status: 429")
	p.clearExecution(t, folder)
	p.wantAttempt(t, "no key", "prod", nil, forbidden)
	wantLines(t, "no key", p.executionLines(t, folder, "Method completed with status: 403"),
		id16, verifying, "Execution failed: …Forbidden", "Method completed with status: 403")
	p.guarded(t, `"?"`, `"route.request.querystring.who"`)
	p.clearExecution(t, folder)
	p.wantAttempt(t, "no identity", "prod", nil, `401 UnauthorizedException {"message":"Unauthorized"}`)
	got := p.executionLines(t, folder, "Method completed with status: 401")
	wantLines(t, "no identity", got[len(got)-3:], "Unauthorized request: …=", "Authorization failed: …", "Method completed with status: 401")
	p.clearExecution(t, folder)
	p.attempt(t, "prod?who=me", nil)
	wantLines(t, "no answer", p.executionLines(t, folder, "Method completed with status: 500"),
		id16, "Starting authorizer: …", "Execution failed due to an authorizer error: …", "Method completed with status: 500")
	p.set(t, "prod", `{"defaultRouteSettings":{"loggingLevel":"ERROR"}}`)
	p.clearExecution(t, folder)
	p.attempt(t, "prod?who=me", nil)
	const broken = "Execution failed due to an authorizer error: …"
	wantLines(t, "no answer, at ERROR", p.executionLines(t, folder, broken), broken)
}

// stars stand for all but the last six characters of the key "abcdef".
const stars = "********************"
