package program

import (
	"errors"
	"fmt"
	"maps"

	"gangway/internal/expr"
	"gangway/internal/gateway"
	"gangway/internal/vtl"
)

// A template makes a text of an exchange, in the Velocity Template Language.
type template struct {
	key    string // among those of an integration or of an integration response
	parsed *vtl.Template
	fixed  []byte // what it always makes; nil: that depends
}

// compileTemplate reads a mapping template.
func compileTemplate(key, text string) (*template, error) {
	parsed, err := vtl.Parse(text)
	if err != nil {
		return nil, err
	}
	t := &template{key: key, parsed: parsed}
	if static, ok := parsed.Static(); ok {
		t.fixed = []byte(static)
	}
	return t, nil
}

// render makes the text, which must not be written to. What the template overrides, it notes in the exchange.
func (t *template) render(in *exchange) ([]byte, error) {
	if t.fixed != nil {
		return t.fixed, nil
	}
	s := newScope(in)
	text, err := t.parsed.Append(nil, s, vtl.Limits{Done: in.done})
	if err != nil {
		return nil, err
	}
	return text, in.override(s)
}

// templates are the templates of an integration or of an integration response, and how one of them is chosen.
type templates struct {
	byKey     map[string]*template
	selection *expr.Bound[*exchange] // nil: fallback is the choice
	fallback  *template              // nil: none
	prompt    bool                   // see [Route.Prompt]
}

// compileTemplates reads templates and the expression that selects one.
func compileTemplates(selection string, texts gateway.Map, resolve resolver) (templates, error) {
	t := templates{byKey: make(map[string]*template, len(texts)), prompt: true}
	var errs []error
	for _, key := range sortedKeys(texts) {
		one, err := compileTemplate(key, texts[key])
		if err != nil {
			errs = append(errs, fmt.Errorf("'%s': %w", key, err))
			continue
		}
		t.byKey[key] = one
		t.prompt = t.prompt && one.parsed.Quick()
	}
	t.fallback = t.byKey[gateway.RouteDefault]
	if selection == "" {
		t.fallback = t.unselected()
		return t, errors.Join(errs...)
	}
	e, err := expr.Parse(selection)
	if err == nil {
		t.prompt = t.prompt && isPrompt(selection, e)
		err = t.bind(e, resolve)
	}
	return t, errors.Join(append(errs, err)...)
}

// bind binds the expression that selects a template. One that is a mere text, as many are, selects now and for good.
func (t *templates) bind(e *expr.Expression, resolve resolver) (err error) {
	if key, ok := always(e); ok {
		if chosen := t.byKey[key]; chosen != nil {
			t.fallback = chosen
		}
		return nil
	}
	most := tellingLength(maps.Keys(t.byKey))
	t.selection, err = expr.Bind(e, func(variable string) (expr.Source[*exchange], error) { return resolve(variable, most) })
	return err
}

// unselected is the template where no expression selects one. API Gateway's own MOCK sample has the key application/json
// and no expression.
func (t *templates) unselected() *template {
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
func (t *templates) choose(in *exchange) *template {
	if t.selection == nil {
		return t.fallback
	}
	key, err := t.selection.Append(in.text[:0], in)
	if err != nil {
		return t.fallback
	}
	if found, ok := t.byKey[string(key)]; ok {
		return found
	}
	return t.fallback
}
