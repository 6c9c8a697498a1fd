package vtl_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"gangway/internal/vtl"
)

var errBackend = errors.New("the body is not JSON")

// input is an object of a caller's.
type input struct{ body string }

func (in input) Property(name string) (any, bool) { return in.body, name == "body" }

func (in input) Call(method string, args []any) (any, error) {
	switch method {
	case "path":
		return vtl.Util{}.Call("parseJson", []any{in.body})
	case "count":
		return len(args), nil
	case "fail":
		return nil, errBackend
	default:
		return nil, vtl.ErrNoMethod
	}
}

// foreign is a map that is not ours, with one key. Its type cannot be compared.
type foreign struct {
	values []any
}

func (f foreign) Len() int                   { return len(f.values) }
func (f foreign) Get(key string) (any, bool) { return f.values[0], key == "k" }
func (f foreign) Put(_ string, value any)    { f.values[0] = value }
func (f foreign) Delete(string)              {}
func (f foreign) Keys() []string             { return []string{"k"} }

func mustParse(tb testing.TB, source string) *vtl.Template {
	tb.Helper()
	template, err := vtl.Parse(source)
	if err != nil {
		tb.Fatal(err)
	}
	return template
}

func TestQuick(t *testing.T) {
	long := strings.Repeat("text ", 1000)
	for source, want := range map[string]bool{
		"": true, "text": true, `{"a": 1}`: true, long: true, "a## comment": true, "#[[$a]]#": true, `\$a`: true,
		"$a": true, "${a}b": true, "$!a": true, "$a.b.c": true, "$a.empty": true, `"$context.connectionId"`: true, `$\!a`: true,
		"#if($a)b#end": true, "#if($a == 'x')b#elseif(!$a.b)c#{else}$d#end": true,
		"#if($a && $b.c || !!$d)#if(1 < $e)x#end#end": true, `#if($a == "x")y#end`: true,

		"$a" + long:                   false,
		"$a.b()":                      false,
		"$a.b().c":                    false,
		"$a.b('$')":                   false,
		"$input.json('$')":            false,
		"$input.path('$..a')":         false,
		"$a[0]":                       false,
		"$a.b['c']":                   false,
		"#set($a = 1)":                false,
		"#set($a = 1)$a":              false,
		"#foreach($a in $b)#end":      false,
		"#define($a)x#end$a":          false,
		"#macro(m)$a#end#m()":         false,
		"#E0E0E0$a":                   false,
		"#if($a.b())c#end":            false,
		"#if($a)$b.c()#end":           false,
		"#if($a)b#else$c.d()#end":     false,
		"#if($a)b#elseif($c.d())#end": false,
		"#if($a + 1 == 2)b#end":       false,
		"#if([1..9])b#end":            false,
		"#if([$a] == $b)c#end":        false,
		"#if({'a':1} == $b)c#end":     false,
		`#if("$a" == "b")c#end`:       false,
		"#if($a && $b.c())d#end":      false,
		"#if(!$a.b())c#end":           false,
		"#if(!!$a.b())c#end":          false,
		"#if($a == $b.c())d#end":      false,
		"x#stop":                      false,
		"#if($a)#break#end":           false,
	} {
		if got := mustParse(t, source).Quick(); got != want {
			t.Errorf("%.60q: got %v, want %v", source, got, want)
		}
	}
}

func TestStatic(t *testing.T) {
	for source, want := range map[string]string{
		"": "", "text": "text", `{"a": 1}`: `{"a": 1}`, "a## comment": "a", `\\x`: `\\x`, "a$ b# c": "a$ b# c", "#[[$a]]#": "$a",
		"a#**#b": "ab", "#macro(m)x#end": "",
	} {
		if text, ok := mustParse(t, source).Static(); !ok || text != want {
			t.Errorf("%q: %q, %v", source, text, ok)
		}
	}
	for _, source := range []string{"$a", "a#set($x = 1)", "#if(true)x#end", "#m()", "a#stop"} {
		if text, ok := mustParse(t, source).Static(); ok {
			t.Errorf("%q is static: %q", source, text)
		}
	}
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	out, err := mustParse(t, `b#set($x = "c")$x`).Append([]byte("a"), nil, vtl.Limits{})
	if string(out) != "abc" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
}

