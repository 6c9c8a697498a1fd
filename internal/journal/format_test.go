package journal_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/journal"
)

// message is the record of a message that its function has taken.
func message() *gateway.Record {
	return &gateway.Record{
		Status: 200,
		Event: &gateway.Event{
			Type: gateway.EventMessage, RequestID: "SOqIDEacoAMFaHQ=", MessageID: "SOqIDdzoSAMCEeg=", RouteKey: "sendmessage",
			Time: time.Date(2023, 10, 27, 13, 40, 57, 744e6, time.UTC), Body: []byte(`{"action":"sendmessage"}`),
			Connection: &gateway.Connection{
				ID: "SOqGjdZioAMCEeg=", API: "abcdef1234", Stage: "prod", DomainName: "abcdef1234.execute-api.eu-west-1.amazonaws.com",
				ConnectedAt: time.Date(2023, 10, 27, 13, 40, 0, 0, time.UTC), SourceIP: "198.51.100.7", UserAgent: "curl/8.5.0",
			},
		},
		Integration: &gateway.IntegrationRecord{Status: 201, RequestID: "57593f79-6e46-4a6f-91b1-f5d848cc2059", Latency: 40 * time.Millisecond},
	}
}

// handshake is the record of a client that an authorizer has let in.
func handshake() *gateway.Record {
	r := message()
	r.Event.Type, r.Event.RouteKey, r.Event.MessageID, r.Event.Body = gateway.EventConnect, "$connect", "", nil
	r.Event.Connection.Identity = &gateway.Identity{Authorizer: &gateway.Authorization{
		PrincipalID: "alice", Context: gateway.Params{{Name: "tenant-id", Value: "7"}, {Name: "ok", Value: "true"}},
	}}
	r.Authorizer = &gateway.AuthorizerRecord{ID: "62mgrc", Status: 200, Latency: 12 * time.Millisecond}
	return r
}

