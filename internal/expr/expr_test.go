package expr_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gangway/internal/expr"
)

// values stands for a message: it holds what variables are worth in it.
type values map[string]string

// message is the one that the AWS developer guide evaluates its examples with.
var message = values{"request.body.service": "chat", "request.body.action": "join", "request.body.data.room": "room1234"}

// bind binds an expression to values.
func bind(tb testing.TB, text string) *expr.Bound[values] {
	tb.Helper()
	e, err := expr.Parse(text)
	if err != nil {
		tb.Fatal(err)
	}
	b, err := expr.Bind(e, func(variable string) (expr.Source[values], error) {
		return func(dst []byte, in values) ([]byte, error) { return append(dst, in[variable]...), nil }, nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestEvaluate(t *testing.T) {
	tests := []struct{ expression, want string }{
		// AWS developer guide, "API Gateway WebSocket API selection expressions".
		{`$request.body.action`, `join`},
		{`${request.body.action}`, `join`},
		{`${request.body.service}/${request.body.action}`, `chat/join`},
		{`${request.body.action}-${request.body.invalidPath}`, `join-`},
		{`action`, `action`},
		{`\$default`, `$default`},
		// Guesses, each in the package comment.
		{``, ``},
		{`$request.body.service/$request.body.action`, `chat/join`},
		{`$request.body.service$request.body.action`, `chatjoin`},
		{`$request.body.action v2`, `join v2`},
		{`$request.body.action-v2`, ``},
		{`${request.body.action}-v2`, `join-v2`},
		{`\$request.body.action`, `$request.body.action`},
		{`\${request.body.action}`, `${request.body.action}`},
		{`\\$request.body.action`, `\$request.body.action`},
		{`\d\`, `\d\`},
		{`{request.body.action}`, `{request.body.action}`},
		{`é$request.body.actioné`, `éjoiné`},
	}
	for _, tt := range tests {
		got, err := bind(t, tt.expression).Append([]byte("> "), message)
		if err != nil || string(got) != "> "+tt.want {
			t.Errorf("%s = %q, %v; want %q", tt.expression, got, err, tt.want)
		}
	}
}

func TestValuesAreNotEvaluated(t *testing.T) {
	in := values{"a": "${b}", "b": `\$b`}
	got, err := bind(t, "${a} $b").Append(nil, in)
	if want := `${b} \$b`; err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestVariables(t *testing.T) {
	tests := []struct {
		expression string
		want       []string
	}{
		{`action`, nil},
		{`$default`, []string{"default"}},
		{`$request.header.x-api-key`, []string{"request.header.x-api-key"}},
		{`$context.authorizer.usageIdentifierKey`, []string{"context.authorizer.usageIdentifierKey"}},
		{`${b}$a/${b}`, []string{"b", "a"}},
		{`$request.body.a[0].b_c:x`, []string{"request.body.a[0].b_c"}},
		{`$request.body['a b'].c d`, []string{"request.body['a b'].c"}},
		{`$request.body["a'}"]/x`, []string{`request.body["a'}"]`}},
		{`$request.body['it\'s']!`, []string{`request.body['it\'s']`}},
		{`$request.body..a[?(@.b)]`, []string{"request.body..a[?(@.b)]"}},
		{`${request.body.a[?(@.b == 1)].c}`, []string{"request.body.a[?(@.b == 1)].c"}},
		{`${request.body['}']}`, []string{"request.body['}']"}},
		{`${request.body.a[?(@.b =~ /x{2}/)]}}`, []string{"request.body.a[?(@.b =~ /x{2}/)]"}},
		{`${request.body.$.a}`, []string{"request.body.$.a"}},
		{`${request.body.é}`, []string{"request.body.é"}},
	}
	for _, tt := range tests {
		e, err := expr.Parse(tt.expression)
		if err != nil {
			t.Errorf("Parse(%q): %v", tt.expression, err)
			continue
		}
		if got := e.Variables(); !slices.Equal(got, tt.want) {
			t.Errorf("variables of %q = %q, want %q", tt.expression, got, tt.want)
		}
	}
}

// TestSimple: an expression that is always the same text, or one variable, can be treated as such.
func TestSimple(t *testing.T) {
	for _, tt := range []struct {
		expression, text, variable string
		isText, isVariable         bool
	}{
		{expression: ``, isText: true},
		{expression: `200`, text: "200", isText: true},
		{expression: `\$default`, text: "$default", isText: true},
		{expression: `a\$b\$c`, text: "a$b$c", isText: true},
		{expression: `$default`, variable: "default", isVariable: true},
		{expression: `${request.body.action}`, variable: "request.body.action", isVariable: true},
		{expression: `$request.body.action/`},
		{expression: `v2/$request.body.action`},
		{expression: `$a$b`},
	} {
		e, err := expr.Parse(tt.expression)
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := e.Text(); text != tt.text || ok != tt.isText {
			t.Errorf("text of %s: %q, %v", tt.expression, text, ok)
		}
		if name, ok := e.Variable(); name != tt.variable || ok != tt.isVariable {
			t.Errorf("variable of %s: %q, %v", tt.expression, name, ok)
		}
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ expression, want string }{
		{`$`, "position 2: empty variable: expected a name, found the end"},
		{`a/$`, "position 4: empty variable: expected a name, found the end"},
		{`${`, "position 3: empty variable: expected a name, found the end"},
		{`${}`, "position 3: empty variable: expected a name, found '}'"},
		{`a ${b`, `position 3: unclosed "${"`},
		{`${a{}`, `position 1: unclosed "${"`},
		{`${a${b}}`, "position 5: illegal character: a variable inside a variable"},
		{`${ a}`, "position 3: illegal character: expected a name, found ' '"},
		{"${a\nb}", `position 4: illegal character: '\n' in a variable`},
		{`$$a`, "position 2: illegal character: expected a name, found '$'"},
		{`$.a`, "position 2: illegal character: expected a name, found '.'"},
		{`$é`, "position 2: illegal character: expected a name, found 'é'"},
		{`$5`, "position 2: illegal character: expected a name, found '5'"},
		{`$a['b`, "position 4: unclosed quote in a variable"},
		{`${a["b'}`, "position 5: unclosed quote in a variable"},
		{`$a['b\`, "position 4: unclosed quote in a variable"},
	}
	for _, tt := range tests {
		if _, err := expr.Parse(tt.expression); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Parse(%q) = %v, want %q", tt.expression, err, tt.want)
		}
	}
}

func TestBindJoinsErrors(t *testing.T) {
	e, err := expr.Parse("$a/$b/$a/$c/$d")
	if err != nil {
		t.Fatal(err)
	}
	unknown, asked := errors.New("unknown"), ""
	_, err = expr.Bind(e, func(variable string) (expr.Source[int], error) {
		asked += variable
		switch variable {
		case "a":
			return func(dst []byte, in int) ([]byte, error) { return strconv.AppendInt(dst, int64(in), 10), nil }, nil
		case "d":
			return nil, nil
		}
		return nil, unknown
	})
	if !errors.Is(err, unknown) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{`variable "b": unknown`, `variable "c": unknown`, `variable "d": has no source`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if asked != "abcd" {
		t.Errorf("asked for %q", asked)
	}
}

func TestAppendFails(t *testing.T) {
	e, err := expr.Parse("x$a$b")
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("not JSON")
	b, err := expr.Bind(e, func(variable string) (expr.Source[int], error) {
		return func(dst []byte, _ int) ([]byte, error) {
			if variable == "b" {
				return nil, broken
			}
			return append(dst, 'y'), nil
		}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.Append([]byte("> "), 0); !errors.Is(err, broken) || string(got) != "> " {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	b, buf := bind(t, "${request.body.service}/${request.body.action}"), make([]byte, 0, 64)
	allocs := testing.AllocsPerRun(100, func() { buf, _ = b.Append(buf[:0], message) })
	if allocs != 0 || string(buf) != "chat/join" {
		t.Errorf("%v allocations for %q", allocs, buf)
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, text := range []string{"$request.body.action", "${request.body.service}/${request.body.action}"} {
		b.Run(text, func(b *testing.B) {
			bound, buf := bind(b, text), make([]byte, 0, 64)
			b.ReportAllocs()
			for b.Loop() {
				buf, _ = bound.Append(buf[:0], message)
			}
		})
	}
}

// BenchmarkParse shows that the time for a byte does not grow with the expression.
func BenchmarkParse(b *testing.B) {
	for _, n := range []int{1, 100, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			text := strings.Repeat(`a\$${b{}['}']}$c['d']`, n)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := expr.Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
