package jsonpath

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// maxPattern is the longest source of a pattern, in bytes.
const maxPattern = 1024

// A pattern is what =~ looks for. Java's matches() wants the whole text to fit, and so does it.
type pattern struct {
	*regexp.Regexp
	cost int // of one byte of text, in units of work
}

// pattern reads /source/flags. The language is RE2's, which differs from Java's in having no look-around, no
// back-references and no way to take longer than the text is long.
func (p *parser) pattern() (*pattern, error) {
	start := p.pos
	p.pos++
	from := p.pos
	for p.next() != '/' {
		if p.next() == '\\' {
			p.pos++
		}
		if p.pos++; p.pos >= len(p.text) {
			p.pos = start
			return nil, errors.New("expected a closing / for this pattern")
		}
	}
	source := p.text[from:p.pos]
	p.pos++
	flags := p.word()
	if strings.Trim(flags, "imsu") != "" {
		return nil, fmt.Errorf("expected the flags i, m, s and u only, found %q", flags)
	}
	p.pos += len(flags)
	compiled, err := compilePattern(source, strings.ReplaceAll(flags, "u", "")) // RE2 knows Unicode without being asked.
	if err != nil {
		p.pos = start
	}
	return compiled, err
}

// compilePattern compiles a pattern that has to fit a whole text.
func compilePattern(source, flags string) (*pattern, error) {
	if len(source) > maxPattern {
		return nil, fmt.Errorf("expected a pattern of at most %d bytes", maxPattern)
	}
	parsed, err := syntax.Parse(source, syntax.Perl) // alone, so that no parenthesis can close ours
	if err != nil {
		return nil, fmt.Errorf("expected a pattern that RE2 knows: %w", err)
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, fmt.Errorf("expected a pattern that RE2 knows: %w", err)
	}
	if flags != "" {
		source = "(?" + flags + ")" + source
	}
	compiled, err := regexp.Compile(`\A(?:` + source + `)\z`)
	if err != nil {
		return nil, fmt.Errorf("expected a pattern that RE2 knows: %w", err)
	}
	return &pattern{compiled, 1 + len(program.Inst)/8}, nil
}
