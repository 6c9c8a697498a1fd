package authorizer_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// A node is a JSON value as it is written: nothing of it is lost, neither order nor repetition.
type node struct {
	kind  byte // one of {["0tn
	names []string
	below []node
	text  string
}

// parse reads one JSON value and nothing after it.
func parse(text []byte) (root node, ok bool) {
	if !utf8.Valid(text) || !json.Valid(text) {
		return node{}, false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	root, ok = value(d)
	_, err := d.Token()
	return root, ok && err == io.EOF
}

func value(d *json.Decoder) (n node, ok bool) {
	token, err := d.Token()
	if err != nil {
		return node{}, false
	}
	switch v := token.(type) {
	case json.Delim:
		n = node{kind: byte(v)}
		for d.More() {
			if v == '{' {
				name, _ := d.Token()
				n.names = append(n.names, name.(string))
			}
			child, ok := value(d)
			if !ok {
				return node{}, false
			}
			n.below = append(n.below, child)
		}
		_, err = d.Token()
		return n, err == nil
	case string:
		return node{kind: '"', text: v}, true
	case json.Number:
		return node{kind: '0', text: v.String()}, true
	case bool:
		return node{kind: 't'}, true
	default:
		return node{kind: 'n'}, true
	}
}

// repeats says whether a name is anywhere there twice.
func (n node) repeats() bool {
	for i, name := range n.names {
		if slices.Contains(n.names[:i], name) {
			return true
		}
	}
	return slices.ContainsFunc(n.below, node.repeats)
}

func (n node) member(name string) (node, bool) {
	if i := slices.Index(n.names, name); n.kind == '{' && i >= 0 {
		return n.below[i], true
	}
	return node{}, false
}

// only says whether all members have one of these names, in no case twice.
func (n node) only(names ...string) bool {
	for _, name := range n.names {
		if !slices.Contains(names, name) {
			return false
		}
	}
	return n.kind == '{'
}

// texts are those of a string or a list of strings that is not empty.
func (n node) texts() ([]string, bool) {
	if n.kind == '"' {
		return []string{n.text}, true
	}
	var all []string
	for _, child := range n.below {
		if child.kind != '"' {
			return nil, false
		}
		all = append(all, child.text)
	}
	return all, n.kind == '[' && len(all) > 0
}

// covers is the rule for wildcards, by another means than the product's.
func covers(patterns []string, text, flags string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		pattern = regexp.QuoteMeta(pattern)
		pattern = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(pattern)
		return regexp.MustCompile(`^(?s` + flags + `:` + pattern + `)$`).MatchString(text)
	})
}

// mayConnect is the oracle: what the documentation takes for an answer that allows $connect, and nothing else. It knows no
// conditions, negated elements, variables nor Sids: a policy that has any allows nothing.
func mayConnect(payload []byte) bool {
	root, ok := parse(payload)
	if !ok || root.kind != '{' || root.repeats() || len(payload) > 8192 {
		return false
	}
	for _, name := range root.names {
		for _, right := range []string{"principalId", "policyDocument", "context", "usageIdentifierKey"} {
			if strings.EqualFold(name, right) && name != right {
				return false
			}
		}
	}
	principal, _ := root.member("principalId")
	if key, given := root.member("usageIdentifierKey"); given && key.kind != '"' && key.kind != 'n' {
		return false
	}
	if context, given := root.member("context"); given && context.kind != 'n' {
		if context.kind != '{' || slices.Contains(context.names, "") ||
			slices.ContainsFunc(context.below, func(n node) bool { return strings.IndexByte("{[n", n.kind) >= 0 }) {
			return false
		}
	}
	policy, _ := root.member("policyDocument")
	return principal.kind == '"' && principal.text != "" && allows(policy)
}

func allows(policy node) bool {
	if !policy.only("Version", "Statement") {
		return false
	}
	if version, given := policy.member("Version"); given && version.text != "2012-10-17" && version.text != "2008-10-17" {
		return false
	}
	list, _ := policy.member("Statement")
	statements := list.below
	if list.kind == '{' {
		statements = []node{list}
	}
	allowed, denied := false, false
	for _, s := range statements {
		effect, _ := s.member("Effect")
		action, _ := s.member("Action")
		resource, _ := s.member("Resource")
		actions, ok := action.texts()
		resources, also := resource.texts()
		if !s.only("Effect", "Action", "Resource") || !ok || !also || effect.kind != '"' {
			return false
		}
		applies := covers(actions, "execute-api:Invoke", "i") && covers(resources, connect, "")
		switch effect.text {
		case "Allow":
			allowed = allowed || applies
		case "Deny":
			denied = denied || applies
		default:
			return false
		}
	}
	return allowed && !denied
}

