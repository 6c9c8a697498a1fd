package journal_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"gangway/internal/gateway"
	"gangway/internal/journal"
)

// executed are the lines of a record, without their prefix.
func executed(t *testing.T, x journal.Execution, r *gateway.Record) []string {
	t.Helper()
	text := string(x.Append(nil, r))
	if text == "" {
		return nil
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range lines {
		after, ok := strings.CutPrefix(line, "("+r.Event.RequestID+") ")
		if !ok {
			t.Errorf("%q has no id", line)
		}
		lines[i] = after
	}
	return lines
}

func traced(r *gateway.Record) *gateway.Record {
	r.Detail = &gateway.Detail{
		URI: "https://backend.example.com/in", Method: "POST", Body: []byte("{\n  \"a\": 1\n}"),
		Header:   gateway.Params{{Name: "Content-Type", Value: "application/json"}, {Name: "Host", Value: "backend.example.com"}},
		Response: []byte(`{"b":2}`), ResponseHeader: gateway.Params{{Name: "Content-Length", Value: "7"}}, Reply: []byte(`{"c":3}`),
	}
	return r
}

// Sources: Stack Overflow question 67640010 for the lines of a $connect up to the request body; "How do I use API Gateway logs to
// troubleshoot API issues?" of re:Post for authorizers; published captures of REST APIs, of the same engine, for what comes after a
// request and for errors. Those of messages and disconnects are guesses from the same words.
func TestExecution(t *testing.T) {
	denied := handshake()
	denied.Status, denied.ResponseType, denied.Err = 401, "UNAUTHORIZED", gateway.Errorf(gateway.ErrUnauthorized, "Unauthorized")
	denied.Authorizer.Err, denied.Integration = gateway.Errorf(gateway.ErrUnauthorized, "no identity source"), nil
	broken := handshake()
	broken.Status, broken.ResponseType, broken.Integration = 500, "AUTHORIZER_CONFIGURATION_ERROR", nil
	broken.Authorizer.Err = gateway.Errorf(gateway.ErrConfiguration, "invalid policy")
	broken.Err = broken.Authorizer.Err
	noKey := handshake()
	noKey.Authorizer, noKey.Integration, noKey.Status, noKey.ResponseType = nil, nil, 403, "INVALID_API_KEY"
	noKey.Err = gateway.Errorf(gateway.ErrForbidden, "Forbidden")
	withKey := handshake()
	withKey.Authorizer, withKey.Integration = nil, nil
	withKey.Event.Connection.Identity.APIKey = "0123456789012345678901234567890123bMZHBg"
	open := message()
	open.Event.Type, open.Event.RouteKey = gateway.EventConnect, "$connect"
	open.Event.Connection.UserAgent = ""
	closed := message()
	closed.Event.Type, closed.Event.RouteKey, closed.Event.DisconnectStatus, closed.Event.DisconnectReason = gateway.EventDisconnect, "$disconnect", 1001, "Going away"
	malformed := message()
	malformed.Status, malformed.ResponseType = 502, "API_CONFIGURATION_ERROR"
	malformed.Integration.Err = gateway.Errorf(gateway.ErrConfiguration, "Malformed Lambda proxy response")
	malformed.Err = malformed.Integration.Err
	late := message()
	late.Status, late.Integration.Status, late.Integration.Err = 504, 0, gateway.Errorf(gateway.ErrTimeout, "29 s")
	late.Err = late.Integration.Err
	invalid := message()
	invalid.Integration, invalid.Status, invalid.Invalid, invalid.ResponseType = nil, 400, "[a] is required", "BAD_REQUEST_BODY"
	invalid.Err = gateway.Errorf(gateway.ErrInvalid, "Invalid request body")
	noRoute := message()
	noRoute.Integration, noRoute.Status, noRoute.Err = nil, 403, gateway.Errorf(gateway.ErrForbidden, "Forbidden")
	internal := message()
	internal.Integration, internal.Err = nil, errors.New("a bug")
	answered := message()
	answered.Integration, answered.ResponseType, answered.Message = nil, "DEFAULT_5XX", "Internal server error"
	info, failures := journal.NewExecution(journal.LevelInfo, false), journal.NewExecution(journal.LevelError, true)
	const plan = "Verifying Usage Plan for request: SOqIDEacoAMFaHQ=. API Key:  API Stage: abcdef1234/prod|" +
		"API Key  authorized because route '$connect' does not require API Key. Request will not contribute to throttle or quota limits|" +
		"Usage Plan check succeeded for API Key  and API Stage abcdef1234/prod|"
	const id, begun = "Extended Request Id: SOqIDEacoAMFaHQ=|", "Starting execution for request: SOqIDEacoAMFaHQ=|"
	const received = begun + "WebSocket Request Route: [sendmessage]|WebSocket API [abcdef1234] received message from client [Connection Id: SOqGjdZioAMCEeg=].|"
	const answer, succeeded = "Received response. Status: 201, Integration latency: 40 ms|", "Successfully completed execution|Method completed with status: 200"
	const endpoint = "|AWS Integration Endpoint RequestId : 57593f79-6e46-4a6f-91b1-f5d848cc2059"
	for _, test := range []struct {
		name   string
		x      journal.Execution
		record *gateway.Record
		want   string
	}{
		{"off", journal.Execution{}, denied, ""},
		{"open", info, open, id + plan + begun + "WebSocket Request Route: [$connect]|" +
			"Client [UserAgent: null, SourceIp: 198.51.100.7] is connecting to WebSocket API [abcdef1234].|" + answer + succeeded + endpoint},
		{"authorized", info, handshake(), id + "Starting authorizer: 62mgrc for request: SOqIDEacoAMFaHQ=|Successfully completed authorizer execution|" +
			plan + begun + "WebSocket Request Route: [$connect]|" +
			"Client [UserAgent: curl/8.5.0, SourceIp: 198.51.100.7] is connecting to WebSocket API [abcdef1234].|" + answer + succeeded + endpoint},
		{"unauthorized", info, denied, id + "Starting authorizer: 62mgrc for request: SOqIDEacoAMFaHQ=|Unauthorized request: SOqIDEacoAMFaHQ=|" +
			"Authorization failed: no identity source|Method completed with status: 401"},
		{"unauthorized, errors", failures, denied, "Unauthorized request: SOqIDEacoAMFaHQ=|Authorization failed: no identity source"},
		{"broken authorizer", failures, broken, "Execution failed due to an authorizer error: invalid policy"},
		{"no key", info, noKey, id + "Verifying Usage Plan for request: SOqIDEacoAMFaHQ=. API Key:  API Stage: abcdef1234/prod|" +
			"Execution failed: Forbidden|Method completed with status: 403"},
		{"key", info, withKey, id + "Verifying Usage Plan for request: SOqIDEacoAMFaHQ=. API Key: **********************************bMZHBg API Stage: abcdef1234/prod|" +
			"Usage Plan check succeeded for API Key **********************************bMZHBg and API Stage abcdef1234/prod|" + begun +
			"WebSocket Request Route: [$connect]|Client [UserAgent: curl/8.5.0, SourceIp: 198.51.100.7] is connecting to WebSocket API [abcdef1234].|" + succeeded},
		{"message", info, message(), id + received + answer + succeeded + endpoint},
		{"no failure", failures, message(), ""},
		{"details not asked for", info, traced(message()), id + received + answer + succeeded + endpoint},
		{"details", journal.NewExecution(journal.LevelInfo, true), traced(message()), id + received +
			`Method request body before transformations: {"action":"sendmessage"}|` +
			"Endpoint request URI: https://backend.example.com/in|Endpoint request headers: {Content-Type=application/json, Host=backend.example.com}|" +
			`Endpoint request body after transformations: {\n  "a": 1\n}|Sending request to https://backend.example.com/in|` + answer +
			`Endpoint response headers: {Content-Length=7}|Endpoint response body before transformations: {"b":2}|` +
			`Method response body after transformations: {"c":3}|` + succeeded + endpoint},
		{"disconnect", info, closed, id + begun + "WebSocket Request Route: [$disconnect]|" +
			"Client [Connection Id: SOqGjdZioAMCEeg=] disconnected from WebSocket API [abcdef1234]. Status: 1001, reason: Going away|" + answer + succeeded + endpoint},
		{"malformed", info, malformed, id + received + answer +
			"Execution failed due to configuration error: Malformed Lambda proxy response|Method completed with status: 502" + endpoint},
		{"malformed, errors", failures, malformed, "Execution failed due to configuration error: Malformed Lambda proxy response"},
		{"late", failures, late, "Execution failed due to a timeout error"},
		{"invalid", failures, invalid, "Request body does not match model schema: [a] is required"},
		{"no route", failures, noRoute, "Execution failed: Forbidden"},
		{"internal", failures, internal, "Execution failed due to an internal error: a bug"},
		{"answered", failures, answered, "Execution failed: Internal server error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := strings.Join(executed(t, test.x, test.record), "|"); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", strings.ReplaceAll(got, "|", "\n"), strings.ReplaceAll(test.want, "|", "\n"))
			}
		})
	}
}

