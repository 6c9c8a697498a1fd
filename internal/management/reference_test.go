package management_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"
)

// reference is testdata/operations.json.
type reference struct {
	Operations []struct {
		Method  string
		Answers map[string]string // name of the body by status; "": no body
	}
	Bodies map[string]map[string]any
}

// Each operation gives each answer that the reference has for it, and no other, in the reference's shape.
func TestReference(t *testing.T) {
	text, err := os.ReadFile("testdata/operations.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref reference
	if err := json.Unmarshal(text, &ref); err != nil {
		t.Fatal(err)
	}
	for _, operation := range ref.Operations {
		seen := make(map[string]bool)
		for _, id := range []string{string(open), string(closed), "never-an-id", "R0oXAdfD0kwCH6w%3D"} {
			r := call{method: operation.Method, path: "/prod/@connections/" + id, body: "x"}.do(t, newDoor(newRoom()))
			status := strconv.Itoa(r.StatusCode)
			name, ok := operation.Answers[status]
			if !ok {
				t.Errorf("%s %s: the reference has no answer %s", operation.Method, id, status)
				continue
			}
			seen[status] = true
			if err := checkBody(r, read(t, r), name, ref.Bodies[name]); err != nil {
				t.Errorf("%s %s, %s: %v", operation.Method, id, status, err)
			}
		}
		if len(seen) != len(operation.Answers) {
			t.Errorf("%s: got the answers %v, want all of %v", operation.Method, seen, operation.Answers)
		}
	}
}

func checkBody(r *http.Response, text, name string, shape map[string]any) error {
	if name == "" {
		if text != "" {
			return fmt.Errorf("got a body: %q", text)
		}
		return nil
	}
	if got := r.Header.Get("Content-Type"); got != "application/json" {
		return fmt.Errorf("got content type %q", got)
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		return err
	}
	return checkShape(body, shape)
}

// checkShape wants every member of the shape to be there in its form. More members may be there.
func checkShape(body, shape map[string]any) error {
	for name, want := range shape {
		if members, ok := want.(map[string]any); ok {
			inner, _ := body[name].(map[string]any)
			if err := checkShape(inner, members); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			continue
		}
		text, ok := body[name].(string)
		if !ok {
			return fmt.Errorf("%s is %v, want a text", name, body[name])
		}
		if want == "date-time" {
			if _, err := time.Parse(time.RFC3339, text); err != nil {
				return errors.Join(fmt.Errorf("%s is no date-time", name), err)
			}
		}
	}
	return nil
}
