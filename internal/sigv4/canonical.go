package sigv4

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// A canon is what a canonical request is made of.
type canon struct {
	method, path string  // as sent
	query        []param // sorted
	headers      []byte  // the lines of the signed headers, from appendHeader
	signed       string  // names of the signed headers, joined by semicolons
	payload      []byte  // hash of the body, in hex
}

// A param is one parameter of a query, both parts in canonical encoding.
type param struct{ name, value string }

// target splits the request target, as it was sent or as net/http will send it, into path and query.
func target(r *http.Request) (path, query string) {
	uri := r.RequestURI
	if uri == "" && r.URL != nil {
		uri = r.URL.RequestURI()
	}
	path, query, _ = strings.Cut(uri, "?")
	return path, query
}

// append appends the canonical request.
func (c *canon) append(dst []byte) []byte {
	dst = append(dst, cmp.Or(c.method, http.MethodGet)...)
	dst = append(dst, '\n')
	dst = appendPath(dst, c.path)
	dst = append(dst, '\n')
	dst = appendParams(dst, c.query)
	dst = append(dst, '\n')
	dst = append(dst, c.headers...)
	dst = append(dst, '\n')
	dst = append(dst, c.signed...)
	dst = append(dst, '\n')
	return append(dst, c.payload...)
}

// appendPath encodes the path once more: its own percent signs become %25.
func appendPath(dst []byte, path string) []byte {
	for i := range len(path) {
		if c := path[i]; unreserved(c) || c == '/' {
			dst = append(dst, c)
		} else {
			dst = appendEscape(dst, c)
		}
	}
	return dst
}

func appendParams(dst []byte, params []param) []byte {
	for i, p := range params {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, p.name...)
		dst = append(dst, '=')
		dst = append(dst, p.value...)
	}
	return dst
}

// without returns the parameters but those of that name.
func without(params []param, name string) []param {
	return slices.DeleteFunc(slices.Clone(params), func(p param) bool { return p.name == name })
}

// parseQuery appends the parameters of a query in canonical order and encoding; ok tells whether its escapes are valid.
func parseQuery(params []param, raw string) (all []param, ok bool) {
	ok = true
	if raw == "" {
		return params, ok
	}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, okName := reencode(name)
		value, okValue := reencode(value)
		ok = ok && okName && okValue
		params = append(params, param{name, value})
	}
	slices.SortFunc(params, func(a, b param) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.value, b.value))
	})
	return params, ok
}

// reencode brings one part of a query into canonical encoding: upper-case escapes for all but unreserved bytes. Plus
// and semicolon stay, or a signature would cover two queries that are read differently (see the package comment).
func reencode(s string) (out string, ok bool) {
	if isUnreserved(s) {
		return s, true
	}
	dst := make([]byte, 0, len(s)+len(s)/2)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '+' || c == ';' {
			dst = append(dst, c)
			continue
		}
		if c == '%' {
			if c, ok = unescape(s[i:]); !ok {
				return s, false
			}
			i += 2
		}
		if unreserved(c) {
			dst = append(dst, c)
		} else {
			dst = appendEscape(dst, c)
		}
	}
	return string(dst), true
}

// unescape reads the escape, %XX, that s begins with.
func unescape(s string) (c byte, ok bool) {
	if len(s) < 3 {
		return 0, false
	}
	high, okHigh := unhex(s[1])
	low, okLow := unhex(s[2])
	return high<<4 | low, okHigh && okLow
}

func unhex(c byte) (value byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

func appendEscape(dst []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '%', digits[c>>4], digits[c&15])
}

// unreserved is RFC 3986 section 2.3.
func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func isUnreserved(s string) bool {
	for i := range len(s) {
		if !unreserved(s[i]) {
			return false
		}
	}
	return true
}

// appendHeader appends the line of a signed header: its values in the order sent, joined by commas, each trimmed and folded.
// It tells whether the header was sent. Host and Content-Length are not in the header map of a request that net/http has read.
func appendHeader(dst []byte, r *http.Request, name string) (line []byte, sent bool) {
	dst = append(dst, name...)
	dst = append(dst, ':')
	switch name {
	case "host":
		host := host(r)
		dst, sent = appendFolded(dst, host), host != ""
	case "content-length":
		dst, sent = strconv.AppendInt(dst, r.ContentLength, 10), r.ContentLength >= 0
	default:
		for i, value := range headerValues(r.Header, name) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst, sent = appendFolded(dst, value), true
		}
	}
	return append(dst, '\n'), sent
}

func host(r *http.Request) string {
	if r.Host != "" || r.URL == nil {
		return r.Host
	}
	return r.URL.Host
}

// headerValues is h.Values for a lower-case name, without allocating the canonical form of the name.
func headerValues(h http.Header, name string) []string {
	var buf [64]byte
	if len(name) > len(buf) {
		return h.Values(name)
	}
	up := true
	for i := range len(name) {
		c := name[i]
		if up && 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		buf[i] = c
		up = c == '-'
	}
	return h[string(buf[:len(name)])]
}

// appendFolded appends a header value without the white space around it, and with one space for each run inside.
func appendFolded(dst []byte, value string) []byte {
	start := len(dst)
	for value != "" {
		end := wordEnd(value)
		if end > 0 && len(dst) > start {
			dst = append(dst, ' ')
		}
		dst = append(dst, value[:end]...)
		value = value[min(end+1, len(value)):]
	}
	return dst
}

// wordEnd is where the first white space stands, or the end.
func wordEnd(s string) int {
	for i := range len(s) {
		if c := s[i]; c == ' ' || '\t' <= c && c <= '\r' {
			return i
		}
	}
	return len(s)
}
