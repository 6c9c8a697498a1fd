package journal

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"
)

// A sought is a set of secrets that are looked for all at once: a client may send a thousand of them in a header, so that neither
// the time to make a set nor the time to look for it may grow with more than the length of what is read.
type sought struct {
	short index // of secrets that are whole values and not longer than leastSecret
	long  index
}

func newSought() *sought {
	return &sought{short: index{size: leastValue}, long: index{size: leastSecret}}
}

// Lengths of secrets: of a value, and of a part of one that is looked for by itself. What is shorter is found everywhere.
const (
	leastValue  = 4
	leastSecret = 8
)

// value adds a value and its parts: the token of an Authorization, the value of a cookie, a subprotocol.
func (s *sought) value(text string) {
	if len(text) < leastValue {
		return
	}
	s.add(text)
	if !utf8.ValidString(text) {
		s.value(string([]rune(text))) // as it is in JSON
	}
	const likely = 10 // bytes for each entry
	s.long.entries = slices.Grow(s.long.entries, len(text)/likely)
	parts(text, &betweenWords, s.word)
}

// word adds what is between blanks, and what is in it.
func (s *sought) word(text string) {
	text = strings.TrimRight(text, ",;")
	s.field(text)
	if strings.IndexByte(text, ',') >= 0 || strings.IndexByte(text, ';') >= 0 {
		parts(text, &betweenFields, s.field)
	}
}

func (s *sought) field(text string) {
	s.part(text)
	if strings.IndexByte(text, '=') >= 0 || strings.IndexByte(text, '"') >= 0 {
		parts(text, &withinFields, s.part)
	}
}

// What separates the words of a value, the parts of one, and the parts of those.
var (
	betweenWords  = separators(" \t\r\n\v\f")
	betweenFields = separators(",;")
	withinFields  = separators("=\"")
)

func separators(all string) (is [256]bool) {
	for i := range len(all) {
		is[all[i]] = true
	}
	return is
}

// parts calls a function for the parts that are long enough to be looked for.
func parts(text string, separate *[256]bool, do func(string)) {
	start := 0
	for i := range len(text) {
		if !separate[text[i]] {
			continue
		}
		if i-start >= leastSecret {
			do(text[start:i])
		}
		start = i + 1
	}
	if len(text)-start >= leastSecret {
		do(text[start:])
	}
}

// part adds a part of a value, and what is behind its first dot: so a token is written that is a subprotocol.
func (s *sought) part(text string) {
	if len(text) < leastSecret {
		return
	}
	s.long.add(text)
	if _, token, ok := strings.Cut(text, "."); ok && len(token) >= leastSecret {
		s.long.add(token)
	}
}

func (s *sought) add(text string) {
	if len(text) < leastSecret {
		s.short.add(text)
		return
	}
	s.long.add(text)
}

// span is a part of a text.
type span struct{ from, to int }

// maxSteps bounds what looking for secrets costs, about 50 µs. Only a text that was made for it needs more; what was not looked at
// then is hidden.
const maxSteps = 16 << 10

// hide writes asterisks over what is sought in a text, in every way in which it may be written there.
func (s *sought) hide(text []byte) {
	steps := maxSteps
	var all []span
	for _, v := range views(text) {
		for _, x := range []*index{&s.short, &s.long} {
			for _, found := range x.find(v.text, &steps) {
				all = append(all, span{v.origin(found.from), v.origin(found.to)})
			}
		}
	}
	for _, found := range all {
		fill(text[found.from:found.to])
	}
}

// An index finds texts by how they begin.
type index struct {
	size    int // of the beginning
	entries []entry
	chains  []int32 // by the beginning, the first entry of each, counted from one; nil: not made yet
	shift   int
}

type entry struct {
	text string
	next int32
}

// scatter keeps clients from choosing secrets that are all in one chain.
var scatter = rand.Uint64() | 1

func (x *index) add(text string) {
	x.entries = append(x.entries, entry{text: text})
	x.chains = nil
}

// chain makes the chains, four times as many as there are entries and more.
func (x *index) chain() {
	width := bits.Len(uint(len(x.entries))) + 2
	x.chains, x.shift = make([]int32, 1<<width), 64-width
	for i := range x.entries {
		e := &x.entries[i]
		first := x.first([]byte(e.text[:x.size]))
		e.next = *first
		*first = int32(i + 1)
	}
}

// first is the place of the first entry for a text.
func (x *index) first(text []byte) *int32 {
	begin := uint64(binary.LittleEndian.Uint32(text))
	if x.size == leastSecret {
		begin = binary.LittleEndian.Uint64(text)
	}
	return &x.chains[(begin^begin>>29)*scatter>>x.shift]
}

// find finds what is in a text, in order and without overlaps.
func (x *index) find(text []byte, steps *int) []span {
	var found []span
	if len(x.entries) == 0 {
		return nil
	}
	if x.chains == nil {
		x.chain()
	}
	end := 0
	for i := 0; i+x.size <= len(text) && end < len(text); i++ {
		n := x.longest(text[i:], end-i, steps)
		if *steps < 0 {
			return append(found, span{i, len(text)})
		}
		if i+n > end {
			found = append(found, span{max(i, end), i + n})
			end = i + n
		}
	}
	return found
}

// telling is how long a part of a secret is, at least, that is hidden although the rest does not follow.
const telling = 32

// longest is how much of a text is a secret, if that is more than is known. A secret may be cut off at the end of the text.
func (x *index) longest(text []byte, known int, steps *int) int {
	longest := 0
	for at := *x.first(text); at != 0; at = x.entries[at-1].next {
		*steps--
		e := &x.entries[at-1]
		if len(e.text) <= known || *steps < 0 {
			continue
		}
		n := common(text, e.text)
		*steps -= n / 4
		if n == len(e.text) || n == len(text) || n >= telling {
			longest = max(longest, n)
		}
	}
	return longest
}

// common is how many bytes two texts begin with alike.
func common(a []byte, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
