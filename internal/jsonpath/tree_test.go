package jsonpath_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gangway/internal/jsonpath"
)

// A template engine asks this of what it is given; it need not know this package.
var (
	_ interface {
		Len() int
		Get(key string) (any, bool)
		Put(key string, value any)
		Delete(key string)
		Keys() []string
	} = (*jsonpath.Object)(nil)
	_ interface {
		Len() int
		At(i int) any
		Set(i int, v any)
		Insert(i int, v any)
		Delete(i int)
	} = (*jsonpath.Array)(nil)
)

// TestObjectRandom holds that an object is what a list of pairs is.
func TestObjectRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		object, want := new(jsonpath.Object), []pair{}
		for n, keys := 0, 1+random.IntN(60); n < 300; n++ {
			key := fmt.Sprint(random.IntN(keys))
			i := slices.IndexFunc(want, func(p pair) bool { return p.key == key })
			switch {
			case random.IntN(3) == 0:
				object.Delete(key)
				if i >= 0 {
					want = slices.Delete(want, i, i+1)
				}
			case i >= 0:
				object.Put(key, n)
				want[i].value = n
			default:
				object.Put(key, n)
				want = append(want, pair{key, n})
			}
		}
		checkObject(t, object, want)
	}
}

func checkObject(t *testing.T, object *jsonpath.Object, want []pair) {
	t.Helper()
	got := []pair{}
	for _, key := range object.Keys() {
		value, _ := object.Get(key)
		got = append(got, pair{key, value})
	}
	if !slices.Equal(got, want) || object.Len() != len(want) {
		t.Fatalf("%d members %v, want %v", object.Len(), got, want)
	}
	if text := object.String(); strings.Count(text, "=") != len(want) {
		t.Errorf("%d members print as %s", len(want), text)
	}
	if value, ok := object.Get("none"); ok || value != nil {
		t.Errorf("none = %v", value)
	}
}

func TestArray(t *testing.T) {
	a := jsonpath.NewArray("a")
	a.Insert(1, "c")
	a.Insert(1, "b")
	a.Insert(9, "x")
	a.Insert(-1, "x")
	a.Set(0, "A")
	a.Set(3, "x")
	a.Set(-1, "x")
	if a.String() != `["A","b","c"]` || a.Len() != 3 || a.At(2) != "c" || a.At(3) != nil || a.At(-1) != nil {
		t.Errorf("got %s", a)
	}
	a.Delete(1)
	a.Delete(2)
	a.Delete(-1)
	if a.String() != `["A","c"]` {
		t.Errorf("got %s", a)
	}
}

// The printing of what $input.path finds, as recorded from API Gateway: objects as Java prints maps, arrays as JSON.
func TestAppendText(t *testing.T) {
	tests := []struct{ json, want string }{
		{`{"foo":"bar"}`, `{foo=bar}`},
		{`{"bigger":"dict","to":"test","with":"separators"}`, `{bigger=dict, to=test, with=separators}`},
		{`[{"foo":"bar"}]`, `[{"foo":"bar"}]`},
		{`{"foo":[{"nested":"bar"}]}`, `{foo=[{"nested":"bar"}]}`},
		{`[]`, `[]`},
		{`{}`, `{}`},
		// What json-smart's JSONArray.toString and java.util.AbstractMap.toString print.
		{`{"a":{"b":null,"c/d":"e/f"},"n":1.50,"t":true}`, `{a={b=null, c/d=e/f}, n=1.5, t=true}`},
		{`["a/b","€\"\n\u0001",1e10,-0.0,1e400]`, `["a\/b","\u20AC\"\n\u0001",1.0E10,-0.0,null]`},
		{`"a \"b\" €/"`, `a "b" €/`},
		{`1e400`, `Infinity`},
		{`null`, `null`},
	}
	for _, tt := range tests {
		root := mustDecode(t, tt.json)
		if got := string(jsonpath.AppendText(nil, root, 1<<20)); got != tt.want {
			t.Errorf("%s prints %s, want %s", tt.json, got, tt.want)
		}
		for most := range tt.want {
			if got := string(jsonpath.AppendText([]byte("> "), root, most)); got != "> "+tt.want[:most] {
				t.Errorf("%d bytes of %s: %s", most, tt.json, got)
			}
		}
	}
}

func TestAppendJSON(t *testing.T) {
	object := new(jsonpath.Object)
	object.Put("z", jsonpath.NewArray(nil, true, 1, int64(2), 2.5, jsonpath.NewDecimal("1e2"), "a/b\u007f\u2028\xff"))
	object.Put("a", new(jsonpath.Object))
	if got := mustJSON(t, object); got != `{"z":[null,true,1,2,2.5,100.0,"a/b\u007F\u2028`+"\ufffd"+`"],"a":{}}` {
		t.Errorf("got %s", got)
	}
	if _, err := jsonpath.AppendJSON(nil, jsonpath.NewArray(struct{}{})); err == nil || !strings.Contains(err.Error(), "a struct {} is no JSON value") {
		t.Errorf("a struct: %v", err)
	}
}

// A long number keeps its digits, as json-smart reads it into a BigDecimal; see java.math.BigDecimal.toString.
func TestLongNumbers(t *testing.T) {
	tests := []struct{ json, want string }{
		{`3.14159265358979323846`, `3.14159265358979323846`},
		{`-0.1234567890123456`, `-0.1234567890123456`},
		{`0.10000000000000000000`, `0.10000000000000000000`},
		{`1.23456789012345678901e30`, `1.23456789012345678901E+30`},
		{`1.23456789012345678901E-7`, `1.23456789012345678901E-7`},
		{`0.00000012345678901234567890`, `1.2345678901234567890E-7`},
		{`0.00000000000000000000`, `0E-20`},
		{`123456789012345678901e2`, `1.23456789012345678901E+22`},
		{`12345678901234567890.5e1`, `123456789012345678905`},
		{`1.7976931348623157e+308`, `1.7976931348623157E+308`},
	}
	for _, tt := range tests {
		if got := mustJSON(t, mustDecode(t, tt.json)); got != tt.want {
			t.Errorf("%s prints %s, want %s", tt.json, got, tt.want)
		}
		if got := root(t, tt.json).Text(); got != tt.want {
			t.Errorf("%s as a text is %s, want %s", tt.json, got, tt.want)
		}
	}
}
