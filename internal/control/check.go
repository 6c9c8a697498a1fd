package control

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gangway/internal/gateway"
	"gangway/internal/policy"
	"gangway/internal/vtl"
)

// question is a text that a client wants to know about before it writes it.
type question struct {
	Kind string `json:"kind"` // a key of checks
	Text string `json:"text"`
	// APIID is the API of a schema, which may refer to other models of it; empty: to none.
	APIID string `json:"apiId"`
	// Use is what an expression selects: "route", "model", "request" or "response" (a template of one); empty: it may be any.
	Use string `json:"use"`
}

func checkBody() []any { return []any{new(question)} }

// mistake is what the server would refuse a text for. Line and column count from 1, columns in characters; 0: the whole text is
// meant.
type mistake struct {
	Message string `json:"message"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
}

// checks find the first mistake of a text; nil: there is none.
var checks = map[string]func(*call, *question) (*mistake, error){
	"template":   checkTemplate,
	"schema":     checkSchema,
	"json":       checkJSON,
	"expression": checkExpression,
	"policy":     checkPolicy,
}

// checkText says whether the server would take a text, and if not, what is wrong where.
func checkText(c *call) (any, error) {
	var q question
	if err := decode(c.body, &q); err != nil {
		return nil, err
	}
	find := checks[q.Kind]
	if find == nil {
		return nil, gateway.Errorf(gateway.ErrInvalid, "Invalid value for kind: expected one of %v, got '%s'", slices.Sorted(maps.Keys(checks)), q.Kind)
	}
	end, err := c.turn(c.bounds.checks)
	if err != nil {
		return nil, err
	}
	defer end()
	found, err := find(c, &q)
	if err != nil {
		return nil, err
	}
	answer := struct {
		Errors []mistake `json:"errors"`
	}{[]mistake{}}
	if found != nil {
		answer.Errors = append(answer.Errors, *found)
	}
	return &answer, nil
}

// checkTemplate: what CreateIntegration and a deployment say of a mapping template.
func checkTemplate(_ *call, q *question) (*mistake, error) {
	settings := gateway.IntegrationResponseSettings{
		IntegrationResponseKey: gateway.RouteDefault, ResponseTemplates: map[string]string{gateway.RouteDefault: q.Text},
	}
	if found := refusedFor((&gateway.IntegrationResponse{IntegrationResponseSettings: settings}).Validate()); found != nil {
		return found, nil
	}
	_, err := vtl.Parse(q.Text)
	if wrong, ok := errors.AsType[*vtl.SyntaxError](err); ok {
		return &mistake{wrong.Message, wrong.Line, wrong.Column}, nil
	}
	return nil, err
}

// checkJSON finds what makes a text no JSON.
func checkJSON(_ *call, q *question) (*mistake, error) {
	var value any
	err := json.Unmarshal([]byte(q.Text), &value)
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		return placed(q.Text, wrong.Error(), int(wrong.Offset)-1), nil
	}
	return nil, err
}

// checkPolicy: what CreateCredentials says of a policy.
func checkPolicy(c *call, q *question) (*mistake, error) {
	if found, err := checkJSON(c, q); found != nil || err != nil {
		return found, err
	}
	_, err := policy.Parse([]byte(q.Text))
	if err == nil {
		return nil, nil
	}
	message := strings.TrimPrefix(err.Error(), "policy: ")
	at, _, _ := strings.Cut(message, ": ") // "Statement[0].Effect"
	path := strings.FieldsFunc(at, func(r rune) bool { return strings.ContainsRune(".[]", r) })
	return placed(q.Text, message, offsetOf(q.Text, path)), nil
}

// checkSchema: what CreateModel and a deployment say of a schema.
func checkSchema(c *call, q *question) (*mistake, error) {
	m := modelOf(q.Text)
	if found, err := checkJSON(c, q); found != nil || err != nil {
		return found, err
	}
	if found := refusedFor(m.Validate()); found != nil {
		return found, nil
	}
	s, err := c.models(q.APIID)
	if err != nil {
		return nil, err
	}
	s.Models = append(s.Models, m)
	s.Routes[0].RequestModels = map[string]string{gateway.RouteDefault: m.Name}
	s.Routes[0].ModelSelectionExpression = `\$default`
	message := c.refusalOf(s)
	if message == "" {
		return nil, nil
	}
	_, message, _ = strings.Cut(message, "model 'checked': ")
	_, pointer, _ := strings.Cut(message, "at '")
	pointer, _, _ = strings.Cut(pointer, "'")
	path := strings.FieldsFunc(pointer, func(r rune) bool { return r == '/' })
	for i, name := range path {
		path[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(name) // RFC 6901 section 4
	}
	return placed(q.Text, message, offsetOf(q.Text, path)), nil
}

// refusedFor is an error of [gateway.Object] as a mistake; nil: there is none.
func refusedFor(err error) *mistake {
	if err == nil {
		return nil
	}
	return &mistake{Message: err.Error()}
}

// modelOf is a model of a schema.
func modelOf(schema string) (m gateway.Model) {
	m.Name, m.ContentType, m.Schema = "checked", "application/json", schema
	return m
}

// models is a snapshot with one route, and with the models of an API if one is named, which the caller must be able to read.
func (c *call) models(api string) (*gateway.Snapshot, error) {
	s := new(gateway.Snapshot)
	s.API.APIID, s.API.RouteSelectionExpression = api, "$request.body.action"
	s.Routes = make([]gateway.DeployedRoute, 1)
	s.Routes[0].RouteKey = gateway.RouteDefault
	s.Routes[0].Locate(gateway.Key("").Child("routes", "checked"), c.Now())
	if api == "" {
		return s, nil
	}
	key := gateway.Key("").Child("apis", api)
	if err := c.may(get, key+"/models"); err != nil {
		return nil, err
	}
	if err := c.exists(c.Objects, key); err != nil {
		return nil, err
	}
	all, err := members[gateway.Model](c.Objects, key+"/models")
	for i := range all {
		s.Models = append(s.Models, all[i].object)
	}
	return s, err
}

// refusalOf is what a deployment of a snapshot would be refused with; empty: it would not be.
func (c *call) refusalOf(s *gateway.Snapshot) string {
	_, err := c.Check(s)
	if err == nil {
		return ""
	}
	return err.Error()
}

// placed is a mistake at an offset of a text; below zero: nobody knows where.
func placed(text, message string, offset int) *mistake {
	if offset < 0 {
		return &mistake{Message: message}
	}
	before := text[:min(offset, len(text))]
	start := strings.LastIndexByte(before, '\n') + 1
	return &mistake{message, strings.Count(before, "\n") + 1, len([]rune(before[start:])) + 1}
}

// offsetOf is where a value stands in a text that is JSON, by the names and numbers that lead to it; of one that is not there, where the
// nearest around it stands, or -1 if that is the whole text.
func offsetOf(text string, path []string) int {
	tokens, offset := json.NewDecoder(strings.NewReader(text)), -1
	for _, step := range path {
		if !enter(tokens, step) {
			return offset
		}
		offset = int(tokens.InputOffset())
		offset += len(text[offset:]) - len(strings.TrimLeft(text[offset:], " \t\r\n:,"))
	}
	return offset
}

// enter goes on to a member of the object, or to an item of the list, that comes next.
func enter(tokens *json.Decoder, step string) (found bool) {
	opening, err := tokens.Token()
	if err != nil || opening != json.Delim('{') && opening != json.Delim('[') {
		return false
	}
	for i := 0; tokens.More(); i++ {
		name := strconv.Itoa(i)
		if opening == json.Delim('{') {
			token, err := tokens.Token()
			if name, _ = token.(string); err != nil {
				return false
			}
		}
		if name == step {
			return true
		}
		var passed json.RawMessage
		if tokens.Decode(&passed) != nil {
			return false
		}
	}
	return false
}
