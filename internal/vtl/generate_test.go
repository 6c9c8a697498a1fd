package vtl_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generatedVars are the variables of generated templates.
const generatedVars = `{"s": "some text", "e": "", "i": 7, "d": 2.5, "t": true, "f": false, "l": [3, "b", null, 1.5],
	"m": {"k": "v", "n": 1, "l": [1, 2], "m": {"x": "y"}}}`

// A generator writes templates that are mostly right.
type generator struct {
	*rand.Rand
	depth int
}

func (g *generator) pick(from ...string) string { return from[g.IntN(len(from))] }

func (g *generator) blank() string { return g.pick("", "", "", " ", "  ", "\n", "\t ", " \n ") }

func (g *generator) name() string {
	return g.pick("s", "e", "i", "d", "t", "f", "l", "m", "u", "x", "y", "z")
}

func (g *generator) reference() string {
	path := g.name()
	for g.IntN(3) == 0 {
		path += g.pick(".k", ".m", ".l", ".x", "[0]", "[1]", "['k']", `["n"]`, ".size()", ".length()", ".toString()",
			".get(0)", `.get("k")`, ".isEmpty()", ".foo", ".foo()", ".m.x", ".k.length()", ".keySet()", ".values()",
			".substring(1)", `.contains("b")`, `.equals("v")`, `.concat("c")`, `.indexOf("e")`, ".toUpperCase()",
			`.replaceAll("e", "[$0]")`, `.split(" ").size()`, ".intValue()", ".empty")
	}
	switch g.IntN(6) {
	case 0:
		return "${" + path + "}"
	case 1:
		return "$!" + path
	case 2:
		return "$!{" + path + "}"
	default:
		return "$" + path
	}
}

func (g *generator) literal() string {
	switch g.IntN(8) {
	case 0:
		return fmt.Sprint(g.IntN(20) - 5)
	case 1:
		return g.pick("1.5", "0.25", "-2.0", "1e3", "100.0", "2.", "12345678901", "99999999999999999999")
	case 2:
		return g.pick("true", "false")
	case 3:
		return g.pick(`""`, `"a"`, `'b'`, `"a""b"`, `'it''s'`, `"\n"`, `'$s'`, `"$"`, `"#"`)
	case 4:
		return `"` + strings.ReplaceAll(g.text(1), `"`, `""`) + `"`
	case 5:
		return "[" + g.value() + ", " + g.value() + "]"
	case 6:
		return fmt.Sprintf(`{"a" : %s, "b" : %s}`, g.value(), g.value())
	default:
		return fmt.Sprintf("[%d..%d]", g.IntN(4), g.IntN(4))
	}
}

// value is what an argument or an element may be.
func (g *generator) value() string {
	g.depth++
	defer func() { g.depth-- }()
	if g.depth > 4 || g.IntN(2) == 0 {
		return g.reference()
	}
	return g.literal()
}

func (g *generator) expression() string {
	g.depth++
	defer func() { g.depth-- }()
	switch {
	case g.depth > 5 || g.IntN(3) == 0:
		return g.value()
	case g.IntN(4) == 0:
		return "(" + g.blank() + g.expression() + g.blank() + ")"
	case g.IntN(5) == 0:
		return g.pick("!", "not ", "! ", "!!") + g.expression()
	default:
		return g.expression() + " " + g.pick("+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||", "and", "or",
			"eq", "ne", "lt", "gt", "le", "ge") + " " + g.expression()
	}
}

func (g *generator) statement() string {
	b := g.blank
	switch g.IntN(12) {
	case 0, 1:
		return "#set(" + b() + "$" + g.pick("x", "y", "z", "m.k", "m.z", "l[0]", "m['q']", "u.v") + b() + "=" + b() + g.expression() + b() + ")"
	case 2:
		return "#if(" + g.expression() + ")" + g.block() + "#end"
	case 3:
		return "#if" + b() + "(" + g.expression() + ")" + g.block() + "#elseif(" + g.expression() + ")" + g.block() +
			g.pick("#else ", "#{else}", "#else\n") + g.block() + g.pick("#end", "#{end}", "#end\n", "#end  \n")
	case 4, 5:
		return "#foreach($" + g.pick("x", "y", "s") + " in " + g.value() + ")" + g.block() +
			g.pick("", "$foreach.index", "$foreach.count", "$velocityCount", "#if($foreach.hasNext),#end", "#break") + "#end"
	case 6:
		return "#define($" + g.pick("x", "z") + ")" + g.block() + "#end"
	case 7:
		return "#macro(" + g.pick("p", "q") + " $x $y)" + g.block() + "#end"
	case 8:
		return "#" + g.pick("p", "q", "r") + "(" + g.value() + " " + g.value() + ")"
	case 9:
		return g.pick("## comment\n", "#* comment *#", "#[[ $s #if ]]#", "#literal()$s#end", `\#if`, `\$s`, `\\$s`, `\#foo`, "#stop")
	default:
		return g.reference()
	}
}

func (g *generator) block() string {
	g.depth++
	defer func() { g.depth-- }()
	if g.depth > 5 {
		return "."
	}
	return g.text(3)
}

// text is text with some statements in it.
func (g *generator) text(most int) string {
	var b strings.Builder
	for range 1 + g.IntN(most) {
		b.WriteString(g.pick("", "", " ", "a", "\n", "\n  ", "  ", "b\n", "-", ".", "}", ")", ",", "'", "é", "|"))
		b.WriteString(g.statement())
		b.WriteString(g.pick("", " ", "\n", "  \n", " c", ";", ".x", "!", "}", ":"))
	}
	return b.String()
}

// broken cuts or doubles a piece of a template.
func (g *generator) broken(template string) string {
	if template == "" {
		return template
	}
	from := g.IntN(len(template))
	to := min(from+1+g.IntN(3), len(template))
	if g.IntN(3) == 0 {
		return template[:to] + template[from:]
	}
	return strings.ToValidUTF8(template[:from]+template[to:], "")
}
