package program_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"gangway/internal/gateway"
	"gangway/internal/program"
)

// modelAPI is the snapshot of an API with one route, whose messages have to follow a schema.
func modelAPI(schema string) *gateway.Snapshot {
	s := mockAPI("$request.body.action", "$default")
	s.Routes[0].ModelSelectionExpression, s.Routes[0].RequestModels = `\$default`, gateway.Map{"$default": "Only"}
	s.Models = []gateway.Model{{ModelSettings: gateway.ModelSettings{Name: "Only", Schema: schema}}}
	return s
}

// wrongWith is what a model finds wrong with a message, empty for nothing.
func wrongWith(t *testing.T, p *program.Program, body string) string {
	t.Helper()
	_, err := p.Select([]byte(body)).Run(t.Context(), message(body))
	if err == nil {
		return ""
	}
	wrong, ok := errors.AsType[*program.ValidationError](err)
	if !ok || !errors.Is(err, gateway.ErrInvalid) {
		t.Fatalf("%.100s: got %v", body, err)
	}
	return wrong.Details
}

// Schemas that apply two or more of their own to the same value, which a validator without a memory does for each level of a
// message: 2 to the power of its depth, and more.
var branching = map[string]struct{ schema, before, inner, after, wrong string }{
	"oneOf": {
		`{"oneOf":[{"properties":{"arg":{"$ref":"#"},"op":{"enum":["not"]}},"required":["arg"]},
			{"properties":{"arg":{"$ref":"#"},"op":{"enum":["neg"]}},"required":["arg"]},
			{"properties":{"value":{"type":"number"}},"required":["value"]}]}`,
		`{"op":"not","arg":`, `{"value":1}`, `}`, `{"value":"x"}`,
	},
	"anyOf": {
		`{"anyOf":[{"properties":{"kind":{"type":"string"},"c":{"$ref":"#"}},"required":["c"]},
			{"properties":{"c":{"$ref":"#"},"w":{"type":"number"}},"required":["c"]},
			{"required":["leaf"],"properties":{"leaf":{"type":"string"}}}]}`,
		`{"c":`, `{"leaf":"x"}`, `}`, `{"leaf":1}`,
	},
	"allOf": {
		`{"definitions":{"base":{"properties":{"child":{"$ref":"#"}}}},
			"allOf":[{"$ref":"#/definitions/base"},{"properties":{"child":{"$ref":"#"},"name":{"type":"string"}}}]}`,
		`{"child":`, `{"name":"x"}`, `}`, `{"name":1}`,
	},
	"not": {
		`{"not":{"anyOf":[{"properties":{"a":{"not":{"$ref":"#"}}},"required":["a"]},{"properties":{"a":{"not":{"$ref":"#"}}},"required":["a"]},{"type":"null"}]}}`,
		`{"a":`, `{}`, `}`, `null`,
	},
	"items": {
		`{"oneOf":[{"properties":{"and":{"type":"array","items":{"$ref":"#"}}},"required":["and"],"additionalProperties":false},
			{"properties":{"and":{"type":"array","items":{"$ref":"#"}},"weight":{"type":"number"}},"required":["and","weight"]},
			{"properties":{"leaf":{"type":"string"}},"required":["leaf"]}]}`,
		`{"and":[`, `{"leaf":"x"}`, `]}`, `{"leaf":1}`,
	},
}

// TestModelsOfDeepMessages: a message is refused for what is wrong with it, never for its depth. The test would not end if the
// work were exponential in it.
func TestModelsOfDeepMessages(t *testing.T) {
	for name, row := range branching {
		p := compile(t, modelAPI(row.schema), program.Env{})
		for _, depth := range []int{1, 18, 60, 124} {
			if strings.HasPrefix(row.after, "]") {
				depth = (depth + 1) / 2
			}
			nest := func(inner string) string {
				return strings.Repeat(row.before, depth) + inner + strings.Repeat(row.after, depth)
			}
			if got := wrongWith(t, p, nest(row.inner)); got != "" {
				t.Errorf("%s, depth %d: %s", name, depth, got)
			}
			if got := wrongWith(t, p, nest(row.wrong)); got == "" || strings.Contains(got, "too long") {
				t.Errorf("%s, depth %d, wrong: %s", name, depth, got)
			}
		}
	}
}

