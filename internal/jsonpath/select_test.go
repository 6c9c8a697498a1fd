package jsonpath_test

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"gangway/internal/jsonpath"
)

const store = `{"store":{"book":[
	{"category":"reference","author":"Nigel Rees","title":"Sayings of the Century","price":8.95},
	{"category":"fiction","author":"Evelyn Waugh","title":"Sword of Honour","price":12.99},
	{"category":"fiction","author":"Herman Melville","title":"Moby Dick","isbn":"0-553-21311-3","price":8.99}],
	"bicycle":{"color":"red","price":19.95}},"expensive":10}`

const missingText = "missing"

// Paths as the README of Jayway JsonPath has them, on the document that it has from Goessner's article.
func TestSelectREADME(t *testing.T) {
	tests := []struct{ path, want string }{
		{"$.store.book[*].author", `["Nigel Rees","Evelyn Waugh","Herman Melville"]`},
		{"$..author", `["Nigel Rees","Evelyn Waugh","Herman Melville"]`},
		{"$.store.*.color", `["red"]`},
		{"$.store..price", `[8.95,12.99,8.99,19.95]`},
		{"$..book[2].title", `["Moby Dick"]`},
		{"$..book[-2].title", `["Sword of Honour"]`},
		{"$..book[0,1].title", `["Sayings of the Century","Sword of Honour"]`},
		{"$..book[:2].title", `["Sayings of the Century","Sword of Honour"]`},
		{"$..book[1:2].title", `["Sword of Honour"]`},
		{"$..book[-2:].title", `["Sword of Honour","Moby Dick"]`},
		{"$..book[2:].title", `["Moby Dick"]`},
		{"$..book[?(@.isbn)].title", `["Moby Dick"]`},
		{"$.store.book[?(@.price < 10)].title", `["Sayings of the Century","Moby Dick"]`},
		{"$..book[?(@.price <= $['expensive'])].title", `["Sayings of the Century","Moby Dick"]`},
		{"$..book[?(@.author =~ /.*REES/i)].title", `["Sayings of the Century"]`},
		{"$..book.length()", `3`},
		{"$.store.book.length()", `3`},
		{"$.store.book[?(@.price < 10 && @.category == 'fiction')].title", `["Moby Dick"]`},
		{"$.store.book[?(@.category == 'reference' || @.price > 10)].title", `["Sayings of the Century","Sword of Honour"]`},
		{"$.store.book[?(!(@.price < 10 && @.category == 'fiction'))].title", `["Sayings of the Century","Sword of Honour"]`},
		{"$.store.book[?(@.category in ['reference', 'poetry'])].title", `["Sayings of the Century"]`},
		{"$.store.book[0]['author','title']", `{"author":"Nigel Rees","title":"Sayings of the Century"}`},
		{"$..price.sum()", `50.879999999999995`}, // as doubles add up
		{"$..price.max()", `19.95`},
		{"$.store.bicycle.keys()", `["color","price"]`},
		{"$.concat($.store.bicycle.color, \"-\", $.expensive)", `"red-10"`},
	}
	for _, tt := range tests {
		checkSelect(t, tt.path, store, tt.want)
	}
}

