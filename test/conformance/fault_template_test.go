package conformance_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// hostile are templates that would take more than there is, by the names of their routes.
func hostile() map[string]string {
	many := strings.Repeat
	loop := func(body string) string { return "#foreach($i in [1..1000])" + body + "#end" }
	long := `#set($s = "x")#set($s = $s.repeat(1000000))`
	return map[string]string{
		"nested loops":           many("#foreach($i in [1..1000])", 10) + "x" + many("#end", 10),
		"many loops":             many(loop(loop("$i")), 20),
		"loops of nothing":       many("#foreach($i in [1..9])", 60) + many("#end", 60),
		"a doubled string":       `#set($s = "0123456789abcdef")` + many(`#set($s = "$s$s")`, 40) + `$s`,
		"a concatenated string":  `#set($s = "0123456789abcdef")` + many(`#set($s = $s.concat($s))`, 40) + `$s`,
		"a replaced string":      `#set($s = "aaaaaaaaaaaaaaaa")` + many(`#set($s = $s.replaceAll("a", "$0$0"))`, 40) + `$s`,
		"a repeated string":      `#set($s = "x")#set($s = $s.repeat(2000000000))$s`,
		"copies of a string":     long + loop(`#set($x = $s.toUpperCase())`),
		"a split string":         long + loop(`#set($x = $s.split("x"))`),
		"a pattern":              long + loop(`#set($x = $s.matches("(x+x+)+y"))`),
		"a macro that grows":     `#macro(m $x)#m("$x$x")$x#end#m("ab")`,
		"a macro that branches":  `#macro(m $x)#m($x)#m($x)#end#m(1)`,
		"macros in each other":   `#macro(a)#b()#end#macro(b)#a()#end#a()`,
		"a macro of definitions": `#macro(m $x)#define($d)#m($x)#m($x)$d$d#end$d#end#m(1)`,
		"a huge range":           "#foreach($i in [1..2147483648])$i#end",
		"an endless range":       "#foreach($i in [-9223372036854775808..9223372036854775807])$i#end",
		"a list in itself":       `#set($l = [1])` + loop(`#set($x = $l.addAll($l))`) + `$l`,
		"a tree of lists":        `#set($l = [1])` + many(`#set($l = [$l, $l, $l, $l])`, 60) + `$l`,
		"a tree of maps":         `#set($m = {})` + many(`#set($m = {"a": $m, "b": $m})`, 60) + `$m`,
		"a huge number":          `#set($n = 99999999999999999999)` + loop(`#set($n = $n * $n)`) + `$n`,
		"a parsed text":          `#set($s = "1,")#set($s = $s.repeat(20000))` + loop(`#set($x = $util.parseJson("[${s}1]"))`),
		"an escaped text":        `#set($s = "é")#set($s = $s.repeat(100000))` + loop(`#set($x = $util.escapeJavaScript($s))`),
		"an encoded text":        `#set($s = "é")#set($s = $s.repeat(100000))` + loop(`#set($s = $util.urlEncode($s))`) + `$s`,
	}
}

// TestHostileTemplates: a template that takes too much ends with an error frame, in a request as in a response, and who uses
// another route meanwhile is answered as ever.
func TestHostileTemplates(t *testing.T) {
	t.Parallel()
	p := startProgram(t, t.TempDir())
	templates := hostile()
	routes := map[string]route{"ping": mocked("$input.path('$.n')"), "whoami": mocked("$context.connectionId")}
	for name, text := range templates {
		routes["response: "+name] = mocked(text)
		inRequest := mocked("made")
		inRequest.Integration = map[string]any{"requestTemplates": map[string]any{"$default": text}}
		routes["request: "+name] = inRequest
	}
	api, err := (&builder{p.server, ""}).apply(t.Context(), nil, definitionOf(t, routes))
	must(t, err)
	wantTooLong(t, p, api)
	pinger := p.enter(t, api.id, api.stage)
	alone := pinger.pings(t, 500, nil)

	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c := p.enter(t, api.id, api.stage)
		id := c.ask(t, `{"action":"whoami"}`)
		for _, name := range slices.Sorted(maps.Keys(templates)) {
			for _, place := range []string{"response: ", "request: "} {
				if item := c.ask(t, `{"action":"`+place+name+`"}`); !isFrame(item, internalText, id) {
					t.Errorf("%s%s: the client sees %.200q", place, name, item)
				}
			}
		}
	}()
	beside := pinger.pings(t, 500, ended)
	t.Logf("p99 of a reply: %v alone, %v beside %d hostile templates (%d and %d replies)",
		percentile99(alone), percentile99(beside), 2*len(templates), len(alone), len(beside))
	p.wantHealthy(t)
}

// pings has at least so many messages answered, and goes on until something has ended.
func (c *client) pings(t *testing.T, least int, ended <-chan struct{}) []time.Duration {
	t.Helper()
	var times []time.Duration
	for n := 0; ; n++ {
		select {
		case <-ended:
			ended = nil
		default:
		}
		if n >= least && ended == nil {
			return times
		}
		start := time.Now()
		if item := c.ask(t, fmt.Sprintf(`{"action":"ping","n":%d}`, n)); item != fmt.Sprint(n) {
			t.Fatalf("reply %d is %.200q", n, item)
		}
		times = append(times, time.Since(start))
	}
}

func percentile99(times []time.Duration) time.Duration {
	times = slices.Sorted(slices.Values(times))
	return times[len(times)*99/100]
}

// wantTooLong wants a template of 300 KB to be refused: it may have 32.
func wantTooLong(t *testing.T, p *program, api *deployed) {
	t.Helper()
	for _, text := range []string{strings.Repeat(" ", 300<<10), strings.Repeat("#if(true)", 30<<10), strings.Repeat("(", 300<<10)} {
		got, err := p.control(t.Context(), http.MethodPost, "/v2/apis/"+api.id+"/integrations", map[string]any{
			"integrationType": "MOCK", "requestTemplates": map[string]string{"$default": text},
		})
		must(t, err)
		if got.status != http.StatusBadRequest {
			t.Errorf("a template of 300 KB: %d %.200s", got.status, got.body)
		}
	}
}
