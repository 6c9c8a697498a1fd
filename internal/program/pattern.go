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

	// largestPatterns is what all patterns of a model may come to: some 3 MB of memory for as long as a stage serves it.
	largestPatterns = 5 * largestModelPattern
)

var errPatterns = errors.New("the patterns of the schema together stand for more than allowed: use fewer, or repeat less")

// regularExpression is a regular expression of a model, of RE2's syntax.
type regularExpression struct {
	*regexp.Regexp

	size int
}

// compilePattern compiles a pattern, once it is known not to be too large.
func compilePattern(text string) (jsonschema.Regexp, error) {
	size, err := estimate(text)
	if err != nil {
		return nil, err
	}
	compiled, err := regexp.Compile(text)
	return &regularExpression{compiled, size}, err
}

// estimate is the size of a pattern.
func estimate(text string) (size int, err error) {
	if len(text) > longestModelPattern {
		return 0, errors.New("a pattern longer than 8 KB")
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0, err
	}
	size = instructions(tree)
	if size > largestModelPattern {
		return 0, errors.New("a pattern that stands for more than allowed: repeat less")
	}
	return size, nil
}

// newEngine is a [jsonschema.RegexpEngine] that compiles each pattern once, though it is asked for by the schema of schemas, too.
func newEngine() jsonschema.RegexpEngine {
	known := map[string]jsonschema.Regexp{}
	return func(text string) (jsonschema.Regexp, error) {
		if compiled := known[text]; compiled != nil {
			return compiled, nil
		}
		compiled, err := compilePattern(text)
		if err != nil {
			return nil, err
		}
		known[text] = compiled
		return compiled, nil
	}
}

// checkPatterns adds up the patterns of a schema before any of them is compiled. What stands where a pattern could is taken for one,
// wherever it is: a reference can make a schema of anything. What is wrong with a single pattern is found where it is compiled.
func checkPatterns(document any) error {
	sum := 0
	known := map[string]bool{}
	add := func(text string) {
		if known[text] {
			return
		}
		known[text] = true
		size, err := estimate(text)
		if err == nil {
			sum += size
		}
	}
	for waiting := []any{document}; len(waiting) > 0; {
		next := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		switch next := next.(type) {
		case []any:
			waiting = append(waiting, next...)
		case map[string]any:
			for name, member := range next {
				eachPattern(name, member, add)
				waiting = append(waiting, member)
			}
		}
		if sum > largestPatterns {
			return errPatterns
		}
	}
	return nil
}

// eachPattern tells of the patterns that a member of a schema is.
func eachPattern(name string, member any, tell func(text string)) {
	switch member := member.(type) {
	case string:
		if name == "pattern" {
			tell(member)
		}
	case map[string]any:
		if name == "patternProperties" {
			for text := range member {
				tell(text)
			}
		}
	}
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
