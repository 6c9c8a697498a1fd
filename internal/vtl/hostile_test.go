package vtl_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"gangway/internal/vtl"
)

// The budgets of a hostile template. The time is for a machine that is not slowed down by the race detector or by other
// tests, so that it is only reported; the memory is exact.
const (
	hostileMemory = 8 << 20
	hostileTime   = 150 * time.Millisecond
)

func hostileTemplates() []string {
	many := strings.Repeat
	nest := func(open, inner, end string, n int) string { return many(open, n) + inner + many(end, n) }
	doubling := `#set($s = "0123456789abcdef")` + many(`#set($s = "$s$s")`, 40) + `$s`
	loop := func(body string) string { return "#foreach($i in [1..1000])" + body + "#end" }
	templates := []string{
		nest("#foreach($i in [1..1000])", "x", "#end", 10),
		nest("#foreach($i in [1..1000])", "$i", "#end", 3),
		nest("#foreach($i in [1..9])", "", "#end", 60),
		doubling,
		`#set($s = "aaaaaaaaaaaaaaaa")` + many(`#set($s = $s.concat($s))`, 40) + `$s`,
		`#set($s = "aaaaaaaaaaaaaaaa")` + many(`#set($s = $s + $s)`, 40) + `$s`,
		`#set($s = "aaaaaaaaaaaaaaaa")` + many(`#set($s = $s.replace("a", "aa"))`, 40) + `$s`,
		`#set($s = "aaaaaaaaaaaaaaaa")` + many(`#set($s = $s.replaceAll("a", "$0$0"))`, 40) + `$s`,
		`#set($s = "aaaaaaaaaaaaaaaa")` + many(`#set($s = $s.replaceAll("(?:)", $s))`, 40) + `$s`,
		`#set($s = "x".repeat(1))#set($s = "x")#set($s = $s.repeat(2000000000))`,
		`#set($s = "x")` + loop(`#set($s = $s.repeat(1000))`),
		`#set($s = "x")#set($s = $s.repeat(1000000))` + loop(`#set($x = $s.toUpperCase())`),
		`#set($s = "x")#set($s = $s.repeat(1000000))` + loop(`#set($x = $s.indexOf("y"))`),
		`#set($s = "é")#set($s = $s.repeat(500000))` + loop(`#set($x = $s.length())`),
		`#set($s = "é")#set($s = $s.repeat(500000))` + loop(`#set($x = $s.substring(1, 400000))`),
		`#set($s = "x")#set($s = $s.repeat(1000000))` + loop(`#set($x = $s.split("x"))`),
		`#set($s = "x")#set($s = $s.repeat(1000000))$s.split("").size()`,
		`#set($s = "x")#set($s = $s.repeat(1000000))` + loop(`#set($x = $s.matches("(x+x+)+y"))`),
		`#set($s = "a")#set($s = $s.repeat(100000))` + loop(`#set($x = $s.matches("(a?){50}a{50}b"))`),
		`#set($s = "a")#set($s = $s.repeat(100000))$s.replaceAll("((a?)*)*", "$1")`,
		`#set($x = "a")$x.matches("((a{100}){100}){100}")`,
		`#set($x = "a")$x.matches("` + many("(a|b)?", 160) + `")`,
		`#set($x = "a")` + loop(`$x.matches("$i[a-z]{1,90}[0-9]{2,300}")`),
		`#set($x = "a")$x.matches("` + many("(", 500) + many(")", 500) + `")`,
		`#set($x = "a")` + loop(`#set($x = "$x$x$x")$x.hashCode()`),
		`#macro(m $x)#m("$x$x")$x#end#m("ab")`,
		`#macro(m $x)#m($x)#m($x)#end#m(1)`,
		`#macro(m $x)#m("$x$x$x$x")#m("$x$x")#end#m("ab")`,
		`#macro(a)#b()#end#macro(b)#a()#end#a()`,
		`#define($d)$d$d$d#end$d`,
		`#define($a)$b$b#end#define($b)$c$c#end#define($c)$a$a$b#end$a`,
		`#macro(m)#define($d)#m()$d#end$d#end#m()`,
		"#foreach($i in [1..2147483648])$i#end",
		"#foreach($i in [-9223372036854775808..9223372036854775807])$i#end",
		`#set($l = [1])` + loop(`#set($x = $l.addAll($l))`),
		`#set($l = [])` + loop(`#set($x = $l.add($l))`) + `$l`,
		`#set($l = [1])` + many(`#set($l = [$l, $l, $l, $l])`, 60) + `$l`,
		`#set($l = [1])` + many(`#set($l = [$l, $l])`, 60) + `#if($l == [$l])x#end$l.contains($l)`,
		`#set($m = {})` + loop(loop(`#set($x = $m.put("$i$foreach.parent.index", $m))`)) + `$m`,
		`#set($m = {})` + many(`#set($m = {"a": $m, "b": $m})`, 60) + `$m`,
		`#set($m = {})#set($m.n = {})#set($m.n.m = $m)$m`,
		`#set($l = [1..20000])` + loop(`#set($x = $l.contains(-1))`),
		`#set($l = [1..20000])` + loop(`#set($x = $l.remove(0))#set($x = $l.add(0, 1))`),
		`#set($l = [1..20000])` + loop(`$l.subList(0, 20000).size()`),
		`#set($n = 99999999999999999999)` + loop(`#set($n = $n * $n)$n`),
		`#set($s = "1,")#set($s = $s.repeat(200000))$util.parseJson("[$s]")`,
		`#set($s = "1,")#set($s = $s.repeat(20000))` + loop(`#set($x = $util.parseJson("[${s}1]"))`),
		`#set($s = "é")#set($s = $s.repeat(100000))` + loop(`#set($x = $util.escapeJavaScript($s))`),
		`#set($s = "é")#set($s = $s.repeat(100000))` + loop(`#set($x = $util.urlEncode($util.urlEncode($util.urlEncode($s))))`),
		many("$a", 150<<10),
		many("#if(true)", 30<<10),
		many("(", 300<<10),
		"#set($x = " + many("(", 100<<10) + ")",
		"#set($x = 1" + many(" + 1", 70<<10) + ")$x",
		"#set($x = " + many("[", 100<<10) + many("]", 100<<10) + ")$x",
		"#set($x = [" + many("1,", 140<<10) + "1])$x",
		"#if(" + many("!", 290<<10) + "true)x#end",
		"$a" + many("[0]", 100<<10),
		"$a" + many(".b", 140<<10),
		"$a.b(" + many("$a.b(", 50<<10),
		many(`#set($x = "`, 20) + many("#", 1000),
		many("\\", 300<<10) + "$a",
		many("#*", 150<<10),
		many("##\n", 100<<10),
		many("#macro(m)", 30<<10),
		many("#[[", 100<<10),
		`#set($x = "` + many(`""`, 140<<10) + `")$x`,
		many("$!{", 100<<10),
		many(" ", 300<<10-10) + "#set($x=1)",
		many(" #", 150<<10),
		many("$a#set", 50<<10),
	}
	templates = append(templates, hostileValues()...)
	for n := range 4 {
		templates = append(templates, loop(loop(fmt.Sprintf(`#set($k%d = "$i$foreach.index$k%d")`, n, n))))
	}
	return templates
}

