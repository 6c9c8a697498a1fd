package policy_test

import (
	"strings"
	"sync"
	"testing"

	"gangway/internal/policy"
)

// The decisions, short enough for tables.
const (
	implicit = policy.ImplicitDeny
	explicit = policy.ExplicitDeny
	allow    = policy.Allow
)

// What a row asks for unless it says otherwise.
const (
	invoke = "execute-api:Invoke"
	push   = "execute-api:ManageConnections"
	prod   = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/prod/POST/@connections/L0SM9cOFvHcCIhw="
)

// A group of rows has one public source.
type group struct {
	source string
	rows   []row
}

// A row is a policy, a request and the decision. In statements, "A: x" is short for an Allow of any action on any
// resource with x, and "D: x" for a Deny; x is members of the statement and may replace Action and Resource.
type row struct {
	statements []string
	action     string // invoke if empty
	resource   string // prod if empty
	context    string // "key=value key=value" with the values of a key one by one; "_" is a space
	want       policy.Decision
}

// one is a row of one statement.
func one(statement string, want policy.Decision) row {
	return row{statements: []string{statement}, want: want}
}

func (r row) with(context string) row { r.context = context; return r }

func (r row) on(resource string) row { r.resource = resource; return r }

func (r row) by(action string) row { r.action = action; return r }

func documentOf(statements ...string) string {
	full := make([]string, len(statements))
	for i, s := range statements {
		effect, members, _ := strings.Cut(s, ": ")
		parts := []string{`"Effect":"` + map[string]string{"A": "Allow", "D": "Deny"}[effect] + `"`}
		if !strings.Contains(members, `Action"`) {
			parts = append(parts, `"Action":"*"`)
		}
		if !strings.Contains(members, `Resource"`) {
			parts = append(parts, `"Resource":"*"`)
		}
		if members != "" {
			parts = append(parts, members)
		}
		full[i] = "{" + strings.Join(parts, ",") + "}"
	}
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(full, ",") + `]}`
}

// when is the member Condition with one operator and one key; values are JSON.
func when(operator, key, values string) string {
	return `"Condition":{"` + operator + `":{"` + key + `":` + values + `}}`
}

func contextOf(text string) map[string][]string {
	context := map[string][]string{}
	for field := range strings.FieldsSeq(text) {
		key, value, _ := strings.Cut(field, "=")
		context[key] = append(context[key], strings.ReplaceAll(value, "_", " "))
	}
	return context
}

func (r row) request() *policy.Request {
	q := &policy.Request{Action: r.action, Resource: r.resource, Context: contextOf(r.context)}
	if q.Action == "" {
		q.Action = invoke
	}
	if q.Resource == "" {
		q.Resource = prod
	}
	return q
}

func parse(tb testing.TB, document string) *policy.Policy {
	tb.Helper()
	p, err := policy.Parse([]byte(document))
	if err != nil {
		tb.Fatalf("%s: %v", document, err)
	}
	return p
}

func judge(t *testing.T, groups []group) {
	t.Helper()
	for _, g := range groups {
		t.Run(strings.ReplaceAll(g.source, " ", "_"), func(t *testing.T) {
			for _, r := range g.rows {
				document := documentOf(r.statements...)
				if got := parse(t, document).Evaluate(r.request()); got != r.want {
					t.Errorf("%s\n%+v: %v, want %v", document, *r.request(), got, r.want)
				}
			}
		})
	}
}

func TestNothingIsDenied(t *testing.T) {
	everything := parse(t, documentOf("A: "))
	var none *policy.Policy
	for name, got := range map[string]policy.Decision{
		"no policy":        none.Evaluate(row{}.request()),
		"an empty policy":  (&policy.Policy{}).Evaluate(row{}.request()),
		"no request":       everything.Evaluate(nil),
		"an empty request": everything.Evaluate(&policy.Request{}),
		"no action":        everything.Evaluate(&policy.Request{Resource: prod}),
		"no resource":      everything.Evaluate(&policy.Request{Action: invoke}),
	} {
		if got != implicit {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := everything.Evaluate(row{}.request()); got != allow {
		t.Errorf("a whole request: %v", got)
	}
}

func TestDecisionsHaveNames(t *testing.T) {
	for d, want := range map[policy.Decision]string{implicit: "implicit deny", explicit: "explicit deny", allow: "allow"} {
		if d.String() != want {
			t.Errorf("%d is %q, want %q", d, d, want)
		}
	}
}

// A policy serves many callers at once; the race detector watches.
func TestPolicyIsShared(t *testing.T) {
	p := parse(t, documentOf(
		`A: "Resource":"arn:aws:execute-api:*:*:a1b2c3/${aws:username}/*"`,
		`D: `+when("NotIpAddress", "aws:SourceIp", `"203.0.113.0/24"`),
	))
	var wait sync.WaitGroup
	for _, r := range []row{
		one("", allow).with("aws:username=prod aws:sourceip=203.0.113.7"),
		one("", explicit).with("aws:username=prod aws:sourceip=198.51.100.7"),
		one("", implicit).with("aws:username=test aws:sourceip=203.0.113.7"),
	} {
		wait.Go(func() {
			for range 200 {
				if got := p.Evaluate(r.request()); got != r.want {
					t.Errorf("%s: %v, want %v", r.context, got, r.want)
				}
			}
		})
	}
	wait.Wait()
}

// TestAsks: a context is needed exactly where a condition or a variable asks for it.
func TestAsks(t *testing.T) {
	const prefix = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*",`
	for document, want := range map[string]bool{
		prefix + `"Resource":"*"}}`:                                                     false,
		prefix + `"Resource":"arn:aws:s3:::a/${*}"}}`:                                   false,
		prefix + `"Resource":"*","Condition":{}}}`:                                      false,
		prefix + `"Resource":"arn:aws:s3:::${aws:username}"}}`:                          true,
		prefix + `"Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}}`: true,
	} {
		p, err := policy.Parse([]byte(document))
		if err != nil {
			t.Fatalf("%s: %v", document, err)
		}
		if got := p.Asks(); got != want {
			t.Errorf("%s: got %t, want %t", document, got, want)
		}
	}
	if (*policy.Policy)(nil).Asks() {
		t.Error("a policy that is none asks")
	}
}
