package program_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"gangway/internal/gateway"
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

// TestModelIsCheap: nor does holding one against a model, whatever is wrong with it. Numbers with many zeros are the dearest:
// a message has room for 14,000 of them, each of a million digits.
func TestModelIsCheap(t *testing.T) {
	s := mockAPI("$request.body.action", "join", "{a=0}", "$default")
	for i := range s.Routes {
		s.Routes[i].ModelSelectionExpression, s.Routes[i].RequestModels = `\$default`, gateway.Map{"$default": "All"}
	}
	s.Models = []gateway.Model{{ModelSettings: gateway.ModelSettings{Name: "All", Schema: `{"properties":{"action":{"items":{"minimum":3},` +
		`"uniqueItems":true,"additionalProperties":{"minimum":3},"maxLength":3},"items":{"items":{"required":["other"]}}}}`}}}
	p := compile(t, s, program.Env{})
	all := messages()
	all["immense"] = []byte(`{"action":[` + strings.Repeat("1e999999,", size/9-2) + `0]}`)
	all["minute"] = []byte(`{"action":[` + strings.Repeat("1e-99999,", size/9-2) + `0]}`)
	for name, body := range all {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := p.Select(body).Run(t.Context(), message(string(body)))
		runtime.ReadMemStats(&after)
		if made := after.TotalAlloc - before.TotalAlloc; made > 1000*size {
			t.Errorf("%s: %d bytes of memory for a message of %d: %.100v", name, made, len(body), err)
		}
	}
}
