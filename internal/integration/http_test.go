package integration_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// TestHTTPProxy has the requests that HTTP_PROXY backends see. "Set up WebSocket API integration requests" in the API
// Gateway developer guide; the header of $connect as users of LocalStack and AWS have compared it (localstack#5851).
func TestHTTPProxy(t *testing.T) {
	trace := "Root=1-65d2ff6e-0123456789abcdef01234567"
	common := http.Header{
		"User-Agent": {"AmazonAPIGateway_abcdef1234"}, "X-Amzn-Apigateway-Api-Id": {"abcdef1234"},
	}
	for _, test := range []struct {
		name, method, path string
		parameters         gateway.Map
		request            integration.Request
		want               seen // header: without what every request has
	}{
		{
			name: "connect", method: "ANY", path: "/chat?fixed=1",
			request: integration.Request{Event: connectEvent()},
			want: seen{method: "GET", target: "/chat?fixed=1&room=a&room=b", header: http.Header{
				"Origin": {"https://app.example"}, "Sec-Websocket-Extensions": {"permessage-deflate; client_max_window_bits"},
				"Sec-Websocket-Key": {"9nq0Vn3OTzQGs9Y0u6oQVQ=="}, "Sec-Websocket-Protocol": {"myprotocol"},
				"Sec-Websocket-Version": {"13"}, "X-Amzn-Trace-Id": {trace}, "X-Forwarded-For": {"198.51.100.7"},
				"X-Forwarded-Port": {"443"}, "X-Forwarded-Proto": {"https"},
			}},
		},
		{
			name: "mapped header and query win", method: "PUT", path: "/",
			request: integration.Request{
				Event:  connectEvent(),
				Header: gateway.Params{{Name: "sec-websocket-version", Value: "0"}, {Name: "user-agent", Value: "me"}},
				Query:  gateway.Params{{Name: "room", Value: "c d&e"}, {Name: "Room", Value: "f"}},
			},
			want: seen{method: "PUT", target: "/?room=c+d%26e&Room=f", header: http.Header{
				"Origin": {"https://app.example"}, "Sec-Websocket-Extensions": {"permessage-deflate; client_max_window_bits"},
				"Sec-Websocket-Key": {"9nq0Vn3OTzQGs9Y0u6oQVQ=="}, "Sec-Websocket-Protocol": {"myprotocol"},
				"Sec-Websocket-Version": {"0"}, "X-Amzn-Trace-Id": {trace}, "X-Forwarded-For": {"198.51.100.7"},
				"X-Forwarded-Port": {"443"}, "X-Forwarded-Proto": {"https"}, "User-Agent": {"me"}, "Content-Length": {"0"},
			}},
		},
		{
			name: "message", method: "ANY", path: "/chat",
			request: integration.Request{
				Event: messageEvent(`{"a": 1}`), Body: []byte(`{"a": 1}`),
				Header: gateway.Params{{Name: "connectionId", Value: "eHrdFcnvvHcCE-w="}},
			},
			want: seen{method: "POST", target: "/chat", body: `{"a": 1}`, header: http.Header{
				"Content-Type": {"application/json"}, "Content-Length": {"8"}, "Connectionid": {"eHrdFcnvvHcCE-w="},
			}},
		},
		{
			name: "empty message", method: "POST", path: "/chat",
			request: integration.Request{Event: messageEvent("")},
			want: seen{method: "POST", target: "/chat", header: http.Header{
				"Content-Type": {"application/json"}, "Content-Length": {"0"},
			}},
		},
		{
			name: "binary message", method: "POST", path: "/chat",
			request: integration.Request{Event: messageEvent("\xff\x00"), Body: []byte("\xff\x00")},
			want: seen{method: "POST", target: "/chat", body: "\xff\x00", header: http.Header{
				"Content-Type": {"application/octet-stream"}, "Content-Length": {"2"},
			}},
		},
		{
			name: "disconnect", method: "DELETE", path: "/chat",
			request: integration.Request{Event: disconnectEvent()},
			want:    seen{method: "DELETE", target: "/chat", header: http.Header{}},
		},
		{
			name: "places", method: "POST", path: "/rooms/{room}/users?by={who}",
			parameters: gateway.Map{"integration.request.path.room": "'x'", "integration.request.path.who": "'x'"},
			request: integration.Request{
				Event: disconnectEvent(), Path: gateway.Params{{Name: "room", Value: "a/b ?"}, {Name: "who", Value: "c&d=e"}},
			},
			want: seen{method: "POST", target: "/rooms/a%2Fb%20%3F/users?by=c%26d%3De", header: http.Header{"Content-Length": {"0"}}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			backend := newRecorder(t, nil)
			_, err := newServer(t, backend.URL+test.path, test.method, test.parameters).Call(t.Context(), &test.request)
			if err != nil {
				t.Fatal(err)
			}
			got := backend.only(t)
			if got.method != test.want.method || got.target != test.want.target || got.body != test.want.body {
				t.Errorf("got %s %s %q, want %s %s %q", got.method, got.target, got.body,
					test.want.method, test.want.target, test.want.body)
			}
			if got.host != strings.TrimPrefix(backend.URL, "http://") {
				t.Errorf("Host: %s", got.host)
			}
			for name, values := range common {
				if test.want.header[name] == nil {
					test.want.header[name] = values
				}
			}
			if test.want.header["X-Amzn-Trace-Id"] == nil && strings.HasPrefix(got.header.Get("X-Amzn-Trace-Id"), "Root=1-") {
				got.header.Del("X-Amzn-Trace-Id")
			}
			if !reflect.DeepEqual(got.header, test.want.header) {
				t.Errorf("header:\n got %v\nwant %v", got.header, test.want.header)
			}
		})
	}
}

