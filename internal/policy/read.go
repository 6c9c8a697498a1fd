package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A reader walks over a document once. Its depth is that of the grammar, whatever the document nests.
type reader struct {
	tokens *json.Decoder
}

// An entry is a value of the document and its place, such as Statement[2].Action[0].
type entry struct{ at, text string }

func newReader(document []byte) *reader {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	return &reader{d}
}

func fault(at, format string, args ...any) error {
	if at != "" {
		format, args = "policy: %s: "+format, append([]any{at}, args...)
	} else {
		format = "policy: " + format
	}
	return fmt.Errorf(format, args...)
}

// below is the place of a member.
func below(at, name string) string {
	if quoted := quote(name); quoted != `"`+name+`"` || strings.Contains(name, ".") {
		name = quoted
	}
	return at + "." + name
}

// quote shortens what an error repeats.
func quote(text string) string {
	const longest = 80
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "..."
	}
	return strconv.Quote(text)
}

func (r *reader) next() (json.Token, error) {
	token, err := r.tokens.Token()
	if err != nil {
		return nil, fault("", "the document is no JSON: %w", err)
	}
	return token, nil
}

// end is an error if anything follows.
func (r *reader) end() error {
	if _, err := r.tokens.Token(); !errors.Is(err, io.EOF) {
		return fault("", "the document goes on after its end: give one JSON object")
	}
	return nil
}

// members reads an object. A name given twice, in whatever case, would hide one of both.
func (r *reader) members(at string, member func(name string) error) error {
	token, err := r.next()
	if err != nil {
		return err
	}
	if token != json.Delim('{') {
		return fault(at, "%s is there, an object is right", kindOf(token))
	}
	return r.rest(at, member)
}

// rest reads an object whose brace has been read.
func (r *reader) rest(at string, member func(name string) error) error {
	seen := map[string]bool{}
	for r.tokens.More() {
		token, err := r.next()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		folded := strings.ToLower(name)
		if seen[folded] {
			return fault(at, "%s is there twice: give it once, with a list if it has several values", quote(name))
		}
		seen[folded] = true
		if err := member(name); err != nil {
			return err
		}
	}
	_, err := r.next()
	return err
}

// text reads a string.
func (r *reader) text(at string) (string, error) {
	token, err := r.next()
	if err != nil {
		return "", err
	}
	text, ok := token.(string)
	if !ok {
		return "", fault(at, "%s is there, a string is right", kindOf(token))
	}
	return text, nil
}

// entries reads one value or a list of values that is not empty.
func (r *reader) entries(at string, read func(json.Token) (string, bool)) ([]entry, error) {
	token, err := r.next()
	if err != nil {
		return nil, err
	}
	if token != json.Delim('[') {
		e, err := newEntry(at, token, read)
		return []entry{e}, err
	}
	var all []entry
	for r.tokens.More() {
		if token, err = r.next(); err != nil {
			return nil, err
		}
		e, err := newEntry(fmt.Sprintf("%s[%d]", at, len(all)), token, read)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	if _, err = r.next(); err == nil && len(all) == 0 {
		return nil, fault(at, "the list is empty: give at least one value")
	}
	return all, err
}

func newEntry(at string, token json.Token, read func(json.Token) (string, bool)) (entry, error) {
	text, ok := read(token)
	if !ok {
		return entry{}, fault(at, "%s is there, a string is right", kindOf(token))
	}
	return entry{at, text}, nil
}

// stringOnly is for Action and Resource, scalar for Condition: there, quotes around numbers and booleans are optional
// ("Grammar of the IAM JSON policy language").
func stringOnly(token json.Token) (string, bool) {
	text, ok := token.(string)
	return text, ok
}

func scalar(token json.Token) (string, bool) {
	switch v := token.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	default:
		return "", false
	}
}

func kindOf(token json.Token) string {
	switch token {
	case nil:
		return "null"
	case json.Delim('{'):
		return "an object"
	case json.Delim('['):
		return "a list"
	}
	switch token.(type) {
	case string:
		return "a string"
	case bool:
		return "a boolean"
	default:
		return "a number"
	}
}