func TestObjects(t *testing.T) {
	for source, want := range map[string]string{
		`$input.body|$input["body"]|$input.body.attr|$input.foo`:   `{"a":[1,{"b":"c"}]}|{"a":[1,{"b":"c"}]}||`,
		`$input.path().a[1].b|$input.path().a`:                     `c|[1,{"b":"c"}]`,
		`$input.count(1, $u, "x") + 1`:                             `3 + 1`,
		`#set($x = $input.count(1) + 1)$x`:                         `2`,
		`[$input.nothing(1)]`:                                      `[]`,
		`$f.k|$f|$f.get("k")|$f.keySet()|#foreach($v in $f)$v#end`: `7|{k=7}|7|[k]|7`,
		`#set($f.k = 8)$f.k#if($f == $f)same#end#set($f.k = 7)`:    `8same`,
		`#set($x = $n + 1)$x#if($n == 5)y#end$n.intValue()`:        `6y5`,
		`[$nothing]`:      `[]`,
		`#set($f.k = $f)`: ``,
	} {
		vars := names{"input": input{`{"a":[1,{"b":"c"}]}`}, "f": foreign{[]any{json.Number("7")}}, "n": 5, "nothing": nil}
		out, err := mustParse(t, source).Append(nil, vars, vtl.Limits{})
		if string(out) != want || err != nil {
			t.Errorf("%q\n got %q, %v\nwant %q", source, out, err, want)
		}
	}
}

func TestErrors(t *testing.T) {
	vars := names{"input": input{}}
	out, err := mustParse(t, "é\n  a$input.fail()b").Append(nil, vars, vtl.Limits{})
	failure, ok := errors.AsType[*vtl.RenderError](err)
	if !ok || failure.Line != 2 || failure.Column != 4 || !errors.Is(err, errBackend) || string(out) != "é\n  a" {
		t.Errorf("%q, %v", out, err)
	}
	if want := "vtl: line 2, column 4: the body is not JSON"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	_, err = vtl.Parse("a\né#if($x)\n")
	syntax, ok := errors.AsType[*vtl.SyntaxError](err)
	if !ok || syntax.Line != 2 || syntax.Column != 2 || syntax.Message != "#if without #end" {
		t.Error(err)
	}
	if _, err = vtl.Parse(strings.Repeat("a", vtl.MaxSource+1)); err == nil {
		t.Error("no error for a template that is too long")
	}
}

func TestDone(t *testing.T) {
	done := make(chan struct{})
	close(done)
	_, err := mustParse(t, "#foreach($i in [1..900])$i#end").Append(nil, nil, vtl.Limits{Done: done})
	if !errors.Is(err, vtl.ErrCanceled) {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	for source, limits := range map[string]vtl.Limits{
		"#foreach($i in [1..50])$i#end":                        {Iterations: 49},
		"#foreach($i in [1..51])$i#end":                        {Steps: 50},
		"aaaa$a":                                               {Output: 3},
		"#set($x = [1,2,3,4,5])":                               {Memory: 100},
		"#set($x = [[[[1]]]])$x":                               {Depth: 3},
		`#set($s = "ab")#set($s = "$s$s$s")$s`:                 {Output: 5},
		`#set($s = "ab")#set($s = $s.concat($s).concat($s))$s`: {Output: 5},
	} {
		if out, err := mustParse(t, source).Append(nil, nil, limits); !errors.Is(err, vtl.ErrLimit) {
			t.Errorf("%q: %q, %v", source, out, err)
		}
		if _, err := mustParse(t, source).Append(nil, nil, vtl.Limits{}); err != nil {
			t.Errorf("%q with default limits: %v", source, err)
		}
	}
}

// TestHammer renders one template from many goroutines; run it with -race.
func TestHammer(t *testing.T) {
	template := mustParse(t, `#macro(m $p)[$p.replaceAll("[a-z]", "$i")]#end#foreach($i in [1..20])#set($l = [$i])$l#m("$v$i")#end`)
	var results [8]string
	var group sync.WaitGroup
	for g := range results {
		group.Go(func() {
			for range 50 {
				out, err := template.Append(nil, names{"v": "ab"}, vtl.Limits{})
				if err != nil {
					t.Error(err)
				}
				results[g] = string(out)
			}
		})
	}
	group.Wait()
	if first := results[0]; !strings.Contains(first, "[7][777]") || slices.ContainsFunc(results[:], func(s string) bool { return s != first }) {
		t.Errorf("%q", results)
	}
}
