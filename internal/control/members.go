package control

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"
)

// A Member is something that a request for an operation may say.
type Member struct {
	Name     string // as the wire has it
	In       string // "path", "query" or "body"
	Kind     string // "string", "boolean", "integer", "number", "list", "map" or "object"
	Required bool   // of members of the path
	// Members are those of an object, of each item of a list, or of each value of a map; nil where any may be.
	Members []Member
}

// queryKinds are the kinds of query parameters that are no texts.
var queryKinds = map[string]string{
	tagKeys: "list", "includeValue": "boolean", "includeValues": "boolean", "failonwarnings": "boolean",
}

// Members are all that a request for the operation may say: those of the path in order, then the query's, then the body's
// by name. What a body must have is for the object itself to say.
func (o *Operation) Members() []Member {
	var all []Member
	path, _, _ := strings.Cut(o.Path, "?")
	for part := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			all = append(all, Member{Name: strings.TrimSuffix(name, "}"), In: "path", Kind: "string", Required: true})
		}
	}
	for _, name := range o.query {
		all = append(all, Member{Name: name, In: "query", Kind: cmp.Or(queryKinds[name], "string")})
	}
	if o.body == nil {
		return all
	}
	var body []Member
	for _, target := range o.body() {
		body = append(body, bodyMembers(reflect.TypeOf(target).Elem(), maxNesting)...)
	}
	slices.SortFunc(body, func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
	return append(all, body...)
}

// maxNesting is how deep members of members are told; it bounds types that hold themselves.
const maxNesting = 8

// bodyMembers are the members of a struct, those of embedded structs included.
func bodyMembers(t reflect.Type, depth int) []Member {
	var all []Member
	for field := range t.Fields() {
		if field.Anonymous && field.Type.Kind() == reflect.Struct {
			all = append(all, bodyMembers(field.Type, depth)...)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		all = append(all, Member{Name: name, In: "body", Kind: kindOf(field.Type), Members: innerMembers(field.Type, depth-1)})
	}
	return all
}

// innerMembers are the members of a struct, or of the structs that a type points to, lists or maps to; nil if it decodes
// itself.
func innerMembers(t reflect.Type, depth int) []Member {
	if depth == 0 || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil
	}
	if t.Kind() == reflect.Struct {
		return bodyMembers(t, depth)
	}
	if slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, t.Kind()) {
		return innerMembers(t.Elem(), depth-1)
	}
	return nil
}

// kindOf is the word of a [Member] for a Go type.
func kindOf(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		return "string"
	case reflect.TypeFor[json.RawMessage]():
		return "object"
	}
	kind, ok := map[reflect.Kind]string{
		reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer",
		reflect.Float64: "number", reflect.Slice: "list", reflect.Map: "map",
	}[t.Kind()]
	if !ok {
		return "object"
	}
	return kind
}
