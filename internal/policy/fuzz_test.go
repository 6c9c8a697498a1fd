package policy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"gangway/internal/policy"
)

// FuzzParse holds that no document panics; that a refused one is no policy; that an accepted one is JSON, judges alike
// twice, allows only if it has a statement that allows, and denies once a statement denies everything.
func FuzzParse(f *testing.F) {
	for _, r := range refusals {
		if len(r.document) < 1000 {
			f.Add(r.document)
		}
	}
	for _, d := range []string{
		documentOf("A: "), documentOf("A: ", "D: "), documentOf(if1("IpAddress", `["10.0.0.0/8","::/0"]`)),
		documentOf(`A: "Resource":"arn:aws:x:::${aws:username, 'a'}${*}*"`), documentOf(if1("ForAllValues:DateLessThan", `1769817600`)),
		`{"Statement":{"Effect":"Deny","NotAction":"sqs:*","NotResource":["*"],"Condition":{"Null":{"aws:x":true}}}}`,
	} {
		f.Add(d)
	}
	f.Fuzz(func(t *testing.T, document string) {
		p, err := policy.Parse([]byte(document))
		r := one("", allow).with("aws:username=ann aws:sourceip=10.0.0.1 gw:k=a gw:k=5").request()
		got := p.Evaluate(r)
		if err != nil {
			if p != nil || got != policy.ImplicitDeny {
				t.Fatalf("%q: refused (%v) and yet %v", document, err, got)
			}
			return
		}
		var open struct{ Statement json.RawMessage }
		if err := json.Unmarshal([]byte(document), &open); err != nil {
			t.Fatalf("%q was accepted: %v", document, err)
		}
		if again := p.Evaluate(r); again != got {
			t.Errorf("%q: %v, then %v", document, got, again)
		}
		list := strings.TrimSpace(string(open.Statement))
		list = strings.TrimSuffix(strings.TrimPrefix(list, "["), "]")
		if got == policy.Allow && !strings.Contains(unescaped(t, list), `"Allow"`) {
			t.Errorf("%q allows without Allow", document)
		}
		denied, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[` + list + `,{"Effect":"Deny","Action":"*","Resource":"*"}]}`))
		if err == nil && denied.Evaluate(r) != policy.ExplicitDeny {
			t.Errorf("%q: a Deny of everything does not deny", document)
		}
	})
}

// unescaped is the same JSON without escapes such as \u0041.
func unescaped(t *testing.T, list string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte("["+list+"]"), &v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// FuzzMatch holds that patterns match as a table of all prefixes says, as a resource, as a condition and, in any
// case of letters, as an action.
func FuzzMatch(f *testing.F) {
	for _, s := range [][2]string{
		{"*", ""},
		{"a*b?c", "axxbyc"},
		{"*aab*b", "aaabab"},
		{"??", "é"},
		{"?", "é"},
		{"a", "A"},
		{"*a*a*a*b", "aaaaaaaaaaaa"},
		{"", ""},
		{"?*?", "\xffé"},
		{"**a", "ba:/a"},
		{"*é?", "éééx"},
		{"\ufffd", "\xff"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if strings.Contains(pattern, "${") || len(pattern) > 500 || len(text) > 500 || strings.ToValidUTF8(pattern, "") != pattern {
			return
		}
		want := implicit
		if matches(characters(pattern), characters(text)) {
			want = allow
		}
		encoded, err := json.Marshal(pattern)
		if err != nil {
			t.Fatal(err)
		}
		inside := strings.TrimSuffix(strings.TrimPrefix(string(encoded), `"`), `"`)
		p := parse(t, documentOf(`A: "Resource":"arn:aws:x:::`+inside+`"`))
		if got := p.Evaluate(&policy.Request{Action: invoke, Resource: "arn:aws:x:::" + text}); got != want {
			t.Errorf("resource %q on %q: %v, want %v", pattern, text, got, want)
		}
		p = parse(t, documentOf(if1("StringLike", string(encoded))))
		if got := p.Evaluate(&policy.Request{Action: invoke, Resource: "*", Context: map[string][]string{"gw:k": {text}}}); got != want {
			t.Errorf("condition %q on %q: %v, want %v", pattern, text, got, want)
		}
		p, err = policy.Parse([]byte(documentOf(`A: "Action":"x:` + inside + `"`)))
		if err != nil {
			return
		}
		want = implicit
		if matches(characters(strings.ToUpper(pattern)), characters(upper(text))) {
			want = allow
		}
		if got := p.Evaluate(&policy.Request{Action: "X:" + text, Resource: "*"}); got != want {
			t.Errorf("action %q on %q: %v, want %v", pattern, text, got, want)
		}
	})
}

// characters splits a text as the manual counts: a byte that is not UTF-8 is one.
func characters(text string) []string {
	var all []string
	for i, r := range text {
		size := len(string(r))
		if r == '\ufffd' && !strings.HasPrefix(text[i:], "\ufffd") {
			size = 1
		}
		all = append(all, text[i:i+size])
	}
	return all
}

// upper leaves what is not an ASCII letter.
func upper(text string) string {
	b := []byte(text)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// matches is the reference: row by row, which prefixes of the text the pattern so far matches.
func matches(pattern, text []string) bool {
	reached := make([]bool, len(text)+1)
	reached[0] = true
	for _, p := range pattern {
		next := make([]bool, len(text)+1)
		for i := range next {
			switch {
			case p == "*":
				next[i] = reached[i] || i > 0 && next[i-1]
			case i > 0:
				next[i] = reached[i-1] && (p == "?" || p == text[i-1])
			}
		}
		reached = next
	}
	return reached[len(text)]
}
