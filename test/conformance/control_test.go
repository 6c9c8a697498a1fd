package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"gangway/internal/node"
)

// scenario is a row of calls of the control plane, one after another, on a node.
type scenario struct {
	name  string
	calls []exchange
}

// exchange is one call and what must come back.
type exchange struct {
	// name is what is tried, and where the answer is known from. One that begins with a number, as in "case 26: …", is that
	// case of docs/control-plane-cases.md, and a test of its own; the others prepare one, or are more than the list asks for.
	name   string
	method string
	path   string
	body   string
	status int
	code   string // x-amzn-ErrorType
	// want are members that the answer must have: text as it is, "…" any text but the empty one, "#" a number, a text that
	// begins with '~' a regular expression, with '≠' any other text, with '≥' one that does not sort before it, null an
	// absent member. An object with the member "=" has no others than those given.
	want string
	// until says that the answer comes in time: the call is made again until it does.
	until bool
	keep  map[string]string // variables to take from members of the answer ("item.0.id"); {name} stands for them in what follows
}

// TestControl runs the scenarios that can share a node.
func TestControl(t *testing.T) {
	s := startNode(t, node.Config{})
	for _, group := range [][]scenario{
		apiScenarios(), tagScenarios(), integrationScenarios(), routeScenarios(), authorizerScenarios(), modelScenarios(),
		deploymentScenarios(), stageScenarios(), autoDeployScenarios(), domainScenarios(), linkScenarios(), wireScenarios(),
	} {
		for _, sc := range group {
			t.Run(sc.name, func(t *testing.T) {
				t.Parallel()
				sc.run(t, s)
			})
		}
	}
}

// TestControlAlone runs those that want a node to themselves, because they list, or change, what belongs to the whole account.
func TestControlAlone(t *testing.T) {
	for _, group := range [][]scenario{accountScenarios(), loggingScenarios(), keyScenarios(), planScenarios(), certificateScenarios()} {
		for _, sc := range group {
			t.Run(sc.name, func(t *testing.T) {
				t.Parallel()
				sc.run(t, startNode(t, node.Config{}))
			})
		}
	}
}

// run makes the calls. A case is a test of its own, made before it is known whether anybody asked for it: what follows
// needs it.
func (sc *scenario) run(t *testing.T, s *server) {
	t.Helper()
	variables := map[string]string{"region": region}
	for i, call := range sc.calls {
		got, faults, err := call.filled(variables).call(t.Context(), s)
		if err != nil {
			t.Fatalf("%d %s: %v", i+1, call.name, err)
		}
		for variable, path := range call.keep {
			variables[variable] = textAt(got.object(), path)
		}
		if strings.HasPrefix(call.name, "case ") {
			t.Run(call.name, func(t *testing.T) { report(t, call.name, faults) })
			continue
		}
		report(t, fmt.Sprintf("%d %s", i+1, call.name), faults)
	}
}

func report(t *testing.T, label string, faults []string) {
	t.Helper()
	for _, fault := range faults {
		t.Errorf("%s: %s", label, fault)
	}
}

// filled is the exchange with values in place of variables.
func (e exchange) filled(variables map[string]string) exchange {
	for name, value := range variables {
		for _, text := range []*string{&e.path, &e.body, &e.want} {
			*text = strings.ReplaceAll(*text, "{"+name+"}", value)
		}
	}
	return e
}

// call makes the call, again and again if the answer comes in time, and says what is wrong with the answer.
func (e exchange) call(ctx context.Context, s *server) (got *answer, faults []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var body any
	if e.body != "" {
		body = e.body
	}
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		if got, err = s.control(ctx, e.method, e.path, body); err != nil {
			return nil, nil, err
		}
		if faults = e.faults(got); len(faults) == 0 || !e.until {
			return got, faults, nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return got, faults, nil
		}
	}
}

// faults is what is wrong with an answer.
func (e exchange) faults(got *answer) []string {
	faults := headFaults(e.status, e.code, got)
	if e.want == "" {
		return faults
	}
	var wanted, have any
	if err := json.Unmarshal([]byte(e.want), &wanted); err != nil {
		return append(faults, fmt.Sprintf("the row is no JSON: %v", err))
	}
	if err := json.Unmarshal(got.body, &have); err != nil {
		return append(faults, fmt.Sprintf("the answer is no JSON: %s", got.body))
	}
	return append(faults, differences("", wanted, have)...)
}

// headFaults holds what every answer must have: its status, ids, and of an error its name and a message.
func headFaults(status int, code string, got *answer) (faults []string) {
	wrong := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	name, _, _ := strings.Cut(got.header.Get("X-Amzn-Errortype"), ":")
	wrong(got.status != status, "status %d, expected %d: %s", got.status, status, got.body)
	wrong(got.header.Get("X-Amzn-Requestid") == "" || got.header.Get("X-Amz-Apigw-Id") == "", "the answer has no request ids: %v", got.header)
	wrong(name != code, "x-amzn-ErrorType %q, expected %q: %s", name, code, got.body)
	wrong(name != "" && got.text("message") == "", "the error has no message: %s", got.body)
	wrong(got.status == http.StatusNoContent && len(got.body) > 0, "204 with a body: %s", got.body)
	return faults
}

// textAt is the text or number at a path such as "item.0.id".
func textAt(value any, path string) string {
	for step := range strings.SplitSeq(path, ".") {
		switch at := value.(type) {
		case map[string]any:
			value = at[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(at) {
				return ""
			}
			value = at[n]
		}
	}
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// differences lists where a value is not what is wanted.
func differences(at string, wanted, got any) []string {
	var fits bool
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
		fits = fitsText(wanted, got)
	default:
		fits = got == wanted
	}
	if fits {
		return nil
	}
	return []string{fmt.Sprintf("%s is %#v, expected %#v", at, got, wanted)}
}

// fitsText holds a text, or a number, against what a row wants of it.
func fitsText(wanted string, got any) bool {
	text, ok := got.(string)
	if !ok {
		_, number := got.(float64)
		return number && wanted == "#"
	}
	if rest, is := strings.CutPrefix(wanted, "~"); is {
		return regexp.MustCompile(rest).MatchString(text)
	}
	if rest, is := strings.CutPrefix(wanted, "≠"); is {
		return text != rest && text != ""
	}
	if rest, is := strings.CutPrefix(wanted, "≥"); is {
		return text >= rest
	}
	return text == wanted || wanted == "…" && text != ""
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
	put    = http.MethodPut
	remove = http.MethodDelete

	notFound   = "NotFoundException"
	badRequest = "BadRequestException"
	conflict   = "ConflictException"

	// invocation is the URI of a function, as integrations and authorizers name it.
	invocation = `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations`
	// loadBalancer is what a VPC link for WebSocket APIs leads to.
	loadBalancer = `arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/backends/0123456789abcdef`
)
