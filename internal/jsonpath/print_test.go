package jsonpath_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestPrintRandom holds that random documents, with many duplicate keys at all depths, print as the naive printer has
// it, in full and cut anywhere.
func TestPrintRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		body := []byte(document(random, 6))
		v, want := root(t, string(body)), naiveText(naiveFind(body, nil), true)
		if got := v.Text(); got != want {
			t.Fatalf("%s prints %q, want %q", body, got, want)
		}
		most := random.IntN(len(want) + 2)
		if got := string(v.AppendTextMax([]byte("> "), most)); got != "> "+want[:min(most, len(want))] {
			t.Fatalf("%d bytes of %s: %q, want of %q", most, body, got, want)
		}
	}
}

// document is a random JSON text.
func document(random *rand.Rand, depth int) string {
	blank := strings.Repeat(" ", random.IntN(2))
	scalars := []string{"null", "true", "-0", "12", "1.50", "1e10", `""`, `"a\u00e9é"`, `"\ud83d\ude00"`, `"\ud83d, =:{}[]\""`}
	if depth == 0 || random.IntN(3) == 0 {
		return blank + scalars[random.IntN(len(scalars))] + blank
	}
	keys := []string{`""`, `"a"`, `"\u0061"`, `"b"`, `"é"`, `"\u00e9"`, "\"\xff\"", `"\ud83d"`, `"\""`, `"a:"`}
	object := random.IntN(3) > 0
	items := make([]string, random.IntN(6))
	for i := range items {
		items[i] = document(random, depth-1)
		if object {
			items[i] = blank + keys[random.IntN(len(keys))] + blank + ":" + items[i]
		}
	}
	text := strings.Join(items, ",")
	if object {
		return blank + "{" + blank + text + "}"
	}
	return blank + "[" + blank + text + "]"
}

// TestPrintDuplicates has keys that come again where it is easy to be wrong.
func TestPrintDuplicates(t *testing.T) {
	tests := []struct{ json, want string }{
		{`{"a":{"a":1},"a":{"a":2,"a":3}}`, "{a={a=3}}"},
		{`[{"a":1},{"a":2}]`, "[{a=1}, {a=2}]"},
		{`{"a":[{"b":1,"b":2}],"b":0,"a":7}`, "{a=7, b=0}"},
		{`{"a":0,"b":1,"a":{"a":0,"a":{"b":[]}},"c":2}`, "{a={a={b=[]}}, b=1, c=2}"},
		{`{"":"","":""}`, "{=}"},
		{"{\"\xff\":1,\"\xfe\":2,\"\\ufffd\":3}", "{\ufffd=3}"},
		{`{"a":1,"aa":2,"\u0061a":3,"a\u0061":4}`, "{a=1, aa=4}"},
	}
	for _, tt := range tests {
		if got := root(t, tt.json).Text(); got != tt.want {
			t.Errorf("%s prints %q, want %q", tt.json, got, tt.want)
		}
	}
}

func TestAppendTextMax(t *testing.T) {
	tests := []struct {
		json string
		most int
		want string
	}{
		{`"join"`, 4, "join"},
		{`"join"`, 3, "joi"},
		{`"join"`, 0, ""},
		{`"join"`, -1, ""},
		{`"\u00e9x"`, 1, "\xc3"},
		{`"xé"`, 2, "x\xc3"},
		{`123.0`, 2, "12"},
		{`true`, 2, "tr"},
		{`null`, 2, ""},
		{`[1,[2,3]]`, 5, "[1, ["},
		{`{"ab":{"c":1}}`, 2, "{a"},
		{`{"a":"` + strings.Repeat("x", 1000) + `","a":0}`, 5, "{a=0}"},
	}
	for _, tt := range tests {
		if got := string(root(t, tt.json).AppendTextMax([]byte("> "), tt.most)); got != "> "+tt.want {
			t.Errorf("%d bytes of %.40s: %q, want %q", tt.most, tt.json, got, tt.want)
		}
	}
}

// BenchmarkPrint prints all of values that are dear to print.
func BenchmarkPrint(b *testing.B) {
	var keys strings.Builder
	for i := range 12_000 {
		fmt.Fprintf(&keys, `"%x":0,`, i)
	}
	again := strings.Repeat(`{"a":0,"a":`, 127)
	for name, text := range map[string]string{
		"zeros": "[" + strings.Repeat("0,", 65_000) + "0]",
		"keys":  "{" + keys.String() + `"":0}`,
		"again": again + "[" + strings.Repeat("0,", 65_000) + "0]" + strings.Repeat("}", 127),
		"same":  "{" + strings.Repeat(`"":0,`, 26_000) + `"":0}`,
	} {
		b.Run(name, func(b *testing.B) {
			v := root(b, text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if v.Text() == "" {
					b.Fatal("no text")
				}
			}
		})
	}
}
