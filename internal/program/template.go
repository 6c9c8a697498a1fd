package program

import (
	"errors"
	"fmt"
	"maps"

	"gangway/internal/expr"
	"gangway/internal/gateway"
	"gangway/internal/vtl"
)

// A template makes a text of an exchange, in the Velocity Template Language; the text must not be written to. What the
// template overrides, it notes in the exchange.
type template func(*exchange) ([]byte, error)

// compileTemplate reads a mapping template.
func compileTemplate(text string) (template, error) {
	parsed, err := vtl.Parse(text)
	if err != nil {
		return nil, err
	}
	return newTemplate(parsed), nil
}

func newTemplate(parsed *vtl.Template) template {
	if static, ok := parsed.Static(); ok {
		fixed := []byte(static)
		return func(*exchange) ([]byte, error) { return fixed, nil }
	}
	return func(in *exchange) ([]byte, error) {
		s := newScope(in)
		text, err := parsed.Append(nil, s, vtl.Limits{Done: in.done})
		if err != nil {
			return nil, err
		}
		return text, in.override(s)
	}
}

// templates are the templates of an integration or of an integration response, and how one of them is chosen.
type templates struct {
	byKey     map[string]template
	selection *expr.Bound[*exchange] // nil: fallback is the choice
	fallback  template               // nil: none
	dynamic   bool                   // some of them take time
}

// compileTemplates reads templates and the expression that selects one.
func compileTemplates(selection string, texts gateway.Map, resolve resolver) (templates, error) {
	t := templates{byKey: make(map[string]template, len(texts))}
	var errs []error
	for _, key := range sortedKeys(texts) {
		parsed, err := vtl.Parse(texts[key])
		if err != nil {
			errs = append(errs, fmt.Errorf("'%s': %w", key, err))
			continue
		}
		t.byKey[key] = newTemplate(parsed)
		_, static := parsed.Static()
		t.dynamic = t.dynamic || !static
	}
	t.fallback = t.byKey[gateway.RouteDefault]
	if selection == "" {
		t.fallback = t.unselected()
		return t, errors.Join(errs...)
	}
	e, err := expr.Parse(selection)
	if err == nil {
		most := tellingLength(maps.Keys(texts))
		t.selection, err = expr.Bind(e, func(variable string) (expr.Source[*exchange], error) { return resolve(variable, most) })
	}
	return t, errors.Join(append(errs, err)...)
}

// unselected is the template where no expression selects one. API Gateway's own MOCK sample has the key application/json
// and no expression.
func (t templates) unselected() template {
	for _, key := range []string{gateway.RouteDefault, "application/json"} {
		if found, ok := t.byKey[key]; ok {
			return found
		}
	}
	if len(t.byKey) == 1 {
		for _, only := range t.byKey {
			return only
		}
	}
	return nil
}

// choose is the template for an exchange, or nil.
func (t templates) choose(in *exchange) template {
	if t.selection == nil {
		return t.fallback
	}
	key, err := t.selection.Append(nil, in)
	if err != nil {
		return t.fallback
	}
	if found, ok := t.byKey[string(key)]; ok {
		return found
	}
	return t.fallback
}
