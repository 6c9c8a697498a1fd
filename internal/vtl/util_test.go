package vtl_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"gangway/internal/vtl"
)

// TestUtil is $util: "Mapping template and access logging variable reference" of the AWS developer guide.
func TestUtil(t *testing.T) {
	for _, c := range []struct{ template, vars, want string }{
		{`$util.escapeJavaScript($s)`, `{"s": "it's \"q\" \\ / \b\t\n\f\r\u0001 é 😀 <>"}`, `it\'s \"q\" \\ \/ \b\t\n\f\r\u0001 \u00E9 \uD83D\uDE00 <>`},
		{`$util.escapeJavaScript($s).replaceAll("\\'", "'")`, `{"s": "it's"}`, `it's`},
		{`$util.escapeJavaScript($s)`, `{"s": {"a": [1]}}`, `{a=[1]}`},
		{`[$util.escapeJavaScript($s)]`, `{}`, `[]`},
		{`$util.escapeJavaScript("plain")$util.escapeJavaScript(1)`, ``, `plain1`},
		{`$util.urlEncode($s)`, `{"s": "a b&c=d/é~*-._'()"}`, `a+b%26c%3Dd%2F%C3%A9%7E*-._%27%28%29`},
		{`$util.urlEncode("{}")`, ``, `%7B%7D`},
		{`$util.urlDecode("a+b%26%C3%A9%2B")`, ``, `a b&é+`},
		{`$util.urlDecode("%ff")`, ``, "\uFFFD"},
		{`$util.base64Encode($s)`, `{"s": "é?>"}`, `w6k/Pg==`},
		{`$util.base64Decode("w6k/Pg==")|$util.base64Decode("w6k_Pg")`, ``, `é?>|é?>`},
		{`$util.parseJson($s).b[1]`, `{"s": "{\"b\": [1, \"x\"]}"}`, `x`},
		{`#foreach($k in $util.parseJson($s).keySet())$k#end`, `{"s": "{\"z\":1,\"a\":2,\"z\":3,\"b\":4}"}`, `zab`},
		{`#set($p = $util.parseJson($s))$p|$p.z`, `{"s": "{\"z\":1,\"a\":[true,null],\"z\":3}"}`, `{z=3, a=[true,null]}|3`},
		{`$util.parseJson("[1.50, 1e3, 123456789012345678901, -0]")`, ``, `[1.5,1000.0,123456789012345678901,0]`},
		{`$util.parseJson("1")$util.parseJson("true")|$util.parseJson("null")|`, ``, `1true||`},
		{`[$util.foo("x")][$util.urlEncode()][$util.foo]`, ``, `[][][]`},
	} {
		got, err := render(t, c.template, c.vars)
		if err != nil || got != c.want {
			t.Errorf("%s with %s\n got %q, %v\nwant %q", c.template, c.vars, got, err, c.want)
		}
	}
}

func TestUtilFails(t *testing.T) {
	for _, template := range []string{
		`$util.parseJson("{")`, `$util.parseJson("[1,]")`, `$util.parseJson("1 2")`, `$util.parseJson("")`,
		`$util.urlDecode("%")`, `$util.urlDecode("%1")`, `$util.urlDecode("%zz")`, `$util.base64Decode("!")`,
		`#set($s = "1,")$util.parseJson("[$s.repeat(300000)1]")`,
		`$util.parseJson('` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `')`,
	} {
		got, err := render(t, "\n "+template, "")
		if err == nil || !strings.HasPrefix(err.Error(), "vtl: line 2, column ") {
			t.Errorf("%s: %.100q, %v", template, got, err)
		}
	}
}

// TestUtilNull is what nothing escapes to; [observed] with the real service by LocalStack.
func TestUtilNull(t *testing.T) {
	got, err := vtl.Util{}.Call("escapeJavaScript", []any{nil})
	if got != "null" || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

// TestUtilAgainstJava compares with Apache Commons Lang and the JDK for random texts.
func TestUtilAgainstJava(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	alphabet := []rune("ab'\"\\/ \b\t\n\f\r\x01\x1f\u0080é\u2028\uFFFF😀%+&=~*-._!()<>{}[]$#")
	cases := make([]tableCase, 400)
	for i := range cases {
		text := make([]rune, random.IntN(20))
		for k := range text {
			text[k] = alphabet[random.IntN(len(alphabet))]
		}
		vars, err := json.Marshal(map[string]string{"s": string(text)})
		if err != nil {
			t.Fatal(err)
		}
		cases[i] = tableCase{vars: string(vars), template: `$util.escapeJavaScript($s)|$util.urlEncode($s)|$util.base64Encode($s)|` +
			`$util.urlDecode($util.urlEncode($s))|$util.base64Decode($util.base64Encode($s))|$s.hashCode()|$s.length()|$s.toUpperCase()`}
	}
	for i, a := range ask(t, cases) {
		got, err := render(t, cases[i].template, cases[i].vars)
		if err != nil || a.fails || got != a.text {
			t.Errorf("%s\n got %q, %v\nwant %q", cases[i].vars, got, err, a.text)
		}
	}
}
