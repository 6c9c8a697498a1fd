package http1

import (
	"bytes"
	"net/http"
)

// Limits of a head besides [Server.MaxHead].
const (
	maxTarget = 8192 // bytes
	maxFields = 100
)

// A refusal is what a client did wrong. There is nothing of the client's in it.
type refusal struct {
	status int
	reason string
}

// What can be wrong with a head.
var (
	errStart       = &refusal{http.StatusBadRequest, "not a request"}
	errLine        = &refusal{http.StatusBadRequest, "malformed request line"}
	errTarget      = &refusal{http.StatusBadRequest, "the target is not a path"}
	errLongTarget  = &refusal{http.StatusRequestURITooLong, "the target is too long"}
	errVersion     = &refusal{http.StatusHTTPVersionNotSupported, "only HTTP/1.1 is spoken here"}
	errBareLF      = &refusal{http.StatusBadRequest, "a line does not end with CR and LF"}
	errField       = &refusal{http.StatusBadRequest, "malformed header field"}
	errLongHead    = &refusal{http.StatusRequestHeaderFieldsTooLarge, "the header is too long"}
	errManyFields  = &refusal{http.StatusRequestHeaderFieldsTooLarge, "too many header fields"}
	errHost        = &refusal{http.StatusBadRequest, "there must be one valid Host"}
	errLength      = &refusal{http.StatusBadRequest, "malformed Content-Length"}
	errFraming     = &refusal{http.StatusBadRequest, "the end of the body is ambiguous"}
	errCoding      = &refusal{http.StatusNotImplemented, "unsupported Transfer-Encoding"}
	errTrailer     = &refusal{http.StatusBadRequest, "malformed Trailer"}
	errExpectation = &refusal{http.StatusExpectationFailed, "unknown expectation"}
	errBusy        = &refusal{http.StatusServiceUnavailable, "too many requests at once"}
)

// What a byte may be part of.
const (
	inToken  uint8 = 1 << iota // RFC 9110 section 5.6.2
	inValue                    // RFC 9110 section 5.5: visible, space, tab, or beyond ASCII
	inTarget                   // what net/http takes in a path or query, without "#"
	inHost                     // RFC 3986 section 3.2.2: reg-name, but for the percent sign
	inPlain                    // RFC 3986 section 3.3, without the characters of which packages may think differently
)

var kinds = func() (kinds [256]uint8) {
	for b := range kinds {
		letter := b|0x20 >= 'a' && b|0x20 <= 'z' || b >= '0' && b <= '9'
		if letter || b < 0x80 && bytes.IndexByte([]byte("!#$%&'*+-.^_`|~"), byte(b)) >= 0 {
			kinds[b] |= inToken
		}
		if b >= 0x20 && b != 0x7F || b == '\t' {
			kinds[b] |= inValue
		}
		if b > 0x20 && b != 0x7F && b != '#' {
			kinds[b] |= inTarget
		}
		if letter || b < 0x80 && bytes.IndexByte([]byte("-._~!$&'()*+,;="), byte(b)) >= 0 {
			kinds[b] |= inHost
		}
		if letter || b < 0x80 && bytes.IndexByte([]byte("/-._~@=:"), byte(b)) >= 0 {
			kinds[b] |= inPlain
		}
	}
	return kinds
}()

// only says whether all bytes are of a kind.
func only[T []byte | string](text T, kind uint8) bool {
	for i := range len(text) {
		if kinds[text[i]]&kind == 0 {
			return false
		}
	}
	return true
}

// A scan checks the head of a request line by line, as it comes: what is wrong with a line is found when it is complete,
// and so does not depend on how the bytes were split on their way. The zero value is for the next head.
type scan struct {
	line   int32 // where the first line begins that is not complete
	seen   int32 // no line ends before
	fields int32
	begun  bool // the request line is complete
	blank  bool // there was an empty line before it
	old    bool // HTTP/1.0

	start, method, target, header int32 // where the request line begins, its parts end, and what follows begins
}

// next continues with data, which begins with the head and holds at least what it held the last time. It returns the length
// of the head if that is complete, or what is wrong with it.
func (s *scan) next(data []byte, most int) (end int, bad *refusal) {
	window := data[:min(len(data), most)]
	for {
		if !s.begun && int(s.line) < len(window) && kinds[window[s.line]]&inToken == 0 && window[s.line] != '\r' {
			return 0, errStart // and not only at the end of a line, which TLS or worse may never have
		}
		n := bytes.IndexByte(window[s.seen:], '\n')
		if n < 0 {
			s.seen = int32(len(window))
			if len(data) >= most {
				return 0, s.tooLong(window)
			}
			return 0, nil
		}
		line := window[s.line : int(s.seen)+n]
		if len(line) == 0 || line[len(line)-1] != '\r' {
			return 0, errBareLF
		}
		start := s.line
		s.line += int32(len(line)) + 1
		s.seen = s.line
		line = line[:len(line)-1]
		switch {
		case !s.begun:
			bad = s.request(line, start)
		case len(line) == 0:
			return int(s.line), nil
		default:
			bad = s.field(line)
		}
		if bad != nil {
			return 0, bad
		}
	}
}

// tooLong tells a long target from a long header, by the bytes that any head may have, however many came at once.
func (s *scan) tooLong(window []byte) *refusal {
	if !s.begun {
		_, rest, _ := bytes.Cut(window[s.line:], []byte(" "))
		if target, _, _ := bytes.Cut(rest, []byte(" ")); len(target) > maxTarget {
			return errLongTarget
		}
	}
	return errLongHead
}

// request checks a request line (RFC 9112 section 3).
func (s *scan) request(line []byte, start int32) *refusal {
	if len(line) == 0 { // RFC 9112 section 2.2: one is to be ignored
		if s.blank {
			return errStart
		}
		s.blank = true
		return nil
	}
	method := bytes.IndexByte(line, ' ')
	target := bytes.LastIndexByte(line, ' ')
	if method <= 0 || target <= method+1 || !only(line[:method], inToken) {
		return errLine
	}
	switch version := string(line[target+1:]); version {
	case "HTTP/1.1":
	case "HTTP/1.0":
		s.old = true
	default:
		if !isVersion(version) {
			return errLine
		}
		return errVersion
	}
	path := line[method+1 : target]
	switch {
	case len(path) > maxTarget:
		return errLongTarget
	case !only(path, inTarget):
		return errLine
	case path[0] != '/':
		return errTarget
	}
	s.begun, s.start, s.method, s.target, s.header = true, start, start+int32(method), start+int32(target), s.line
	return nil
}

// isVersion says whether this is a version at all (RFC 9112 section 2.3).
func isVersion(text string) bool {
	return len(text) == len("HTTP/1.1") && text[:5] == "HTTP/" && isDigit(text[5]) && text[6] == '.' && isDigit(text[7])
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// field checks a field line (RFC 9112 section 5). One that is folded begins with white space, which is in no token.
func (s *scan) field(line []byte) *refusal {
	name := bytes.IndexByte(line, ':')
	if name <= 0 || !only(line[:name], inToken) || !only(line[name+1:], inValue) {
		return errField
	}
	if s.fields++; s.fields > maxFields {
		return errManyFields
	}
	return nil
}
