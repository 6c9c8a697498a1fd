package stack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gangway/internal/cloudformation"
	"gangway/internal/node"
	"gangway/internal/sigv4"
	"gangway/internal/stack"
)

const region = "eu-west-1"

// plane is the control plane of a node that runs for a test.
type plane struct {
	t      *testing.T
	url    string
	key    sigv4.Key
	dir    string
	writes []string          // the operations that were called and read nothing
	refuse func(string) bool // operations that fail
	lose   func(string) bool // operations that succeed, and nobody learns of it
}

func start(t *testing.T) *plane {
	t.Helper()
	dir := t.TempDir()
	n, err := node.Start(t.Context(), node.Config{DataDir: dir, Listen: "127.0.0.1:0", Admin: "127.0.0.1:0", Region: region})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Shutdown(context.WithoutCancel(t.Context())) })
	key, err := node.ReadCredentials(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &plane{t: t, url: n.AdminURL(), key: key, dir: t.TempDir()}
}

var errRefused = errors.New("the test refuses this operation")

// call is a stack.Caller.
func (p *plane) call(ctx context.Context, method, path string, body any) (map[string]any, error) {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	if method != http.MethodGet {
		p.writes = append(p.writes, method+" "+path)
		if p.refuse != nil && p.refuse(method+" "+path) {
			return nil, errRefused
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, p.url+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	sigv4.Sign(request, text, p.key, region, "apigateway", time.Now())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	said, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	var answer map[string]any
	if len(said) > 0 {
		if err := json.Unmarshal(said, &answer); err != nil {
			return nil, err
		}
	}
	if method != http.MethodGet && p.lose != nil && p.lose(method+" "+path) {
		return nil, errRefused
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		message, _ := answer["message"].(string)
		return nil, &stack.APIError{Status: response.StatusCode, Type: response.Header.Get("X-Amzn-Errortype"), Message: message}
	}
	return answer, nil
}

// do calls an operation that has to succeed.
func (p *plane) do(method, path string, body any) map[string]any {
	p.t.Helper()
	answer, err := p.call(p.t.Context(), method, path, body)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer
}

// all are the objects of a collection, each under a member of its own.
func (p *plane) all(collection, by string) map[string]map[string]any {
	p.t.Helper()
	found := map[string]map[string]any{}
	answer := p.do(http.MethodGet, collection, nil)
	items, _ := answer["items"].([]any)
	if items == nil {
		items, _ = answer["item"].([]any)
	}
	for _, item := range items {
		object, _ := item.(map[string]any)
		name, _ := object[by].(string)
		found[name] = object
	}
	return found
}

func (p *plane) open(name string) *stack.Stack {
	p.t.Helper()
	s, err := stack.Open(stack.Config{
		Name: name, Region: region, Account: "111122223333", Call: p.call, State: filepath.Join(p.dir, name+".json"),
		Environment: func(variable string) (string, bool) {
			return "http://127.0.0.1:8000", variable == "AWS_ENDPOINT_URL_DYNAMODB"
		},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func read(t *testing.T, text string) *cloudformation.Template {
	t.Helper()
	template, err := cloudformation.Read("chat.yaml", "/app", []byte(text), cloudformation.Options{Region: region})
	if err != nil {
		t.Fatal(err)
	}
	return template
}

// forget loses the state of a stack.
func (p *plane) forget(name string) {
	p.t.Helper()
	if err := os.Remove(filepath.Join(p.dir, name+".json")); err != nil {
		p.t.Fatal(err)
	}
}

// applied is what one way from a template to the control plane did.
type applied struct {
	*stack.Result
	plan   *stack.Plan
	told   []stack.Change
	writes []string
}

// apply plans and applies a template with a stack that is opened for it, as a command does.
func (p *plane) apply(name, text string) *applied {
	p.t.Helper()
	done, err := p.try(name, text)
	if err != nil {
		p.t.Fatal(err)
	}
	return done
}

func (p *plane) try(name, text string) (*applied, error) {
	p.t.Helper()
	s := p.open(name)
	p.writes = nil
	plan, err := s.Plan(p.t.Context(), read(p.t, text))
	if len(p.writes) > 0 {
		p.t.Errorf("planning wrote: %s", p.writes)
	}
	if err != nil {
		return nil, err
	}
	done := &applied{plan: plan}
	done.Result, err = s.Apply(p.t.Context(), plan, func(c stack.Change) { done.told = append(done.told, c) })
	done.writes = p.writes
	return done, err
}

// steady fails if a template is not what the control plane has.
func (p *plane) steady(name, text string) {
	p.t.Helper()
	plan, err := p.open(name).Plan(p.t.Context(), read(p.t, text))
	if err != nil {
		p.t.Fatal(err)
	}
	if plan.Writes() {
		p.t.Errorf("a plan after the application is not empty: %s", changes(plan.Changes))
	}
	if again := p.apply(name, text); len(again.writes) > 0 {
		p.t.Errorf("a second application wrote: %s", again.writes)
	}
}

// changes writes changes, without those that are none.
func changes(all []stack.Change) string {
	var lines []string
	for _, c := range all {
		if c.Action != stack.Keep {
			line := string(c.Action) + " " + c.ID
			if len(c.Properties) > 0 {
				line += " " + strings.Join(c.Properties, ",")
			}
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}
