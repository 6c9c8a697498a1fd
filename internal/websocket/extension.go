package websocket

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
)

const (
	deflateName     = "permessage-deflate"
	serverNoContext = "server_no_context_takeover"
	clientNoContext = "client_no_context_takeover"
	serverWindow    = "server_max_window_bits"
	clientWindow    = "client_max_window_bits"

	maxWindow = 15 // bits, RFC 7692 section 7.1.2: the only window compress/flate has

	// deflateOffer is what a client of ours offers: it keeps nothing from one message to the next, nor may the server.
	deflateOffer = deflateName + "; " + serverNoContext + "; " + clientNoContext
)

// An extension is one element of Sec-WebSocket-Extensions (RFC 6455 section 9.1).
type extension struct {
	name   string
	params []param
}

type param struct {
	name, value string
	valued      bool
}

// parseExtensions reads all lines of the header as one list. It returns nothing if any of them is malformed.
func parseExtensions(lines []string) (list []extension, ok bool) {
	for _, line := range lines {
		s := scanner{line}
		for s.space(); s.rest != ""; s.space() {
			if s.take(',') { // RFC 9110 section 5.6.1.2: empty elements do not count
				continue
			}
			e, ok := s.extension()
			if !ok || s.rest != "" && !s.take(',') {
				return nil, false
			}
			list = append(list, e)
		}
	}
	return list, true
}

// A scanner holds what is left of a header to be read.
type scanner struct{ rest string }

func (s *scanner) space() { s.rest = strings.TrimLeft(s.rest, " \t") }

// take skips one character and the space behind it, if it comes next.
func (s *scanner) take(c byte) bool {
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	s.space()
	return true
}

// token reads a token and the space behind it; "": there is none.
func (s *scanner) token() (t string) {
	end := 0
	for end < len(s.rest) && isToken(s.rest[end:end+1]) {
		end++
	}
	t, s.rest = s.rest[:end], s.rest[end:]
	s.space()
	return t
}

// extension reads a name and its parameters.
func (s *scanner) extension() (e extension, ok bool) {
	if e.name = s.token(); e.name == "" {
		return e, false
	}
	for s.take(';') {
		p := param{name: s.token()}
		if p.name == "" {
			return e, false
		}
		if p.valued = s.take('='); p.valued {
			if p.value = s.value(); p.value == "" {
				return e, false
			}
		}
		e.params = append(e.params, p)
	}
	return e, true
}

// value reads a token, quoted or not: what is in the quotes must be a token, too. "" is none.
func (s *scanner) value() string {
	if s.rest == "" || s.rest[0] != '"' {
		return s.token()
	}
	var b strings.Builder
	for i := 1; i < len(s.rest); i++ {
		c := s.rest[i]
		switch {
		case c == '"':
			s.rest = s.rest[i+1:]
			s.space()
			if isToken(b.String()) {
				return b.String()
			}
			return ""
		case c == '\\' && i+1 < len(s.rest):
			i++
			c = s.rest[i]
		}
		b.WriteByte(c)
	}
	return ""
}

// deflateParams are the parameters of permessage-deflate (RFC 7692 section 7.1). Bits are 0 where the parameter is missing
// and maxWindow where it has no value.
type deflateParams struct {
	serverNoContext, clientNoContext bool
	serverBits, clientBits           int
}

// deflate reads the parameters of an offer or an answer, which section 7.1 has declined if one is unknown, comes twice or
// is not valid. Only an offer may name client_max_window_bits without a value.
func (e *extension) deflate(offer bool) (p deflateParams, ok bool) {
	for i, q := range e.params {
		for _, before := range e.params[:i] {
			if before.name == q.name {
				return p, false
			}
		}
		switch q.name {
		case serverNoContext:
			p.serverNoContext, ok = true, !q.valued
		case clientNoContext:
			p.clientNoContext, ok = true, !q.valued
		case serverWindow:
			p.serverBits, ok = windowBits(q.value)
		case clientWindow:
			p.clientBits, ok = windowBits(q.value)
			if offer && !q.valued {
				p.clientBits, ok = maxWindow, true
			}
		default:
			ok = false
		}
		if !ok {
			return p, false
		}
	}
	return p, true
}

// windowBits reads a number from 8 to 15 without leading zeros (section 7.1.2).
func windowBits(value string) (bits int, ok bool) {
	bits, err := strconv.Atoi(value)
	return bits, err == nil && bits >= 8 && bits <= maxWindow && strconv.Itoa(bits) == value
}

// agree answers the first offer of permessage-deflate that can be kept to; "": there is none. The answer makes both sides
// forget each message, so that an idle connection holds no window. A header that is malformed offers nothing: the
// handshake does not depend on it.
func agree(h http.Header) (answer string) {
	offers, _ := parseExtensions(h["Sec-Websocket-Extensions"])
	for i := range offers {
		if offers[i].name != deflateName {
			continue
		}
		p, ok := offers[i].deflate(true)
		switch {
		case !ok || p.serverBits != 0 && p.serverBits != maxWindow: // our window cannot be made smaller
			continue
		case p.serverBits == maxWindow: // section 7.1.2.1: who accepts it says so
			return deflateOffer + "; " + serverWindow + "=15"
		}
		return deflateOffer
	}
	return ""
}

var errExtension = errors.New("server chose an extension that was not offered")

// agreed judges the answer to deflateOffer, if that was made, and reports whether messages may be compressed. We can inflate
// whatever window the server has, but not keep it, and have not said that ours could be smaller.
func agreed(h http.Header, offered bool) (bool, error) {
	list, ok := parseExtensions(h["Sec-Websocket-Extensions"])
	if ok && len(list) == 0 {
		return false, nil
	}
	if !offered || len(list) != 1 || list[0].name != deflateName {
		return false, errExtension
	}
	p, ok := list[0].deflate(false)
	if !ok || !p.serverNoContext || p.clientBits != 0 {
		return false, errors.New("server answered permessage-deflate with other parameters than were offered")
	}
	return true, nil
}
