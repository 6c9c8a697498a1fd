package serverless

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// The builders below take Go values and nodes; all they make points to the line of the node they are given first.

// object makes a mapping of keys and values in turns. A value that is nil is left out with its key.
func object(at *yaml.Node, pairs ...any) *yaml.Node {
	made := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: at.Line, Column: at.Column}
	for i := 0; i+1 < len(pairs); i += 2 {
		if value := node(at, pairs[i+1]); value != nil {
			key, _ := pairs[i].(string)
			made.Content = append(made.Content, text(at, key), value)
		}
	}
	return made
}

// list makes a list; what is nil is left out.
func list(at *yaml.Node, items ...any) *yaml.Node {
	made := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: at.Line, Column: at.Column}
	for _, item := range items {
		if value := node(at, item); value != nil {
			made.Content = append(made.Content, value)
		}
	}
	return made
}

// text is a value that stays a text, whatever it looks like.
func text(at *yaml.Node, value string) *yaml.Node { return scalar(at, "!!str", value) }

// scalar is a value with its YAML tag.
func scalar(at *yaml.Node, tag, value string) *yaml.Node {
	made := &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value, Line: at.Line, Column: at.Column}
	if tag == "!!str" {
		made.Style = yaml.DoubleQuotedStyle // a text stays one, whatever it looks like
	}
	return made
}

// node is the node of a Go value; nil where there is none.
func node(at *yaml.Node, value any) *yaml.Node {
	switch value := value.(type) {
	case string:
		return text(at, value)
	case int:
		return scalar(at, "!!int", strconv.Itoa(value))
	case bool:
		return scalar(at, "!!bool", strconv.FormatBool(value))
	case *yaml.Node:
		return value
	}
	return nil
}

// ref is {Ref: id}.
func ref(at *yaml.Node, id string) *yaml.Node { return object(at, "Ref", id) }

// attribute is {Fn::GetAtt: [id, name]}.
func attribute(at *yaml.Node, id, name string) *yaml.Node {
	return object(at, "Fn::GetAtt", list(at, id, name))
}

// join is {Fn::Join: [between, parts]}.
func join(at *yaml.Node, between string, parts ...any) *yaml.Node {
	return object(at, "Fn::Join", list(at, between, list(at, parts...)))
}

// member is the value of a key, nil if a node has none.
func member(mapping *yaml.Node, key string) *yaml.Node {
	if mapping == nil {
		return nil
	}
	for k, value := range members(mapping) {
		if k.Value == key {
			return value
		}
	}
	return nil
}

// members are the keys and values of a mapping; of anything else there are none.
func members(mapping *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		if mapping == nil || mapping.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(mapping.Content); i += 2 {
			if !yield(mapping.Content[i], mapping.Content[i+1]) {
				return
			}
		}
	}
}

// set gives a key a value: its own place if the mapping has it, else the last.
func set(mapping, key, value *yaml.Node) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key.Value {
			mapping.Content[i+1] = value
			return
		}
	}
	mapping.Content = append(mapping.Content, key, value)
}

// null says whether a node is nothing: absent, or written as null.
func null(node *yaml.Node) bool {
	return node == nil || node.Kind == yaml.ScalarNode && node.Tag == "!!null"
}

// appendJSON writes a tree as JSON.stringify does, members in their order. The tree's depth is limited where it is made.
func appendJSON(to []byte, node *yaml.Node) []byte {
	if node.Kind == yaml.ScalarNode {
		return appendScalar(to, node)
	}
	begin, end := byte('['), byte(']')
	if node.Kind == yaml.MappingNode {
		begin, end = '{', '}'
	}
	to = append(to, begin)
	for i, part := range node.Content {
		switch key := end == '}' && i%2 == 0; {
		case i > 0 && (key || end == ']'):
			to = append(to, ',')
		case i > 0:
			to = append(to, ':')
		}
		to = appendJSON(to, part)
	}
	return append(to, end)
}

// appendScalar writes a number or truth as it is, if it is one for JSON too: .inf and 0x10 are not.
func appendScalar(to []byte, node *yaml.Node) []byte {
	value, ok := plainText(node)
	switch {
	case !ok:
		return append(to, "null"...)
	case node.Tag == "!!str" || !json.Valid([]byte(value)):
		return appendString(to, value)
	}
	return append(to, value...)
}

// appendString writes a text in quotes.
func appendString(to []byte, value string) []byte {
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false) // JSON.stringify does not
	_ = encoder.Encode(value)    // a string cannot fail
	return append(to, bytes.TrimSuffix(quoted.Bytes(), []byte("\n"))...)
}