// TestModelsTakeCountedTime: what would take long is refused before it is done, whatever makes it long.
func TestModelsTakeCountedTime(t *testing.T) {
	many := func(item string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(item+",", size/(len(item)+1)), ",") + "]"
	}
	long := func(letter string) string { return `{"s":"` + strings.Repeat(letter, size-100) + `c"}` }
	choices := make([]string, 100)
	for i := range choices {
		choices[i] = fmt.Sprintf(`{"minimum":%d}`, i+10)
	}
	const tooLong = "[the message takes too long to validate]"
	for _, row := range []struct{ name, schema, body, want string }{
		{"a pattern that stands for much", `{"properties":{"s":{"pattern":"(a?){900}b$"}}}`, long("a"), tooLong},
		{"the same, of little", `{"properties":{"s":{"pattern":"(a?){900}b$"}}}`, `{"s":"aaab"}`, ""},
		{"a name that is matched", `{"patternProperties":{"(a?){900}b$":{}}}`, `{"` + strings.Repeat("a", size/2) + `":1}`, tooLong},
		{"many choices", `{"items":{"anyOf":[` + strings.Join(choices, ",") + `,{}]}}`, many("1"), tooLong},
		{"a number of many digits", `{"items":{"multipleOf":7}}`, "[" + strings.Repeat("7", size-10) + "]", tooLong},
		{
			"items that are compared at each level", `{"uniqueItems":true,"items":{"$ref":"#"}}`,
			strings.Repeat("[", 120) + `"` + strings.Repeat("x", size-1000) + `"` + strings.Repeat(",1]", 120), tooLong,
		},
		{"itself", `{"$ref":"#"}`, `{}`, "[the model refers to itself without end]"},
		{"itself, in others", `{"allOf":[{"anyOf":[{"not":{"$ref":"#"}}]}]}`, `{}`, "[the model refers to itself without end]"},
		{"itself, but not for this one", `{"anyOf":[{"type":"object"},{"$ref":"#"}]}`, `{}`, ""},
	} {
		if got := wrongWith(t, compile(t, modelAPI(row.schema), program.Env{}), row.body); got != row.want {
			t.Errorf("%s: got %.200s, want %s", row.name, got, row.want)
		}
	}
	chain := `{"definitions":{`
	for i := range 5000 {
		chain += fmt.Sprintf(`"d%d":{"allOf":[{"$ref":"#/definitions/d%d"}]},`, i, i+1)
	}
	chain += `"d5000":{}},"$ref":"#/definitions/d0"}`
	if got := wrongWith(t, compile(t, modelAPI(chain), program.Env{}), `{}`); !strings.Contains(got, "too often") {
		t.Errorf("a long chain: got %.200s", got)
	}
	for _, pattern := range []string{strings.Repeat("(a?){1000}", 50), strings.Repeat("x", 9000)} {
		if _, err := program.Compile(modelAPI(`{"pattern":"`+pattern+`"}`), program.Env{}); !errors.Is(err, gateway.ErrInvalid) {
			t.Errorf("a pattern of %d bytes: got %v", len(pattern), err)
		}
	}
}

// TestIntegers: in draft 4 an integer is "a JSON number without a fraction or exponent part" (JSON schema core, draft 4,
// section 3.5); later drafts ask for the value.
func TestIntegers(t *testing.T) {
	const typed = `{"$schema":"http://json-schema.org/draft-0%d/schema#","type":"integer"}`
	for body, late := range map[string]bool{
		"1": true, "-0": true, "12345678901234567890": true, "1.0": true, "1e2": true, "10e-1": true, "1.5": false, "1e-1": false, `"1"`: false,
	} {
		for _, draft := range []int{4, 6, 7} {
			want := late && (draft > 4 || !strings.ContainsAny(body, ".e"))
			if got := wrongWith(t, compile(t, modelAPI(fmt.Sprintf(typed, draft)), program.Env{}), body); (got == "") != want {
				t.Errorf("draft %d, %s: %s", draft, body, got)
			}
		}
	}
}

// TestUnknownKeywords: what only drafts after 7 have and this package does not is said, and no message passes for it.
func TestUnknownKeywords(t *testing.T) {
	p := compile(t, modelAPI(`{"$schema":"https://json-schema.org/draft/2020-12/schema","unevaluatedProperties":false}`), program.Env{})
	if notes := strings.Join(p.Notes(), "\n"); !strings.Contains(notes, "no message follows it") || wrongWith(t, p, `{}`) == "" {
		t.Errorf("got %s", notes)
	}
}

// TestModelsAgree holds messages against schemas made at random, here and by the library that compiles them.
func TestModelsAgree(t *testing.T) {
	const rounds = 4000
	right := 0
	for seed := range uint64(rounds) {
		g := generator{rand.New(rand.NewPCG(seed, 1)), []string{
			"http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema",
		}[seed%3]}
		definition := g.schema(3)
		definition["$schema"] = g.draft
		definition["definitions"] = map[string]any{"d": g.schema(2), "e": g.schema(1)}
		text, err := json.Marshal(definition)
		if err != nil {
			t.Fatal(err)
		}
		oracle := oracleOf(t, string(text))
		p := compile(t, modelAPI(string(text)), program.Env{})
		for range 4 {
			body, err := json.Marshal(g.value(3))
			if err != nil {
				t.Fatal(err)
			}
			document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(body)))
			if err != nil {
				t.Fatal(err)
			}
			want, got := oracle.Validate(document), wrongWith(t, p, string(body))
			if want == nil {
				right++
			}
			if cyclic := strings.Contains(got, "without end"); (want == nil) != (got == "") && !cyclic {
				t.Fatalf("%s\n%s\nwant %v\ngot %s", text, body, want, got)
			}
		}
	}
	if right < rounds/4 || right > rounds*3 {
		t.Errorf("%d of %d messages follow their schema: the schemas tell nothing", right, 4*rounds)
	}
}

