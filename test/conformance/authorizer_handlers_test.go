package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// question is what an authorizer is asked, and verdict an answer of it with what the client is to see of that. The function
// and the tests read one table of verdicts: a client asks for one of them by the query parameter as.
type (
	question = events.APIGatewayCustomAuthorizerRequestTypeRequest
	verdict  struct {
		name   string
		says   func(q *question) (any, error)
		status int
		body   string
	}
)

// guard is an authorizer, written as users of aws-lambda-go write theirs.
func guard(_ context.Context, q question) (any, error) {
	as := q.QueryStringParameters["as"]
	if as == "" {
		return permit(&q)
	}
	for _, v := range verdicts() {
		if v.name == as {
			return v.says(&q)
		}
	}
	return nil, errors.New("no such verdict: " + as)
}

// permit is what the samples of the developer guide return, with values for later events.
func permit(q *question) (any, error) {
	answer := policyFor("Allow", q.MethodArn)
	answer.UsageIdentifierKey = q.QueryStringParameters["key"]
	answer.Context = map[string]any{
		"tenant": "t-1", "number": 123, "ratio": 1.5, "yes": true, "no": false, "empty": "", "é \"x\"": "é \"y\"",
		"principalId": "somebody else", "integrationLatency": "none", // which the gateway knows better
	}
	return answer, nil
}

func policyFor(effect string, resources ...string) events.APIGatewayCustomAuthorizerResponse {
	return events.APIGatewayCustomAuthorizerResponse{PrincipalID: "me", PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{
		Version:   "2012-10-17",
		Statement: []events.IAMPolicyStatement{{Action: []string{"execute-api:Invoke"}, Effect: effect, Resource: resources}},
	}}
}

// The bodies of refusals. Those of 401 and 403 are documented for REST APIs, whose engine is the same: "Gateway response types"
// in the developer guide.
const (
	notKnown     = `{"message":"Unauthorized"}`
	notAllowed   = `{"Message":"User is not authorized to access this resource"}`
	explicitDeny = `{"Message":"User is not authorized to access this resource with an explicit deny"}`
	notDecided   = `{"message":"Internal server error"}`
)

const connected = http.StatusSwitchingProtocols

// verdicts are all that the function can say.
// Source: "Output from an API Gateway Lambda authorizer", "Create an API Gateway REQUEST Lambda authorizer" and "Quotas for
// configuring and running a WebSocket API" in the API Gateway developer guide. What the guide does not say of wrong answers is
// a guess: they let nobody in.
func verdicts() []verdict {
	all := append(policyVerdicts(), rawPolicyVerdicts()...)
	return append(append(all, wrongVerdicts()...), failedVerdicts()...)
}

// policyVerdicts are policies in the types of aws-lambda-go.
func policyVerdicts() []verdict {
	on := func(effect string, resource func(arn string) string) func(*question) (any, error) {
		return func(q *question) (any, error) { return policyFor(effect, resource(q.MethodArn)), nil }
	}
	change := func(from, to string) func(string) string {
		return func(arn string) string { return strings.Replace(arn, from, to, 1) }
	}
	whole := func(string) string { return "*" }
	both := func(q *question) (any, error) {
		answer := policyFor("Allow", "*")
		answer.PolicyDocument.Statement = append(answer.PolicyDocument.Statement, policyFor("Deny", q.MethodArn).PolicyDocument.Statement...)
		return answer, nil
	}
	action := func(name string) func(*question) (any, error) {
		return func(q *question) (any, error) {
			answer := policyFor("Allow", q.MethodArn)
			answer.PolicyDocument.Statement[0].Action = []string{name}
			return answer, nil
		}
	}
	return []verdict{
		{"allow", permit, connected, ""},
		{"allow all", on("Allow", whole), connected, ""},
		{"allow the stage", on("Allow", change("$connect", "*")), connected, ""},
		{"allow by ?", on("Allow", change("$connect", "?connec?")), connected, ""},
		{"allow all actions", action("execute-api:*"), connected, ""},
		{"allow another action", action("execute-api:ManageConnections"), http.StatusForbidden, notAllowed},
		{"allow another route", on("Allow", change("$connect", "$default")), http.StatusForbidden, notAllowed},
		{"allow another stage", on("Allow", change("/prod/", "/test/")), http.StatusForbidden, notAllowed},
		{"allow another account", on("Allow", change(":"+account+":", ":999999999999:")), http.StatusForbidden, notAllowed},
		{"allow another region", on("Allow", change(region, "eu-west-1")), http.StatusForbidden, notAllowed},
		{"allow in other case", on("Allow", change("$connect", "$Connect")), http.StatusForbidden, notAllowed},
		{"allow with a method, as in REST APIs", on("Allow", change("/prod/", "/prod/GET/")), http.StatusForbidden, notAllowed},
		{"deny", on("Deny", func(arn string) string { return arn }), http.StatusForbidden, explicitDeny},
		{"deny all", on("Deny", whole), http.StatusForbidden, explicitDeny},
		{"deny another route", on("Deny", change("$connect", "$default")), http.StatusForbidden, notAllowed},
		{"allow and deny", both, http.StatusForbidden, explicitDeny},
		{"small", func(q *question) (any, error) { return sized(q, 7<<10), nil }, connected, ""},
		{"large", func(q *question) (any, error) { return sized(q, 8<<10), nil }, http.StatusInternalServerError, notDecided},
	}
}