// TestTruncated: captures of the service have 1,024 bytes and the mark behind the id.
func TestTruncated(t *testing.T) {
	for _, body := range []string{strings.Repeat("x", 8<<10), strings.Repeat("é", 4<<10), strings.Repeat("\n", 2000), strings.Repeat("\xff", 2000)} {
		r := traced(message())
		r.Detail.Body = []byte(body)
		found := false
		for _, line := range executed(t, journal.NewExecution(journal.LevelInfo, true), r) {
			if strings.HasPrefix(line, "Endpoint request body") {
				found = true
				if n := len(line) - len(" [TRUNCATED]"); n > 1024 || n < 1020 || !strings.HasSuffix(line, " [TRUNCATED]") || !utf8.ValidString(line) {
					t.Errorf("%d bytes: %.40q", n, line)
				}
			}
		}
		if !found {
			t.Error("no body")
		}
	}
}

// TestOneLineEach puts what ends or turns lines into everything.
func TestOneLineEach(t *testing.T) {
	const hostile = "a\r\nb\x1b[2J\u202ec\u2028d\x00\xff"
	r := traced(handshake())
	r.Event.RouteKey, r.Event.Connection.UserAgent, r.Event.DisconnectReason, r.Message = hostile, hostile, hostile, hostile
	r.Invalid, r.Authorizer.Err, r.Integration.Err, r.Integration.RequestID = hostile, errors.New(hostile), errors.New(hostile), hostile
	r.Detail.URI, r.Detail.Body, r.Detail.Response, r.Detail.Reply = hostile, []byte(hostile), []byte(hostile), []byte(hostile)
	r.Detail.Header = gateway.Params{{Name: hostile, Value: hostile}}
	for _, kind := range []gateway.EventType{gateway.EventConnect, gateway.EventMessage, gateway.EventDisconnect} {
		for _, refused := range []error{nil, r.Authorizer.Err} {
			r.Event.Type, r.Authorizer.Err = kind, refused
			for _, level := range []journal.Level{journal.LevelError, journal.LevelInfo} {
				for _, line := range executed(t, journal.NewExecution(level, true), r) {
					if strings.ContainsAny(line, "\r\x1b\u202e\u2028\x00") || !utf8.ValidString(line) {
						t.Errorf("%q", line)
					}
				}
			}
			r.Authorizer.Err = errors.New(hostile)
		}
	}
}

