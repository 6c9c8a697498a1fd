package policy

import (
	"strings"
	"unicode/utf8"
)

// The wildcards of a compiled pattern. Neither byte occurs in UTF-8, so text can never be taken for them.
const (
	anyRun = 0xFF // *
	anyOne = 0xFE // ?
)

var wildcards = strings.NewReplacer("*", string([]byte{anyRun}), "?", string([]byte{anyOne}))

// A glob is a pattern; with fold its text is in lower case and matches ASCII letters of either case.
type glob struct {
	text string
	fold bool
}

// match compares the whole text. It goes back to the last * only: what stood before it needs no second try.
func (g glob) match(text string) bool {
	p, t := 0, 0
	for p < len(g.text) && t < len(text) && g.text[p] < anyOne && g.same(g.text[p], text[t]) { // as most patterns begin
		p++
		t++
	}
	star, resume := -1, 0
	for t < len(text) {
		switch {
		case p < len(g.text) && g.text[p] == anyRun:
			if p == len(g.text)-1 {
				return true // whatever follows
			}
			star, resume = p, t
			p++
		case p < len(g.text) && g.text[p] == anyOne:
			p++
			t += character(text[t:])
		case p < len(g.text) && g.same(g.text[p], text[t]):
			p++
			t++
		case star < 0:
			return false
		default:
			resume += character(text[resume:])
			p, t = star+1, resume
		}
	}
	for p < len(g.text) && g.text[p] == anyRun {
		p++
	}
	return p == len(g.text)
}

func (g glob) same(pattern, b byte) bool {
	return pattern == b || g.fold && 'A' <= b && b <= 'Z' && pattern == b+('a'-'A')
}

// character is the length of the first character; a byte that is not UTF-8 counts as one.
func character(text string) int {
	if text[0] < utf8.RuneSelf {
		return 1
	}
	_, size := utf8.DecodeRuneInString(text)
	return size
}
