package vtl_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"gangway/internal/vtl"
)

const messageBytes = 128 << 10 // the longest message of a WebSocket API

// fill repeats a text up to the length of the longest message.
func fill(text string) string { return strings.Repeat(text, messageBytes/len(text)) }

// array is a JSON array of n items.
func array(n int, item string) string {
	return "[" + strings.Repeat(item+",", n-1) + item + "]"
}

// TestLargeMessages: what a template ordinarily does is possible with the longest message, once or a few times.
func TestLargeMessages(t *testing.T) {
	most, longest := uint64(0), time.Duration(0)
	for _, c := range []struct{ body, template, want string }{
		{fill("abcd "), `$body.split(" ").size()`, "26214"},
		{fill("abcd "), `#set($a = $body.split(" "))#set($b = $body.split(" "))$b.size()`, "26214"},
		{fill("a b "), `$body.split("\s").size()`, "65536"},
		{fill("abcd "), `$body.replaceAll("\s+", " ").length()`, "131070"},
		{fill("ab  "), `#set($x = $body.replaceAll("\s+", " "))#set($x = $x.replaceAll("[aeiou]", ""))$x.length()`, "65536"},
		{fill("lorem "), `$body.replaceAll("[aeiou]", "").length()`, "87380"},
		{fill("ab c@example.org "), `$body.replaceAll("\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}\b", "x").length()`, "38550"},
		{array(50_000, "1"), `$util.parseJson($body).size()`, "50000"},
		{array(65_535, "1"), `$util.parseJson($body).size()`, "65535"},
		{array(43_690, "{}"), `$util.parseJson($body).size()`, "43690"},
		{array(26_214, `"ab"`), `$util.parseJson($body).size()`, "26214"},
		{array(14_563, `{"id":1}`), `$util.parseJson($body).size()`, "14563"},
		{array(14_563, `{"id":1}`), `#set($x = "$util.parseJson($body)")$x.length()`, "131068"},
		{fill("é"), `$util.escapeJavaScript($body).length()`, "393216"},
		{fill("x"), `#foreach($i in [1..8])#set($x = $body.toUpperCase())$x.indexOf("y")#end`, "-1-1-1-1-1-1-1-1"},
	} {
		vars := names{"body": c.body, "util": vtl.Util{}}
		template := mustParse(t, c.template)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		out, err := template.Append(nil, vars, vtl.Limits{})
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if string(out) != c.want || err != nil {
			t.Errorf("%s: %.100q, %v, want %s", c.template, out, err, c.want)
		}
		memory := after.TotalAlloc - before.TotalAlloc
		if memory > hostileMemory && !raceDetector {
			t.Errorf("%s: %d KB", c.template, memory>>10)
		}
		most, longest = max(most, memory), max(longest, took)
	}
	t.Logf("at most %v and %d KB", longest, most>>10)
}
