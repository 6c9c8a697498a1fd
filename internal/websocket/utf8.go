package websocket

import (
	"encoding/binary"
	"unicode/utf8"
)

// A textCheck validates UTF-8 that arrives in pieces and fails at the first byte that no continuation could repair.
type textCheck struct {
	tail [utf8.UTFMax]byte // an unfinished code point
	n    uint8
}

// write takes the next piece and reports whether everything so far can be the start of valid text.
func (t *textCheck) write(p []byte) bool {
	for t.n > 0 && len(p) > 0 {
		t.tail[t.n] = p[0]
		t.n++
		p = p[1:]
		if !utf8.FullRune(t.tail[:t.n]) {
			continue
		}
		if !utf8.Valid(t.tail[:t.n]) {
			return false
		}
		t.n = 0
	}
	if isASCII(p) { // as most text is, if it is not nothing
		return true
	}
	cut := unfinished(p)
	t.n = uint8(copy(t.tail[:], p[cut:]))
	return utf8.Valid(p[:cut])
}

// complete reports whether no code point is left unfinished.
func (t *textCheck) complete() bool { return t.n == 0 }

// unfinished is the index in p at which a code point begins that p does not finish, or len(p).
func unfinished(p []byte) int {
	for i := 1; i < utf8.UTFMax && i <= len(p); i++ {
		if start := len(p) - i; utf8.RuneStart(p[start]) {
			if utf8.FullRune(p[start:]) {
				break
			}
			return start
		}
	}
	return len(p)
}

// isASCII reports whether p has no byte of a longer code point. It is a third of what [utf8.Valid] takes for short texts.
func isASCII(p []byte) bool {
	all := uint64(0)
	for ; len(p) >= 8; p = p[8:] {
		all |= binary.LittleEndian.Uint64(p)
	}
	for _, c := range p {
		all |= uint64(c)
	}
	return all&0x8080_8080_8080_8080 == 0
}
