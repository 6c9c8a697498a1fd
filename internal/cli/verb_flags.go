package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"gangway/internal/control"
)

// Kinds of member that take more than a text.
const (
	kindBoolean = "boolean"
	kindInteger = "integer"
	kindNumber  = "number"
	kindList    = "list"
	kindMap     = "map"
	kindObject  = "object"
)

// memberFlags are the members of an operation as flags: a struct for the parser, one field for each.
type memberFlags struct {
	members []control.Member
	values  reflect.Value
}

func newMemberFlags(operation string, members []control.Member) memberFlags {
	fields := make([]reflect.StructField, len(members))
	for i, m := range members {
		fields[i] = reflect.StructField{Name: "Member" + strconv.Itoa(i), Type: reflect.TypeFor[*string]()}
		tag := fmt.Sprintf(`name:%q help:%q placeholder:"X"`, flagName(m), memberHelp(operation, &m))
		switch m.Kind {
		case kindBoolean:
			fields[i].Type = reflect.TypeFor[*bool]()
			tag += ` negatable:""`
		case kindList:
			fields[i].Type = reflect.TypeFor[[]string]()
			tag += ` sep:"none"`
		}
		fields[i].Tag = reflect.StructTag(tag)
	}
	return memberFlags{members: members, values: reflect.New(reflect.StructOf(fields)).Elem()}
}

// target is what the parser fills.
func (f memberFlags) target() any { return f.values.Addr().Interface() }

// irregular are names of members on the wire that have other words than the AWS CLI's options.
var irregular = map[string]string{
	"clientcertificate_id": "client-certificate-id",
	"failonwarnings":       "fail-on-warnings",
	"usageplanId":          "usage-plan-id",
	"vpclink_id":           "vpc-link-id",
}

func flagName(m control.Member) string {
	if name, ok := irregular[m.Name]; ok {
		return name
	}
	return kebab(m.Name)
}

// read puts the flags that were given onto members, by their names on the wire.
func (f memberFlags) read(values map[string]any) error {
	for i, m := range f.members {
		field := f.values.Field(i)
		if field.IsZero() {
			continue
		}
		var value any
		var err error
		switch given := field.Interface().(type) {
		case *bool:
			value = *given
		case []string:
			value, err = listValue(given)
		case *string:
			value, err = memberValue(m.Kind, *given)
		}
		if err != nil {
			return fmt.Errorf("--%s: %w", flagName(m), err)
		}
		values[m.Name] = value
	}
	return nil
}

// fileText is a text, or what is in the file that it names, as with the AWS CLI.
func fileText(text string) (string, error) {
	for _, scheme := range []string{"file://", "fileb://"} {
		if path, ok := strings.CutPrefix(text, scheme); ok {
			read, err := os.ReadFile(path)
			return string(read), err
		}
	}
	return text, nil
}

// memberValue is a text as a member of a kind.
func memberValue(kind, text string) (any, error) {
	text, err := fileText(text)
	if err != nil {
		return nil, err
	}
	switch kind {
	case kindInteger, kindNumber:
		_, err := strconv.ParseInt(text, 10, 64)
		if err != nil && (kind == kindInteger || !isNumber(text)) {
			return nil, fmt.Errorf("expected a number, got %q", text)
		}
		return json.Number(text), nil
	case kindMap, kindObject:
		if strings.HasPrefix(strings.TrimSpace(text), "{") || json.Valid([]byte(text)) {
			return structure(text)
		}
		return shorthand(text, kind)
	}
	return text, nil
}

// listValue is a list of the items that were given. An item that is JSON is what it says; NAME=VALUE,... is an object.
func listValue(items []string) ([]any, error) {
	list := []any{}
	for _, item := range items {
		item, err := fileText(item)
		if err != nil {
			return nil, err
		}
		var value any = item
		switch trimmed := strings.TrimSpace(item); {
		case strings.HasPrefix(trimmed, "[") || strings.HasPrefix(trimmed, "{"):
			value, err = structure(item)
		case pair.MatchString(item):
			value, err = shorthand(item, kindList)
		}
		if err != nil {
			return nil, err
		}
		if inner, ok := value.([]any); ok {
			list = append(list, inner...)
		} else {
			list = append(list, value)
		}
	}
	return list, nil
}

// pair is how an object in the AWS CLI's short form begins.
var pair = regexp.MustCompile(`^[A-Za-z]+=`)

// structure is what a JSON text says.
func structure(text string) (value any, err error) {
	if err := checkJSON([]byte(text)); err != nil {
		return nil, err
	}
	return value, decodeJSON([]byte(text), &value)
}

// shorthand is KEY=VALUE,... of the AWS CLI. The values are texts; those of an object may be numbers or booleans, too.
func shorthand(text, kind string) (any, error) {
	members := map[string]any{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" {
			return nil, fmt.Errorf("expected KEY=VALUE,... or a JSON object, got %q", text)
		}
		members[name] = value
		if kind == kindObject && (value == "true" || value == "false" || isNumber(value)) {
			members[name] = json.RawMessage(value)
		}
	}
	return members, nil
}

// isNumber says whether a text is a number of JSON.
func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil && json.Valid([]byte(text))
}

// plainTexts are a value as texts of a path or a query.
func plainTexts(value any) []string {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	texts := make([]string, len(list))
	for i, item := range list {
		texts[i] = fmt.Sprint(item)
	}
	return texts
}
