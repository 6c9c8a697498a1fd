package conformance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"gangway/internal/node"
)

// scenario is a row of calls of the control plane, one after another, on a node that all scenarios share.
type scenario struct {
	name  string
	calls []exchange
}

// exchange is one call and what must come back.
type exchange struct {
	name   string // what is tried, and where the answer is known from
	method string
	path   string
	body   string
	status int
	code   string // x-amzn-ErrorType
	// want are members that the answer must have: text as it is, "…" any text but the empty one, a text that begins with
	// '~' a regular expression, null an absent member. An object with the member "=" has no others than those given.
	want string
	keep map[string]string // variables to take from members of the answer; {name} stands for them in what follows
}

// TestControl runs the scenarios.
func TestControl(t *testing.T) {
	s := startNode(t, node.Config{})
	for _, group := range [][]scenario{apiScenarios(), routeScenarios(), integrationScenarios(), stageScenarios(), wireScenarios()} {
		for _, sc := range group {
			t.Run(sc.name, func(t *testing.T) {
				t.Parallel()
				sc.run(t, s)
			})
		}
	}
}

func (sc *scenario) run(t *testing.T, s *server) {
	t.Helper()
	variables := map[string]string{"region": region}
	for i, call := range sc.calls {
		label := fmt.Sprintf("%d %s", i+1, call.name)
		fill := func(text string) string {
			for name, value := range variables {
				text = strings.ReplaceAll(text, "{"+name+"}", value)
			}
			return text
		}
		var body any
		if call.body != "" {
			body = fill(call.body)
		}
		got, err := s.control(t.Context(), call.method, fill(call.path), body)
		if err != nil {
			t.Fatalf("%s: %v", label, err)
		}
		if got.status != call.status {
			t.Errorf("%s: status %d, expected %d: %s", label, got.status, call.status, got.body)
		}
		checkHead(t, label, call, got)
		if call.want != "" {
			var wanted, have any
			if err := json.Unmarshal([]byte(fill(call.want)), &wanted); err != nil {
				t.Fatalf("%s: the row is no JSON: %v", label, err)
			}
			if err := json.Unmarshal(got.body, &have); err != nil {
				t.Errorf("%s: the answer is no JSON: %s", label, got.body)
				continue
			}
			for _, difference := range differences("", wanted, have) {
				t.Errorf("%s: %s", label, difference)
			}
		}
		for variable, member := range call.keep {
			variables[variable] = got.text(member)
		}
	}
}

// checkHead holds what every answer must have: ids, and of an error its name and a message.
func checkHead(t *testing.T, label string, call exchange, got *answer) {
	t.Helper()
	if got.header.Get("X-Amzn-Requestid") == "" || got.header.Get("X-Amz-Apigw-Id") == "" {
		t.Errorf("%s: the answer has no request ids: %v", label, got.header)
	}
	code, _, _ := strings.Cut(got.header.Get("X-Amzn-Errortype"), ":")
	if code != call.code {
		t.Errorf("%s: x-amzn-ErrorType %q, expected %q: %s", label, code, call.code, got.body)
	}
	if code != "" && got.text("message") == "" {
		t.Errorf("%s: the error has no message: %s", label, got.body)
	}
	if got.status == http.StatusNoContent && len(got.body) > 0 {
		t.Errorf("%s: 204 with a body: %s", label, got.body)
	}
}

// differences lists where a value is not what is wanted.
func differences(at string, wanted, got any) []string {
	switch wanted := wanted.(type) {
	case map[string]any:
		return objectDifferences(at, wanted, got)
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(wanted) {
			return []string{fmt.Sprintf("%s is %v, expected %d elements", at, got, len(wanted))}
		}
		var all []string
		for i := range wanted {
			all = append(all, differences(fmt.Sprintf("%s[%d]", at, i), wanted[i], list[i])...)
		}
		return all
	case string:
		text, ok := got.(string)
		if pattern, isPattern := strings.CutPrefix(wanted, "~"); isPattern && ok {
			if matched, err := regexp.MatchString(pattern, text); matched && err == nil {
				return nil
			}
		}
		if ok && (text == wanted || wanted == "…" && text != "") {
			return nil
		}
	case nil:
		if got == nil {
			return nil
		}
	default:
		if got == wanted {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s is %#v, expected %#v", at, got, wanted)}
}

func objectDifferences(at string, wanted map[string]any, got any) []string {
	object, ok := got.(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("%s is %v, expected an object", at, got)}
	}
	var all []string
	_, exact := wanted["="]
	for name := range object {
		if _, named := wanted[name]; exact && !named {
			all = append(all, fmt.Sprintf("%s.%s is there, and should not be", at, name))
		}
	}
	for name, value := range wanted {
		member, there := object[name]
		switch {
		case name == "=":
		case value == nil && there:
			all = append(all, fmt.Sprintf("%s.%s is %#v, expected none", at, name, member))
		case value != nil:
			all = append(all, differences(at+"."+name, value, member)...)
		}
	}
	return all
}

// newAPI begins a scenario with an API.
func newAPI(calls ...exchange) []exchange {
	return append([]exchange{{
		name: "an API", method: post, path: "/v2/apis", status: 201,
		body: `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`,
		keep: map[string]string{"api": "apiId"},
	}}, calls...)
}

const (
	get    = http.MethodGet
	post   = http.MethodPost
	patch  = http.MethodPatch
	remove = http.MethodDelete

	notFound   = "NotFoundException"
	badRequest = "BadRequestException"
	conflict   = "ConflictException"
)

// TestControlNotServed lists what the public record of API Gateway knows and this version does not do. Each line goes away
// with the version that does it.
func TestControlNotServed(t *testing.T) {
	for _, row := range []struct{ name, reason string }{
		{"a $connect route with a Lambda authorizer, and taking it off again (Terraform provider)", "authorizers are not served yet"},
		{"requestModels and modelSelectionExpression name models (Terraform provider)", "models are not served yet"},
		{"responseModels name models (Terraform provider)", "models are not served yet"},
		{"a client certificate of a stage, and taking it off again (Terraform provider)", "client certificates are not served yet"},
		{"logging settings of a stage once the account has a role (Terraform provider)", "account settings are not served yet"},
		{"access logs of a stage once the account has a role (Terraform provider)", "account settings are not served yet"},
		{"autoDeploy follows each change (AWS CDK, AWS SAM)", "autoDeploy is not served yet"},
		{"deploymentId is refused while autoDeploy is on (observed)", "autoDeploy is not served yet"},
	} {
		t.Run(row.name, func(t *testing.T) { t.Skip(row.reason) })
	}
}
