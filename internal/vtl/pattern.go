package vtl

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// The budgets of regular expressions, which are linear in time but not in what they stand for: (a{1000}){1000}.
const (
	maxPatternSource = 1 << 10
	maxPatternSize   = 1_000 // instructions, by estimate
	matchesPerStep   = 2
	workPerStep      = 100 // bytes searched times instructions
)

// A pattern is a regular expression, compiled.
type pattern struct {
	source  string // as Java writes it
	whole   bool   // it has to match all of a text
	size    int
	literal string // what it matches, if that is always the same
	re      *regexp.Regexp
	next    *regexp.Regexp // the same behind any character
}

// pattern compiles the first argument, unless that is what this place compiled last.
func (c invocation) pattern(whole bool) (*pattern, error) {
	source := c.string(0)
	if c.memo != nil {
		if p := c.memo.pattern.Load(); p != nil && p.source == source {
			return p, c.r.work(len(c.text()) * p.size / workPerStep)
		}
	}
	p, err := compilePattern(source, whole)
	if err != nil {
		return nil, err
	}
	if c.memo != nil {
		c.memo.pattern.Store(p)
	}
	if err := c.r.work(p.size); err != nil {
		return nil, err
	}
	return p, c.r.work(len(c.text()) * p.size / workPerStep)
}

// compilePattern estimates the size of a pattern before it is compiled.
func compilePattern(source string, whole bool) (*pattern, error) {
	if len(source) > maxPatternSource {
		return nil, errors.New("a regular expression longer than 1 KB")
	}
	text, err := translatePattern(source)
	if err != nil {
		return nil, err
	}
	if whole {
		text = `\A(?:` + text + `)\z`
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("regular expression: %w", err)
	}
	p := &pattern{source: source, whole: whole, size: patternSize(tree)}
	if p.size > maxPatternSize {
		return nil, errors.New("a regular expression larger than allowed")
	}
	if tree.Op == syntax.OpLiteral && tree.Flags&syntax.FoldCase == 0 {
		p.literal = string(tree.Rune)
	}
	if p.re, err = regexp.Compile(text); err != nil {
		return nil, err
	}
	p.next, err = regexp.Compile(`(?s:.)(?:` + text + `)`)
	return p, err
}

// patternSize estimates how many instructions a pattern compiles to.
func patternSize(tree *syntax.Regexp) int {
	size := 1 + len(tree.Rune)/2
	for _, sub := range tree.Sub {
		size += patternSize(sub)
	}
	if tree.Op == syntax.OpRepeat {
		size *= max(tree.Min, tree.Max, 1)
	}
	return min(size, maxPatternSize+1)
}

// matches says whether the pattern matches all of the text.
func (c invocation) matches() (any, error) {
	p, err := c.pattern(true)
	if err != nil {
		return nil, err
	}
	return p.re.MatchString(c.text()), nil
}

// replacePattern replaces the first matches, or all of them if most is negative.
func (c invocation) replacePattern(most int) (any, error) {
	p, err := c.pattern(false)
	if err != nil {
		return nil, err
	}
	to := c.string(1)
	if p.literal != "" && most < 0 && !strings.ContainsAny(to, `\$`) {
		return c.replace(p.literal, to)
	}
	s, start, last := c.text(), len(c.r.out), 0
	err = c.find(p, most, func(m []int) error {
		err := c.r.write(s[last:m[0]])
		last = m[1]
		if err != nil {
			return err
		}
		return c.expand(to, m, p.re)
	})
	if err == nil {
		err = c.r.write(s[last:])
	}
	result := string(c.r.out[start:])
	c.r.out = c.r.out[:start]
	if err != nil {
		return nil, err
	}
	return c.r.made(result)
}

// expand appends what a replacement makes of a match: $1 and ${name} are groups, a backslash escapes.
func (c invocation) expand(to string, match []int, re *regexp.Regexp) error {
	for i := 0; i < len(to); {
		n := strings.IndexAny(to[i:], `\$`)
		if n < 0 {
			n = len(to) - i
		}
		if err := c.r.write(to[i : i+n]); err != nil {
			return err
		}
		i += n
		if i == len(to) {
			break
		}
		if i+1 == len(to) {
			return errReplacement
		}
		if to[i] == '\\' {
			if err := c.r.write(to[i+1 : i+2]); err != nil {
				return err
			}
			i += 2
			continue
		}
		group, size := groupOf(to[i+1:], re)
		if group < 0 {
			return errReplacement
		}
		i += 1 + size
		if match[2*group] < 0 {
			continue
		}
		if err := c.r.write(c.text()[match[2*group]:match[2*group+1]]); err != nil {
			return err
		}
	}
	return nil
}

var errReplacement = errors.New("a replacement refers to no group")

// groupOf is the group that a replacement names behind a $, and how long the name is. Digits belong to it as long as
// there is such a group.
func groupOf(name string, re *regexp.Regexp) (group, size int) {
	if name[0] == '{' {
		end := strings.IndexByte(name, '}')
		if end < 0 {
			return -1, 0
		}
		return re.SubexpIndex(name[1:end]), end + 1
	}
	group = -1
	for size < len(name) && isDigit(name[size]) {
		next := max(group, 0)*10 + int(name[size]-'0')
		if next > re.NumSubexp() {
			break
		}
		group = next
		size++
	}
	return group, size
}

// split is Java's: a match of nothing at the start does not split, and with a limit of 0 empty ends are dropped.
func (c invocation) split(limit int) (any, error) {
	p, err := c.pattern(false)
	if err != nil {
		return nil, err
	}
	s, last := c.text(), 0
	var items []any
	add := func(item string) error {
		items = append(grown(items), item)
		return c.r.hold(partBytes)
	}
	err = c.find(p, -1, func(m []int) error {
		if limit > 0 && len(items) == limit-1 {
			return errEnough
		}
		if m[1] == 0 || m[0] == len(s) && m[0] == m[1] && limit == 0 {
			return nil
		}
		before := s[last:m[0]]
		last = m[1]
		return add(before)
	})
	if err == nil {
		err = add(s[last:])
	}
	if err != nil {
		return nil, err
	}
	for limit == 0 && len(items) > 1 && items[len(items)-1] == "" {
		items = items[:len(items)-1]
	}
	return &array{items: items}, nil
}
