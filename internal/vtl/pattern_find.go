package vtl

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// errEnough ends the search for matches without being an error.
var errEnough = errors.New("vtl: enough matches")

// find calls with the matches of a pattern and their groups one after the other, the first most of them or all if most is
// negative. An empty match right behind another is none.
func (c invocation) find(p *pattern, most int, with func(match []int) error) error {
	counted := func(match []int) error {
		if most == 0 {
			return errEnough
		}
		most--
		if err := c.found(p, most); err != nil {
			return err
		}
		return with(match)
	}
	var err error
	switch {
	case p.literal != "":
		err = c.findLiteral(p.literal, counted)
	default:
		err = c.findNext(p, counted)
	}
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// found accounts for a match, n of which are still wanted.
func (c invocation) found(p *pattern, n int) error {
	if n%matchesPerStep == 0 {
		if err := c.r.work(1 + p.re.NumSubexp()/2); err != nil {
			return err
		}
	}
	if p.literal != "" {
		return nil
	}
	return c.r.hold(itemBytes * (1 + p.re.NumSubexp()))
}

// findLiteral needs no pattern.
func (c invocation) findLiteral(part string, with func(match []int) error) error {
	s, from := c.text(), 0
	var match [2]int
	for {
		i := strings.Index(s[from:], part)
		if i < 0 {
			return nil
		}
		match[0] = from + i
		from += i + len(part)
		match[1] = from
		if err := with(match[:]); err != nil {
			return err
		}
	}
}

// findNext looks for one match after the other in what is left of the text.
func (c invocation) findNext(p *pattern, with func(match []int) error) error {
	in := reader{text: c.text(), paid: len(c.text())}
	for from, end := 0, -1; from <= len(in.text); {
		match := in.next(p, from)
		if err := c.r.work(in.unpaid() * p.size / workPerStep); err != nil {
			return err
		}
		if match == nil {
			return nil
		}
		empty := match[0] == match[1]
		if !empty || match[0] != end {
			if err := with(match); err != nil {
				return err
			}
		}
		end, from = match[1], match[1]
		if empty {
			_, size := utf8.DecodeRuneInString(in.text[from:])
			from += max(size, 1)
		}
	}
	return nil
}

// A reader counts what a pattern reads of a text: it may look at much more than it matches.
type reader struct {
	text string
	at   int
	read int // bytes, all in all
	paid int // of them
}

// ReadRune implements [io.RuneReader].
func (r *reader) ReadRune() (rune, int, error) {
	if r.at == len(r.text) {
		return 0, 0, io.EOF
	}
	point, size := utf8.DecodeRuneInString(r.text[r.at:])
	r.at += size
	r.read += size
	return point, size, nil
}

// unpaid is how much was read beyond what it was asked for before.
func (r *reader) unpaid() int {
	more := max(0, r.read-r.paid)
	r.paid += more
	return more
}

// next is the first match from a place on, which sees the character before, or nil.
func (r *reader) next(p *pattern, from int) []int {
	r.at = from
	if from == 0 {
		return p.re.FindReaderSubmatchIndex(r)
	}
	_, size := utf8.DecodeLastRuneInString(r.text[:from])
	r.at -= size
	start := r.at
	match := p.next.FindReaderSubmatchIndex(r)
	for i := range match {
		if match[i] >= 0 {
			match[i] += start
		}
	}
	if match != nil {
		_, size = utf8.DecodeRuneInString(r.text[match[0]:])
		match[0] += size
	}
	return match
}
