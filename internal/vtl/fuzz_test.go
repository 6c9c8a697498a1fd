package vtl_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"gangway/internal/vtl"
)

// seed adds all templates of the tables and some generated ones.
func seed(f *testing.F, add func(c tableCase)) {
	f.Helper()
	for _, c := range readTables(f) {
		add(c)
	}
	g := &generator{Rand: rand.New(rand.NewPCG(5, 6))}
	for range 50 {
		add(tableCase{template: g.text(4), vars: generatedVars})
	}
}

// FuzzParse: no text is a panic, and errors are within the text.
func FuzzParse(f *testing.F) {
	seed(f, func(c tableCase) { f.Add(c.template) })
	f.Fuzz(func(t *testing.T, source string) {
		template, err := vtl.Parse(source)
		if (template == nil) == (err == nil) {
			t.Fatal(template, err)
		}
		if err == nil {
			return
		}
		syntax, ok := errors.AsType[*vtl.SyntaxError](err)
		if !ok {
			t.Fatalf("%T", err)
		}
		lines := strings.Split(source, "\n")
		if syntax.Line < 1 || syntax.Line > len(lines) || syntax.Column < 1 || syntax.Column > len([]rune(lines[syntax.Line-1]))+1 {
			t.Fatalf("%q: line %d, column %d", source, syntax.Line, syntax.Column)
		}
	})
}

// canary is a value that would show if it were parsed.
const canary = `$context.secret ${secret} #set($hacked = 1) #if(true)x#end "$secret" #[[y]]# #evaluate("$secret")`

// FuzzRender: no template is a panic, all budgets hold, and what is in a value is never parsed.
func FuzzRender(f *testing.F) {
	seed(f, func(c tableCase) { f.Add(c.template) })
	f.Add(`$body`)
	f.Add(`#set($x = "$body")$x#macro(m $p)$p "$p"#end#m($body)#m("$body")#define($d)$body#end$d`)
	limits := vtl.Limits{Steps: 20_000, Output: 64 << 10, Memory: 512 << 10}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 4<<10 {
			t.Skip("long")
		}
		template, err := vtl.Parse(source)
		if err != nil {
			return
		}
		vars := document(t, generatedVars)
		vars["util"], vars["body"], vars["input"] = vtl.Util{}, canary, input{`{"a":[1,{"b":"c"}]}`}
		vars["context"], vars["secret"] = secret{}, secret{}
		out, err := template.Append(nil, vars, limits)
		if _, ok := errors.AsType[*vtl.RenderError](err); err != nil && !ok {
			t.Fatalf("%T %v", err, err)
		}
		if len(out) > limits.Output {
			t.Fatalf("%d bytes", len(out))
		}
		mentions := strings.Contains(source, "secret") || strings.Contains(source, "context")
		if !mentions && strings.Contains(string(out), "leaked") {
			t.Fatalf("%q parsed a value: %q", source, out)
		}
		again, err2 := template.Append(nil, refreshed(t, vars), limits)
		if string(out) != string(again) || (err == nil) != (err2 == nil) {
			t.Fatalf("%q rendered %q, then %q", source, out, again)
		}
	})
}

// refreshed are the variables as they were before a template changed them.
func refreshed(tb testing.TB, vars names) names {
	tb.Helper()
	fresh := document(tb, generatedVars)
	for _, name := range []string{"util", "body", "input", "context", "secret"} {
		fresh[name] = vars[name]
	}
	return fresh
}

// secret prints as what may not be seen.
type secret struct{}

func (secret) Property(string) (any, bool)     { return "leaked", true }
func (secret) Call(string, []any) (any, error) { return "leaked", nil }
func (secret) String() string                  { return "leaked" }

func TestValuesAreNotParsed(t *testing.T) {
	vars := names{"body": canary, "context": secret{}, "secret": secret{}, "key": "$context.secret"}
	for _, source := range []string{
		`$body`, `#set($x = "$body")$x`, `#set($x = $body)$x`, `#define($d)$body#end$d`, `#macro(m $p)$p#end#m($body)`,
		`#macro(m $p)$p#end#m("$body")`, `#foreach($x in [$body])$x#end`, `#set($m = {"k": $body})$m.k`, `#set($x = "" + $body)$x`,
		`#set($x = "$body".concat(""))$x`, `$body.toString()`, `$body.replaceAll("zzz", $body)`, `$body.replace("zzz", "")`,
	} {
		template, err := vtl.Parse(source)
		if err != nil {
			continue // "a".concat is no syntax of Velocity
		}
		out, err := template.Append(nil, vars, vtl.Limits{})
		if string(out) != canary || err != nil {
			t.Errorf("%s: %q, %v", source, out, err)
		}
	}
}
