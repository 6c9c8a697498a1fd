package integration_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// TestEvent compares events with what functions are known to receive: "Set up Lambda proxy integrations for WebSocket
// APIs" in the API Gateway developer guide, and event dumps that users of the service have published.
func TestEvent(t *testing.T) {
	message := "{\"action\" : \"x\",\n \"emoji\":\"\U0001F600\\u00e9<&>\"}"
	for name, ev := range map[string]*gateway.Event{
		"connect": connectEvent(), "message": messageEvent(message), "disconnect": disconnectEvent(),
	} {
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile("testdata/" + name + ".json")
			if err != nil {
				t.Fatal(err)
			}
			compareJSON(t, "", invoked(t, ev, nil), decode(t, string(want)))
		})
	}
}

// invoked is the event that the function of an integration receives.
func invoked(t *testing.T, ev *gateway.Event, variables map[string]string) map[string]any {
	t.Helper()
	invoke := newRecorder(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"statusCode":200}`) })
	backend := newFunction(t, invoke.URL, variables)
	if _, err := backend.Call(t.Context(), &integration.Request{Event: ev, Body: ev.Body}); err != nil {
		t.Fatal(err)
	}
	request := invoke.only(t)
	if want := "/2015-03-31/functions/" + strings.ReplaceAll(functionARN, ":", "%3A") + "/invocations"; request.target != want {
		t.Errorf("the call went to %s, want %s", request.target, want)
	}
	if got := request.header.Get("X-Amz-Invocation-Type"); got != "" && got != "RequestResponse" {
		t.Errorf("invocation type %q", got)
	}
	return decode(t, request.body)
}

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return value
}

// compareJSON compares key by key, so that a difference has a name.
func compareJSON(t *testing.T, at string, got, want map[string]any) {
	t.Helper()
	for key := range want {
		g, isObject := got[key].(map[string]any)
		w, wantObject := want[key].(map[string]any)
		if isObject && wantObject {
			compareJSON(t, at+"."+key, g, w)
		} else if !reflect.DeepEqual(got[key], want[key]) {
			t.Errorf("%s.%s: got %#v, want %#v", at, key, got[key], want[key])
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			t.Errorf("%s.%s: got %#v, want no such key", at, key, got[key])
		}
	}
}

func TestEventOptional(t *testing.T) {
	quiet := *connection
	quiet.UserAgent = ""
	quiet.DomainName = "localhost:8080/abcdef1234"
	ev := connectEvent()
	ev.Connection, ev.Query = &quiet, nil
	ev.Header = gateway.Params{
		{Name: "x-a", Value: "1"}, {Name: "X-A", Value: "bad \xff"},
	}
	got := invoked(t, ev, map[string]string{"table": "t1", "alias": "live"})

	headers := got["headers"].(map[string]any)
	for name, want := range map[string]any{
		"Host": "localhost:8080", "x-a": "bad \uFFFD", "X-A": nil,
		"X-Forwarded-For": "198.51.100.7",
	} {
		if headers[name] != want {
			t.Errorf("header %s: got %v, want %v", name, headers[name], want)
		}
	}
	if trace, _ := headers["X-Amzn-Trace-Id"].(string); !strings.HasPrefix(trace, "Root=1-65d2ff2e-") || len(trace) != 40 {
		t.Errorf("X-Amzn-Trace-Id: got %q", trace)
	}
	if all := got["multiValueHeaders"].(map[string]any)["x-a"]; !reflect.DeepEqual(all, []any{"1", "bad \uFFFD"}) {
		t.Errorf("multiValueHeaders: got %v", all)
	}
	if want := (map[string]any{"table": "t1", "alias": "live"}); !reflect.DeepEqual(got["stageVariables"], want) {
		t.Errorf("stageVariables: got %v", got["stageVariables"])
	}
	identity := got["requestContext"].(map[string]any)["identity"]
	if want := (map[string]any{"sourceIp": "198.51.100.7"}); !reflect.DeepEqual(identity, want) {
		t.Errorf("identity: got %v", identity)
	}
	for _, key := range []string{"queryStringParameters", "multiValueQueryStringParameters", "body"} {
		if _, ok := got[key]; ok {
			t.Errorf("%s is there", key)
		}
	}
}

// TestBinaryMessage: a function gets every byte of a message, in base64 if it is not UTF-8.
func TestBinaryMessage(t *testing.T) {
	for body, want := range map[string]map[string]any{
		"caf\u00e9 \x00": {"body": "caf\u00e9 \x00", "isBase64Encoded": false},
		"":               {"body": "", "isBase64Encoded": false},
		"\xff\x00\"":     {"body": "/wAi", "isBase64Encoded": true},
		"a\xc3":          {"body": "YcM=", "isBase64Encoded": true},
	} {
		got := invoked(t, messageEvent(body), nil)
		if got["body"] != want["body"] || got["isBase64Encoded"] != want["isBase64Encoded"] {
			t.Errorf("%q: got %q, in base64: %v", body, got["body"], got["isBase64Encoded"])
		}
	}
}

// TestSignedHandshake holds back what would let a function connect in the client's name.
func TestSignedHandshake(t *testing.T) {
	signed := *connection
	signed.Identity = &gateway.Identity{AccessKey: "AKIAEXAMPLE", User: "AKIAEXAMPLE"}
	ev := connectEvent()
	ev.Connection = &signed
	ev.Header = append(ev.Header, gateway.Param{Name: "Authorization", Value: "AWS4-HMAC-SHA256 x"},
		gateway.Param{Name: "x-amz-security-token", Value: "t"})
	ev.Query = gateway.Params{{Name: "X-Amz-Signature", Value: "s"}, {Name: "room", Value: "a"}}
	got := invoked(t, ev, nil)
	headers := got["headers"].(map[string]any)
	if headers["Authorization"] != nil || headers["x-amz-security-token"] != nil {
		t.Errorf("the signature is in the headers: %v", headers)
	}
	if want := (map[string]any{"room": "a"}); !reflect.DeepEqual(got["queryStringParameters"], want) {
		t.Errorf("query: got %v, want %v", got["queryStringParameters"], want)
	}
	if user := got["requestContext"].(map[string]any)["identity"].(map[string]any)["user"]; user != "AKIAEXAMPLE" {
		t.Errorf("identity.user: got %v", user)
	}
}

// TestRequestEvent: what the function of an authorizer is shown: "Create an API Gateway REQUEST Lambda authorizer" in the
// developer guide has the sample.
func TestRequestEvent(t *testing.T) {
	arn := "arn:aws:execute-api:us-east-1:123456789012:abcdef123/default/$connect"
	ev := connectEvent()
	ev.Header = append(ev.Header, gateway.Param{Name: "Connection", Value: "upgrade"}, gateway.Param{Name: "Authorization", Value: "Bearer x"})
	got := decode(t, string(integration.AppendRequestEvent(nil, ev, map[string]string{"a": "b"}, arn)))
	headers := got["headers"].(map[string]any)
	if got["type"] != "REQUEST" || got["methodArn"] != arn || headers["content-length"] != "0" || headers["Connection"] != "upgrade" ||
		headers["Authorization"] != "Bearer x" || got["stageVariables"].(map[string]any)["a"] != "b" {
		t.Errorf("got %v", got)
	}
	if _, ok := got["isBase64Encoded"]; ok {
		t.Error("it has isBase64Encoded")
	}
	if context := got["requestContext"].(map[string]any); context["eventType"] != "CONNECT" || context["connectionId"] == "" {
		t.Errorf("got %v", context)
	}
	ev.Query = nil
	got = decode(t, string(integration.AppendRequestEvent(nil, ev, nil, arn)))
	for _, member := range []string{"queryStringParameters", "multiValueQueryStringParameters", "stageVariables"} {
		if m, ok := got[member].(map[string]any); !ok || len(m) != 0 {
			t.Errorf("%s: got %v, want an empty object", member, got[member])
		}
	}
}

// TestAuthorizerContext: later events carry what the authorizer has said, all of it as text but for its latency.
func TestAuthorizerContext(t *testing.T) {
	known := *connection
	known.Identity = &gateway.Identity{APIKeyID: "k1", Authorizer: &gateway.Authorization{
		PrincipalID: "me", Latency: 211 * time.Millisecond, Context: gateway.Params{{Name: "tenant_id", Value: "42"}},
	}}
	ev := messageEvent("{}")
	ev.Connection = &known
	context := invoked(t, ev, nil)["requestContext"].(map[string]any)
	want := map[string]any{"tenant_id": "42", "principalId": "me", "integrationLatency": float64(211)}
	if !reflect.DeepEqual(context["authorizer"], want) {
		t.Errorf("got %v, want %v", context["authorizer"], want)
	}
	if got := context["identity"].(map[string]any)["apiKeyId"]; got != "k1" {
		t.Errorf("apiKeyId: got %v", got)
	}
}

// TestResult has the results of functions: "Output format of a Lambda function for proxy integration" in the developer
// guide; what is malformed is so on API Gateway, or a guess that errs on the strict side.
func TestResult(t *testing.T) {
	for _, test := range []struct {
		name, result string
		status       int // 0: malformed
		body         string
		header       http.Header
	}{
		{"least", `{"statusCode":200}`, 200, "", nil},
		{"all", `{"statusCode":201,"headers":{"A":"1","B":2,"C":true,"D":null},"multiValueHeaders":{"a":["x","y"]},` +
			`"body":"hé","isBase64Encoded":false}`, 201, "hé", http.Header{"A": {"x", "y"}, "B": {"2"}, "C": {"true"}}},
		{"status as text", `{"statusCode":"403"}`, 403, "", nil},
		{"nulls", `{"statusCode":200,"headers":null,"multiValueHeaders":null,"body":null,"isBase64Encoded":null}`, 200, "", nil},
		{"base64", `{"statusCode":200,"body":"aGk=","isBase64Encoded":true}`, 200, "hi", nil},
		{"empty body", `{"statusCode":200,"body":""}`, 200, "", nil},
		{"null", `null`, 0, "", nil},
		{"nothing", ``, 0, "", nil},
		{"text", `"ok"`, 0, "", nil},
		{"array", `[{"statusCode":200}]`, 0, "", nil},
		{"no status", `{"body":"x"}`, 0, "", nil},
		{"extra key", `{"statusCode":200,"cookies":[]}`, 0, "", nil},
		{"other case", `{"StatusCode":200}`, 0, "", nil},
		{"twice", `{"statusCode":200,"statusCode":500}`, 0, "", nil},
		{"escaped twice", `{"statusCode":200,"status\u0043ode":500}`, 0, "", nil},
		{"header twice", `{"statusCode":200,"headers":{"a":"1","a":"2"}}`, 0, "", nil},
		{"fraction", `{"statusCode":200.5}`, 0, "", nil},
		{"word", `{"statusCode":"OK"}`, 0, "", nil},
		{"null status", `{"statusCode":null}`, 0, "", nil},
		{"informational", `{"statusCode":101}`, 0, "", nil},
		{"beyond", `{"statusCode":600}`, 0, "", nil},
		{"negative", `{"statusCode":-200}`, 0, "", nil},
		{"body object", `{"statusCode":200,"body":{"a":1}}`, 0, "", nil},
		{"header object", `{"statusCode":200,"headers":{"a":{}}}`, 0, "", nil},
		{"headers array", `{"statusCode":200,"headers":[]}`, 0, "", nil},
		{"multi not array", `{"statusCode":200,"multiValueHeaders":{"a":"1"}}`, 0, "", nil},
		{"bad base64", `{"statusCode":200,"body":"*","isBase64Encoded":true}`, 0, "", nil},
		{"flag as text", `{"statusCode":200,"isBase64Encoded":"true"}`, 0, "", nil},
		{"trailing", `{"statusCode":200}{}`, 0, "", nil},
		{"cut", `{"statusCode":200`, 0, "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			invoke := newRecorder(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, test.result) })
			got, err := newFunction(t, invoke.URL, nil).Call(t.Context(), &integration.Request{Event: disconnectEvent()})
			invoke.only(t)
			if test.status == 0 {
				if !errors.Is(err, gateway.ErrBadReply) {
					t.Fatalf("got %v, %v, want a bad reply", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != test.status || string(got.Body) != test.body {
				t.Errorf("got %d %q, want %d %q", got.Status, got.Body, test.status, test.body)
			}
			if len(got.Header) != len(test.header) || len(test.header) > 0 && !reflect.DeepEqual(got.Header, test.header) {
				t.Errorf("header: got %v, want %v", got.Header, test.header)
			}
		})
	}
}

// TestInvokeFaults has what may become of an invocation besides a result. No fault is tried again.
func TestInvokeFaults(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		want   error
		text   string // that the client may see
	}{
		{"function error", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			_, _ = io.WriteString(w, `{"errorMessage":"boom"}`)
		}, gateway.ErrBadReply, "Internal server error"},
		{"no such function", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"Message":"Function not found: arn:aws:secret"}`)
		}, gateway.ErrConfiguration, "Internal server error"},
		{"throttled", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTooManyRequests)
		}, gateway.ErrConfiguration, "Internal server error"},
		{"service down", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `<html>`)
		}, gateway.ErrConfiguration, "Internal server error"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, gateway.ErrConfiguration, "Internal server error"},
		{"hang up", func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		}, gateway.ErrUnreachable, "Internal server error"},
		{"too large", func(w http.ResponseWriter, r *http.Request) {
			chunk := make([]byte, 1<<16)
			for r.Context().Err() == nil {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}, gateway.ErrBadReply, "Internal server error"},
		{"hang", func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}, gateway.ErrTimeout, "Endpoint request timed out"},
	} {
		t.Run(test.name, func(t *testing.T) {
			invoke := newRecorder(t, test.answer)
			backend := newFunction(t, invoke.URL, nil)
			limit := time.Minute
			if errors.Is(test.want, gateway.ErrTimeout) {
				limit = 100 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			_, err := backend.Call(ctx, &integration.Request{Event: disconnectEvent()})
			wantError(t, err, test.want, test.text)
			invoke.only(t)
		})
	}
}