func compile(tb testing.TB, format string) *journal.Format {
	tb.Helper()
	f, err := journal.CompileFormat(format)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// line is the line of a record, without its break.
func line(tb testing.TB, format string, r *gateway.Record) string {
	tb.Helper()
	got := string(compile(tb, format).Append(nil, r))
	text, ok := strings.CutSuffix(got, "\n")
	if !ok || strings.ContainsAny(text, "\n\r") {
		tb.Errorf("%q is not one line", got)
	}
	return text
}

// Source: "Configure logging for WebSocket APIs in API Gateway" in the developer guide for the variables; the formats of "CloudWatch
// log formats for API Gateway"; hyphens as in published logs, of which DataBiosphere/azul#4348 has routeKey in a REST API.
func TestVariables(t *testing.T) {
	refused := handshake()
	refused.Status, refused.Message, refused.ResponseType = 401, "Unauthorized", "UNAUTHORIZED"
	refused.Authorizer.Status, refused.Authorizer.Err = 401, gateway.Errorf(gateway.ErrUnauthorized, "no identity source")
	signed := handshake()
	signed.Event.Connection.Identity = &gateway.Identity{AccessKey: "AKIDEXAMPLE", AccountID: "123456789012", UserARN: "arn:aws:iam::123456789012:user/a"}
	signed.Authorizer = &gateway.AuthorizerRecord{Status: 403, Latency: time.Millisecond, Err: gateway.Errorf(gateway.ErrForbidden, "denied")}
	unsigned := handshake()
	unsigned.Event.Connection.Identity = nil
	unsigned.Authorizer = &gateway.AuthorizerRecord{Status: 403, Err: gateway.Errorf(gateway.ErrForbidden, "bad signature\nThe Canonical String was")}
	failed := message()
	failed.Integration.Err, failed.Integration.Status = gateway.Errorf(gateway.ErrTimeout, "after 29 s"), 0
	invalid := message()
	invalid.Invalid = `required key [a] not found`
	key := handshake()
	key.Event.Connection.Identity.APIKey = "0123456789012345678901234567890123bMZHBg"
	mock := message()
	mock.Integration.Mock = true
	for _, test := range []struct {
		name, format, want string
		record             *gateway.Record
	}{
		{"clf", journal.FormatCLF, `198.51.100.7 - - [27/Oct/2023:13:40:57 +0000] "MESSAGE sendmessage SOqGjdZioAMCEeg=" 200 SOqIDEacoAMFaHQ=`, message()},
		{"json", journal.FormatJSON, `{"requestId":"SOqIDEacoAMFaHQ=","ip":"198.51.100.7","caller":"-","user":"-","requestTime":"27/Oct/2023:13:40:57 +0000",` +
			`"eventType":"MESSAGE","routeKey":"sendmessage","status":"200","connectionId":"SOqGjdZioAMCEeg="}`, message()},
		{"xml", journal.FormatXML, `<request id="SOqIDEacoAMFaHQ="><ip>198.51.100.7</ip><caller>-</caller><user>-</user><requestTime>27/Oct/2023:13:40:57 +0000</requestTime>` +
			`<eventType>MESSAGE</eventType><routeKey>sendmessage</routeKey><status>200</status><connectionId>SOqGjdZioAMCEeg=</connectionId></request>`, message()},
		{"csv", journal.FormatCSV, `198.51.100.7,-,-,27/Oct/2023:13:40:57 +0000,MESSAGE,sendmessage,200,SOqGjdZioAMCEeg=,SOqIDEacoAMFaHQ=`, message()},
		{"ids", `$context.apiId $context.stage $context.messageId $context.extendedRequestId $context.domainName`, `abcdef1234 prod SOqIDdzoSAMCEeg= SOqIDEacoAMFaHQ= abcdef1234.execute-api.eu-west-1.amazonaws.com`, message()},
		{"times", `$context.requestTimeEpoch $context.connectedAt`, `1698414057744 1698414000000`, message()},
		{"integration", `$context.integration.status $context.integration.latency $context.integrationLatency $context.integration.requestId $context.awsEndpointRequestId`, `201 40 40 57593f79-6e46-4a6f-91b1-f5d848cc2059 57593f79-6e46-4a6f-91b1-f5d848cc2059`, message()},
		{"mock", `$context.integrationLatency`, `-`, mock},
		{"timeout", `$context.integrationErrorMessage|$context.integration.error|$context.integration.status`, `Execution failed due to a timeout error|Execution failed due to a timeout error|-`, failed},
		{"no integration", `$context.integration.error $context.integration.latency $context.integration.status $context.integration.requestId`, `- - - -`, func() *gateway.Record { r := message(); r.Integration = nil; return r }()},
		{"authorizer", `$context.authorizer.principalId $context.authorizer.tenant-id $context.authorizer.ok $context.authorizer.none $context.authorizer.status $context.authorizer.latency $context.authorizer.error`, `alice 7 true - 200 12 -`, handshake()},
		{"refused", `$context.authorizer.status $context.authorizer.error; $context.error.message $context.error.messageString $context.error.responseType $context.status`, `401 no identity source; Unauthorized "Unauthorized" UNAUTHORIZED 401`, refused},
		{"denied", `$context.authenticate.status $context.authenticate.error $context.authorize.status $context.authorize.error $context.authorizer.status $context.identity.accountId $context.identity.userArn`, `200 - 403 denied - 123456789012 arn:aws:iam::123456789012:user/a`, signed},
		{"not authenticated", `$context.authenticate.status $context.authenticate.error $context.authorize.status`, `403 bad signature -`, unsigned},
		{"invalid", `$context.error.validationErrorString`, `required key [a] not found`, invalid},
		{"key", `$context.identity.apiKey`, `**********************************bMZHBg`, key},
		{"of others", `$context.waf.status $context.identity.principalOrgId $context.httpMethod $context.nothing.at.all`, `- - - -`, message()},
		{"nobody", `$context.identity.apiKey $context.identity.apiKeyId $context.authorizer.principalId $context.identity.user`, `- - - -`, message()},
		{"ends of names", `$context.requestId"$context.status.$context.status,$context.requestId.txt $context.status-$context.stage $context.requestIds`, `SOqIDEacoAMFaHQ="200.200,SOqIDEacoAMFaHQ=.txt 200-prod -`, message()},
		{"no variables", `$request.body $context $context. ${context.requestId} $contextx $$context.status`, `$request.body $context $context. ${context.requestId} $contextx $200`, message()},
		{"breaks", "a\r\n$context.requestId\tb", "a  SOqIDEacoAMFaHQ= b", message()},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := line(t, test.format, test.record); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// Source of the escapes of quotes and backslashes: DataBiosphere/azul#4348, a user agent in a log of July 2024.
func TestEscapes(t *testing.T) {
	const hostile = "a\"b\\c\r\nd\x1b[31m\x00\u202etxt\u2028</ip>&'\xff\x7f\u0085é😀"
	for _, test := range []struct{ name, format, want string }{
		{"json", `{"id":"$context.requestId","ua":"$context.identity.userAgent"}`, `{"id":"SOqIDEacoAMFaHQ=","ua":"a\"b\\c\r\nd\u001b[31m\u0000\u202etxt\u2028</ip>&'` + "\ufffd" + `\u007f\u0085é😀"}`},
		{"bare", `{"n":$context.status,"s":$context.routeKey,"none":$context.messageIds,"b":$context.authorizer.ok, "q": $context.error.messageString}`, `{"n":200,"s":"sendmessage","none":"-","b":"-", "q": "a \"word\""}`},
		{"quoted", `{"q":"$context.error.messageString"}`, `{"q":"\"a \\\"word\\\"\""}`},
		{"xml", `<a b="$context.identity.userAgent">$context.error.messageString</a>`, `<a b="a&#x22;b\c&#xd;&#xa;d\u001b[31m\u0000&#x202e;txt&#x2028;&#x3c;/ip&#x3e;&#x26;&#x27;` + "\ufffd" + `&#x7f;&#x85;é😀">&#x22;a \&#x22;word\&#x22;&#x22;</a>`},
		{"plain", `"$context.identity.userAgent" $context.error.messageString`, `"a\"b\\c\r\nd\u001b[31m\u0000\u202etxt\u2028</ip>&'` + "\ufffd" + `\u007f\u0085é😀" "a \"word\""`},
		{"not JSON", `{$context.status:1}`, `{200:1}`},
		{"a list", `["$context.requestId",$context.requestId]`, `["SOqIDEacoAMFaHQ=","SOqIDEacoAMFaHQ="]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := message()
			r.Event.Connection.UserAgent, r.Message = hostile, `a "word"`
			if got := line(t, test.format, r); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestFormatsThatAreNone(t *testing.T) {
	for _, format := range []string{"", " \n", strings.Repeat("x", 3073), strings.Repeat("é", 3073)} {
		_, err := journal.CompileFormat(format)
		if checked := journal.CheckFormat(format); err == nil || checked == nil || checked.Error() != err.Error() {
			t.Errorf("%.10q: %v, and %v", format, err, checked)
		}
	}
	for _, format := range []string{"x", strings.Repeat("é", 3072)} {
		if err := journal.CheckFormat(format); err != nil {
			t.Errorf("%.10q: %v", format, err)
		}
	}
}

// TestLongLines holds a line to its length whatever the format repeats.
func TestLongLines(t *testing.T) {
	r := message()
	r.Event.Connection.UserAgent = strings.Repeat("\x01", 1<<20)
	format := `{"a":"` + strings.Repeat(`$context.identity.userAgent`, 112) + `"}`
	got := line(t, format, r)
	if len(got) > 200<<10 || !json.Valid([]byte(got)) {
		t.Errorf("%d bytes, JSON: %v", len(got), json.Valid([]byte(got)))
	}
}

// TestEveryVariable reads every variable off records that have everything and nothing.
func TestEveryVariable(t *testing.T) {
	names := journal.Variables()
	if !slices.IsSorted(names) || len(names) < 50 {
		t.Fatalf("%d names: %q", len(names), names)
	}
	empty := &gateway.Record{Event: &gateway.Event{Connection: &gateway.Connection{}}}
	for _, name := range names {
		for _, r := range []*gateway.Record{message(), handshake(), empty} {
			if got := line(t, "$context."+name, r); got == "" {
				t.Errorf("%s is empty", name)
			}
		}
	}
}

func FuzzFormat(f *testing.F) {
	for _, format := range []string{journal.FormatCLF, journal.FormatJSON, journal.FormatXML, journal.FormatCSV, `{"a":$context.error.messageString,"b":"\$context.status"}`} {
		f.Add(format, "agent", "key", "message")
		f.Add(format, "\xff\u202e\n", `"\`, "<>&\x00")
	}
	f.Fuzz(func(t *testing.T, format, agent, key, text string) {
		compiled, err := journal.CompileFormat(format)
		if err != nil {
			return
		}
		r := handshake()
		r.Event.Connection.UserAgent, r.Event.RouteKey, r.Message, r.Invalid, r.Event.DisconnectReason = agent, key, text, agent, text
		r.Authorizer.Err, r.Event.Connection.Identity.Authorizer.PrincipalID = errors.New(text), agent
		for _, record := range []*gateway.Record{r, message()} {
			got := string(compiled.Append(nil, record))
			if strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, "\n") || strings.ContainsAny(got, "\r\u2028\u0085") && !strings.ContainsAny(format, "\r\u2028\u0085") {
				t.Errorf("%q is not one line", got)
			}
			if compiled.JSON() && !json.Valid([]byte(got)) {
				t.Errorf("%q is not JSON", got)
			}
			stock := compile(t, journal.FormatXML).Append(nil, record)
			if err := wellFormed(stock); err != nil {
				t.Errorf("%q: %v", stock, err)
			}
		}
	})
}

func wellFormed(text []byte) error {
	for decoder := xml.NewDecoder(strings.NewReader(string(text))); ; {
		if _, err := decoder.Token(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}
