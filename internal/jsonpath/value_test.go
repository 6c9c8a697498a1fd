package jsonpath_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gangway/internal/jsonpath"
)

func TestText(t *testing.T) {
	tests := []struct{ json, want string }{
		{`"join"`, "join"},
		{`"a \"quoted\" \\ \/ \b\f\n\r\t word"`, "a \"quoted\" \\ / \b\f\n\r\t word"},
		{`"caf\u00e9 é \u20AC"`, "café é €"},
		{`"\ud83d\ude00"`, "😀"},
		{`"\ud83d"`, "\ufffd"},
		{`"\ude00\ud83d"`, "\ufffd\ufffd"},
		{`"\ud83d\u0041"`, "\ufffdA"},
		{"\"a\xffb\"", "a\ufffdb"},
		{`""`, ""},
		{`null`, ""},
		{`true`, "true"},
		{`false`, "false"},
		// The AWS developer guide shows an array of two as [item1, item2].
		{`["item1","item2"]`, "[item1, item2]"},
		{`[ ]`, "[]"},
		{`{ }`, "{}"},
		{`[1,null,[true,"a b"],{"x":null}]`, "[1, null, [true, a b], {x=null}]"},
		{`{"a":"b","c":"d"}`, "{a=b, c=d}"},
		{`{"z":1,"a":{"k y":[]},"\u0061":2,"m":3}`, "{z=1, a=2, m=3}"},
		{`{"big":12345678901234567890123,"f":[1.0,2.50]}`, "{big=12345678901234567890123, f=[1.0, 2.5]}"},
	}
	for _, tt := range tests {
		if got := root(t, tt.json).Text(); got != tt.want {
			t.Errorf("%s prints %q, want %q", tt.json, got, tt.want)
		}
	}
}

// What Java's Integer, BigInteger and Double print; see Double.toString in the Java SE API.
func TestNumberText(t *testing.T) {
	tests := []struct{ json, want string }{
		{"0", "0"},
		{"-0", "0"},
		{"-17", "-17"},
		{"9223372036854775808", "9223372036854775808"},
		{"1.0", "1.0"},
		{"-1.50", "-1.5"},
		{"0.0", "0.0"},
		{"-0.0", "-0.0"},
		{"1e3", "1000.0"},
		{"1E+0", "1.0"},
		{"0.001", "0.001"},
		{"9.99e-4", "9.99E-4"},
		{"9999999.5", "9999999.5"},
		{"10000000.0", "1.0E7"},
		{"1e10", "1.0E10"},
		{"-1.25e-10", "-1.25E-10"},
		{"0.1", "0.1"},
		{"1e100", "1.0E100"},
		{"1.7976931348623157e308", "1.7976931348623157E+308"},
		{"1e400", "Infinity"},
		{"-1e400", "-Infinity"},
		{"1e-400", "0.0"},
	}
	for _, tt := range tests {
		if got := root(t, tt.json).Text(); got != tt.want {
			t.Errorf("%s prints %q, want %q", tt.json, got, tt.want)
		}
	}
}

func TestZeroValueIsMissing(t *testing.T) {
	var v jsonpath.Value
	if v.Kind() != jsonpath.Missing || v.Text() != "" {
		t.Errorf("kind %d, text %q", v.Kind(), v.Text())
	}
}

// longNumber finds what may be a number that Java reads into a BigDecimal, of which the naive evaluator knows nothing.
var longNumber = regexp.MustCompile(`[0-9.eE+-]{19}`)

