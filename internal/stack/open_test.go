package stack_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gangway/internal/stack"
)

// TestOpen opens stacks that cannot be.
func TestOpen(t *testing.T) {
	call := func(context.Context, string, string, any) (map[string]any, error) { return nil, errors.ErrUnsupported }
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "state.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct {
		name string
		cfg  stack.Config
		want string
	}{
		{"no name", stack.Config{Call: call, State: "x"}, "invalid name"},
		{"no control plane", stack.Config{Name: "a", State: "x"}, "are required"},
		{"another stack's state", stack.Config{Name: "a", Call: call, State: file(`{"stack":"b"}`)}, "is the state of stack b, not of a"},
		{"no state", stack.Config{Name: "a", Call: call, State: file("{")}, "is not a state file"},
		{"a folder", stack.Config{Name: "a", Call: call, State: t.TempDir()}, "is a directory"},
		{"a state with holes", stack.Config{Name: "a", Call: call, State: file(`{"stack":"a","resources":[null,{"type":"x"}]}`)}, ""},
		{"a new state", stack.Config{Name: "a", Call: call, State: filepath.Join(t.TempDir(), "new", "state.json")}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := stack.Open(test.cfg)
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Remove(t.Context(), nil); err != nil {
					t.Errorf("there is nothing to remove: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// A control plane that cannot be reached is an error of the plan, and not of the template.
func TestSilence(t *testing.T) {
	s, err := stack.Open(stack.Config{
		Name: "a", State: filepath.Join(t.TempDir(), "state.json"),
		Call: func(context.Context, string, string, any) (map[string]any, error) { return nil, errors.ErrUnsupported },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Plan(t.Context(), read(t, chat)); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

// What was made of one template is not for another of the same name, until it is removed.
func TestOtherTemplate(t *testing.T) {
	p := start(t)
	open := func(source string) (*stack.Stack, error) {
		return stack.Open(stack.Config{Name: "chat", Region: region, Call: p.call, State: filepath.Join(p.dir, "chat.json"), Source: source})
	}
	p.apply("chat", chat) // by an earlier version, which did not say of what
	apply := func(source string) {
		t.Helper()
		s, err := open(source)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := s.Plan(t.Context(), read(t, chat))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Apply(t.Context(), plan, nil); err != nil {
			t.Fatal(err)
		}
	}
	apply("/a/template.yaml")
	apply("/a/./template.yaml")
	_, err := open("/b/template.yaml")
	other, ok := errors.AsType[*stack.OtherTemplateError](err)
	if !ok || other.Before != "/a/template.yaml" || other.Now != "/b/template.yaml" || !strings.Contains(err.Error(), "chat was made of /a/template.yaml") {
		t.Errorf("got %v", err)
	}
	apply("") // who does not say is not asked
	if _, err := open("/b/template.yaml"); err == nil {
		t.Error("the source is forgotten")
	}
	s, err := open("")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	apply("/b/template.yaml")
}