// What Jayway's path tokens do beyond its README, in com.jayway.jsonpath.internal.path.
func TestSelectSteps(t *testing.T) {
	tests := []struct{ path, doc, want string }{
		{"$", `5`, `5`},
		{" $.a ", `{"a":1}`, `1`},
		{"$.a-b.@type", `{"a-b":{"@type":1}}`, `1`},
		{"a.b", `{"a":{"b":null}}`, `null`},
		{"$.a.b", `{"a":null}`, missingText},
		{"$.a.b.c", `{"a":{}}`, missingText},
		{"$[-1]", `[1,2,3]`, `3`},
		{"$[-4]", `[1,2,3]`, missingText},
		{"$['a','x']", `{"b":1,"a":2}`, `{"a":2}`},
		{"$['b','a']", `{"a":1,"b":2}`, `{"b":2,"a":1}`},
		{"$['a','b']", `[1]`, missingText},
		{"$['a','b'].c", `{"b":{"c":1},"a":{"c":2}}`, `[2,1]`},
		{`$["a\"b"]`, `{"a\"b":1}`, `1`},
		{`$['a\u00e9\n\q\ud83d\ude00']`, `{"aé\nq😀":1}`, `1`},
		{`$['\ud83d\u0041']`, `{"\ufffdA":1}`, `1`},
		{"$[ 'a' ][ 0 , 1 ]", `{"a":[1,2]}`, `[1,2]`},
		{"$.['a'].[0]", `{"a":[1]}`, `1`},
		// A path that is not definite is an array, whatever is missing.
		{"$.x[*]", `{}`, `[]`},
		{"$.x..y", `5`, `[]`},
		{"$[5][*]", `[1]`, `[]`},
		{"$[?(@.a)]", `5`, `[]`},
		{"$[0,7]", `[1]`, `[1]`},
		{"$[*].a", `[{"a":1},{},2,null,[3]]`, `[1]`},
		// Slices with both ends do not count from the end.
		{"$[1:-1]", `[1,2,3]`, `[]`},
		{"$[-2:2]", `[1,2,3]`, `[2,3,1,2]`},
		{"$[:-1]", `[1,2,3]`, `[1,2]`},
		{"$[-9:]", `[1,2,3]`, `[1,2,3]`},
		{"$[1:9]", `[1,2,3]`, `[2,3]`},
		// Deep scans.
		{"$..*", `{"a":{"b":[1,{"c":2}]}}`, `[{"b":[1,{"c":2}]},[1,{"c":2}],1,{"c":2},2]`},
		{"$..a..b", `{"a":{"b":1,"a":{"b":2}}}`, `[1,2,2]`},
		{"$..[0]", `[[1,2],[3]]`, `[[1,2],1,3]`},
		{"$..[0].a", `[{"a":1},{"a":2}]`, `[1,2]`}, // Jayway takes all items here.
		{"$..['a','b']", `[{"b":1,"a":2},{"a":3}]`, `[{"a":2,"b":1}]`},
		{"$..['a','b'].c", `[{"b":{"c":1}},{"a":{"c":3}}]`, `[1,3]`},
		{"$..[?(@.a == 1)]", `{"a":1,"b":[{"a":1},{"a":2}]}`, `[{"a":1,"b":[{"a":1},{"a":2}]},{"a":1}]`},
		{"$.a[?(@.x)].y", `{"a":{"x":1,"y":2}}`, `[2]`}, // An object is filtered itself, not its members.
		// Functions.
		{"$.a[*].length()", `{"a":[[1,2],{"b":1},"xyz"]}`, `[2,1,null]`},
		{"$.length($.a)", `{"a":[1,2]}`, `2`},
		{"$..a.length()", `{"a":[1,2],"b":{"a":[3]}}`, `3`},
		{"$.a.avg()", `{"a":[1,2,"x"]}`, `1.5`},
		{"$.a.stddev()", `{"a":[1,3]}`, `1.0`},
		{"$.a.min()", `{"a":[-1,-3]}`, `-3.0`},
		{"$.sum(1, $.a, -2.5)", `{"a":[1,3]}`, `2.5`},
		{"$.a.sum()", `{"a":[]}`, missingText},
		{"$.a.sum()", `{"a":[1e308,1e308]}`, `null`},
		{"$.sum($.nope)", `{}`, missingText},
		{"$.a.append(4, {b: 5}).length()", `{"a":[1]}`, `3`},
		{"$.a.append(4)[-1]", `{"a":[1]}`, `4`},
		{"$.append(4)", `5`, `5`},
		{"$.keys()", `[1]`, `null`},
		{"$.a.first()", `{"a":[1,2]}`, `1`},
		{"$.a.last()", `{"a":[1,2]}`, `2`},
		{"$.a.index(1)", `{"a":[1,2]}`, `2`},
		{"$.a.index(9)", `{"a":[1,2]}`, missingText},
		{"$.a.concat('x', $.b)", `{"a":["p",1,"q"],"b":[2,null,"r"]}`, `"pqx2r"`},
	}
	for _, tt := range tests {
		checkSelect(t, tt.path, tt.doc, tt.want)
	}
}

