package control

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"strings"

	"gangway/internal/gateway"
)

// decode reads a request body onto structs. Each struct takes the members it has, by their exact names; a member that
// none has is passed over, and so is one that is null, as a member that was not sent.
func decode(body []byte, onto ...any) error {
	var members map[string]json.RawMessage
	if len(body) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return gateway.Errorf(gateway.ErrInvalid, "Invalid request body: expected a JSON object")
	}
	maps.DeleteFunc(members, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
	for _, target := range onto {
		names := map[string]bool{}
		memberNames(reflect.TypeOf(target).Elem(), names)
		taken := map[string]json.RawMessage{}
		for name, value := range members {
			if names[name] {
				taken[name] = value
			}
		}
		text, err := json.Marshal(taken)
		if err != nil {
			return gateway.Errorf(gateway.ErrInvalid, "Invalid request body: %v", err)
		}
		if err := json.Unmarshal(text, target); err != nil {
			return explain(err)
		}
	}
	return nil
}

// memberNames collects the JSON names of the members of a struct, those of embedded structs included.
func memberNames(t reflect.Type, names map[string]bool) {
	for field := range t.Fields() {
		if field.Anonymous && field.Type.Kind() == reflect.Struct {
			memberNames(field.Type, names)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names[name] = true
	}
}

// explain words a decoding error for the client: what was wrong, and what would be right.
func explain(err error) error {
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return gateway.Errorf(gateway.ErrInvalid, "Invalid request body: %v", err)
	}
	where := "Invalid value"
	if wrong.Field != "" {
		where += " for " + wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:]
	}
	return gateway.Errorf(gateway.ErrInvalid, "%s: expected %s, got %s", where, jsonType(wrong.Type), wrong.Value)
}

// jsonType names a Go type as JSON does.
func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "a boolean"
	case reflect.String:
		return "a string"
	case reflect.Int, reflect.Int64:
		return "an integer"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}