// TestNoSecrets puts secrets everywhere they can come from and looks for them in everything that is logged.
func TestNoSecrets(t *testing.T) {
	const token, cookie, session, signature, source, key, protocol = "canary-token-\"1\"/é", "canary-cookie-2", "canary-session-3",
		"canary-signature-4", "canary-source-5", "canary-key-6", "canary.protocol-7"
	proof := gateway.Params{
		{Name: "authorization", Value: "Bearer " + token},
		{Name: "Cookie", Value: "sid=" + cookie + "; theme=dark"},
		{Name: "X-AMZ-Security-Token", Value: session},
		{Name: "Proxy-Authorization", Value: token},
		{Name: "x-api-key", Value: key},
		{Name: "X-Amz-Signature", Value: signature},
		{Name: "Set-Cookie", Value: cookie},
		{Name: "ticket", Value: source},
		{Name: "Sec-WebSocket-Protocol", Value: "access_token." + protocol + ", chat"},
	}
	everything := fmt.Sprintf(`{"headers":{"Authorization":%q,"x":%q},"multiValueHeaders":{"cookie":["sid=%s"]},"q":{"ticket":"%s"},"t":"%s","u":"X-Amz-Signature=%s&X-Amz-Security-Token=%s&a=1","k":"%s","p":"%s"}`,
		"Bearer "+token, token, cookie, source, source, signature, session, key, protocol)
	uri := "https://user:canary-password-8@example.com/?X-Amz-Signature=" + signature + "&X-Amz-Credential=canary-credential-9&ticket=" + source
	wrong := errors.New("Post \"" + uri + "\": Authorization: Bearer " + token + " " + source + " " + cookie + "\n" + everything)
	for _, kind := range []gateway.EventType{gateway.EventConnect, gateway.EventMessage, gateway.EventDisconnect} {
		r := handshake()
		r.Event.Type, r.Event.Header, r.Event.Query, r.Event.Body = kind, proof, proof, []byte(everything)
		r.Event.Connection.Identity.APIKey = key
		r.Detail = &gateway.Detail{
			Selection: everything, URI: uri, Header: proof, Body: []byte(everything), Response: []byte(everything), ResponseHeader: proof, Reply: []byte(everything),
		}
		r.Err, r.Invalid, r.ResponseType, r.Message = wrong, everything, "ACCESS_DENIED", wrong.Error()
		for _, record := range []func(){
			func() {}, func() { r.Integration.Err = wrong }, func() { r.Authorizer.Err = wrong },
			func() { r.Authorizer.Err, r.Invalid = nil, "" }, func() { r.Integration = nil }, func() { r.Err = nil },
		} {
			record()
			for _, level := range []journal.Level{journal.LevelError, journal.LevelInfo} {
				x := journal.NewExecution(level, true, "route.request.querystring.ticket", "route.request.subprotocol.access_token", "context.identity.sourceIp")
				logged := string(x.Append(nil, r))
				canaries(t, logged)
				if level == journal.LevelInfo && !strings.Contains(logged, "********") {
					t.Errorf("nothing is hidden: %s", logged)
				}
			}
			invalid := r.Invalid
			r.Invalid = "" // of the message, which is no secret; the format asks for it
			for _, name := range journal.Variables() {
				canaries(t, line(t, "$context."+name, r))
			}
			r.Invalid = invalid
		}
	}
}

