package conformance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"gangway/internal/node"
)

// TestCheckText: a text is refused for what the control plane refuses it for, with the place; and what is refused nowhere is not
// refused here.
func TestCheckText(t *testing.T) {
	s := startNode(t, node.Config{})
	api := s.mustControl(t, post, "/v2/apis", `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x"}`).text("apiId")
	s.mustControl(t, post, "/v2/apis/"+api+"/models", `{"name":"Other","contentType":"application/json","schema":"{\"type\":\"string\"}"}`)
	reference := `{"$ref":"https://apigateway.amazonaws.com/restapis/` + api + `/models/Other"}`
	for name, test := range map[string]struct {
		kind, text, more string
		message          string // empty: nothing is wrong
		line, column     int
	}{
		"template":               {kind: "template", text: "#set($a = 1)\n$a"},
		"unclosed directive":     {kind: "template", text: "é\n#if($a)\n x", message: "#if", line: 2, column: 1},
		"long template":          {kind: "template", text: strings.Repeat("x", 32769), message: "32768"},
		"JSON":                   {kind: "json", text: `{"a":[1,null]}`},
		"JSON that ends":         {kind: "json", text: "{\n \"ü\": [", message: "unexpected end", line: 2, column: 7},
		"JSON with a comma":      {kind: "json", text: "{\n \"ü\": [1,]}", message: "invalid character ']'", line: 2, column: 10},
		"two values":             {kind: "json", text: "1 2", message: "after top-level value", line: 1, column: 3},
		"schema":                 {kind: "schema", text: `{"type":"object","required":["a"]}`},
		"schema that is no JSON": {kind: "schema", text: `{"type":}`, message: "invalid character", line: 1, column: 9},
		"schema that is a list":  {kind: "schema", text: `[]`, message: "JSON object"},
		"wrong type": {
			kind: "schema", text: "{\"properties\": {\n  \"a/b\": {\"type\": \"text\"}}}", message: "type", line: 2, column: 19,
		},
		"reference to nothing":     {kind: "schema", text: reference, message: "there is no model"},
		"reference":                {kind: "schema", text: reference, more: `,"apiId":"` + api + `"`},
		"expression":               {kind: "expression", text: "$request.body.action"},
		"fixed expression":         {kind: "expression", text: `\$default`},
		"key of a template":        {kind: "expression", text: `$default`},
		"key of a template, route": {kind: "expression", text: `$default`, more: `,"use":"route"`, message: "request.body", line: 1, column: 1},
		"long expression":          {kind: "expression", text: "$request.body." + strings.Repeat("x", 8<<10), message: "at most 8192 bytes"},
		"many patterns":            {kind: "schema", text: manyPatterns(), message: "patterns"},
		"unclosed variable":        {kind: "expression", text: "a${request.body.x", message: "unclosed", line: 1, column: 2},
		"forgotten dollar":         {kind: "expression", text: "request.body.action", more: `,"use":"route"`, message: "fixed text"},
		"variable of responses":    {kind: "expression", text: "$integration.response.statuscode"},
		"the same for requests":    {kind: "expression", text: "$integration.response.statuscode", more: `,"use":"request"`, message: "request.body", line: 1, column: 1},
		"policy":                   {kind: "policy", text: `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`},
		"policy that is no JSON":   {kind: "policy", text: "{\n", message: "unexpected end", line: 1, column: 2},
		"wrong effect": {
			kind: "policy", text: "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"},\n {\"Effect\": \"allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}",
			message: "Effect", line: 2, column: 13,
		},
		"no statement": {kind: "policy", text: "{}", message: "Statement is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(test.text)
			must(t, err)
			var got struct {
				Errors []struct {
					Message      string
					Line, Column int
				}
			}
			answer := s.mustControl(t, post, "/gangway/check", `{"kind":"`+test.kind+`","text":`+string(text)+test.more+`}`)
			must(t, json.Unmarshal(answer.body, &got))
			if test.message == "" {
				if len(got.Errors) > 0 || got.Errors == nil {
					t.Errorf("got %s", answer.body)
				}
				return
			}
			if len(got.Errors) != 1 || !strings.Contains(got.Errors[0].Message, test.message) || got.Errors[0].Line != test.line || got.Errors[0].Column != test.column {
				t.Errorf("got %s, want %q at %d:%d", answer.body, test.message, test.line, test.column)
			}
		})
	}
	for _, body := range []string{`{}`, `{"kind":"poem","text":""}`, `{"kind":"expression","use":"poem","text":"x"}`} {
		if got, err := s.control(t.Context(), post, "/gangway/check", body); err != nil || got.status != http.StatusBadRequest {
			t.Errorf("%s: got %+v, %v", body, got, err)
		}
	}
	checker := s.grant(t, "checker", 0, `{"Effect":"Allow","Action":"gangway:CheckText","Resource":"*"}`)
	ask := func(more string) request {
		return request{method: post, url: s.admin + "/gangway/check", service: "apigateway", body: []byte(`{"kind":"schema","text":"{}"` + more + `}`)}
	}
	if got := s.as(t, checker.key, ask("")); got.status != http.StatusOK {
		t.Errorf("got %d %s", got.status, got.body)
	}
	denied(t, "the models of an API", checker, s.as(t, checker.key, ask(`,"apiId":"`+api+`"`)))
	denied(t, "the models of no API", checker, s.as(t, checker.key, ask(`,"apiId":"nosuchapi0"`)))
	nobody := s.grant(t, "nobody", 0, `{"Effect":"Allow","Action":"apigateway:*","Resource":"*"}`)
	denied(t, "without the permission", nobody, s.as(t, nobody.key, ask("")))
}

