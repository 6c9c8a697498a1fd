package jsonpath_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"gangway/internal/jsonpath"
)

func TestDecode(t *testing.T) {
	tests := []struct{ json, want string }{
		{`{"b":1,"a":2,"b":3}`, `{"b":3,"a":2}`}, // The last value takes the first place.
		{`{"a":1,"A":2,"\u0061":3}`, `{"a":3,"A":2}`},
		{`[9223372036854775807,9223372036854775808,-0,-0.0]`, `[9223372036854775807,9223372036854775808,0,-0.0]`},
		{` [ "x\ud83d\ude00\ud83d" , { } ] `, "[\"x😀\ufffd\",{}]"},
	}
	for _, tt := range tests {
		if got := mustJSON(t, mustDecode(t, tt.json)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.json, got, tt.want)
		}
	}
	a := mustDecode(t, `[1,1.5,9223372036854775808,true,null,"x"]`).(*jsonpath.Array)
	for i, want := range []any{int64(1), "1.5", "9223372036854775808", true, nil, "x"} {
		got := a.At(i)
		if d, ok := got.(*jsonpath.Decimal); ok {
			got = d.String()
		}
		if got != want {
			t.Errorf("item %d is %T %[2]v, want %T %[3]v", i, got, want)
		}
	}
	if d := jsonpath.NewDecimal("1.50e1"); d.String() != "15.0" || d.Float64() != 15 || d.IsInteger() || !jsonpath.NewDecimal("9223372036854775808").IsInteger() {
		t.Errorf("%s is %v", d, d.Float64())
	}
}

func TestDecodeLimits(t *testing.T) {
	tests := []struct {
		name, json string
		want       error
	}{
		{"128 deep", strings.Repeat("[", 128) + strings.Repeat("]", 128), nil},
		{"129 deep", strings.Repeat("[", 129) + strings.Repeat("]", 129), jsonpath.ErrNotJSON},
		{"129 deep, objects", strings.Repeat(`{"a":`, 129) + "1" + strings.Repeat("}", 129), jsonpath.ErrNotJSON},
		{"a bomb", strings.Repeat("[", 1<<20), jsonpath.ErrNotJSON},
		{"many bytes", `"` + strings.Repeat("x", 8<<20) + `"`, jsonpath.ErrTooLarge},
		{"many values", "[" + strings.Repeat("0,", 1<<20) + "0]", jsonpath.ErrTooLarge},
	}
	for _, tt := range tests {
		if _, err := jsonpath.Decode([]byte(tt.json)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// FuzzDecode holds that Decode takes what encoding/json takes down to the depth limit, and that AppendJSON writes what
// means the same.
func FuzzDecode(f *testing.F) {
	for _, text := range seeds {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		root, err := jsonpath.Decode(body)
		if valid := json.Valid(body) && depth(body) <= 128; (err == nil) != valid {
			t.Fatalf("%q: %v", body, err)
		}
		if err != nil {
			return
		}
		again := []byte(mustJSON(t, root))
		var want, got any
		if json.Unmarshal(body, &want) != nil {
			return // A number is out of the range of doubles.
		}
		if err := json.Unmarshal(again, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q became %q, %v", body, again, err)
		}
		if text := jsonpath.AppendText(nil, root, 1<<20); bytes.Contains(text, []byte{0xff}) && !bytes.Contains(body, []byte{0xff}) {
			t.Errorf("%q prints %q", body, text)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	body := []byte(store)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jsonpath.Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	root, buf := mustDecode(b, store), []byte(nil)
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = jsonpath.AppendJSON(buf[:0], root)
	}
	b.SetBytes(int64(len(buf)))
}