// A generator writes answers of functions, most of them nearly right.
type generator struct{ *rand.Rand }

// pick is the first, which is right, or with a chance of one in odds another.
func (g generator) pick(odds int, right string, others ...string) string {
	if len(others) == 0 || g.IntN(odds) > 0 {
		return right
	}
	return others[g.IntN(len(others))]
}

func (g generator) statement() string {
	return `{` + g.pick(30, `"Effect"`, `"effect"`, `"EFFECT"`, `"Efect"`) + `:` +
		g.pick(4, `"Allow"`, `"Deny"`, `"Deny"`, `"allow"`, `"ALLOW"`, `"Allow "`, `true`, `null`, `["Allow"]`) + `,` +
		g.pick(30, `"Action"`, `"action"`, `"Effect"`) + `:` +
		g.pick(4, `"execute-api:Invoke"`, `"execute-api:*"`, `"*"`, `["x:y","EXECUTE-API:INVOKE"]`, `"execute-api:ManageConnections"`, `[]`, `"execute-api:Invok?"`, `{}`, `""`) + `,` +
		g.pick(30, `"Resource"`, `"resource"`, `"Action"`) + `:` +
		g.pick(4, `"`+connect+`"`, `"*"`, `"arn:aws:execute-api:*:*:abcdef1234/*"`, `["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/other"]`,
			`"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/Prod/$connect"`, `["*",7]`, `"arn:aws:execute-api:*:*:*/prod/$?onnect"`, `null`) +
		g.pick(30, ``, `,"Effect":"Allow"`, `,"Principal":"*"`, `,"Unknown":1`) + `}`
}

func (g generator) policy() string {
	var statements []string
	for range 1 + g.IntN(3) {
		statements = append(statements, g.statement())
	}
	list := `[` + strings.Join(statements, ",") + `]`
	if len(statements) == 1 && g.IntN(2) == 0 {
		list = statements[0]
	}
	return `{` + g.pick(30, `"Version":"2012-10-17",`, ``, `"Version":"2012-10-18",`, `"version":"2012-10-17",`, `"Version":"2012-10-17","Version":"2012-10-17",`) +
		g.pick(30, `"Statement"`, `"statement"`, `"Statements"`) + `:` + g.pick(30, list, `[]`, `null`, `{}`, `"x"`) + `}`
}

func (g generator) answer() []byte {
	policy := g.policy()
	text := `{` + g.pick(20, `"principalId"`, `"PrincipalId"`, `"principal"`, `"policyDocument"`) + `:` + g.pick(20, `"me"`, `""`, `null`, `7`, `["me"]`, `{}`) + `,` +
		g.pick(20, `"policyDocument"`, `"PolicyDocument"`, `"policy"`) + `:` + g.pick(20, policy, `null`, `[`+policy+`]`, quoted(policy), `{}`) +
		g.pick(3, ``, `,"context":{"a":1,"b":true,"c":"d"}`, `,"context":{"a":[]}`, `,"context":{"a":null}`, `,"context":null`, `,"context":[]`,
			`,"context":{"a":1,"a":2}`, `,"Context":{}`, `,"usageIdentifierKey":"k"`, `,"usageIdentifierKey":1`, `,"principalId":"you"`,
			`,"policyDocument":`+policy, `,"isAuthorized":true`, `,"x":{"a":1,"a":1}`, `,"context":{"a":"`+strings.Repeat("x", 8192)+`"}`) + `}`
	damaged := []byte(text)
	if g.IntN(4) == 0 {
		for range 1 + g.IntN(2) {
			at := g.IntN(len(damaged))
			switch g.IntN(3) {
			case 0:
				damaged = slices.Delete(damaged, at, at+1)
			case 1:
				damaged[at] = byte(g.IntN(256))
			default:
				damaged = slices.Insert(damaged, at, `{}[]",:\0aA `[g.IntN(12)])
			}
		}
	}
	return damaged
}