// What Jayway's operators do, in com.jayway.jsonpath.internal.filter: EvaluatorFactory and ValueNodes.
func TestSelectFilters(t *testing.T) {
	tests := []struct{ filter, items, want string }{
		{"@.a", `[{"a":null},{"a":false},{}]`, `[{"a":null},{"a":false}]`},
		{"!@.a", `[{"a":null},{}]`, `[{}]`},
		{"@", `[null,1]`, `[null,1]`},
		{"@.a[*]", `[{"a":[]},{"a":1},{}]`, `[{"a":[]}]`}, // A last step to nothing exists, too.
		{"@.a[?(@ > 1)]", `[{"a":[1]},{"a":[2]},{"a":1}]`, `[{"a":[1]},{"a":[2]}]`},
		{"@.a[?(@ > 1)] empty false", `[{"a":[1]},{"a":[2]},{"a":1}]`, `[{"a":[2]}]`},
		{"@.a[1:]", `[{"a":[1]},{"a":{}}]`, `[{"a":[1]}]`},
		{"@..a", `[{"b":{"a":1}},{"b":1}]`, `[{"b":{"a":1}}]`},
		{"@.a == null", `[{"a":null},{},{"a":0}]`, `[{"a":null}]`},
		{"@.a != null", `[{"a":null},{},{"a":0}]`, `[{},{"a":0}]`},
		{"@.a == @.a", `[{},{"a":1}]`, `[{"a":1}]`},
		{"@ == 1", `[1,1.0,"1","1.0","x",true]`, `[1,1.0,"1"]`},
		{"1 == @", `[1,1.0,"1","1.0","x",true]`, `[1,1.0,"1","1.0"]`},
		{"@ == '1'", `[1,1.0,"1","1.0"]`, `[1,1.0,"1"]`},
		{"@ === 1", `[1,1.0,"1"]`, `[1,1.0]`},
		{"@ !== 1", `[1,1.0,"1"]`, `["1"]`},
		{"@ == 1e3", `[1000,1000.0,999]`, `[1000,1000.0]`},
		{"@ == 12345678901234567890123", `[12345678901234567890123,12345678901234567890124]`, `[12345678901234567890123]`},
		{"@ == true", `[true,"true",1]`, `[true]`},
		{"@ == 'true'", `[true,"true"]`, `["true"]`},
		{"@ > 1", `[1,2,"2","x",null,true,[2]]`, `[2,"2","x"]`},
		{"@ >= 1.50", `[1,1.5,2e0]`, `[1.5,2.0]`},
		{"@ < -1", `[-2,-1,0,-1.5,1e400]`, `[-2,-1.5]`},
		{"@ <= 'b'", `["a","b","c",1]`, `["a","b",1]`},
		{"@ < '\uffee'", `["😀","\uffef"]`, `["😀"]`}, // in the order of UTF-16
		{"@ == {'b':[1],a:null}", `[{"a":null,"b":[1]},{"a":null,"b":[1.0]},{"b":[1]}]`, `[{"a":null,"b":[1]}]`},
		{"@ == [x, 'y', 2]", `[["x","y",2],["x","y"]]`, `[["x","y",2]]`},
		{"@ =~ /b.?/", `["b","bx","abx",["q","b"],7,null]`, `["b","bx",["q","b"]]`},
		{"@ =~ /[47]|true/", `[7,77,true]`, `[7,true]`},
		{`/A\/b/iu =~ @`, `["a/B","a"]`, `["a/B"]`},
		{"@ in ['x', 1]", `["x",1,"1",1.0,["x"]]`, `["x",1,"1",1.0]`},
		{"@ in $.missing", `[1]`, `[]`},
		{"@ NIN ['x']", `["x","y"]`, `["y"]`},
		{"@ nin 'x'", `["x","y"]`, `[]`},
		{"@ subsetof [1,2]", `[[1],[],[3],1]`, `[[1],[]]`},
		{"@ anyof [1,2]", `[[1,5],[],[3],1]`, `[[1,5]]`},
		{"@ noneof [1,2]", `[[1,5],[],[3],1]`, `[[],[3]]`},
		{"@ contains 'b'", `["abc","x",["b"],{"b":1}]`, `["abc",["b"]]`},
		{"@ size 2", `["ab","😀",[1,2],{"a":1,"b":2},2]`, `["ab","😀",[1,2]]`},
		{"@ empty true", `["",[],{},"x",null,0]`, `["",[],{}]`},
		{"@.length() > 1", `[[1,2],[1]]`, `[[1,2]]`},
		{"@.a.sum() == 3", `[{"a":[1,2]},{"a":[]}]`, `[{"a":[1,2]}]`},
		{"@..n.sum() == 3", `[{"n":1,"b":{"n":2}},{"n":1}]`, `[{"n":1,"b":{"n":2}}]`},
		{"@.a == 1 || @.b == 2 && @.c == 3", `[{"a":1},{"b":2},{"b":2,"c":3}]`, `[{"a":1},{"b":2,"c":3}]`},
		{"(@.a == 1 || @.b == 2) && @.c", `[{"a":1},{"b":2,"c":3}]`, `[{"b":2,"c":3}]`},
		{"!(@.a == 1) && !(!@.b)", `[{"a":1,"b":1},{"b":2},{}]`, `[{"b":2}]`},
		{"@.a==1&&@.b<2", `[{"a":1,"b":1},{"a":1,"b":2}]`, `[{"a":1,"b":1}]`},
		{"@['x y']['z'] == 'q)'", `[{"x y":{"z":"q)"}}]`, `[{"x y":{"z":"q)"}}]`},
		{"@ == $.l[0]", `[2,3,2]`, `[2,2]`},
	}
	for _, tt := range tests {
		checkSelect(t, "$.l[?("+tt.filter+")]", `{"l":`+tt.items+`}`, tt.want)
	}
}