func canaries(t *testing.T, logged string) {
	t.Helper()
	if at := strings.Index(logged, "canary"); at >= 0 {
		t.Errorf("a secret is logged: %.60q", logged[max(0, at-20):])
	}
}

func TestLevels(t *testing.T) {
	for text, want := range map[string]journal.Level{"OFF": journal.LevelOff, "ERROR": journal.LevelError, "INFO": journal.LevelInfo, "": journal.LevelOff, "x": journal.LevelOff} {
		if got := journal.LevelOf(text); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
}

// FuzzExecution hides a secret wherever it is repeated as Go writes JSON and URLs.
func FuzzExecution(f *testing.F) {
	f.Add("Bearer abc.def", "X-Amz-Signature=1&a=2", true)
	f.Add("a=b; c=\"d\"\\", "\r\n\x1b", false)
	f.Fuzz(func(t *testing.T, value, text string, connect bool) {
		secret := "canary" + value + "canary"
		body, err := json.Marshal(map[string]any{"headers": map[string]string{"authorization": secret}, "copy": []string{secret}, "text": text})
		if err != nil {
			t.Fatal(err)
		}
		r := traced(handshake())
		if !connect {
			r.Event.Type = gateway.EventMessage
		}
		r.Event.Header = gateway.Params{{Name: "Authorization", Value: secret}}
		r.Detail.URI = "https://example.com/" + url.PathEscape(secret) + "?q=" + url.QueryEscape(secret) + "&" + text
		r.Detail.Body, r.Detail.Response, r.Detail.Reply, r.Event.Body = body, []byte(secret+text), []byte(text+secret), body
		r.Err, r.Integration.Err = errors.New(text+secret), errors.New(secret+text)
		for _, level := range []journal.Level{journal.LevelError, journal.LevelInfo} {
			for _, line := range executed(t, journal.NewExecution(level, true), r) {
				hidden := strings.ReplaceAll(line, text, "")
				if strings.Contains(hidden, secret) || strings.Contains(hidden, url.QueryEscape(secret)) {
					t.Errorf("%q is in %q", secret, line)
				}
				if len(line) > 1024+len(" [TRUNCATED]") || strings.ContainsAny(line, "\r\x1b\u2028") || !utf8.ValidString(line) {
					t.Errorf("%q", line)
				}
			}
		}
	})
}
