package authorizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxDepth is how deep a document may nest.
const maxDepth = 32

// A level is an object or a list that is being read.
type level struct {
	names map[string]bool // that an object has had; nil: a list
	named bool            // the next value has a name already
}

// strict is an error for a text that two readers could understand differently: one that is not JSON or not UTF-8, that nests
// deep, or in which a name is there twice.
func strict(text []byte) error {
	if !utf8.Valid(text) || !json.Valid(text) {
		return errors.New("it is no JSON")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var open []level
	for {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return errors.New("it is no JSON")
		}
		if open, err = enter(open, token); err != nil {
			return err
		}
	}
}

// enter goes on by a token.
func enter(open []level, token json.Token) ([]level, error) {
	if last := len(open) - 1; last >= 0 && open[last].names != nil && !open[last].named && token != json.Delim('}') {
		name, _ := token.(string)
		if open[last].names[name] {
			return nil, fmt.Errorf("%s is there twice", quote(name))
		}
		open[last].names[name], open[last].named = true, true
		return open, nil
	}
	switch token {
	case json.Delim('{'):
		open = append(open, level{names: map[string]bool{}})
	case json.Delim('['):
		open = append(open, level{})
	case json.Delim('}'), json.Delim(']'):
		open = open[:len(open)-1]
		fallthrough
	default: // a value has ended
		if last := len(open) - 1; last >= 0 {
			open[last].named = false
		}
	}
	if len(open) > maxDepth {
		return nil, fmt.Errorf("it nests deeper than %d levels", maxDepth)
	}
	return open, nil
}

// members are those of an object, by their exact names.
func members(text []byte) (map[string]json.RawMessage, error) {
	if err := strict(text); err != nil {
		return nil, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil || all == nil {
		return nil, errors.New("it is no object")
	}
	return all, nil
}

// textOf reads a string.
func textOf(value json.RawMessage) (text string, ok bool) {
	if len(value) == 0 || value[0] != '"' {
		return "", false
	}
	err := json.Unmarshal(value, &text)
	return text, err == nil
}

// textsOf reads a string or a list of strings.
func textsOf(value json.RawMessage) (texts []string, ok bool) {
	if text, ok := textOf(value); ok {
		return []string{text}, true
	}
	var list []json.RawMessage
	if err := json.Unmarshal(value, &list); err != nil || list == nil {
		return nil, false
	}
	for _, element := range list {
		text, ok := textOf(element)
		if !ok {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, true
}

// scalarOf is the text of a string, a number or a boolean; the latter two as they are written.
func scalarOf(value json.RawMessage) (text string, ok bool) {
	switch {
	case len(value) == 0 || bytes.ContainsAny(value[:1], "{[n"):
		return "", false
	case value[0] == '"':
		return textOf(value)
	default:
		return string(value), true
	}
}

// present says whether a member is there and not null.
func present(value json.RawMessage) bool { return len(value) > 0 && value[0] != 'n' }

// quote shortens what an error repeats.
func quote(text string) string {
	const longest = 80
	if len(text) > longest {
		text = text[:longest] + "..."
	}
	return fmt.Sprintf("%q", text)
}
