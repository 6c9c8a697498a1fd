package gateway

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// The limits of a sample: how deep it goes, how many values it has, and how long it is.
const (
	maxSampleDepth  = 10
	maxSampleValues = 500
	maxSampleBytes  = 32768
)

// sampleValues are what stands for the simple types in a sample.
var sampleValues = map[string]string{
	"boolean": "true", "integer": "42", "null": "null", "number": "3.1415", "string": `"foo"`,
}

// Template is a mapping template that makes a sample of what the model describes, in the form that "GetModelTemplate"
// in the API reference shows. Where a schema says nothing, goes deeper or gets longer than a sample should, or refers to
// itself or to another document, an empty object stands.
func (m *Model) Template() string {
	s := sampler{document: json.RawMessage(m.Schema), found: map[string]json.RawMessage{}}
	s.out.WriteString("#set($inputRoot = $input.path('$'))\n")
	s.value(s.document, 0)
	return s.out.String()
}

// sampler writes a sample of a schema.
type sampler struct {
	document json.RawMessage
	found    map[string]json.RawMessage // by reference
	open     []string                   // the references that are being followed
	values   int
	out      strings.Builder
}

// sampledSchema is what a sample takes from a JSON schema (draft 4).
type sampledSchema struct {
	AllOf      []json.RawMessage `json:"allOf"`
	AnyOf      []json.RawMessage `json:"anyOf"`
	Enum       []json.RawMessage `json:"enum"`
	Items      json.RawMessage   `json:"items"`
	OneOf      []json.RawMessage `json:"oneOf"`
	Properties schemaProperties  `json:"properties"`
	Ref        string            `json:"$ref"`
	Type       schemaType        `json:"type"`
}

// schemaProperties are the properties of a schema, in the order of the document.
type schemaProperties []schemaProperty

type schemaProperty struct {
	name   string
	schema json.RawMessage
}

// UnmarshalJSON implements json.Unmarshaler. Whatever is no object has no properties.
func (p *schemaProperties) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		property := schemaProperty{}
		property.name, _ = name.(string)
		if err := decoder.Decode(&property.schema); err != nil {
			return err
		}
		*p = append(*p, property)
	}
	return nil
}

// schemaType is the type of a schema: the first that is not null, where it is a list.
type schemaType string

// UnmarshalJSON implements json.Unmarshaler.
func (t *schemaType) UnmarshalJSON(text []byte) error {
	var list []string
	if err := json.Unmarshal(text, &list); err != nil {
		return json.Unmarshal(text, (*string)(t))
	}
	for _, name := range list {
		if *t == "" || *t == "null" {
			*t = schemaType(name)
		}
	}
	return nil
}

// value writes a sample of one schema. It takes what it understands of a schema that is not right.
func (s *sampler) value(text json.RawMessage, depth int) {
	var schema sampledSchema
	_ = json.Unmarshal(text, &schema) // members of a wrong type stay empty
	s.values++
	if s.values > maxSampleValues || s.out.Len() > maxSampleBytes || depth > maxSampleDepth {
		s.out.WriteString("{ }")
		return
	}
	simple, isSimple := sampleValues[string(schema.Type)]
	choices := slices.Concat(schema.AllOf, schema.AnyOf, schema.OneOf)
	switch {
	case schema.Ref != "":
		s.follow(schema.Ref, depth)
	case len(schema.Enum) > 0:
		s.constant(schema.Enum[0])
	case schema.Type == "array" || schema.Type == "" && schema.Items != nil:
		s.array(schema.Items, depth)
	case isSimple:
		s.out.WriteString(simple)
	case len(schema.Properties) == 0 && len(choices) > 0:
		s.value(choices[0], depth+1)
	default:
		s.object(schema.Properties, depth)
	}
}

// constant writes a value that the schema itself has.
func (s *sampler) constant(text json.RawMessage) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil || s.out.Len()+compact.Len() > maxSampleBytes {
		s.out.WriteString("null")
		return
	}
	s.out.Write(compact.Bytes())
}

// object writes an object; one that would be too long ends before its next member.
func (s *sampler) object(properties schemaProperties, depth int) {
	margin := "\n" + strings.Repeat("  ", depth)
	separator := "{"
	for _, property := range properties {
		name, err := json.Marshal(property.name)
		if err != nil || s.out.Len()+len(name) > maxSampleBytes || s.values >= maxSampleValues {
			break
		}
		s.out.WriteString(separator + margin + "  " + string(name) + " : ")
		s.value(property.schema, depth+1)
		separator = ","
	}
	if separator == "{" {
		s.out.WriteString("{ }")
		return
	}
	s.out.WriteString(margin + "}")
}

// array writes a loop over an array of the message, of which only the author knows the name.
func (s *sampler) array(items json.RawMessage, depth int) {
	var list []json.RawMessage
	if json.Unmarshal(items, &list) == nil && len(list) > 0 {
		items = list[0]
	}
	s.out.WriteString("[\n##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in $inputRoot)\n")
	s.out.WriteString(strings.Repeat("  ", depth+1))
	s.value(items, depth+1)
	s.out.WriteString("#if($foreach.hasNext),#end\n#end\n" + strings.Repeat("  ", depth) + "]")
}

// follow writes what a reference refers to.
func (s *sampler) follow(reference string, depth int) {
	schema, known := s.found[reference]
	if !known {
		schema = s.find(reference)
		s.found[reference] = schema
	}
	if slices.Contains(s.open, reference) {
		schema = nil
	}
	s.open = append(s.open, reference)
	s.value(schema, depth)
	s.open = s.open[:len(s.open)-1]
}

// find is the part of the document that a reference names (RFC 6901, section 6), or nothing.
func (s *sampler) find(reference string) json.RawMessage {
	path, ok := strings.CutPrefix(reference, "#/")
	steps := strings.Split(path, "/")
	if !ok || len(steps) > maxSampleDepth {
		return nil
	}
	at := s.document
	for _, step := range steps {
		var members map[string]json.RawMessage
		if json.Unmarshal(at, &members) != nil {
			return nil
		}
		at = members[unescapePointer(step)]
	}
	return at
}
