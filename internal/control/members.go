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
			all = append(all, Member{strings.TrimSuffix(name, "}"), "path", "string", true})
		}
	}
	for _, name := range o.query {
		all = append(all, Member{name, "query", cmp.Or(queryKinds[name], "string"), false})
	}
	if o.body == nil {
		return all
	}
	var body []Member
	for _, target := range o.body() {
		body = append(body, bodyMembers(reflect.TypeOf(target).Elem())...)
	}
	slices.SortFunc(body, func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
	return append(all, body...)
}

// bodyMembers are the members of a struct, those of embedded structs included.
func bodyMembers(t reflect.Type) []Member {
	var all []Member
	for field := range t.Fields() {
		if field.Anonymous && field.Type.Kind() == reflect.Struct {
			all = append(all, bodyMembers(field.Type)...)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		all = append(all, Member{name, "body", kindOf(field.Type), false})
	}
	return all
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