// hostileValues are templates that use one large thing over and over.
func hostileValues() []string {
	many := strings.Repeat
	loop := func(body string) string { return "#foreach($i in [1..1000])" + body + "#end" }
	twice := func(body string) string { return loop("#foreach($j in [1..30])" + body + "#end") }
	var params strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&params, " $a%d", i)
	}
	macro := "#macro(m" + params.String() + ")"
	digits, some := many("7", 30_000), many("7", 1_200)
	number := `#set($r = $util.parseJson('{"n":` + many("7", 130_000) + `,"f":0.` + many("7", 130_000) + `,"k":` + some + `}'))`
	deep := `#set($s = "a")#set($s = $s.repeat(120000))`
	return []string{
		number + loop(`#if($r.n > 5)#end`), number + twice(`#if($r.n == $r.f)#end`), number + twice(`#if($r.k > 1.5)#end`),
		number + twice(`#set($x = $r.k + 1)`), number + twice(`#set($x = $r.f * 2)`), number + loop(`$r.n.intValue()`),
		number + twice(`#set($x = $r.k.hashCode())#set($x = $r.k.doubleValue())`), number + twice(`#if($r.n == "x")#end`),
		`#set($n = ` + digits + `)` + twice(`#if($n == 1.5)#end`), `#set($n = ` + digits + `)` + twice(`#if($n > `+digits+`)#end`),
		`#set($n = ` + some + `)` + twice(`#if($n == 1.5)#end`), `#set($n = ` + some + `)` + twice(`#set($m = $n % 7)`),
		`#set($n = 0.` + digits + `)` + twice(`#if($n == 1.5)#end`), `#set($n = ` + digits + `)` + loop(`#set($x = "$n")`),
		`#set($m = {})#set($l = [1..30000])#set($x = $m.put($l, 1))` + twice(`#if($m.containsKey($l))#end`),
		`#set($m = {})#set($l = [1..30000])` + loop(`#set($m[$l] = $i)`), `#set($l = [1..300])` + twice(`#set($m = {$l: $l})`),
		`#set($m = {})` + twice(`#set($x = $m.put("$i-$j", 1))`) + loop(`#set($x = $m.remove("$i-1"))`),
		`#set($m = {})` + loop(`#foreach($j in [1..9])#set($x = $m.put("$i-$j", 1))#end`) + loop(`#set($x = $m.remove("$i-1"))`),
		`#set($m = {})` + loop(`#foreach($j in [1..9])#set($x = $m.put("$i-$j", 1))#end`) + loop(`#set($x = $m.containsValue(2))`),
		loop(`#if($o.containsValue(1))#end`), loop(`#if($o.containsValue("none"))#end`), loop(`#foreach($k in $o)#break#end`),
		loop(`#set($x = $o.keySet().size())`), loop(`#set($x = $o.entrySet().size())`), loop(`#if($o == $o.clone())#end$o.equals($o)`),
		twice(`#set($x = $o.put("$i-$j", $o))`), twice(`#set($x = $o["$i"])#set($o["k$j"] = $j)`), loop(`#set($x = $o.size())$o.isEmpty()`),
		loop(`#set($x = "$o")`), `#set($m = {})` + loop(`#set($x = $m.putAll($o))`), loop(`#set($x = $o.remove("k$i"))`) + `$o.clear()`,
		macro + many("$zz", 10) + "#end" + loop(many("#m()", 5)), macro + `$z#if($n < 18)#set($n = $n + 1)#m()#set($n = $n - 1)#end#end` + loop(`#set($n = 0)#m()`),
		macro + `#set($a3999 = 1)$a3999#end` + loop(`#m(1)`), `#set($l = [1..30000])` + twice(`#set($x = $util.urlDecode($l).isEmpty())`),
		`#set($l = [1..3000])` + twice(`#set($x = $util.escapeJavaScript($l))`), deep + `$s.replaceAll("a(.*b)?", "x")`,
		deep + `$s.split("\ba|a(.*b)?").size()`, deep + `$s.replaceAll("(a|aa)*?b|a", "x").length()`, deep + loop(`$s.replaceFirst("b", "")`),
		`#set($s = "a")#set($s = $s.repeat(200))` + twice(`#set($x = $s.replaceAll("a(.*b)?", "x"))`),
		`#set($m = {})` + twice(`#set($x = $m.`+many("a", 5_000)+`)`), twice(`#set($x = $c.work(10))`), twice(`#set($x = $c.work(1000000))`),
	}
}

