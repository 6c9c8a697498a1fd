package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"gangway/internal/cloudformation"
)

// OwnerTag is the key of the tag that says which stack and which of its resources an object was made for: NAME/LOGICALID.
// CloudFormation's own begin with "aws:", which nobody else may write.
const OwnerTag = "gangway-stack"

// Caller calls one operation of the control plane. A path is encoded and may have a query; the body is nil or what becomes
// JSON; the answer of an operation that has none is nil. An answer that is no success is an [*APIError].
type Caller func(ctx context.Context, method, path string, body any) (map[string]any, error)

// APIError is the control plane's no.
type APIError struct {
	Status        int
	Type, Message string
}

// Error implements error.
func (e *APIError) Error() string {
	return fmt.Sprintf("%s (%s)", e.Message, cmp.Or(e.Type, http.StatusText(e.Status)))
}

// ResourceError says what is wrong with one resource of a template, or what went wrong with it.
type ResourceError struct {
	ID, Type string
	Where    cloudformation.Position // of what is removed there is none
	Err      error
}

// Error implements error.
func (e *ResourceError) Error() string {
	text := fmt.Sprintf("%s (%s): %v", e.ID, e.Type, e.Err)
	if where := e.Where.String(); where != "" {
		return where + ": " + text
	}
	return text
}

// Unwrap makes the cause findable.
func (e *ResourceError) Unwrap() error { return e.Err }

func wrong(r *cloudformation.Resource, err error) error {
	return &ResourceError{ID: r.ID, Type: r.Type, Where: r.Where, Err: err}
}

// Config is what a stack needs.
type Config struct {
	// Name tells stacks on one control plane apart.
	Name            string
	Region, Account string
	Call            Caller
	// State is the file in which is kept what the stack has made; it need not exist.
	State string
	// Source is the file of the template, absolute; empty: any. What was made of one template is not for another of the same
	// name to delete.
	Source string
	// Environment looks up variables such as AWS_ENDPOINT_URL_DYNAMODB; nil: there are none.
	Environment func(string) (string, bool)
	// FunctionARN is the ARN of a function by its name; nil: arn:aws:lambda:REGION:ACCOUNT:function:NAME.
	FunctionARN func(name string) string
}

// OtherTemplateError says that a stack was made of another template.
type OtherTemplateError struct{ Stack, Before, Now string }

// Error implements error.
func (e *OtherTemplateError) Error() string {
	return fmt.Sprintf("stack: %s was made of %s, not of %s", e.Stack, e.Before, e.Now)
}

// A Stack is what a template has made of a control plane. It is not safe for concurrent use.
type Stack struct {
	cfg   Config
	state *state
}

// Open reads the state of a stack. It is an [*OtherTemplateError] if there is something that was made of another template.
func Open(cfg Config) (*Stack, error) {
	switch {
	case cfg.Name == "" || strings.ContainsAny(cfg.Name, "/\x00"):
		return nil, fmt.Errorf("stack: invalid name %q: expected letters, digits and hyphens", cfg.Name)
	case cfg.Call == nil || cfg.State == "":
		return nil, errors.New("stack: a control plane to call and a state file are required")
	}
	cfg.Region = cmp.Or(cfg.Region, "us-east-1")
	cfg.Account = cmp.Or(cfg.Account, "000000000000")
	if cfg.Environment == nil {
		cfg.Environment = func(string) (string, bool) { return "", false }
	}
	if cfg.FunctionARN == nil {
		cfg.FunctionARN = func(name string) string {
			return "arn:aws:lambda:" + cfg.Region + ":" + cfg.Account + ":function:" + name
		}
	}
	kept, err := readState(cfg.State, cfg.Name)
	if err != nil {
		return nil, err
	}
	if cfg.Source != "" {
		cfg.Source = filepath.Clean(cfg.Source)
		if len(kept.Resources) > 0 && kept.Source != "" && kept.Source != cfg.Source {
			return nil, &OtherTemplateError{Stack: cfg.Name, Before: kept.Source, Now: cfg.Source}
		}
	}
	return &Stack{cfg: cfg, state: kept}, nil
}

// owner is the value of [OwnerTag] for a resource.
func (s *Stack) owner(id string) string { return s.cfg.Name + "/" + id }

// get reads one object; nil if it is not there.
func (s *Stack) get(ctx context.Context, path string) (map[string]any, error) {
	object, err := s.cfg.Call(ctx, http.MethodGet, path, nil)
	if isMissing(err) {
		return nil, nil
	}
	return object, err
}

// maxPages is how many pages of a list are read: 10,000 objects of version 1, whose pages are the smaller ones.
const maxPages = 400

// list reads all objects of a collection; none if there is no such collection.
func (s *Stack) list(ctx context.Context, k *kind, collection string) ([]map[string]any, error) {
	member, token, parameter := "items", "nextToken", "nextToken"
	if k.patches != nil {
		member, token, parameter = "item", "position", "position"
	}
	var all []map[string]any
	query := k.query
	for range maxPages {
		page, err := s.get(ctx, collection+query)
		if err != nil || page == nil {
			return all, err
		}
		items, _ := page[member].([]any)
		for _, item := range items {
			if object, ok := item.(map[string]any); ok {
				all = append(all, object)
			}
		}
		next, _ := page[token].(string)
		if next == "" {
			break
		}
		query = cmp.Or(k.query, "?") + "&" + parameter + "=" + url.QueryEscape(next)
	}
	return all, nil
}

// isMissing says whether an operation failed because what it names is not there.
func isMissing(err error) bool {
	refused, ok := errors.AsType[*APIError](err)
	return ok && refused.Status == http.StatusNotFound
}

// arn is the ARN of an object by its path.
func (s *Stack) arn(path string) string {
	return "arn:aws:apigateway:" + s.cfg.Region + "::" + strings.TrimPrefix(path, "/v2")
}

// tagsPath is where the tags of an object are.
func (s *Stack) tagsPath(path string) string {
	plain, err := url.PathUnescape(path)
	if err != nil {
		plain = path
	}
	return "/v2/tags/" + url.PathEscape(s.arn(plain))
}