// A path that is not of keys and indexes alone is found in a body, too.
func TestFindInTree(t *testing.T) {
	tests := []struct {
		path, body string
		kind       jsonpath.Kind
		text       string
	}{
		{"$..n", `{"a":{"n":"x/y"},"n":[1.50,null]}`, jsonpath.ArrayKind, "[[1.5, null], x/y]"},
		{"$['b','a']", `{"a":1,"b":{"c":"d"}}`, jsonpath.ObjectKind, "{b={c=d}, a=1}"},
		{"a[-1]", `{"a":["x","y"]}`, jsonpath.String, "y"},
		{"a[-1]", `{"a":[null]}`, jsonpath.Null, ""},
		{"a[-1]", `{"a":[]}`, jsonpath.Missing, ""},
		{"a.length()", `{"a":[1,2]}`, jsonpath.Number, "2"},
		{"a[?(@.b)]", `{}`, jsonpath.ArrayKind, "[]"},
	}
	for _, tt := range tests {
		v, err := mustCompile(t, tt.path).Find([]byte(tt.body))
		if err != nil || v.Kind() != tt.kind || v.Text() != tt.text {
			t.Errorf("%s in %s: kind %d, %q, %v; want kind %d, %q", tt.path, tt.body, v.Kind(), v.Text(), err, tt.kind, tt.text)
		}
	}
	if _, err := mustCompile(t, "$..a").Find([]byte(`{"a":1`)); !errors.Is(err, jsonpath.ErrNotJSON) {
		t.Errorf("not JSON: %v", err)
	}
}

func TestDefinite(t *testing.T) {
	tests := map[string]bool{
		"$": true, "a[0]['b'][-1]": true, "a['b','c']": true, "a.length()": true, "$..a.sum()": true, "a['b','c'].d": false,
		"a[*]": false, "a[0,1]": false, "a[0:1]": false, "$..a": false, "a[?(@.b)]": false, "a[*].length()": false,
	}
	for path, want := range tests {
		if got := mustCompile(t, path).Definite(); got != want {
			t.Errorf("%s: %t, want %t", path, got, want)
		}
	}
}

// What is found is part of the tree: what a template changes in it changes the tree.
func TestSelectShares(t *testing.T) {
	root := mustDecode(t, `{"a":{"b":[1]}}`)
	found, _, _ := mustCompile(t, "$.a.b").Select(root)
	found.(*jsonpath.Array).Insert(1, int64(2))
	found, _, _ = mustCompile(t, "$.a.b.append(3)").Select(root) // makes a new one
	if got := mustJSON(t, root) + mustJSON(t, found); got != `{"a":{"b":[1,2]}}[1,2,3]` {
		t.Errorf("got %s", got)
	}
}

// Containers may be another package's, and numbers Go's own: templates put them into trees.
func TestSelectForeign(t *testing.T) {
	object := foreignObject{jsonpath.NewArray("x", 2, 2.5, foreignObject{int64(2)})}
	root := jsonpath.NewArray(foreignArray{object, nil})
	tests := []struct{ path, want string }{
		{"$", `[[{"only":["x",2,2.5,{"only":2}]},null]]`},
		{"$[0][0].only[-1].only", `2`},
		{"$..only", `[["x",2,2.5,{"only":2}],2]`},
		{"$[0][0].only[?(@ == 2 || @ > 2.25)]", `["x",2,2.5]`}, // a text is beyond any digits,
		{"$[0][*].only[?(@ == {only: 2})]", `[{"only":2}]`},
		{"$[0][0].keys()", `["only","gone"]`},
		{"$[0][0].only.sum()", `4.5`},
		{"$[0].length()", `2`},
	}
	for _, tt := range tests {
		found, ok, err := mustCompile(t, tt.path).Select(root)
		if got := mustJSON(t, found); !ok || err != nil || got != tt.want {
			t.Errorf("%s: %s, %t, %v; want %s", tt.path, got, ok, err, tt.want)
		}
	}
	if got := string(jsonpath.AppendText(nil, object, 1000)); got != `{only=["x",2,2.5,{"only":2}]}` {
		t.Errorf("got %s", got)
	}
}

