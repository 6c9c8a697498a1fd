package jsonpath_test

import (
	"errors"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"gangway/internal/jsonpath"
)

// What a search may cost. Memory is what is allocated in all, be it garbage at once. Time is only reported: it is for a
// machine that does nothing else.
const (
	mostSteps  = 100_000
	mostMemory = 8 << 20
	mostTime   = 100 * time.Millisecond
)

const messageBytes = 128 << 10 // the longest message of a WebSocket API

// listOf is {"list":[item,item,…],more} of nearly 128 KB.
func listOf(item, more string) string {
	n := (messageBytes - len(more) - 20) / (len(item) + 1)
	return `{"list":[` + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + `]` + more + `}`
}

// many joins what format makes of numbers until there are n bytes of it.
func many(n int, format, separator string) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(strings.ReplaceAll(format, "%d", strconv.Itoa(i)))
	}
	return b.String()
}

type hostileSearch struct{ name, path, doc string }

func hostileSearches() []hostileSearch {
	halves := func(left, right string) string {
		return `{"ids":[` + strings.TrimSuffix(strings.Repeat(left+",", 60_000/(len(left)+1)), ",") + `],` +
			strings.TrimPrefix(listOf(right, ""), `{`)[:60_000/(len(right)+1)*(len(right)+1)+7] + `]}`
	}
	ones := listOf("1", "")
	text := func(s string) string { return listOf("1", `,"s":"`+s+`"`) }
	deep := strings.Repeat(`{"a":[1,`, 63) + "2" + strings.Repeat("]}", 63)
	return []hostileSearch{
		{"decimals in literals", `$.list[?(@ in [` + many(900, "%d.5", ",") + `])]`, listOf("0.1", "")},
		{"integers in decimals", `$.list[?(@ in [` + many(900, "%d.5", ",") + `])]`, listOf("7", "")},
		{"decimals in integers", `$.list[?(@ in [` + many(900, "%d", ",") + `])]`, listOf("0.5", "")},
		{"texts in decimals", `$.list[?(@ in [` + many(900, "%d.5", ",") + `])]`, listOf(`"x"`, "")},
		{"decimals in texts", `$.list[?(@ in [` + many(900, "'%d.5'", ",") + `])]`, listOf("0.5", "")},
		{"many conditions", `$.list[?(` + many(900, "@.a==%d.5", "||") + `)]`, listOf(`{"a":0.1}`, "")},
		{"decimals in others", `$.list[?(@.a in $.ids)]`, halves("1.25", `{"a":0.1}`)},
		{"exponents in others", `$.list[?(@.a in $.ids)]`, halves("1.1e-300", `{"a":0.1}`)},
		{"long decimals in others", `$.list[?(@.a in $.ids)]`, halves("1.2500000000000001", `{"a":0.1}`)},
		{"long integers in each other", `$.list[?(@ in $.list)]`, listOf(strings.Repeat("7", 400), ",\"l\":[1]")},
		{"long decimals in each other", `$.list[?(@ nin $.list)]`, listOf(strings.Repeat("7", 400)+".5", "")},
		{"exponents in each other", `$.list[?(@ in $.list)]`, strings.Replace(listOf("7.125e299", ""), "7.1", "1.2", 1)},
		{"one number of all digits", `$.list[?(@ == $.list[0])]`, `{"list":[` + strings.Repeat("7", 120_000) + `,1,2,3]}`},
		{"one fraction of all digits", `$.list[?(@ < '5')]`, `{"list":[0.` + strings.Repeat("7", 120_000) + `,1,2,3]}`},
		{"order of text and numbers", `$.list[?(@ < '1.5')]`, listOf("0.1", "")},
		{"lists that are alike", `$.list[?(@ == $.list[0])]`, listOf("[1.5,2.5,3.5,4.5,5.5]", "")},
		{"maps that are alike", `$.list[?($.o == $['o'])]`, listOf("1", `,"o":{`+many(60_000, `"k%d":1`, ",")+`}`)},
		{"concat of all for each", `$.list[*].concat($)`, ones},
		{"concat of concat", `$.list[*].concat($.list.concat($),$.list.concat($))`, ones},
		{"concat of text for each", `$.list[*].concat($.s)`, text(strings.Repeat("x", 60_000))},
		{"concat of nothing", `$.list[*].concat(` + many(900, "''", ",") + `)`, ones},
		{"sums of all for each", `$.list[*].sum($.list)`, listOf("1.25e3", "")},
		{"sums of integers", `$.list[*].sum($.list)`, ones},
		{"keys for each", `$.list[*].append($.o.keys())`, listOf("[]", `,"o":{`+many(60_000, `"k%d":1`, ",")+`}`)},
		{"append to each", `$.list[*].append($.list)`, listOf("[]", "")},
		{"append of all", `$.list.append($.list` + strings.Repeat(",$.list", 100) + `)..*`, ones},
		{"length of a text for each", `$.list[?($.s size 5)]`, text(strings.Repeat("é", 30_000))},
		{"a text in a text", `$.list[?($.s contains 'abb')]`, text(strings.Repeat("ab", 30_000))},
		{"a pattern on a text", `$.list[?($.s =~ /((a{0,30}){0,30}b?)*c/)]`, text(strings.Repeat("ab", 30_000))},
		{"a pattern on texts", `$.list[?(@ =~ /(x|y)*z/)]`, listOf(`"xyxyxyxyxyxy"`, "")},
		{"a pattern on little", `$.list[?(@ =~ /((a{0,30}){0,30}b?)*c/)]`, listOf(`"a"`, "")},
		{"a pattern on numbers", `$.list[?(@ =~ /[0-9]+[.]7/)]`, listOf(`1.25`, "")},
		{"indexes that are not there", `$.list[*][` + many(900, "%d", ",") + `]`, listOf("[]", "")},
		{"keys that are not there", `$.list[*][` + many(900, "'%d'", ",") + `]`, listOf("{}", "")},
		{"a long key for each", `$.list[*].` + strings.Repeat("k", 1000), listOf("{}", "")},
		{"a long key that is there", `$.list[?($.` + strings.Repeat("k", 900) + `)]`, listOf("1", `,"`+strings.Repeat("k", 900)+`":1`)},
		{"unions at the end", `$.list[?($.list[0]['a','b'])]['a','b']`, listOf(`{"a":1}`, "")},
		{"scan for keys", `$..['a','b']`, listOf(`{"a":1,"b":2}`, "")},
		{"scan of many", `$..*`, listOf("{}", "")},
		{"scan times scan", `$..*..*`, listOf("[]", "")},
		{"scan in depth", `$` + strings.Repeat("..a", 60) + "..b", deep},
		{"scan in a filter", `$.list[?(@..a)]`, listOf(`{}`, "")},
		{"filter in a filter", `$.list[?($.list[?(@.a)])]`, listOf(`1`, "")},
		{"scan of the root in a filter", `$..[?(@..[?(@..x)])]`, deep},
		{"the same over and over", `$[` + many(900, "'list'", ",") + `][*]`, ones},
		{"wildcards", `$.list[*][*][*]`, listOf("[[1,1]]", "")},
		{"parts of each other", `$.list[?(@ subsetof $.list)]`, listOf("[1]", "")},
		{"calls for each", `$.list[*].length().length().length()`, ones},
		{"a slice of each", `$.list[*][-900000000:900000000]`, listOf("[1]", "")},
	}
}