// FuzzFind holds that Find and Text agree with a naive evaluator on top of encoding/json.
func FuzzFind(f *testing.F) {
	for _, text := range seeds {
		f.Add([]byte(text), "a", uint8(1))
	}
	f.Fuzz(func(t *testing.T, body []byte, key string, n uint8) {
		if longNumber.Match(body) {
			t.Skip("a long number")
		}
		key = strings.ToValidUTF8(key, "")
		if len(key) > 1024 {
			t.Skip("a path longer than a path may be, once it is quoted")
		}
		quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(key)
		routes := map[string][]any{
			"$":                                     {},
			fmt.Sprintf("['%s']", quoted):           {key},
			fmt.Sprintf("[%d]", n):                  {int(n)},
			fmt.Sprintf("['%s'][%d]", quoted, n):    {key, int(n)},
			fmt.Sprintf("$[%d]['%s']", n, quoted):   {int(n), key},
			fmt.Sprintf("['%s']['%[1]s']", quoted):  {key, key},
			fmt.Sprintf("$['%s'][%d].a", quoted, n): {key, int(n), "a"},
		}
		valid := json.Valid(body) && depth(body) <= 128
		for path, route := range routes {
			v, err := mustCompile(t, path).Find(body)
			if (err == nil) != valid {
				t.Fatalf("Find %q in %q: %v", path, body, err)
			}
			if !valid {
				continue
			}
			want := naiveText(naiveFind(body, route), true)
			if v.Text() != want {
				t.Errorf("Find %q in %q = %q, want %q", path, body, v.Text(), want)
			}
			if got := v.AppendTextMax([]byte("> "), int(n)); string(got) != "> "+want[:min(len(want), int(n))] {
				t.Errorf("Find %q in %q, %d bytes of it: %q, want of %q", path, body, n, got, want)
			}
		}
	})
}

// root is the whole of a body.
func root(tb testing.TB, body string) jsonpath.Value {
	tb.Helper()
	v, err := mustCompile(tb, "$").Find([]byte(body))
	if err != nil {
		tb.Fatalf("%q: %v", body, err)
	}
	return v
}

// A pair is a member of an object as the naive evaluator keeps it.
type pair struct {
	key   string
	value any
}

// missing is what the naive evaluator finds at a path that leads nowhere.
type missing struct{}

// naiveFind decodes all of a valid body and goes down a route of keys and indexes.
func naiveFind(body []byte, route []any) any {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	value := naiveDecode(d)
	for _, step := range route {
		next := any(missing{})
		switch value := value.(type) {
		case []pair:
			for _, p := range value {
				if p.key == step {
					next = p.value
				}
			}
		case []any:
			if i, ok := step.(int); ok && i < len(value) {
				next = value[i]
			}
		}
		value = next
	}
	return value
}

func naiveDecode(d *json.Decoder) any {
	token, _ := d.Token()
	switch token {
	case json.Delim('['):
		items := []any{}
		for d.More() {
			items = append(items, naiveDecode(d))
		}
		_, _ = d.Token()
		return items
	case json.Delim('{'):
		pairs := []pair{}
	next:
		for d.More() {
			key := naiveDecode(d).(string)
			value := naiveDecode(d)
			for i := range pairs {
				if pairs[i].key == key {
					pairs[i].value = value
					continue next
				}
			}
			pairs = append(pairs, pair{key, value})
		}
		_, _ = d.Token()
		return pairs
	}
	return token
}

func naiveText(value any, top bool) string {
	switch value := value.(type) {
	case []any:
		items := make([]string, len(value))
		for i := range value {
			items[i] = naiveText(value[i], false)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case []pair:
		items := make([]string, len(value))
		for i, p := range value {
			items[i] = p.key + "=" + naiveText(p.value, false)
		}
		return "{" + strings.Join(items, ", ") + "}"
	case json.Number:
		return naiveNumber(value.String())
	case nil:
		if top {
			return ""
		}
		return "null"
	case missing:
		return ""
	}
	return fmt.Sprint(value)
}

func naiveNumber(literal string) string {
	if !strings.ContainsAny(literal, ".eE") {
		if literal == "-0" {
			return "0"
		}
		return literal
	}
	x, _ := strconv.ParseFloat(literal, 64)
	size, format := max(x, -x), byte('E')
	if x == 0 || size >= 1e-3 && size < 1e7 {
		format = 'f'
	}
	text := strconv.FormatFloat(x, format, -1, 64)
	mantissa, exponent, scientific := strings.Cut(text, "E")
	switch {
	case strings.HasSuffix(text, "Inf"):
		return strings.TrimPrefix(strings.ReplaceAll(text, "Inf", "Infinity"), "+")
	case !strings.Contains(mantissa, "."):
		mantissa += ".0"
	}
	if !scientific {
		return mantissa
	}
	power, _ := strconv.Atoi(exponent)
	return fmt.Sprintf("%sE%d", mantissa, power)
}
