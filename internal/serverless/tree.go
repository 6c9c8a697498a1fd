package serverless

import (
	"bytes"
	"errors"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// load parses a text into a tree of plain mappings, lists and values: aliases and merge keys are spelled out, and the
// short forms of CloudFormation (!Ref) have become long ones ({Ref: …}), as the framework does when it loads a file.
func load(name string, text []byte) (*yaml.Node, error) {
	if len(text) > maxText {
		return nil, wrong(name, &yaml.Node{}, "%d bytes are more than the %d that are read", len(text), maxText)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, wrong(name, &yaml.Node{Line: 1}, "the file is empty")
		}
		return nil, syntax(name, err)
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, wrong(name, &second, "a second document begins here")
	}
	l := &loader{name: name, left: maxNodes}
	return l.plain(document.Content[0], 0)
}

type loader struct {
	name string
	left int // nodes that may still be made
}

// wrong is a mistake at a place of the file.
func (l *loader) wrong(at *yaml.Node, format string, args ...any) error {
	return wrong(l.name, at, format, args...)
}

var lineOf = regexp.MustCompile(`^yaml: (?:line (\d+)(?:, column (\d+))?: )?`)

// syntax takes the position out of an error of the YAML library.
func syntax(name string, err error) error {
	at := &yaml.Node{}
	found := lineOf.FindStringSubmatch(err.Error())
	if found == nil {
		return wrong(name, at, "no YAML: %s", err)
	}
	at.Line, _ = strconv.Atoi(found[1])
	at.Column, _ = strconv.Atoi(found[2])
	return wrong(name, at, "no YAML: %s", strings.TrimPrefix(err.Error(), found[0]))
}

// plain copies a node, with what it stands for in its place.
func (l *loader) plain(node *yaml.Node, depth int) (*yaml.Node, error) {
	l.left--
	switch {
	case depth > maxDepth:
		return nil, l.wrong(node, "more than %d levels within each other", maxDepth)
	case l.left < 0:
		return nil, l.wrong(node, "more than %d values", maxNodes)
	case node.Kind == yaml.AliasNode:
		return l.plain(node.Alias, depth+1)
	}
	made := &yaml.Node{Kind: node.Kind, Tag: node.ShortTag(), Value: node.Value, Line: node.Line, Column: node.Column}
	var err error
	switch node.Kind {
	case yaml.MappingNode:
		err = l.mapping(made, node, depth)
	case yaml.SequenceNode:
		err = l.list(made, node, depth)
	default:
		made = scalar(node, valueTag(made), node.Value)
	}
	if err != nil || !short(node) {
		return made, err
	}
	return long(node.Tag[1:], made), nil
}

// list copies the items of a list.
func (l *loader) list(made, node *yaml.Node, depth int) error {
	made.Tag = "!!seq"
	for _, item := range node.Content {
		plain, err := l.plain(item, depth+1)
		if err != nil {
			return err
		}
		made.Content = append(made.Content, plain)
	}
	return nil
}

// mapping copies the members of a mapping. Its own come first, those of merge keys after them.
func (l *loader) mapping(made, node *yaml.Node, depth int) error {
	made.Tag = "!!map"
	var merged []*yaml.Node
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			return l.wrong(key, "a key must be a word")
		}
		plain, err := l.plain(value, depth+1)
		if err != nil {
			return err
		}
		if key.Tag == "!!merge" {
			merged = append(merged, plain)
			continue
		}
		if seen[key.Value] {
			return l.wrong(key, "%q is given twice", key.Value)
		}
		seen[key.Value] = true
		made.Content = append(made.Content, text(key, key.Value), plain)
	}
	for _, source := range merged {
		if err := l.merge(made, source, seen); err != nil {
			return err
		}
	}
	return nil
}

// merge adds the members of a "<<" that the mapping has not said itself (https://yaml.org/type/merge.html).
func (l *loader) merge(made, source *yaml.Node, seen map[string]bool) error {
	sources := []*yaml.Node{source}
	if source.Kind == yaml.SequenceNode {
		sources = source.Content
	}
	for _, s := range sources {
		if s.Kind != yaml.MappingNode {
			return l.wrong(s, "\"<<\" wants a mapping")
		}
		for key, value := range members(s) {
			if l.left--; l.left < 0 {
				return l.wrong(s, "more than %d values", maxNodes)
			}
			if !seen[key.Value] {
				seen[key.Value] = true
				made.Content = append(made.Content, key, value)
			}
		}
	}
	return nil
}

// short says whether a node has a tag such as !Ref.
func short(node *yaml.Node) bool {
	return len(node.Tag) > 1 && node.Tag[0] == '!' && node.Tag[1] != '!'
}

// long is the long form of a short one: !GetAtt A.Arn is {Fn::GetAtt: [A, Arn]}.
func long(name string, argument *yaml.Node) *yaml.Node {
	switch name {
	case "Ref", "Condition":
		return object(argument, name, argument)
	case "GetAtt":
		if argument.Kind == yaml.ScalarNode {
			resource, attribute, _ := strings.Cut(argument.Value, ".")
			argument = list(argument, resource, attribute)
		}
	}
	return object(argument, "Fn::"+name, argument)
}

// valueTag is the type of a value. What is not a number, a truth or nothing is text, a date too.
func valueTag(node *yaml.Node) string {
	switch node.Tag {
	case "!!int", "!!float", "!!bool", "!!null":
		return node.Tag
	}
	return "!!str"
}

// plainText is a value as it stands in the midst of a string, the way JavaScript would write it; false if it cannot.
func plainText(node *yaml.Node) (string, bool) {
	if node.Kind != yaml.ScalarNode {
		return "", false
	}
	switch node.Tag {
	case "!!null":
		return "", false
	case "!!bool":
		return strings.ToLower(node.Value), true
	case "!!int", "!!float":
		return numberText(node.Value), true
	}
	return node.Value, true
}

// numberText is a number as JavaScript prints it: 1.50 is 1.5, and 1e21 has an exponent.
func numberText(value string) string {
	digits := strings.ReplaceAll(value, "_", "")
	if n, err := strconv.ParseInt(digits, 0, 64); err == nil {
		return strconv.FormatInt(n, 10)
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return value
	}
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