// TestHostileTemplates holds what a template can cost against the budgets: it may fail, but neither hang nor grow. The race
// detector keeps pools from keeping anything, so that memory is not what it is otherwise.
func TestHostileTemplates(t *testing.T) {
	slow, most, longest := 0, uint64(0), time.Duration(0)
	templates := hostileTemplates()
	for _, source := range templates {
		vars := names{"a": "A", "util": vtl.Util{}, "o": newKeyed(14_000), "c": worker{}}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		template, err := vtl.Parse(source)
		var out []byte
		if err == nil {
			out, err = template.Append(nil, vars, vtl.Limits{})
		}
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		memory := after.TotalAlloc - before.TotalAlloc
		shown := source[:min(len(source), 40)] + "…" + source[max(0, len(source)-60):]
		if memory > hostileMemory && !raceDetector {
			t.Errorf("%s: %d KB for %d bytes of output, %v", shown, memory>>10, len(out), err)
		}
		if took > hostileTime {
			slow++
			t.Logf("%s took %v: %.100v", shown, took, err)
		}
		_, syntax := errors.AsType[*vtl.SyntaxError](err)
		if _, failed := errors.AsType[*vtl.RenderError](err); err != nil && !syntax && !failed {
			t.Errorf("%s: %T", shown, err)
		}
		most, longest = max(most, memory), max(longest, took)
	}
	t.Logf("%d templates, at most %d KB allocated and %v, %d slower than %v", len(templates), most>>10, longest, slow, hostileTime)
}