// foreignObject is an object of one member.
type foreignObject struct{ value any }

func (foreignObject) Len() int { return 1 }

func (o foreignObject) Get(key string) (any, bool) { return o.value, key == "only" }

func (foreignObject) Keys() []string { return []string{"only", "gone"} }

// foreignArray is an array of two items.
type foreignArray [2]any

func (foreignArray) Len() int { return 2 }

func (a foreignArray) At(i int) any { return a[i] }

// A path may be used by many at once.
func TestSelectConcurrently(t *testing.T) {
	p, root := mustCompile(t, "$..book[?(@.price < $.expensive && @.author =~ /.*e.*/)].title"), mustDecode(t, store)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				if found, _, err := p.Select(root); err != nil || found.(*jsonpath.Array).Len() != 2 {
					t.Errorf("found %v, %v", found, err)
				}
			}
		})
	}
	group.Wait()
}

func checkSelect(t *testing.T, path, doc, want string) {
	t.Helper()
	if got := selectText(t, path, doc); got != want {
		t.Errorf("%s in %s: %s, want %s", path, doc, got, want)
	}
}

// selectText is what a path finds as JSON, or missing.
func selectText(t *testing.T, path, doc string) string {
	t.Helper()
	found, ok, err := mustCompile(t, path).Select(mustDecode(t, doc))
	if err != nil {
		t.Fatalf("%s in %.100s: %v", path, doc, err)
	}
	if !ok {
		return missingText
	}
	return mustJSON(t, found)
}

func mustDecode(tb testing.TB, doc string) any {
	tb.Helper()
	root, err := jsonpath.Decode([]byte(doc))
	if err != nil {
		tb.Fatalf("%.100s: %v", doc, err)
	}
	return root
}

func mustJSON(tb testing.TB, value any) string {
	tb.Helper()
	text, err := jsonpath.AppendJSON(nil, value)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// FuzzSelect holds that no path panics, that errors name a position, and that what is found is valid JSON within the
// budget.
func FuzzSelect(f *testing.F) {
	for _, path := range []string{
		"$", "a.b", "$.a[0].b", "['a b'].c", `["a\"b\u00e9"]`, "a..b", "a[?(@.b)]", "a[99999999999999999999]", "$..*..*", "$['a','b']['c','d']",
		"$..[?(@.a in [1,'x',{y:z}] && !(@.b =~ /x/i))]", "$[-3:][1:2][0,-1]", "$..a.sum($.b, 1).keys()", "$[?(@.length() > $.a[?(@ == 1)].length())]",
	} {
		f.Add(path, `{"a":[1,{"b":"x"}],"b":{"a":2}}`)
	}
	for _, text := range seeds {
		f.Add("$..[?(@ != 1 || @.a contains @.b)]", text)
	}
	f.Fuzz(func(t *testing.T, path, body string) {
		p, err := jsonpath.Compile(path)
		if err != nil {
			if !strings.Contains(err.Error(), "position ") {
				t.Errorf("error without a position: %v", err)
			}
			return
		}
		root, err := jsonpath.Decode([]byte(body))
		if err != nil {
			return
		}
		before := mustJSON(t, root)
		found, ok, err := p.Select(root)
		v, findErr := p.Find([]byte(body))
		switch {
		case err != nil:
			if !errors.Is(err, jsonpath.ErrBudget) {
				t.Errorf("%q: %v", path, err)
			}
		case !ok && p.Definite():
			if v.Kind() != jsonpath.Missing || findErr != nil {
				t.Errorf("%q is missing, but Find finds %q, %v", path, v.Text(), findErr)
			}
		default:
			text, err := jsonpath.AppendJSON(nil, found)
			if !ok || err == nil && !json.Valid(text) || err != nil && !errors.Is(err, jsonpath.ErrTooLarge) {
				t.Errorf("%q: found %t, %q, %v", path, ok, text, err)
			}
		}
		if after := mustJSON(t, root); after != before {
			t.Errorf("%q changed %q to %q", path, before, after)
		}
	})
}

func BenchmarkSelect(b *testing.B) {
	root := mustDecode(b, store)
	for _, path := range []string{
		"$.store.book[1].title", "$.store.book[*].title", "$..price", "$.store.book[?(@.price < 10)].title", "$.store.book[0]['author','title']", "$..price.sum()",
	} {
		b.Run(path, func(b *testing.B) {
			p := mustCompile(b, path)
			b.ReportAllocs()
			for b.Loop() {
				if _, ok, err := p.Select(root); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}
