package program_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"gangway/internal/program"
)

// size is API Gateway's limit for a message.
const size = 128 << 10

// messages are messages of that size: an ordinary one, and some that make the text of action dear.
func messages() map[string][]byte {
	action := func(format string, args ...any) []byte { return fmt.Appendf(nil, `{"action":`+format+`}`, args...) }
	list := func(opened, item, closed string) []byte {
		items := strings.Repeat(item+",", (size-20-len(opened+closed))/(len(item)+1))
		return action("%s%s%s", opened, strings.TrimSuffix(items, ","), closed)
	}
	keys := []byte(`{"action":{"":0`)
	for i := 0; len(keys) < size-12; i++ {
		keys = fmt.Appendf(keys, `,"%x":0`, i)
	}
	again, deep := strings.Repeat(`{"a":0,"a":`, 100), strings.Repeat(`{"a":`, 120)
	return map[string][]byte{
		"ordinary":     fmt.Appendf(nil, `{"items":[%s0],"action":"join"}`, strings.Repeat(`{"id":1234567,"text":"some words, as people write them"},`, size/57)),
		"text":         list(`"`, "word", `"`),
		"zeros":        list("[", "0", "]"),
		"doubles":      list("[", "1e6", "]"),
		"empty":        list("[", "{}", "]"),
		"single":       list("[", `{"":0}`, "]"),
		"repeated":     list("{", `"":0`, "}"),
		"colons":       list("[", `":::"`, "]"),
		"keys":         append(keys, "}}"...),
		"deep":         list(deep+"[", "0", "]"+strings.Repeat("}", 120)),
		"deep again":   list(again+"[", "0", "]"+strings.Repeat("}", 100)),
		"hidden":       list(`{"a":[`, `{"a":1}`, `],"a":0}`),
		"one long key": list(`{"`, `\u0061`, `":0}`),
	}
}

// TestSelectIsCheap: no message costs much more memory than itself on the way to its route.
func TestSelectIsCheap(t *testing.T) {
	p := compile(t, mockAPI("$request.body.action", "join", "{a=0}", "$default"), program.Env{})
	want := map[string]string{"ordinary": "join", "hidden": "{a=0}"}
	for name, body := range messages() {
		least := uint64(1 << 62)
		for range 3 { // others may allocate in the meantime
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			route := p.Select(body)
			runtime.ReadMemStats(&after)
			least = min(least, after.TotalAlloc-before.TotalAlloc)
			if key := route.Key(); want[name] != "" && key != want[name] || want[name] == "" && key != "$default" {
				t.Errorf("%s: route %s", name, key)
			}
		}
		if least > 8*size {
			t.Errorf("%s: %d bytes of memory for a message of %d", name, least, len(body))
		}
	}
}

func BenchmarkSelectLarge(b *testing.B) {
	p := compile(b, mockAPI("$request.body.action", "join", "$default"), program.Env{})
	for name, body := range messages() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if p.Select(body) == nil {
					b.Fatal("no route")
				}
			}
		})
	}
}