// TestForwarded: what names this server, belongs to the socket or promises a body stays here. What else belongs to the
// client's connection (RFC 9110 section 7.6.1) never comes here: the edge keeps it.
func TestForwarded(t *testing.T) {
	backend := newRecorder(t, nil)
	ev := connectEvent()
	for _, name := range []string{"host", "connection", "UPGRADE", "expect", "Content-length"} {
		ev.Header = append(ev.Header, gateway.Param{Name: name, Value: "stays"})
	}
	ev.Header = append(ev.Header, gateway.Param{Name: "X-Goes", Value: "1"})
	if _, err := newServer(t, backend.URL, "GET", nil).Call(t.Context(), &integration.Request{Event: ev}); err != nil {
		t.Fatal(err)
	}
	header := backend.only(t).header
	if header.Get("X-Goes") == "" {
		t.Error("X-Goes is gone")
	}
	for name, values := range header {
		if slices.Contains(values, "stays") {
			t.Errorf("%s went on to the backend", name)
		}
	}
}

// TestUnderscore: a client cannot send a field that some backends would take for a mapped one.
func TestUnderscore(t *testing.T) {
	backend := newRecorder(t, nil)
	ev := connectEvent()
	ev.Header = append(ev.Header, gateway.Param{Name: "connection_id", Value: "forged"}, gateway.Param{Name: "x_mine", Value: "1"})
	_, err := newServer(t, backend.URL, "GET", nil).Call(t.Context(), &integration.Request{
		Event: ev, Header: gateway.Params{{Name: "Connection-Id", Value: "true"}},
	})
	header := backend.only(t).header
	if err != nil || header.Get("connection_id") != "" || header.Get("Connection-Id") != "true" || header.Get("x_mine") != "1" {
		t.Errorf("got %v, %v", header, err)
	}
}

func TestStageVariables(t *testing.T) {
	backend := newRecorder(t, nil)
	authority := strings.TrimPrefix(backend.URL, "http://")
	for _, test := range []struct {
		name, uri string
		variables map[string]string
		works     bool
	}{
		{"host", "http://${stageVariables.host}/", map[string]string{"host": authority}, true},
		{"whole", "${stageVariables.url}", map[string]string{"url": backend.URL}, true},
		{"missing", "http://${stageVariables.host}/", nil, false},
		{"no URL", "http://${stageVariables.host}/", map[string]string{"host": "a b"}, false},
		{"user", "http://${stageVariables.host}/", map[string]string{"host": "me@" + authority}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			called := newBackend(t, gateway.IntegrationSettings{
				IntegrationType: gateway.IntegrationHTTPProxy, IntegrationURI: gateway.Kept(test.uri), IntegrationMethod: "GET",
			}, integration.Env{HTTP: integration.NewTransport(integration.TransportOptions{}), Variables: test.variables})
			_, err := called.Call(t.Context(), &integration.Request{Event: disconnectEvent()})
			if test.works != (err == nil) {
				t.Fatalf("got error %v, works: %v", err, test.works)
			}
			if err != nil {
				wantError(t, err, gateway.ErrConfiguration, "Internal server error")
			}
		})
	}
}

