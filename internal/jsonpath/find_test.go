package jsonpath_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"gangway/internal/jsonpath"
)

func TestFind(t *testing.T) {
	const message = `{"service":"chat", "action":"join", "data":{"room":"room1234", "users":[{"n":"ann"},{"n":"bob"}]}, "a b":{"it's":1}, "on":true, "off":null}`
	tests := []struct {
		path string
		kind jsonpath.Kind
		text string
	}{
		{"action", jsonpath.String, "join"},
		{"$.action", jsonpath.String, "join"},
		{"['action']", jsonpath.String, "join"},
		{`$["action"]`, jsonpath.String, "join"},
		{"Action", jsonpath.Missing, ""},
		{"data.room", jsonpath.String, "room1234"},
		{"data['room']", jsonpath.String, "room1234"},
		{"data.users[1].n", jsonpath.String, "bob"},
		{"data.users[2].n", jsonpath.Missing, ""},
		{"data.users.n", jsonpath.Missing, ""},
		{"data[0]", jsonpath.Missing, ""},
		{"action.length", jsonpath.Missing, ""},
		{"['a b']['it\\'s']", jsonpath.Number, "1"},
		{`["a b"]["it's"]`, jsonpath.Number, "1"},
		{"on", jsonpath.Bool, "true"},
		{"off", jsonpath.Null, ""},
		{"data.users", jsonpath.ArrayKind, "[{n=ann}, {n=bob}]"},
		{"data", jsonpath.ObjectKind, "{room=room1234, users=[{n=ann}, {n=bob}]}"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			v, err := mustCompile(t, tt.path).Find([]byte(message))
			if err != nil || v.Kind() != tt.kind || v.Text() != tt.text {
				t.Errorf("got kind %d, %q, %v; want kind %d, %q", v.Kind(), v.Text(), err, tt.kind, tt.text)
			}
		})
	}
}

func TestFindOddBodies(t *testing.T) {
	tests := []struct {
		name, path, body string
		kind             jsonpath.Kind
		text             string
	}{
		{"duplicate key, last wins", "a", `{"a":1,"a":2}`, jsonpath.Number, "2"},
		{"duplicate above, last leads nowhere", "a.b", `{"a":{"b":1},"a":{}}`, jsonpath.Missing, ""},
		{"duplicate above, last is no object", "a.b", `{"a":{"b":1},"a":7}`, jsonpath.Missing, ""},
		{"duplicate written with escapes", "a", `{"a":1,"\u0061":2}`, jsonpath.Number, "2"},
		{"case variants are other keys", "a", `{"A":1,"a":2,"A":3}`, jsonpath.Number, "2"},
		{"backslash in the path is no escape", `['\\n']`, `{"\n":1,"\\n":2}`, jsonpath.Number, "2"},
		{"key with a quote", `['"']`, `{"\"":1}`, jsonpath.Number, "1"},
		{"key in UTF-8", "é", `{"é":1}`, jsonpath.Number, "1"},
		{"key as a pair of surrogates", "😀", `{"\uD83D\ude00":1}`, jsonpath.Number, "1"},
		{"key that begins with another", "ab", `{"a":1,"abc":2,"\u0061b":3}`, jsonpath.Number, "3"},
		{"empty key", "['']", `{"":1}`, jsonpath.Number, "1"},
		{"number is not an object", "a", `5`, jsonpath.Missing, ""},
		{"string is not an object", "a", `"a"`, jsonpath.Missing, ""},
		{"array is not an object", "a", `[{"a":1}]`, jsonpath.Missing, ""},
		{"array at the top", "[0].a", ` [ {"a":1} ] `, jsonpath.Number, "1"},
		{"empty containers", "a[0].b", `{"a":[{}]}`, jsonpath.Missing, ""},
		{"root", "$", ` {"a" : 1 } `, jsonpath.ObjectKind, "{a=1}"},
		{"scalar root", "$", `"x"`, jsonpath.String, "x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := mustCompile(t, tt.path).Find([]byte(tt.body))
			if err != nil || v.Kind() != tt.kind || v.Text() != tt.text {
				t.Errorf("got kind %d, %q, %v; want kind %d, %q", v.Kind(), v.Text(), err, tt.kind, tt.text)
			}
		})
	}
}

// A mistake anywhere in the body counts, also behind the value or beside its path.
func TestFindNotJSON(t *testing.T) {
	bodies := []string{
		"", " ", "hello", `{"a":1`, `{"a":1}}`, `{"a":1} x`, `{"a":1,}`, `{"a":01}`, `{"b":tru,"a":1}`, `{"a":1,"b":[}]}`, `{"a" 1}`, `{a:1}`, `{"a":`, `{"a`, `["a",]`,
	}
	for _, body := range bodies {
		for _, path := range []string{"a", "b", "$", "[0]", "a.b"} {
			v, err := mustCompile(t, path).Find([]byte(body))
			if !errors.Is(err, jsonpath.ErrNotJSON) || v.Kind() != jsonpath.Missing {
				t.Errorf("Find %q in %q = %q, %v", path, body, v.Text(), err)
			}
		}
	}
}

func TestFindAmongManyKeys(t *testing.T) {
	var body strings.Builder
	body.WriteByte('{')
	for i := range 100_000 {
		fmt.Fprintf(&body, `"k%d":%d,`, i%50_000, i)
	}
	body.WriteString(`"a":{"b":1}}`)
	v, err := mustCompile(t, "k7").Find([]byte(body.String()))
	if err != nil || v.Text() != "50007" {
		t.Errorf("k7 = %q, %v", v.Text(), err)
	}
	v, err = mustCompile(t, "$").Find([]byte(body.String()))
	if text := v.Text(); err != nil || !strings.HasPrefix(text, "{k0=50000, k1=50001, ") || !strings.HasSuffix(text, ", k49999=99999, a={b=1}}") {
		t.Errorf("root = %.40q..., %v", text, err)
	}
}

func TestFindAllocatesNothing(t *testing.T) {
	body := []byte(`{"é":"x","\u0061":[1,{"b":2}],"action":"join","n":1.50}`)
	for _, path := range []string{"action", "n", "é", "a[1].b", "nothing"} {
		p, buf := mustCompile(t, path), make([]byte, 0, 64)
		allocs := testing.AllocsPerRun(100, func() {
			if v, err := p.Find(body); err == nil {
				buf = v.AppendText(buf[:0])
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations", path, allocs)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	small := `{"action":"sendMessage","room":"room-1234","text":"hello, world, how are you today?","id":1234567,"urgent":false}`
	large := `{"items":[` + strings.Repeat(`{"id":1234567,"name":"a name of some length","tags":["x","y"],"on":true},`, 220) + `{}],"action":"sendMessage"}`
	for _, body := range []string{small, large} {
		b.Run(fmt.Sprintf("%dB", len(body)), func(b *testing.B) {
			p, message, buf := mustCompile(b, "action"), []byte(body), make([]byte, 0, 64)
			b.SetBytes(int64(len(message)))
			b.ReportAllocs()
			for b.Loop() {
				v, err := p.Find(message)
				if err != nil {
					b.Fatal(err)
				}
				buf = v.AppendText(buf[:0])
			}
			if string(buf) != "sendMessage" {
				b.Errorf("found %q", buf)
			}
		})
	}
}
