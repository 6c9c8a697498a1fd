package program

import (
	"errors"
	"regexp"
	"regexp/syntax"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// What a pattern of a model may be: matching is linear in the text, and in what a pattern stands for, such as (a?){1000}.
const (
	longestModelPattern = 8 << 10 // bytes
	largestModelPattern = 10_000  // instructions, by estimate
)

// regularExpression is a regular expression of a model, of RE2's syntax.
type regularExpression struct {
	*regexp.Regexp

	size int
}

// compilePattern is a [jsonschema.RegexpEngine]. It estimates the size of a pattern before it compiles it.
func compilePattern(text string) (jsonschema.Regexp, error) {
	if len(text) > longestModelPattern {
		return nil, errors.New("a pattern longer than 8 KB")
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	size := instructions(tree)
	if size > largestModelPattern {
		return nil, errors.New("a pattern that stands for more than allowed: repeat less")
	}
	compiled, err := regexp.Compile(text)
	return &regularExpression{compiled, size}, err
}

// instructions estimates what a pattern compiles to. The parser limits how deep it is.
func instructions(tree *syntax.Regexp) int {
	size := 1 + len(tree.Rune)/2
	for _, sub := range tree.Sub {
		size += instructions(sub)
	}
	if tree.Op == syntax.OpRepeat {
		size *= max(tree.Min, tree.Max, 1)
	}
	return min(size, largestModelPattern+1)
}