// TestFailClosed: of ten thousand answers those connect that the oracle allows, and no other does.
func TestFailClosed(t *testing.T) {
	const answers = 10_000
	g := generator{rand.New(rand.NewPCG(20260102, 7))}
	connects := 0
	for range answers {
		payload := g.answer()
		decision, err := function(string(payload), false, nil).Authorize(t.Context(), handshake())
		got, want := outcomeOf(t, decision, err), mayConnect(payload)
		if equal(got, connected) {
			connects++
		}
		if equal(got, connected) && !want {
			t.Fatalf("%s connects", payload)
		}
		if want && !equal(got, connected) && plainly(payload) {
			t.Errorf("%s does not connect: %v", payload, err)
		}
		if _, err := function(string(payload), true, nil).Authorize(t.Context(), handshake()); err == nil {
			t.Fatalf("%s connects as an error", payload)
		}
	}
	t.Logf("%d of %d connect", connects, answers)
	if connects < answers/20 || connects > answers/2 {
		t.Errorf("%d of %d connect: the generator is of no use", connects, answers)
	}
}

// plainly says whether damage has left the texts of a policy as they were written, so that the oracle knows all rules for
// them: which texts are ARNs and actions at all is not its business.
func plainly(payload []byte) bool {
	for _, text := range regexp.MustCompile(`"[^"]*[:*][^"]*"`).FindAll(payload, -1) {
		if !slices.Contains([]string{
			`"` + connect + `"`, `"execute-api:Invoke"`, `"execute-api:*"`, `"*"`, `"x:y"`, `"EXECUTE-API:INVOKE"`, `"execute-api:ManageConnections"`,
			`"execute-api:Invok?"`, `"arn:aws:execute-api:*:*:abcdef1234/*"`, `"arn:aws:execute-api:*:*:*/prod/$?onnect"`,
			`"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/other"`, `"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/Prod/$connect"`,
		}, string(text)) {
			return false
		}
	}
	return true
}

// FuzzFunctionReply: an answer that connects has a principal, one policy, and a statement that says Allow.
func FuzzFunctionReply(f *testing.F) {
	g := generator{rand.New(rand.NewPCG(1, 2))}
	for range 50 {
		f.Add(g.answer(), false)
	}
	f.Add([]byte(`{"errorMessage":"Unauthorized"}`), true)
	f.Add([]byte(answer(`{"Statement":{"Sid":"a","Effect":"Allow","NotAction":"x:y","NotResource":"arn:aws:s3:::x","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}}`)), false)
	f.Fuzz(func(t *testing.T, payload []byte, failed bool) {
		decision, err := function(string(payload), failed, nil).Authorize(t.Context(), handshake())
		got := outcomeOf(t, decision, err)
		if !equal(got, connected) {
			return
		}
		root, ok := parse(payload)
		principal, _ := root.member("principalId")
		policy, _ := root.member("policyDocument")
		if failed || !ok || root.repeats() || principal.text == "" || decision.Identity.Authorizer.PrincipalID != principal.text {
			t.Errorf("%q connects", payload)
		}
		if !says(policy, "Allow") {
			t.Errorf("%q connects without an Allow", payload)
		}
		for _, value := range decision.Identity.Authorizer.Context {
			if value.Name == "" || strings.ContainsAny(value.Name, "\r\n\x00") {
				t.Errorf("%q has the value %q", payload, value.Name)
			}
		}
		// What the oracle has no rules for is the other test's.
		if !bytes.Contains(payload, []byte("Not")) && !bytes.Contains(payload, []byte("Condition")) && !bytes.Contains(payload, []byte("Sid")) &&
			!bytes.Contains(payload, []byte(`"Id"`)) && !bytes.Contains(payload, []byte(`\u`)) && !bytes.Contains(payload, []byte("${")) && !mayConnect(payload) {
			t.Errorf("%q connects against the oracle", payload)
		}
	})
}

// says looks for an Effect in a policy.
func says(policy node, effect string) bool {
	list, _ := policy.member("Statement")
	for _, s := range append(list.below, list) {
		if e, _ := s.member("Effect"); e.text == effect {
			return true
		}
	}
	return false
}
