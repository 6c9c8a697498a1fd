package policy

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A version of the policy language.
type version string

// The versions. A document without one is of the old version.
const (
	current version = "2012-10-17"
	old     version = "2008-10-17"
)

func (v version) hasVariables() bool { return v == current }

// A document as it was read; its statements are compiled when the version is known.
type document struct {
	version version
	drafts  []draft
}

// Parse compiles a document. Errors name the place and say what would be right there.
func Parse(document []byte) (*Policy, error) {
	d, err := read(document)
	if err != nil {
		return nil, err
	}
	p := &Policy{statements: make([]statement, len(d.drafts))}
	for i := range d.drafts {
		if p.statements[i], err = d.drafts[i].compile(d.version); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func read(text []byte) (*document, error) {
	if len(text) > MaxDocument {
		return nil, fault("", "the document has %d bytes: %d are the limit", len(text), MaxDocument)
	}
	// A decoder would replace such bytes without a word.
	if !utf8.Valid(text) {
		return nil, fault("", "the document is not UTF-8")
	}
	d := &document{version: old}
	r := newReader(text)
	given := map[string]bool{}
	err := r.members("", func(name string) error {
		given[name] = true
		return d.member(r, name)
	})
	if err != nil {
		return nil, err
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	if !given["Statement"] {
		return nil, fault("", `Statement is missing: give "Statement": [{"Effect": ..., "Action": ..., "Resource": ...}]`)
	}
	return d, unique(d.drafts)
}

func (d *document) member(r *reader, name string) error {
	switch name {
	case "Version":
		text, err := r.text(name)
		d.version = version(text)
		if err == nil && d.version != current && d.version != old {
			return fault(name, "%s is no version of the policy language: write %q", quote(text), current)
		}
		return err
	case "Id":
		_, err := r.text(name)
		return err
	case "Statement":
		return d.list(r)
	}
	return unknown("", name, "Version", "Id", "Statement")
}

// list reads the value of Statement: an object or a list of objects.
func (d *document) list(r *reader) error {
	token, err := r.next()
	if err != nil {
		return err
	}
	if token == json.Delim('{') {
		d.drafts = []draft{{at: "Statement"}}
		return d.drafts[0].read(r)
	}
	if token != json.Delim('[') {
		return fault("Statement", "%s is there, an object or a list of objects is right", kindOf(token))
	}
	for i := 0; r.tokens.More(); i++ {
		at := fmt.Sprintf("Statement[%d]", i)
		if i == MaxStatements {
			return fault(at, "the document has too many statements: %d are the limit", MaxStatements)
		}
		if token, err = r.next(); err != nil {
			return err
		}
		if token != json.Delim('{') {
			return fault(at, "%s is there, an object is right", kindOf(token))
		}
		d.drafts = append(d.drafts, draft{at: at})
		if err := d.drafts[i].read(r); err != nil {
			return err
		}
	}
	if _, err = r.next(); err == nil && len(d.drafts) == 0 {
		return fault("Statement", "the list is empty: give at least one statement")
	}
	return err
}

// unique holds that a Sid names one statement.
func unique(drafts []draft) error {
	seen := map[string]bool{}
	for i := range drafts {
		sid := drafts[i].sid
		if sid != "" && seen[sid] {
			return fault(drafts[i].at+".Sid", "%s names another statement already: write one that is unique, or none", quote(sid))
		}
		seen[sid] = true
	}
	return nil
}

func unknown(at, name string, right ...string) error {
	for _, r := range right {
		if strings.EqualFold(r, name) {
			return fault(at, "%s is unknown: names are case-sensitive, write %q", quote(name), r)
		}
	}
	last := len(right) - 1
	return fault(at, "%s is unknown: there are %s and %s", quote(name), strings.Join(right[:last], ", "), right[last])
}
