package cloudformation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxBytes is how long a template may be: one in S3, in "CloudFormation quotas".
const MaxBytes = 1_000_000

// Limits of what is in a template.
const (
	maxDepth   = 100
	maxWork    = 2_000_000 // values that reading, or the properties of a resource, may touch
	maxText    = 16 << 20  // bytes of all texts that functions make
	maxAliased = 100_000   // values that stand for aliases
)

// parser makes values of a text.
type parser struct {
	name    string
	errs    *mistakes
	aliased int // values made for aliases
	inAlias int
	byTag   bool // the tag of a scalar counts, not what it looks like
}

func (p *parser) fail(at mark, format string, arguments ...any) *value {
	p.errs.add(&Error{Where: position(p.name, at), Reason: fmt.Sprintf(format, arguments...)})
	return nothing
}

func position(file string, at mark) Position {
	return Position{File: file, Line: int(at.line), Column: int(at.column)}
}

// parse reads JSON or YAML. JSON is not left to YAML, which has other escapes and limits the length of keys.
func (p *parser) parse(source []byte) *value {
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	if len(source) > MaxBytes {
		return p.fail(mark{}, "the template has %d bytes, the limit is %d", len(source), MaxBytes)
	}
	if json.Valid(source) {
		return p.parseJSON(source)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	var document, second yaml.Node
	if err := decoder.Decode(&document); err != nil {
		return p.syntax(err)
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return p.fail(mark{line: int32(min(second.Line, MaxBytes))}, "a template is one document, here is a second one")
	}
	if len(document.Content) != 1 {
		return p.fail(mark{}, "the template is empty")
	}
	return p.node(document.Content[0], 0)
}

var lineOf = regexp.MustCompile(`line (\d+)(?:, column (\d+))?: `)

// syntax takes the position out of an error of the YAML library.
func (p *parser) syntax(err error) *value {
	if errors.Is(err, io.EOF) {
		return p.fail(mark{}, "the template is empty")
	}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	var at mark
	if found := lineOf.FindStringSubmatch(message); found != nil {
		line, _ := strconv.ParseInt(found[1], 10, 32)
		column, _ := strconv.ParseInt(found[2], 10, 32)
		at = mark{int32(line), int32(column)}
		message = strings.Replace(message, found[0], "", 1)
	}
	return p.fail(at, "no YAML: %s", message)
}

// place is where a node stands. What somebody else made can have any numbers.
func place(n *yaml.Node) mark {
	return mark{int32(min(n.Line, MaxBytes)), int32(min(n.Column, MaxBytes))}
}

// node makes a value of a node. An alias is a copy of what it names, and is charged as one: ten lines can stand for billions.
func (p *parser) node(n *yaml.Node, depth int) *value {
	at := place(n)
	if depth > maxDepth {
		return p.fail(at, "nested deeper than %d", maxDepth)
	}
	if p.inAlias > 0 {
		if p.aliased++; p.aliased > maxAliased {
			made := p.fail(at, "the aliases stand for more than %d values", maxAliased)
			p.errs.over = true
			return made
		}
	}
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		p.inAlias++
		defer func() { p.inAlias-- }()
		return p.node(n.Alias, depth+1)
	}
	if p.errs.over {
		return nothing
	}
	if name, short := functionOf(n.Tag); short {
		return p.short(n, name, depth)
	}
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") && n.Tag != "!" {
		return p.fail(at, "there is no function %s", n.Tag)
	}
	return p.untagged(n, depth)
}

// untagged is a node without its function.
func (p *parser) untagged(n *yaml.Node, depth int) *value {
	at := place(n)
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) != 0 {
			return newText(at, n.Value)
		}
		if p.byTag && n.Tag == "!!str" {
			return newText(at, n.Value)
		}
		return plain(at, n.Value)
	case yaml.SequenceNode:
		made := &value{kind: list, at: at, items: make([]*value, 0, len(n.Content))}
		for _, item := range n.Content {
			made.items = append(made.items, p.node(item, depth+1))
		}
		return made
	case yaml.MappingNode:
		return p.mapping(n, depth)
	default:
		return p.fail(at, "this cannot stand in a template")
	}
}

// mapping reads members, then those that are merged in and are not there yet.
func (p *parser) mapping(n *yaml.Node, depth int) *value {
	made := &value{kind: object, at: place(n), members: make([]member, 0, len(n.Content)/2)}
	seen := make(map[string]mark, len(n.Content)/2)
	var merged []*value
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind == yaml.AliasNode && key.Alias != nil {
			key = key.Alias
		}
		at := place(n.Content[i])
		if key.Kind != yaml.ScalarNode {
			p.fail(at, "a key must be a string")
			continue
		}
		if key.Tag == "!!merge" {
			merged = append(merged, p.node(n.Content[i+1], depth+1))
			continue
		}
		if first, double := seen[key.Value]; double {
			p.fail(at, "%q is here for the second time, the first is in line %d", key.Value, first.line)
			continue
		}
		seen[key.Value] = at
		made.members = append(made.members, member{key.Value, at, p.node(n.Content[i+1], depth+1)})
	}
	for _, source := range merged {
		p.merge(made, seen, source)
	}
	return function(made)
}

// merge adds the members that are not there yet; of several maps the first wins.
// Source: "Merge Key Language-Independent Type for YAML Version 1.1".
func (p *parser) merge(to *value, seen map[string]mark, from *value) {
	switch from.kind {
	case list:
		for _, item := range from.items {
			if item.kind != object {
				p.fail(item.at, "<< merges maps only")
				continue
			}
			p.merge(to, seen, item)
		}
	case object:
		for _, m := range from.members {
			if _, there := seen[m.key]; !there {
				seen[m.key] = m.at
				to.members = append(to.members, m)
			}
		}
	case broken:
	default:
		p.fail(from.at, "<< merges maps only")
	}
}

// functionOf is the long name of a function by its YAML tag.
func functionOf(tag string) (string, bool) {
	name, local := strings.CutPrefix(tag, "!")
	if !local || name == "" {
		return "", false
	}
	if name == "Ref" || name == "Condition" {
		return name, true
	}
	name = "Fn::" + name
	return name, slices.Contains(functionNames, name)
}

// short is a function in its short form. !GetAtt and the like have texts, whatever they look like.
func (p *parser) short(n *yaml.Node, name string, depth int) *value {
	if n.Kind == yaml.ScalarNode {
		return newCall(place(n), name, newText(place(n), n.Value))
	}
	return newCall(place(n), name, p.untagged(n, depth+1))
}

// function is the call that an object is the long form of, or else the object.
func function(v *value) *value {
	if len(v.members) != 1 {
		return v
	}
	m := v.members[0]
	if m.key == "Ref" || strings.HasPrefix(m.key, "Fn::") && !strings.HasPrefix(m.key, loopPrefix) {
		return newCall(v.at, m.key, m.value)
	}
	return v
}

// decimal are the numbers that mean the same to YAML 1.1 and 1.2.
var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+([eE][-+][0-9]+)?)?$`)

// plain is a scalar without quotes. Source: YAML 1.1, "Language-Independent Types".
func plain(at mark, s string) *value {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return &value{kind: null, at: at, text: s}
	case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON":
		return newBoolean(at, true)
	case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF":
		return newBoolean(at, false)
	}
	if c := s[0]; c == '-' || '0' <= c && c <= '9' {
		if len(s) < 64 && decimal.MatchString(s) {
			return &value{kind: number, at: at, text: s}
		}
	}
	return newText(at, s)
}
