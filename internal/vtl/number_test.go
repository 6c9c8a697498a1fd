package vtl_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"gangway/internal/vtl"
)

// javaNumber is a number of a document as Java prints it.
type javaNumber string

func (n javaNumber) IsInteger() bool { return !strings.ContainsAny(string(n), ".EI") }
func (n javaNumber) String() string  { return string(n) }

// TestLongNumbers: what json-smart makes a BigDecimal prints as BigDecimal.toString has it, and an integer has any size.
func TestLongNumbers(t *testing.T) {
	for literal, want := range map[string]string{
		"0.1234567890123456789":       "0.1234567890123456789",
		"0.1234567890123456":          "0.1234567890123456",
		"-0.1234567890123456":         "-0.1234567890123456",
		"0.10000000000000000000":      "0.10000000000000000000",
		"1.7976931348623157e+308":     "1.7976931348623157E+308",
		"1.23456789012345678901E-7":   "1.23456789012345678901E-7",
		"0.00000012345678901234567":   "1.2345678901234567E-7",
		"0.00000000000000000000":      "0E-20",
		"0.0000000000000000001e17":    "0.01",
		"123456789012345678901e2":     "1.23456789012345678901E+22",
		"12345678901234567890.5e1":    "123456789012345678905",
		"1000000000000000000000e-21":  "1.000000000000000000000",
		"1e400":                       "Infinity",
		"12345678901234567890":        "12345678901234567890",
		strings.Repeat("7", 5000):     strings.Repeat("7", 5000),
		"-" + strings.Repeat("7", 50): "-" + strings.Repeat("7", 50),
	} {
		vars := names{"n": json.Number(literal), "j": javaNumber(want), "util": vtl.Util{}}
		out, err := mustParse(t, `$n|$j|$util.parseJson("`+literal+`")|#set($x = "$n")$x|$n.toString()`).Append(nil, vars, vtl.Limits{})
		if all := strings.Repeat(want+"|", 4) + want; string(out) != all || err != nil {
			t.Errorf("%.40s: %.200q, %v\nwant %.200q", literal, out, err, all)
		}
	}
}

// TestLongNumbersCalculate: integers calculate with all their digits up to 4096 bits, a BigDecimal as a double.
func TestLongNumbersCalculate(t *testing.T) {
	vars := names{
		"f": json.Number("0.1234567890123456789"), "g": json.Number("0.1234567890123456788"), "one": json.Number("1.000000000000000000000"),
		"i": json.Number(strings.Repeat("7", 60)), "k": json.Number(strings.Repeat("7", 59) + "8"), "m": json.Number("-" + strings.Repeat("7", 60)),
		"huge": json.Number(strings.Repeat("9", 2000)), "low": json.Number("-" + strings.Repeat("9", 2000)), "next": json.Number(strings.Repeat("9", 1999) + "8"),
	}
	for source, want := range map[string]string{
		`#set($x = $f + 1)$x`:                      "1.1234567890123457",
		`#if($f < 0.2)y#end#if($one == 1)y#end`:    "yy",
		`$f.equals($f)$f.equals($g)$f.equals(1)`:   "truefalsefalse",
		`#set($x = $i + 1)$x`:                      strings.Repeat("7", 59) + "8",
		`#set($x = $i + 1)$x.equals($k)`:           "true",
		`#if($i < $k && $m < $i && $i != $k)y#end`: "y",
		`#if($i == $i && $i.equals($i))y#end`:      "y",
		`#if($huge > $i && $low < $m && $huge > $next && $low < $huge && $i < $huge)y#end`: "y",
		`#if($huge == $huge && $huge > 1.5 && $low < 1.5 && $huge != 1)y#end`:              "y",
		`$huge.compareTo($i)$i.compareTo($huge)|$i.intValue()|$f.intValue()`:               "1-1|1908874353|0",
		`#set($x = $huge.max($i, $huge))#if($x == $huge)y#end`:                             "y",
		`#if($f == "0.1234567890123456789")y#end`:                                          "y",
		`#set($m = {$f: 1, $i: 2})$m.get($f)$m.get($i)$m.get($g)`:                          "12",
	} {
		if out, err := mustParse(t, source).Append(nil, vars, vtl.Limits{}); string(out) != want || err != nil {
			t.Errorf("%s: %.100q, %v, want %.100q", source, out, err, want)
		}
	}
	if _, err := mustParse(t, `#set($x = $huge + 1)`).Append(nil, vars, vtl.Limits{}); !errors.Is(err, vtl.ErrLimit) {
		t.Error(err)
	}
}

// TestKeysThatAreLists: a key that is a list is told from others by what it prints as.
func TestKeysThatAreLists(t *testing.T) {
	got, err := render(t, `#set($l = [1, 2])#set($m = {})#set($x = $m.put($l, "a"))#set($x = $m.put([1, 3], "b"))#set($x = $m.put("[1, 2]", "c"))`+
		`$m.get([1, 2])$m.get($l)$m.get([1, 3])$m.get("[1, 2]")$m.size()$m.remove([1, 2])$m.containsKey($l)$m`, "")
	if want := `aabc3afalse{[1, 3]=b, [1, 2]=c}`; got != want || err != nil {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

// TestPatternsInTurn: one match after the other, with what is before each.
func TestPatternsInTurn(t *testing.T) {
	for source, want := range map[string]string{
		`#set($s = "aab ab b")$s.replaceAll("\bab?", "x")`:                 "xab x b",
		`#set($s = "aaa")$s.replaceAll("^a", "x")`:                         "xaa",
		`#set($s = "éaéa")$s.replaceAll("\Ba|é(a)", "<$0>")`:               "<éa><éa>",
		`#set($s = "abc")$s.replaceAll("x*", "-")`:                         "-a-b-c-",
		`#set($s = "baac")$s.replaceAll("a*", "-")`:                        "-b-c-",
		`#set($s = "a1b22c")$s.split("[0-9]+")`:                            "[a, b, c]",
		`#set($s = "abc")$s.split("")`:                                     "[a, b, c]",
		`#set($s = "a,b;c")$s.replaceAll('(?<x>[a-z])([,;])', '${x}$2$2')`: "a,,b;;c",
		`#set($s = "aXbXc")$s.replaceFirst("X", "-")`:                      "a-bXc",
		`#set($s = "a.b.c")$s.split("\.", 2)`:                              "[a, b.c]",
		`#set($s = "😀😀")$s.replaceAll("(?:)", "-")`:                        "-😀-😀-",
	} {
		if got, err := render(t, source, ""); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", source, got, err, want)
		}
	}
}
