package program_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/program"
)

// answering is an API that answers each message by a template.
func answering(template string) *gateway.Snapshot {
	s := mockAPI("$request.body.action", "$default")
	s.Integrations[0].Responses[0].ResponseTemplates = gateway.Map{"$default": template}
	return s
}

// TestTemplatesAreCharged: what a template asks of $input counts among its steps, so that no message makes it dear.
func TestTemplatesAreCharged(t *testing.T) {
	list := `{"list":[` + strings.Repeat(`{"a":1},`, size/9) + `1]}`
	for _, row := range []struct{ name, template, want string }{
		{"a search in all", `#foreach($i in [1..1000])$input.path('$..name').size()#end`, "more steps than allowed"},
		{"JSON of all", `#foreach($i in [1..1000])#if($input.json('$') == "x")#end#end`, "than allowed"},
		{"paths that are all new", `#foreach($i in [1..1000])#foreach($j in [1..9])$input.path("$.l[?(@.a =~ /(a?){900}${i}x$j/)]").size()#end#end`, "than allowed"},
		{"overrides", `#foreach($i in [1..1000])#foreach($j in [1..2])#set($x = $context.responseOverride.header.put("k${i}x$j", "x"))#end#end`, "1000 at most"},
		{"an ordinary template", `#foreach($e in $input.path('$.list[0:9]'))$e.a#end$input.json('$.list[0]')`, ""},
	} {
		p := compile(t, answering(row.template), program.Env{})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := p.Select([]byte(list)).Run(t.Context(), message(list))
		runtime.ReadMemStats(&after)
		if row.want == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %s", row.name, err, row.want)
		}
		if made := after.TotalAlloc - before.TotalAlloc; made > 64<<20 {
			t.Errorf("%s: %d MB", row.name, made>>20)
		}
	}
}

// TestTemplatesEndInTime: a template that the end of the integration's time has stopped is late, not wrong.
func TestTemplatesEndInTime(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	const slow = `#foreach($i in [1..1000])x#end`
	request := answering("pong")
	request.Integrations[0].RequestTemplates = gateway.Map{"$default": slow + `{"statusCode":200}`}
	for name, s := range map[string]*gateway.Snapshot{"request": request, "response": answering(slow)} {
		_, err := compile(t, s, program.Env{}).Select(nil).Run(over, message("{}"))
		shown, ok := errors.AsType[*gateway.Error](err)
		if !ok || !errors.Is(err, gateway.ErrTimeout) || shown.Message != "Endpoint request timed out" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestSignaturesAreHidden: what proves who signed a handshake reaches no template and no mapped parameter, but counts as sent.
func TestSignaturesAreHidden(t *testing.T) {
	var got *http.Request
	backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }))
	defer backend.Close()
	transport := integration.NewTransport(integration.TransportOptions{})
	defer transport.CloseIdleConnections()
	s := httpAPI(backend.URL, time.Minute, gateway.Map{
		"integration.request.header.a": "route.request.header.Authorization", "integration.request.header.b": "route.request.multivalueheader.x-amz-security-token",
		"integration.request.querystring.c": "route.request.querystring.X-Amz-Signature", "integration.request.querystring.d": "route.request.multivaluequerystring.X-Amz-Credential",
		"integration.request.header.e": "route.request.header.Other",
	})
	s.Routes[0].RouteKey = "$connect"
	s.Routes[0].RequestParameters = map[string]gateway.ParameterConstraints{"route.request.header.Authorization": {Required: true}, "route.request.querystring.X-Amz-Signature": {Required: true}}
	s.Integrations[0].IntegrationType = gateway.IntegrationHTTP
	template := `#set($context.requestOverride.header.t = "$input.params() $input.params('authorization') $input.params('X-Amz-Signature') $input.params('X-Amz-Security-Token')")`
	s.Integrations[0].RequestTemplates = gateway.Map{"$default": template}
	p := compile(t, s, program.Env{HTTP: transport})
	for _, signed := range []bool{true, false} {
		ev := message("")
		ev.Type = gateway.EventConnect
		ev.Header = gateway.Params{{Name: "Authorization", Value: "SECRET1"}, {Name: "X-Amz-Security-Token", Value: "SECRET2"}, {Name: "Other", Value: "o"}}
		ev.Query = gateway.Params{{Name: "X-Amz-Signature", Value: "SECRET3"}, {Name: "X-Amz-Credential", Value: "SECRET4"}}
		if signed {
			ev.Connection.Identity = &gateway.Identity{AccessKey: "AKIA"}
		}
		if _, err := p.Connect().Run(t.Context(), ev); err != nil {
			t.Fatal(err)
		}
		sent := fmt.Sprint(got.Header, got.URL.RawQuery)
		for _, secret := range []string{"SECRET1", "SECRET2", "SECRET3", "SECRET4"} {
			if strings.Contains(sent, secret) == signed {
				t.Errorf("signed %v: %s in %s", signed, secret, sent)
			}
		}
		if got.Header.Get("e") != "o" {
			t.Errorf("other parameters are not there: %s", sent)
		}
	}
}

// TestOverridesArePrinted: a value that overrides is what the template would print.
func TestOverridesArePrinted(t *testing.T) {
	var got string
	backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get("v") }))
	defer backend.Close()
	transport := integration.NewTransport(integration.TransportOptions{})
	defer transport.CloseIdleConnections()
	s := httpAPI(backend.URL, time.Minute, nil)
	s.Integrations[0].IntegrationType = gateway.IntegrationHTTP
	const noText = "expected a text"
	for _, row := range []struct{ value, want, err string }{
		{`"text"`, "text", ""},
		{`$input.path('$.n')`, "12345678901234567890", ""},
		{`$input.path('$.f')`, "1.5", ""},
		{`$input.path('$.l')`, `["a","b",{"c":1}]`, ""},
		{`$input.path('$.o')`, `{a=1, b=["x","y"]}`, ""},
		{`["a", "b"]`, "[a, b]", ""},
		{`{"a": 1}`, "{a=1}", ""},
		{`7`, "7", ""},
		{`true`, "true", ""},
		{`"$block"`, "hello", ""},
		{`$block`, "", noText},
		{`[$block]`, "", noText},
		{`$input`, "", noText},
		{`$util`, "", noText},
		{`$input.path('$.long')`, "", "10240 bytes at most"},
		{`$input.path('$.crlf')`, "", "without control characters"},
	} {
		s.Integrations[0].RequestTemplates = gateway.Map{"$default": `#define($block)hello#end#set($context.requestOverride.header.v = ` + row.value + `)`}
		body := `{"n":12345678901234567890,"f":1.50,"l":["a","b",{"c":1}],"o":{"a":1,"b":["x","y"]},"crlf":"a\r\nb","long":"` + strings.Repeat("x", 10241) + `"}`
		_, err := compile(t, s, program.Env{HTTP: transport}).Select(nil).Run(t.Context(), message(body))
		if row.err != "" {
			wantBroken(t, row.value, err, row.err)
			continue
		}
		if err != nil || got != row.want {
			t.Errorf("%s: got %s, %v, want %s", row.value, got, err, row.want)
		}
	}
}