// TestRefusedDefinitions has what New refuses; none of it may be passed over.
func TestRefusedDefinitions(t *testing.T) {
	for _, test := range []struct{ name, kind, uri, want string }{
		{"no type", "", "http://a/", "integrationType '' is unknown"},
		{"AWS with a bad reference", gateway.IntegrationAWS, "arn:aws:${x}", "${stageVariables.NAME}"},
		{"AWS without a service", gateway.IntegrationAWS, "arn:aws:apigateway:eu-west-1::action/X", "{action|path}"},
		{"AWS of nowhere", gateway.IntegrationAWS, "arn:x:apigateway:eu-west-1:sqs:path/1/q", "no partition"},
		{"AWS with a bad action", gateway.IntegrationAWS, "arn:aws:apigateway:eu-west-1:states:action/Start Execution", "not the name of an action"},
		{"AWS with an unknown place", gateway.IntegrationAWS, "arn:aws:apigateway:eu-west-1:s3:path/{key}", "integration.request.path.key"},
		{"AWS with half a function", gateway.IntegrationAWS, "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/x", "functions/arn:"},
		{"HTTP without a host", gateway.IntegrationHTTP, "http:///x", "expected http"},
		{"other function", gateway.IntegrationAWSProxy, "arn:aws:apigateway:eu-west-1:lambda:path/functions/x", "functions/arn:"},
		{"other service", gateway.IntegrationAWSProxy, "arn:aws:apigateway:eu-west-1:sqs:path/1/q", "functions/arn:"},
		{"scheme", gateway.IntegrationHTTPProxy, "ftp://a/", "expected http"},
		{"no host", gateway.IntegrationHTTPProxy, "http:///x", "expected http"},
		{"user", gateway.IntegrationHTTPProxy, "http://u:p@a/", "without user"},
		{"fragment", gateway.IntegrationHTTPProxy, "http://a/#x", "fragment"},
		{"host from a client", gateway.IntegrationHTTPProxy, "http://{host}/x", "a host"},
		{"port from a client", gateway.IntegrationHTTPProxy, "http://a:{port}?x", "a host"},
		{"unknown place", gateway.IntegrationHTTPProxy, "http://a/{b}", "integration.request.path.b"},
		{"bad reference", gateway.IntegrationHTTPProxy, "http://a/${stage.b}", "${stageVariables.NAME}"},
		{"open reference", gateway.IntegrationHTTPProxy, "http://a/${stageVariables.b", "${stageVariables.NAME}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := integration.New(gateway.DeployedIntegration{Integration: gateway.Integration{
				IntegrationSettings: gateway.IntegrationSettings{
					IntegrationType: gateway.Kept(test.kind), IntegrationURI: gateway.Kept(test.uri), IntegrationMethod: "POST",
				},
			}}, integration.Env{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q in it", err, test.want)
			}
			if strings.Contains(err.Error(), "u:p") {
				t.Errorf("the error shows a password: %v", err)
			}
			wantError(t, err, gateway.ErrInvalid, err.Error())
		})
	}
	for want, def := range map[string]gateway.IntegrationSettings{
		"not for MOCK":       {IntegrationType: gateway.IntegrationMock, ConnectionType: "VPC_LINK", ConnectionID: "l"},
		"not for AWS_PROXY":  {IntegrationType: gateway.IntegrationAWSProxy, IntegrationURI: functionURI, ConnectionType: "VPC_LINK"},
		"expected the id":    behind("", "http://a/"),
		"is not a reference": behind("${stage.link}", "http://a/"),
	} {
		def.ConnectionType = "VPC_LINK"
		backend, err := integration.New(gateway.DeployedIntegration{Integration: gateway.Integration{IntegrationSettings: def}},
			integration.Env{})
		if backend != nil || !errors.Is(err, gateway.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, %v, want %q in it", backend, err, want)
		}
	}
}