// sized allows with a value of a size.
func sized(q *question, bytes int) events.APIGatewayCustomAuthorizerResponse {
	answer := policyFor("Allow", q.MethodArn)
	answer.UsageIdentifierKey = q.QueryStringParameters["key"]
	answer.Context = map[string]any{"long": strings.Repeat("x", bytes)}
	return answer
}

// fields is an answer as programs in other languages write it.
type fields map[string]any

// raw allows, with members put in place of those that are right.
func raw(q *question, with fields) fields {
	answer := fields{"principalId": "me", "policyDocument": statement(q, fields{})}
	for name, value := range with {
		if value == nil {
			delete(answer, name)
			continue
		}
		answer[name] = value
	}
	return answer
}

// statement is a policy document that allows, with members in its one statement.
func statement(q *question, with fields) fields {
	made := fields{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": q.MethodArn}
	maps.Copy(made, with)
	return fields{"Version": "2012-10-17", "Statement": made}
}

// rawPolicyVerdicts are policies with what aws-lambda-go has no types for, conditions above all: "IAM JSON policy elements:
// Condition" in the IAM user guide.
func rawPolicyVerdicts() []verdict {
	policy := func(with fields) func(*question) (any, error) {
		return func(q *question) (any, error) { return raw(q, fields{"policyDocument": statement(q, with)}), nil }
	}
	condition := func(operator, key string, value any) func(*question) (any, error) {
		return policy(fields{"Condition": fields{operator: fields{key: value}}})
	}
	return []verdict{
		{"one statement, texts for lists", policy(fields{"Sid": "door"}), connected, ""},
		{"from here", condition("IpAddress", "aws:SourceIp", "127.0.0.0/8"), connected, ""},
		{"from elsewhere", condition("IpAddress", "aws:SourceIp", []string{"203.0.113.0/24"}), http.StatusForbidden, notAllowed},
		{"with TLS alone", condition("Bool", "aws:SecureTransport", "true"), http.StatusForbidden, notAllowed},
		{"for one program", condition("StringLike", "aws:UserAgent", "ali*"), connected, ""},
		{"until 2020", condition("DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"), http.StatusForbidden, notAllowed},
		{"on what nobody knows", condition("StringNotEquals", "aws:VpcSourceIp", "x"), http.StatusForbidden, notAllowed},
		{"on nothing", policy(fields{"NotResource": "*"}), http.StatusInternalServerError, notDecided},
		{"with an effect that is none", policy(fields{"Effect": "allow"}), http.StatusInternalServerError, notDecided},
		{"with an operator that is none", condition("IpAdress", "aws:SourceIp", "127.0.0.1"), http.StatusInternalServerError, notDecided},
		{"with a member that is none", policy(fields{"Conditions": fields{}}), http.StatusInternalServerError, notDecided},
	}
}

// wrongVerdicts are answers that are none.
func wrongVerdicts() []verdict {
	with := func(members fields) func(*question) (any, error) {
		return func(q *question) (any, error) { return raw(q, members), nil }
	}
	text := func(text string) func(*question) (any, error) {
		return func(q *question) (any, error) {
			return strings.NewReader(strings.ReplaceAll(text, "ARN", q.MethodArn)), nil // whose bytes are the answer
		}
	}
	const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	all := []verdict{
		{"nothing", func(*question) (any, error) { return nil, nil }, 0, ""},
		{"a text", func(*question) (any, error) { return "Allow", nil }, 0, ""},
		{"a list", func(q *question) (any, error) { return []any{policyFor("Allow", q.MethodArn)}, nil }, 0, ""},
		{"true", func(*question) (any, error) { return true, nil }, 0, ""},
		{"no members", func(*question) (any, error) { return fields{}, nil }, 0, ""},
		{"the simple response of HTTP APIs", func(*question) (any, error) {
			return events.APIGatewayV2CustomAuthorizerSimpleResponse{IsAuthorized: true}, nil
		}, 0, ""},
		{"a proxy response", func(*question) (any, error) { return events.APIGatewayProxyResponse{StatusCode: 200}, nil }, 0, ""},
		{"no principal", with(fields{"principalId": nil}), 0, ""},
		{"an empty principal", with(fields{"principalId": ""}), 0, ""},
		{"a principal that is a number", with(fields{"principalId": 5}), 0, ""},
		{"no policy", with(fields{"policyDocument": nil}), 0, ""},
		{"a policy in a text", with(fields{"policyDocument": document}), 0, ""},
		{"a policy of nothing", with(fields{"policyDocument": fields{}}), 0, ""},
		{"a list in the context", with(fields{"context": fields{"groups": []string{"a"}}}), 0, ""},
		{"an object in the context", with(fields{"context": fields{"user": fields{"name": "a"}}}), 0, ""},
		{"nothing in the context", with(fields{"context": fields{"user": nilOf}}), 0, ""},
		{"a context that is a text", with(fields{"context": "a"}), 0, ""},
		{"a usage key that is a number", with(fields{"usageIdentifierKey": 5}), 0, ""},
		{"no JSON", text(`{"principalId":"me"`), 0, ""},
		{"two principals", text(`{"principalId":"me","principalId":"you","policyDocument":` + document + `}`), 0, ""},
		{"two policies", text(`{"principalId":"me","policyDocument":` + document + `,"policyDocument":{"Version":"2012-10-17","Statement":[]}}`), 0, ""},
		{"names in other case", text(`{"PrincipalId":"me","PolicyDocument":` + document + `}`), 0, ""},
	}
	for i := range all {
		all[i].status, all[i].body = http.StatusInternalServerError, notDecided
	}
	return all
}

// nilOf is null, where nil means that a member is to be left out.
var nilOf *int

// failedVerdicts are ends of a function without an answer.
func failedVerdicts() []verdict {
	fails := func(message string) func(*question) (any, error) {
		return func(*question) (any, error) { return nil, errors.New(message) }
	}
	return []verdict{
		{"unauthorized", fails("Unauthorized"), http.StatusUnauthorized, notKnown},
		{"unauthorized, in other words", fails("Unauthorized: the token has expired"), http.StatusInternalServerError, notDecided},
		{"unauthorized, in other case", fails("unauthorized"), http.StatusInternalServerError, notDecided},
		{"error", fails("secret: the table is on fire"), http.StatusInternalServerError, notDecided},
		{"unauthorized, wrapped", func(*question) (any, error) { return nil, fmt.Errorf("secret: %w", errors.New("Unauthorized")) }, http.StatusInternalServerError, notDecided},
		{"an answer and an error", func(q *question) (any, error) { return policyFor("Allow", q.MethodArn), errors.New("secret") }, http.StatusInternalServerError, notDecided},
		{"panic", func(*question) (any, error) { panic("secret") }, http.StatusInternalServerError, notDecided},
		{"wait", func(*question) (any, error) {
			<-time.After(2 * patience) // the sandbox is ended before
			return nil, nil
		}, http.StatusInternalServerError, notDecided},
	}
}
