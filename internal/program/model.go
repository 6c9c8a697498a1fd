package program

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"gangway/internal/expr"
	"gangway/internal/gateway"
	"gangway/internal/jsonpath"
)

// A model says whether a message is what a route takes: "Request validation" under "WebSocket API mapping template
// reference" and "Data models" in the API Gateway developer guide. It is safe for concurrent use.
type model struct {
	byKey     map[string]*jsonschema.Schema
	selection *expr.Bound[*exchange] // nil: $default
}

// schemas compiles models. A model may refer to another of its API by name, as "Models and mapping templates" in the guide
// has it, and to nothing else: no reference is ever fetched.
type schemas struct {
	compiler *jsonschema.Compiler
	api      string
	known    map[string]bool
}

// modelURL is what stands in a $ref for a model.
const modelURL = "https://apigateway.amazonaws.com/restapis/"

func newSchemas(s *gateway.Snapshot) (*schemas, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4)
	c.UseLoader(noLoader{})
	all := &schemas{c, s.API.APIID, map[string]bool{}}
	for _, def := range s.Models {
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(def.Schema))
		if err == nil {
			err = c.AddResource(all.url(def.Name), document)
		}
		if err != nil {
			return nil, fmt.Errorf("model '%s': %w", def.Name, err)
		}
		all.known[def.Name] = true
	}
	return all, nil
}

// compile reads the model of a name.
func (s *schemas) compile(name string) (*jsonschema.Schema, error) {
	if !s.known[name] {
		return nil, fmt.Errorf("there is no model '%s'", name)
	}
	schema, err := s.compiler.Compile(s.url(name))
	if err != nil {
		return nil, fmt.Errorf("model '%s': %w", name, err)
	}
	return schema, nil
}

func (s *schemas) url(model string) string { return modelURL + s.api + "/models/" + model }

// noLoader fetches nothing.
type noLoader struct{}

// Load implements [jsonschema.URLLoader].
func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("there is no model at %s. Expected %s{apiId}/models/{name}", url, modelURL)
}

// model compiles what a route wants of its messages; nil: nothing. An expression that chooses among no models chooses
// nothing.
func (c *compiler) model(object string, def *gateway.DeployedRoute) *model {
	if len(def.RequestModels) == 0 {
		if _, err := expr.Parse(def.ModelSelectionExpression); err != nil && def.ModelSelectionExpression != "" {
			c.report(object+": modelSelectionExpression", err)
		}
		return nil
	}
	if c.schemas == nil {
		var err error
		if c.schemas, err = newSchemas(c.snapshot); err != nil {
			c.report(object+": requestModels", err)
			return nil
		}
	}
	byName := map[string]*jsonschema.Schema{}
	for _, name := range def.Models() {
		schema, err := c.schemas.compile(name)
		c.report(object+": requestModels", err)
		byName[name] = schema
	}
	m := &model{byKey: map[string]*jsonschema.Schema{}}
	for key, name := range def.RequestModels {
		m.byKey[key] = byName[name]
	}
	if def.ModelSelectionExpression == "" {
		return m
	}
	e, err := expr.Parse(def.ModelSelectionExpression)
	if err == nil {
		most := tellingLength(maps.Keys(def.RequestModels))
		m.selection, err = expr.Bind(e, func(variable string) (expr.Source[*exchange], error) { return resolveRequest(variable, most) })
	}
	c.report(object+": modelSelectionExpression", err)
	return m
}

// chosen is the key of the model for a message, empty if there is none.
func (m *model) chosen(in *exchange) string {
	key := gateway.RouteDefault
	if m.selection != nil {
		value, err := m.selection.Append(nil, in)
		if _, ok := m.byKey[string(value)]; ok && err == nil {
			return string(value)
		}
	}
	if m.byKey[key] == nil {
		return ""
	}
	return key
}

// validate says what is wrong with a message. Where no model is chosen, and there is no default, nothing is right.
func (m *model) validate(in *exchange) error {
	chosen := m.byKey[m.chosen(in)]
	err := errors.New("no model is selected for the message, and none is $default")
	if chosen != nil {
		err = follows(chosen, in.event.Body)
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("program: %w: %w", gateway.Errorf(gateway.ErrInvalid, "Bad request body"), err)
}

// follows holds a message against a schema. A document that is nested too deep is none.
func follows(schema *jsonschema.Schema, body []byte) error {
	if _, err := jsonpath.Decode(body); err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(document)
}
