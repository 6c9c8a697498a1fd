package policy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gangway/internal/policy"
)

// A rule is a statement that the reference can judge without reading a document.
type rule struct {
	deny                   bool
	notAction, notResource bool
	actions, resources     []string
	key, operator          string // no condition if empty
	values                 []string
}

func (r rule) String() string {
	list := func(name string, not bool, values []string) string {
		if not {
			name = "Not" + name
		}
		return `"` + name + `":["` + strings.Join(values, `","`) + `"]`
	}
	text := "A: "
	if r.deny {
		text = "D: "
	}
	text += list("Action", r.notAction, r.actions) + "," + list("Resource", r.notResource, r.resources)
	if r.operator != "" {
		text += "," + when(r.operator, r.key, `["`+strings.Join(r.values, `","`)+`"]`)
	}
	return text
}

// applies is the reference, by brute force and from the IAM user guide's words.
func (r rule) applies(q *policy.Request) bool {
	glob := func(pattern, text string) bool { return matches(characters(pattern), characters(text)) }
	named := slices.ContainsFunc(r.actions, func(a string) bool { return glob(strings.ToLower(a), strings.ToLower(q.Action)) })
	covered := slices.ContainsFunc(r.resources, func(p string) bool { return glob(p, q.Resource) })
	return named != r.notAction && covered != r.notResource && r.conditionHolds(q, glob)
}

func (r rule) conditionHolds(q *policy.Request, glob func(pattern, text string) bool) bool {
	if r.operator == "" {
		return true
	}
	set, operator, prefixed := strings.Cut(r.operator, ":")
	if !prefixed {
		set, operator = "", r.operator
	}
	base, ifExists := strings.CutSuffix(operator, "IfExists")
	negated := strings.Contains(base, "Not")
	present := q.Context[strings.ToLower(r.key)]
	if len(present) == 0 {
		return ifExists || set == "ForAllValues" || set == "" && negated
	}
	good := 0
	for _, value := range present {
		found := slices.ContainsFunc(r.values, func(v string) bool {
			return strings.HasSuffix(base, "Like") && glob(v, value) || strings.HasSuffix(base, "Equals") && v == value
		})
		if found != negated {
			good++
		}
	}
	if set == "ForAnyValue" {
		return good > 0
	}
	if set == "" && good > 0 && good < len(present) {
		return r.deny // unclear: against the caller
	}
	return good == len(present)
}

func judgeByReference(rules []rule, q *policy.Request) policy.Decision {
	decision := policy.ImplicitDeny
	for _, r := range rules {
		switch {
		case !r.applies(q):
		case r.deny:
			return policy.ExplicitDeny
		default:
			decision = policy.Allow
		}
	}
	return decision
}

// A die throws rules and requests from a small alphabet, so that they meet.
type die struct{ *rand.Rand }

func pick[T any](d die, of ...T) T { return of[d.IntN(len(of))] }

func (d die) several(n int, of ...string) []string {
	all := make([]string, 0, n)
	for range 1 + d.IntN(n) {
		all = append(all, pick(d, of...))
	}
	return all
}

func (d die) rule() rule {
	r := rule{
		deny: d.IntN(3) == 0, notAction: d.IntN(6) == 0, notResource: d.IntN(6) == 0,
		actions:   d.several(2, "*", "a:Get", "A:*", "a:g?t", "a:*T", "b:Get", "?:PUT", "b*:get"),
		resources: d.several(2, "*", "arn:a/b", "arn:*", "arn:?/b", "arn:*b", "arn:*:b", "arn:A/b", "arn:a*b*", "arn:a"),
	}
	if d.IntN(2) == 0 {
		r.operator = pick(d, "", "ForAllValues:", "ForAnyValue:") +
			pick(d, "StringEquals", "StringNotEquals", "StringLike", "StringNotLike") + pick(d, "", "IfExists")
		r.key = pick(d, "k:a", "K:A", "k:b")
		r.values = d.several(3, "x", "y", "x*", "?", "*", "X")
	}
	return r
}

func (d die) request() *policy.Request {
	q := &policy.Request{
		Action:   pick(d, "a:Get", "a:Put", "A:GET", "b:get", "c:Get"),
		Resource: pick(d, "arn:a/b", "arn:a", "arn:a:b", "arn:ab", "arn:A/b", "arn:c/b", "*"),
		Context:  map[string][]string{},
	}
	for _, key := range []string{"k:a", "k:b"} {
		if d.IntN(3) > 0 {
			q.Context[key] = d.several(2, "x", "y", "xx", "X", "")
		}
	}
	return q
}

// FuzzEvaluate holds that a policy judges as the reference does; that one Deny more never makes an Allow, and neither does
// one Allow less; and that the order of statements does not matter.
func FuzzEvaluate(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed, seed*7919)
	}
	f.Fuzz(func(t *testing.T, a, b uint64) {
		d := die{rand.New(rand.NewPCG(a, b))}
		rules := make([]rule, 1+d.IntN(4))
		for i := range rules {
			rules[i] = d.rule()
		}
		q := d.request()
		want := judgeByReference(rules, q)
		got := evaluate(t, rules, q)
		if got != want {
			t.Fatalf("%v\n%+v: %v, want %v", rules, *q, got, want)
		}
		deny := d.rule()
		deny.deny = true
		after := evaluate(t, slices.Insert(slices.Clone(rules), d.IntN(len(rules)+1), deny), q)
		if got != allow && after == allow || got == explicit && after != explicit {
			t.Errorf("%v and %v\n%+v: %v became %v", rules, deny, *q, got, after)
		}
		for i := range rules {
			fewer := slices.Delete(slices.Clone(rules), i, i+1)
			if !rules[i].deny && len(fewer) > 0 && got != allow && evaluate(t, fewer, q) == allow {
				t.Errorf("%v without %v\n%+v: %v became an allow", rules, rules[i], *q, got)
			}
		}
		slices.Reverse(rules)
		if again := evaluate(t, rules, q); again != got {
			t.Errorf("%v\n%+v: %v, reversed %v", rules, *q, got, again)
		}
	})
}

func evaluate(t *testing.T, rules []rule, q *policy.Request) policy.Decision {
	t.Helper()
	statements := make([]string, len(rules))
	for i, r := range rules {
		statements[i] = fmt.Sprint(r)
	}
	return parse(t, documentOf(statements...)).Evaluate(q)
}
