package gateway_test

import (
	"encoding/json"
	"strings"
	"testing"

	"gangway/internal/gateway"
)

// Source of the form: the sample response of "GetModelTemplate" in the API reference of version 1, whose model is the
// first row's.
func TestTemplate(t *testing.T) {
	loop := "[\n##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in $inputRoot)\n"
	rows := []struct{ name, schema, want string }{
		{
			"numbers and a text", `{"type":"object","properties":{"a":{"type":"number"},"b":{"type":"number"},"op":{"type":"string"},"c":{"type":"number"}}}`,
			"{\n  \"a\" : 3.1415,\n  \"b\" : 3.1415,\n  \"op\" : \"foo\",\n  \"c\" : 3.1415\n}",
		},
		{"nothing said", `{}`, "{ }"},
		{"empty object", `{"type":"object"}`, "{ }"},
		{"simple types", `{"properties":{"i":{"type":"integer"},"b":{"type":"boolean"},"n":{"type":"null"},"t":{"type":["null","string"]}}}`, "{\n  \"i\" : 42,\n  \"b\" : true,\n  \"n\" : null,\n  \"t\" : \"foo\"\n}"},
		{"inside each other", `{"properties":{"a":{"properties":{"b":{"type":"integer"}}}}}`, "{\n  \"a\" : {\n    \"b\" : 42\n  }\n}"},
		{"list", `{"type":"array","items":{"type":"integer"}}`, loop + "  42#if($foreach.hasNext),#end\n#end\n]"},
		{"tuple", `{"properties":{"l":{"items":[{"type":"string"},{"type":"integer"}]}}}`, "{\n  \"l\" : " + loop + "    \"foo\"#if($foreach.hasNext),#end\n#end\n  ]\n}"},
		{"enumeration", `{"enum":[ {"k": 1}, 2]}`, `{"k":1}`},
		{"choice", `{"anyOf":[{"type":"string"},{"type":"integer"}]}`, `"foo"`},
		{"reference", `{"$ref":"#/definitions/a~1b","definitions":{"a/b":{"type":"integer"}}}`, "42"},
		{"circle", `{"$ref":"#/definitions/a","definitions":{"a":{"properties":{"again":{"$ref":"#/definitions/a"}}}}}`, "{\n  \"again\" : { }\n}"},
		{"reference to itself", `{"$ref":"#/a","a":{"$ref":"#/a"}}`, "{ }"},
		{"unknown reference", `{"$ref":"#/definitions/none"}`, "{ }"},
		{"other document", `{"$ref":"https://apigateway.amazonaws.com/restapis/a/models/M"}`, "{ }"},
		{"wrong types", `{"type":5,"properties":7,"enum":{},"$ref":[]}`, "{ }"},
		{"no JSON", `{`, "{ }"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			model := gateway.Model{ModelSettings: gateway.ModelSettings{Schema: row.schema}}
			if got, want := model.Template(), "#set($inputRoot = $input.path('$'))\n"+row.want; got != want {
				t.Errorf("%s:\n%s\nwant\n%s", row.schema, got, want)
			}
		})
	}
}

// Small schemas can describe endless or enormous objects; their samples are neither.
func TestTemplateIsBounded(t *testing.T) {
	wide := make([]string, 300)
	for i := range wide {
		wide[i] = `"` + strings.Repeat("n", 80) + string(rune('a'+i%26)) + strings.Repeat("x", i/26) + `":{"$ref":"#/d/next"}`
	}
	properties := `{"properties":{` + strings.Join(wide, ",") + `}}`
	schemas := []string{
		strings.Repeat(`{"properties":{"a":`, 5000) + "{}" + strings.Repeat("}}", 5000),
		strings.Repeat(`{"items":`, 4000) + "{}" + strings.Repeat("}", 4000),
		strings.Repeat(`{"allOf":[`, 4000) + "{}" + strings.Repeat("]}", 4000),
		`{"$ref":"#/d/first","d":{"first":` + properties + `,"next":` + `{"properties":{"p":{"$ref":"#/d/last"},"q":{"$ref":"#/d/last"}}},"last":{"type":"string"}}}`,
		`{"enum":["` + strings.Repeat("e", 60000) + `"]}`,
		`{"properties":{"` + strings.Repeat("e", 60000) + `":{}}}`,
	}
	for _, schema := range schemas {
		if got := templateOf(schema); len(got) > mostTemplate || !strings.HasPrefix(got, "#set") {
			t.Errorf("%.60s...: %d bytes, %.80s", schema, len(got), got)
		}
	}
}

// mostTemplate is more than a template can have: the limit of a sample, one more value, and the end of what is open.
const mostTemplate = 34000

func templateOf(schema string) string {
	model := gateway.Model{ModelSettings: gateway.ModelSettings{Schema: schema}}
	return model.Template()
}

// A template is bounded whatever the schema is, always the same, and JSON where it has no loop.
func FuzzTemplate(f *testing.F) {
	f.Add(`{"type":"object","properties":{"a":{"type":"number"},"b":{"$ref":"#/definitions/b"}},"definitions":{"b":{"enum":[1]}}}`)
	f.Add(`{"type":"array","items":{"$ref":"#"}}`)
	f.Add(`{"$ref":"#/a","a":{"allOf":[{"$ref":"#/a"}]}}`)
	f.Fuzz(func(t *testing.T, schema string) {
		got := templateOf(schema)
		if got != templateOf(schema) {
			t.Error("the template differs from call to call")
		}
		if len(got) > mostTemplate {
			t.Errorf("%d bytes", len(got))
		}
		_, sample, _ := strings.Cut(got, "\n")
		if !strings.Contains(sample, "#foreach") && !json.Valid([]byte(sample)) {
			t.Errorf("no JSON: %s", sample)
		}
	})
}
