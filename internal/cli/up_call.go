package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"gangway/internal/stack"
)

// call calls an operation of the control plane for package stack.
func (p *plane) call(ctx context.Context, method, path string, body any) (map[string]any, error) {
	r := request{operation: method + " " + path, method: method}
	var query string
	r.path, query, _ = strings.Cut(path, "?")
	var err error
	if r.query, err = url.ParseQuery(query); err != nil {
		return nil, fmt.Errorf("%s: %w", r.operation, err)
	}
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.operation, err)
		}
		r.body = text
	}
	text, err := p.send(ctx, r)
	if refused, ok := errors.AsType[*refusedError](err); ok {
		return nil, &stack.APIError{Status: refused.status, Type: refused.code, Message: refused.message}
	}
	if err != nil || len(text) == 0 {
		return nil, err
	}
	var answer map[string]any
	return answer, json.Unmarshal(text, &answer)
}