func oracleOf(t *testing.T, text string) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("https://example.com/model", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("https://example.com/model")
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return schema
}

// A generator makes schemas and values that have something to do with each other.
type generator struct {
	*rand.Rand

	draft string
}

func (g generator) one(of ...any) any { return of[g.IntN(len(of))] }

func (g generator) name() string { return g.one("a", "b", "ab", "").(string) }

// value has no 1.0: what that is depends on the draft.
func (g generator) value(depth int) any {
	switch n := g.IntN(9); {
	case n < 3 && depth > 0:
		o := map[string]any{}
		for range g.IntN(4) {
			o[g.name()] = g.value(depth - 1)
		}
		return o
	case n < 5 && depth > 0:
		a := []any{}
		for range g.IntN(4) {
			a = append(a, g.value(depth-1))
		}
		return a
	default:
		return g.one(nil, true, false, 0, 1, 2, 3, -1.5, 2.5, 100, "", "a", "ab", "abc", "ä")
	}
}

func (g generator) schema(depth int) map[string]any {
	s := map[string]any{}
	for range 1 + g.IntN(2) {
		g.keyword(s, depth)
	}
	return s
}

func (g generator) schemas(depth int) []any {
	var all []any
	for range 1 + g.IntN(3) {
		all = append(all, g.schema(depth-1))
	}
	return all
}

func (g generator) named(depth int) map[string]any {
	all := map[string]any{}
	for range 1 + g.IntN(3) {
		all[g.name()] = g.schema(depth - 1)
	}
	return all
}

// keyword adds one keyword.
func (g generator) keyword(s map[string]any, depth int) {
	small := func() any { return g.IntN(3) }
	simple := map[string]func() any{
		"type": func() any {
			return g.one("null", "boolean", "number", "integer", "string", "array", "object", []any{"string", "object"}, []any{"number", "array", "null"})
		},
		"enum": func() any {
			return g.one([]any{1, "a"}, []any{[]any{}, map[string]any{}}, []any{2.5, []any{1}, map[string]any{"a": 1}})
		},
		"minLength": small, "maxLength": small, "minItems": small, "maxItems": small, "minProperties": small, "maxProperties": small,
		"minimum": small, "maximum": small, "multipleOf": func() any { return g.one(1, 2, 0.5) },
		"pattern":     func() any { return g.one("^a", "b$", ".") },
		"format":      func() any { return g.one("email", "ipv4", "regex") },
		"uniqueItems": func() any { return true },
		"required":    func() any { return []any{g.name()} },
		"$ref":        func() any { return g.one("#/definitions/d", "#/definitions/e", "#") },
	}
	nested := map[string]func() any{
		"not": func() any { return g.schema(depth - 1) }, "allOf": func() any { return g.schemas(depth) },
		"anyOf": func() any { return g.schemas(depth) }, "oneOf": func() any { return g.schemas(depth) },
		"properties": func() any { return g.named(depth) }, "patternProperties": func() any { return g.named(depth) },
		"additionalProperties": func() any { return g.one(false, g.schema(depth-1)) },
		"dependencies":         func() any { return map[string]any{g.name(): g.one([]any{g.name()}, g.schema(depth-1))} },
		"items":                func() any { return g.schema(depth - 1) },
	}
	if strings.Contains(g.draft, "draft-0") {
		nested["items"] = func() any { return g.one(g.schema(depth-1), g.schemas(depth)) }
		nested["additionalItems"] = func() any { return g.one(false, g.schema(depth-1)) }
	} else {
		nested["prefixItems"] = func() any { return g.schemas(depth) }
		nested["dependentSchemas"] = func() any { return g.named(depth) }
		simple["dependentRequired"] = func() any { return map[string]any{g.name(): []any{g.name()}} }
		simple["minContains"] = small
		simple["maxContains"] = small
	}
	if !strings.Contains(g.draft, "draft-04") {
		simple["const"] = func() any { return g.value(1) }
		for _, name := range []string{"contains", "propertyNames", "if", "then", "else"} {
			nested[name] = func() any { return g.schema(depth - 1) }
		}
	}
	names := make([]any, 0, len(simple)+len(nested))
	for name := range simple {
		names = append(names, name)
	}
	for name := range nested {
		if depth > 0 {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	name := g.one(names...).(string)
	if value, ok := simple[name]; ok {
		s[name] = value()
		return
	}
	s[name] = nested[name]()
}
