package registry

import (
	"maps"
	"strings"
	"unicode/utf8"
)

// Bounds of tags: "Requirements for tags" in the Lambda developer guide.
const (
	maxTags     = 50
	maxTagName  = 128
	maxTagValue = 256
)

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalid("A function may have at most %d tags", maxTags)
	}
	folded := map[string]bool{}
	for name, value := range tags {
		if folded[strings.ToLower(name)] { // conditions of policies do not tell them apart
			return invalid("The tag %.128q is there twice, and only its case differs", name)
		}
		folded[strings.ToLower(name)] = true
		switch {
		case name == "" || utf8.RuneCountInString(name) > maxTagName || utf8.RuneCountInString(value) > maxTagValue:
			return invalid("The tag %.128q is not one of 1 to %d characters with a value of at most %d", name, maxTagName, maxTagValue)
		case strings.HasPrefix(strings.ToLower(name), "aws:"):
			return invalid("The tag %.128q has a prefix that is reserved", name)
		}
	}
	return nil
}

// addTags adds what conditions of policies may ask about tags: those that a request has, and those of the function.
func (c *call) addTags() {
	for name, value := range c.tags {
		key := "aws:requesttag/" + strings.ToLower(name)
		c.facts[key] = append(c.facts[key], value)
		c.facts["aws:tagkeys"] = append(c.facts["aws:tagkeys"], name)
	}
	if c.operation.Name == "UntagResource" {
		c.facts["aws:tagkeys"] = c.query["tagKeys"]
	}
	f := c.now()[c.name]
	if f == nil {
		return
	}
	for name, value := range f.Tags {
		key := "aws:resourcetag/" + strings.ToLower(name)
		c.facts[key] = append(c.facts[key], value)
	}
}

// listTags is the operation ListTags.
func (c *call) listTags() (any, error) {
	f, err := c.current()
	if err != nil {
		return nil, err
	}
	tags := f.Tags
	if tags == nil {
		tags = map[string]string{}
	}
	return map[string]any{"Tags": tags}, nil
}

// tag is the operation TagResource.
func (c *call) tag() (any, error) {
	_, err := c.change(func(f *function) error {
		if f.Tags == nil {
			f.Tags = map[string]string{}
		}
		maps.Copy(f.Tags, c.tags)
		return checkTags(f.Tags)
	})
	return nil, err
}

// untag is the operation UntagResource.
func (c *call) untag() (any, error) {
	_, err := c.change(func(f *function) error {
		for _, name := range c.query["tagKeys"] {
			delete(f.Tags, name)
		}
		return nil
	})
	return nil, err
}