// TestHostileSearches holds the cost of any search against its budget. The race detector keeps pools from keeping anything,
// so that memory is not what it is otherwise.
func TestHostileSearches(t *testing.T) {
	slow, longest, most, searches := 0, time.Duration(0), uint64(0), hostileSearches()
	for _, tt := range searches {
		p, root := mustCompile(t, tt.path), mustDecode(t, tt.doc)
		if len(tt.path) > 1100 || len(tt.doc) > messageBytes {
			t.Errorf("%s: %d bytes of path, %d of document", tt.name, len(tt.path), len(tt.doc))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		steps, start := 0, time.Now()
		_, _, err := p.SelectCharged(root, func(n int) error { steps += n; return nil })
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		memory := after.TotalAlloc - before.TotalAlloc
		if steps < 1 || steps > mostSteps || memory > mostMemory && !raceDetector {
			t.Errorf("%s: %d steps, %d KB", tt.name, steps, memory>>10)
		}
		if err != nil && !errors.Is(err, jsonpath.ErrBudget) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if took > mostTime {
			slow++
			t.Logf("%s took %v for %d steps: %v", tt.name, took, steps, err)
		}
		longest, most = max(longest, took), max(most, memory)
	}
	t.Logf("%d searches, at most %v and %d KB; %d slower than %v", len(searches), longest, most>>10, slow, mostTime)
}

// BenchmarkLargeMessage is what one pass over a long message takes.
func BenchmarkLargeMessage(b *testing.B) {
	for name, item := range map[string]string{"numbers": "1", "objects": "{}", "decimals": "1.5", "members": `{"a":1}`} {
		doc := []byte(listOf(item, ""))
		root := mustDecode(b, string(doc))
		b.Run("decode "+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := jsonpath.Decode(doc); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("print "+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := jsonpath.AppendJSON(nil, root); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