// manyPatterns is a schema of patterns that are not large by themselves.
func manyPatterns() string {
	var members []string
	for i := range 800 {
		members = append(members, fmt.Sprintf(`"p%d":{"pattern":"%d(a|b){1,999}"}`, i, i))
	}
	return `{"properties":{` + strings.Join(members, ",") + `}}`
}

// TestChecksAgree holds the check of expressions and schemas against what creating and deploying says.
func TestChecksAgree(t *testing.T) {
	s := startNode(t, node.Config{})
	for _, expression := range []string{
		"", "x", "$", "${", "$request.body", "$request.body.a", "$request.body.a[0]", "${request.body.a}-${request.body.b}", "request.body.a",
		"$context.routeKey", "$request.header.a", `\$a`, "$default", "$request.body.", "$request.body..a", "${request.body.a", "$request.body['a", "a b",
	} {
		text, err := json.Marshal(expression)
		must(t, err)
		checked := s.mustControl(t, post, "/gangway/check", `{"kind":"expression","use":"route","text":`+string(text)+`}`)
		refused := !strings.Contains(string(checked.body), `"errors":[]`)
		made, err := s.control(t.Context(), post, "/v2/apis", `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":`+string(text)+`}`)
		must(t, err)
		if made.status == http.StatusCreated {
			path := "/v2/apis/" + made.text("apiId")
			s.mustControl(t, post, path+"/routes", `{"routeKey":"$default"}`)
			made, err = s.control(t.Context(), post, path+"/deployments", `{}`)
			must(t, err)
		}
		if refused != (made.status >= 400) {
			t.Errorf("%s: the check says %s, the control plane %d %s", text, checked.body, made.status, made.body)
		}
	}
	for _, schema := range []string{
		"", "{}", "[]", "null", `{"type":"object"}`, `{"type":"thing"}`, `{"type":["string","thing"]}`, `{"required":[]}`, `{"$ref":"#/definitions/a"}`,
		`{"$ref":"#/definitions/a","definitions":{"a":{}}}`, `{"$ref":"https://example.com/a"}`, `{"pattern":"("}`, `{"minimum":"1"}`, `{"$schema":"http://json-schema.org/draft-07/schema#"}`, `{"a":1`,
	} {
		text, err := json.Marshal(schema)
		must(t, err)
		checked := s.mustControl(t, post, "/gangway/check", `{"kind":"schema","text":`+string(text)+`}`)
		refused := !strings.Contains(string(checked.body), `"errors":[]`)
		path := "/v2/apis/" + s.mustControl(t, post, "/v2/apis", `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x"}`).text("apiId")
		made, err := s.control(t.Context(), post, path+"/models", `{"name":"M","contentType":"application/json","schema":`+string(text)+`}`)
		must(t, err)
		if made.status == http.StatusCreated {
			s.mustControl(t, post, path+"/routes", `{"routeKey":"$default","requestModels":{"$default":"M"},"modelSelectionExpression":"\\$default"}`)
			made, err = s.control(t.Context(), post, path+"/deployments", `{}`)
			must(t, err)
		}
		if refused != (made.status >= 400) {
			t.Errorf("%s: the check says %s, the control plane %d %s", text, checked.body, made.status, made.body)
		}
	}
}