// TestPathParameter: a client cannot leave the path that the definition gives it (RFC 3986 section 5.2.4).
func TestPathParameter(t *testing.T) {
	backend := newRecorder(t, nil)
	called := newServer(t, backend.URL+"/users/{id}/files", "GET", gateway.Map{"integration.request.path.id": "'x'"})
	for _, id := range []string{"", ".", ".."} {
		_, err := called.Call(t.Context(), &integration.Request{Event: disconnectEvent(), Path: gateway.Params{{Name: "id", Value: id}}})
		wantError(t, err, gateway.ErrConfiguration, "Internal server error")
	}
	_, err := called.Call(t.Context(), &integration.Request{Event: disconnectEvent(), Path: gateway.Params{{Name: "id", Value: "../../x\r\n"}}})
	if got := backend.only(t).target; err != nil || got != "/users/..%2F..%2Fx%0D%0A/files" {
		t.Errorf("got %s, %v", got, err)
	}
}

// TestUnreached: a backend that was made only to be checked cannot be called.
func TestUnreached(t *testing.T) {
	for _, def := range []gateway.IntegrationSettings{
		{IntegrationType: gateway.IntegrationAWSProxy, IntegrationURI: functionURI},
		{IntegrationType: gateway.IntegrationHTTPProxy, IntegrationURI: "http://127.0.0.1/", IntegrationMethod: "GET"},
		{IntegrationType: gateway.IntegrationHTTP, IntegrationURI: "http://127.0.0.1/", IntegrationMethod: "GET"},
		{IntegrationType: gateway.IntegrationAWS, IntegrationURI: functionURI},
		{IntegrationType: gateway.IntegrationAWS, IntegrationURI: "arn:aws:apigateway:eu-west-1:states:action/StartExecution"},
	} {
		_, err := newBackend(t, def, integration.Env{}).Call(t.Context(), &integration.Request{Event: disconnectEvent()})
		wantError(t, err, gateway.ErrConfiguration, "Internal server error")
	}
}

// TestMock has the answers of MOCK integrations: "Set up mock integrations" in the API Gateway developer guide.
func TestMock(t *testing.T) {
	backend := newBackend(t, gateway.IntegrationSettings{IntegrationType: gateway.IntegrationMock}, integration.Env{})
	for _, test := range []struct {
		body   string
		status int // 0: no answer
	}{
		{`{"statusCode": 200}`, 200},
		{`{statusCode: 403, message: "x"}`, 403},
		{"{\n statusCode : 204\n}", 204},
		{`{statusCode: 201, note: "a, b: c"}`, 201},
		{`{"note": "say \"x\", b: c", statusCode: 202, of: {a: "{n: 1}"}}`, 202},
		{`{statusCode: 200, note: "open}`, 0},
		{`{"statusCode": "200"}`, 0},
		{`{"statusCode": 99}`, 0},
		{`{"statusCode": 2.5}`, 0},
		{`{}`, 0},
		{`[]`, 0},
		{``, 0},
		{`statusCode: 200`, 0},
	} {
		got, err := backend.Call(t.Context(), &integration.Request{
			Event: disconnectEvent(), Body: []byte(test.body), Rendered: true,
		})
		switch {
		case test.status == 0:
			wantError(t, err, gateway.ErrConfiguration, "Internal server error")
		case err != nil || got.Status != test.status:
			t.Errorf("%q: got %v, %v, want status %d", test.body, got, err, test.status)
		}
	}
	// Without a template the message passes, and its text means nothing.
	got, err := backend.Call(t.Context(), &integration.Request{Event: disconnectEvent(), Body: []byte(`{"statusCode":500}`)})
	if err != nil || got.Status != http.StatusOK {
		t.Errorf("got %v, %v, want status 200", got, err)
	}
}

// TestConcurrentCalls: a backend may be called by many at once.
func TestConcurrentCalls(t *testing.T) {
	backend := newRecorder(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Query().Get("n")) })
	called := newServer(t, backend.URL, "POST", nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan string)
	names := strings.Split("abcdefghijklmnop", "")
	for _, name := range names {
		go func() {
			got, err := called.Call(ctx, &integration.Request{
				Event: messageEvent(name), Query: gateway.Params{{Name: "n", Value: name}},
			})
			if err != nil || string(got.Body) != name {
				done <- name
				return
			}
			done <- ""
		}()
	}
	for range names {
		if failed := <-done; failed != "" {
			t.Errorf("the call of %s got something else", failed)
		}
	}
}