// wantError compares the kind of an error and what a client may see of it.
func wantError(t *testing.T, err, kind error, text string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got error %v, want kind %v", err, kind)
	}
	visible, ok := errors.AsType[*gateway.Error](err)
	if !ok || visible.Message != text {
		t.Errorf("a client sees %v, want %q", visible, text)
	}
}

func TestInvokeUnreachable(t *testing.T) {
	invoke := newRecorder(t, nil)
	invoke.Close()
	_, err := newFunction(t, invoke.URL, nil).Call(t.Context(), &integration.Request{Event: disconnectEvent()})
	wantError(t, err, gateway.ErrUnreachable, "Internal server error")
}

func BenchmarkEvent(b *testing.B) {
	for name, ev := range map[string]*gateway.Event{"connect": connectEvent(), "message": messageEvent(`{"action":"x"}`)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, 4096)
			for b.Loop() {
				buf = integration.AppendEvent(buf[:0], ev, nil)
			}
		})
	}
}

// FuzzResult: whatever a function returns, it is refused or it is a response whose every part the result spells out.
func FuzzResult(f *testing.F) {
	for _, seed := range []string{
		`{"statusCode":200}`, `{"statusCode":"201","headers":{"A":"1"},"body":"x"}`, `null`, `{"statusCode":200,"x":1}`,
		`{"statusCode":200,"body":"aGk=","isBase64Encoded":true}`, `{"statusCode":200,"statusCode":200}`,
		`{"multiValueHeaders":{"a":["b",1,null]},"statusCode":599}`, `{"StatusCode":200}`, `{"statusCode":2e2}`,
	} {
		f.Add([]byte(seed))
	}
	known := map[string]bool{"statusCode": true, "headers": true, "multiValueHeaders": true, "body": true, "isBase64Encoded": true}
	f.Fuzz(func(t *testing.T, result []byte) {
		response, err := integration.DecodeReply(result)
		if err != nil {
			return
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(result, &members); err != nil || members == nil {
			t.Fatalf("accepted what is no object: %q", result)
		}
		for name := range members {
			if !known[name] {
				t.Fatalf("accepted the member %q", name)
			}
		}
		status := strings.Trim(string(members["statusCode"]), `"`)
		if response.Status < 200 || response.Status > 599 || !strings.Contains(status, `\`) && status != strings.TrimLeft(status, " +-") {
			t.Fatalf("status %d of %q", response.Status, result)
		}
	})
}
