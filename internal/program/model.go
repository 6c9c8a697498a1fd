package program

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"gangway/internal/expr"
	"gangway/internal/gateway"
)

// A model says whether a message is what a route takes: "Request validation" under "WebSocket API mapping template
// reference" and "Data models" in the API Gateway developer guide. It is safe for concurrent use.
type model struct {
	byKey     map[string]check
	selection *expr.Bound[*exchange]
}

// A check holds a message against a model. What it finds wrong is a [*ValidationError].
type check func(body []byte) error

// schemas compiles models. A model may refer to another of its API by name, as "Models and mapping templates" in the guide
// has it, and to nothing else: no reference is ever fetched.
type schemas struct {
	compiler *jsonschema.Compiler
	api      string
	known    map[string]error // what is wrong with a model's text, by name; nil: nothing
}

// modelURL is what stands in a $ref for a model.
const modelURL = "https://apigateway.amazonaws.com/restapis/"

func newSchemas(s *gateway.Snapshot) *schemas {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4)
	c.UseLoader(noLoader{})
	c.UseRegexpEngine(newEngine())
	all := &schemas{c, s.API.APIID, map[string]error{}}
	for _, def := range s.Models {
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(def.Schema))
		if err == nil {
			err = checkPatterns(document)
		}
		if err == nil {
			err = c.AddResource(all.url(def.Name), document)
		}
		all.known[def.Name] = err
	}
	return all
}

// compile reads the model of a name that is known.
func (s *schemas) compile(name string) (*schema, error) {
	err := s.known[name]
	if err == nil {
		var root *jsonschema.Schema
		if root, err = s.compiler.Compile(s.url(name)); err == nil {
			var compiled *schema
			if compiled, err = newSchema(root); err == nil {
				return compiled, nil
			}
		}
	}
	return nil, fmt.Errorf("model '%s': %w", name, err)
}

func (s *schemas) url(model string) string { return modelURL + s.api + "/models/" + model }

// noLoader fetches nothing.
type noLoader struct{}

// Load implements [jsonschema.URLLoader].
func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("there is no model at %s. Expected %s{apiId}/models/{name}", url, modelURL)
}

// model compiles what a route wants of its messages; nil: nothing. Messages are validated where an expression chooses among
// models, and only there: "Request validation for WebSocket APIs" in the API Gateway developer guide.
func (c *compiler) model(object string, def *gateway.DeployedRoute) *model {
	if len(def.RequestModels) == 0 {
		if _, err := expr.Parse(def.ModelSelectionExpression); err != nil && def.ModelSelectionExpression != "" {
			c.report(object+": modelSelectionExpression", err)
		}
		return nil
	}
	byName := map[string]check{}
	for _, name := range def.Models() {
		found, err := c.check(name)
		c.report(object+": requestModels", err)
		byName[name] = found
	}
	m := &model{byKey: map[string]check{}}
	for key, name := range def.RequestModels {
		m.byKey[key] = byName[name]
	}
	if def.ModelSelectionExpression == "" {
		c.report(object+": requestModels", unserved("messages are not validated: that takes a modelSelectionExpression, such as \\$default"))
		return nil
	}
	e, err := expr.Parse(def.ModelSelectionExpression)
	if err == nil {
		most := tellingLength(maps.Keys(def.RequestModels))
		m.selection, err = expr.Bind(e, func(variable string) (expr.Source[*exchange], error) { return resolveRequest(variable, most) })
	}
	c.report(object+": modelSelectionExpression", err)
	return m
}

// check compiles the model of a name. A model that is no schema is a fault, unless the API has asked that its deployments
// "avoid validating models" (disableSchemaValidation in the service model of API Gateway): then no message follows it.
func (c *compiler) check(name string) (check, error) {
	if c.schemas == nil {
		c.schemas = newSchemas(c.snapshot)
	}
	if _, known := c.schemas.known[name]; !known {
		return nil, fmt.Errorf("there is no model '%s'", name)
	}
	schema, err := c.schemas.compile(name)
	switch {
	case err == nil:
		return schema.follows, nil
	case errors.Is(err, gateway.ErrConfiguration), c.snapshot.API.DisableSchemaValidation:
		wrong := invalid("the model '" + name + "' is no schema")
		return func([]byte) error { return wrong }, unserved("%v: no message follows it", err)
	default:
		return nil, err
	}
}

// chosen is the key of the model for a message, empty if there is none.
func (m *model) chosen(in *exchange) string {
	value, err := m.selection.Append(nil, in)
	if _, ok := m.byKey[string(value)]; ok && err == nil {
		return string(value)
	}
	if m.byKey[gateway.RouteDefault] == nil {
		return ""
	}
	return gateway.RouteDefault
}

// validate says what is wrong with a message. Where no model is chosen, and there is no default, nothing is right.
func (m *model) validate(in *exchange) error {
	holds := m.byKey[m.chosen(in)]
	if holds == nil {
		holds = unchosen
	}
	if err := holds(in.event.Body); err != nil {
		return fmt.Errorf("program: %w: %w", gateway.Errorf(gateway.ErrInvalid, "Bad request body"), err)
	}
	return nil
}

func unchosen([]byte) error {
	return invalid("no model is selected for the message, and none is $default")
}
