package http1

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A head is what the head of a request says. Its strings are parts of text. The request is the handler's, to change as it
// likes: what matters later stands beside it.
type head struct {
	text   string
	header int // where the fields begin

	request http.Request
	url     url.URL

	framing  framing
	hosts    int
	old      bool // HTTP/1.0
	bodiless bool // the answer, because it is one to HEAD
	last     bool // the client wants no more
	expects  bool // 100-continue
	upgrades bool // to WebSocket
}

// framing is what the header says of where the body ends.
type framing struct {
	lengths, codings int // how many fields there were
	length           string
	coding           string
}

// read reads a head that was scanned: no line can be wrong in itself any more, but what the lines say together can.
func (h *head) read(text string, s *scan) *refusal {
	h.text, h.header = text, int(s.header)
	r := &h.request
	r.Method, r.RequestURI = text[s.start:s.method], text[s.method+1:s.target]
	r.Proto, r.ProtoMajor, r.ProtoMinor, r.Body = "HTTP/1.1", 1, 1, http.NoBody
	if h.old = s.old; h.old {
		r.Proto, r.ProtoMinor, r.Close = "HTTP/1.0", 0, true
	}
	h.bodiless = r.Method == http.MethodHead
	if !h.locate(r.RequestURI) {
		return errTarget
	}
	r.URL = &h.url
	h.readFields(int(s.fields))
	h.last = r.Close
	if h.hosts > 1 || h.hosts == 0 && !s.old || h.hosts == 1 && !isAuthority(r.Host) {
		return errHost
	}
	if bad := h.frame(); bad != nil {
		return bad
	}
	return h.expect()
}

// locate reads a target that is a path. What has nothing to unescape needs no more than to be cut.
func (h *head) locate(target string) bool {
	path, query, found := strings.Cut(target, "?")
	h.url = url.URL{Path: path, RawQuery: query, ForceQuery: found && query == ""}
	if isPlain(path) {
		return true
	}
	unescaped, err := url.PathUnescape(path)
	if err != nil {
		return false
	}
	// What is plain would be escaped to itself.
	if h.url.Path = unescaped; isPlain(unescaped) || h.url.EscapedPath() != path {
		h.url.RawPath = path
	}
	return true
}

// isPlain says whether a path is what it is escaped to.
func isPlain(path string) bool { return only(path, inPlain) }

// Field is a line of a header.
type Field struct{ Name, Value string }

// cutField cuts the first field off lines that were scanned.
func cutField(lines string) (f Field, rest string) {
	end := strings.IndexByte(lines, '\n')
	line := lines[:end-1]
	colon := strings.IndexByte(line, ':')
	return Field{line[:colon], trim(line[colon+1:])}, lines[end+1:]
}

// trim cuts white space off (RFC 9110 section 5.6.3).
func trim(value string) string {
	for value != "" && (value[0] == ' ' || value[0] == '\t') {
		value = value[1:]
	}
	for value != "" && (value[len(value)-1] == ' ' || value[len(value)-1] == '\t') {
		value = value[:len(value)-1]
	}
	return value
}

// eachField calls f for each field of the head, as it was spelled. It reads the text again, for that is seldom asked for.
func (h *head) eachField(f func(Field)) {
	for lines := h.text[h.header:]; len(lines) > len("\r\n"); {
		var field Field
		field, lines = cutField(lines)
		f(field)
	}
}

// readFields makes the header. The values, most of which are alone under their names, share a slice.
func (h *head) readFields(count int) {
	header := make(http.Header, count)
	values := make([]string, 0, count)
	for lines := h.text[h.header:]; len(lines) > len("\r\n"); {
		var field Field
		field, lines = cutField(lines)
		name := canonical(field.Name)
		h.notice(name, field.Value)
		if name == "Host" || name == "Transfer-Encoding" {
			continue
		}
		if former := header[name]; former != nil {
			header[name] = append(former, field.Value)
			continue
		}
		values = append(values, field.Value)
		header[name] = values[len(values)-1 : len(values) : len(values)]
	}
	h.request.Header = header
}

// notice keeps what matters here.
func (h *head) notice(name, value string) {
	switch name {
	case "Host":
		h.hosts++
		h.request.Host = value
	case "Content-Length":
		h.framing.lengths++
		h.framing.length = value
	case "Transfer-Encoding":
		h.framing.codings++
		h.framing.coding = value
	case "Connection":
		h.request.Close = h.request.Close || hasToken(value, "close")
	case "Upgrade":
		h.upgrades = h.upgrades || hasToken(value, "websocket")
	}
}

// hasToken says whether a list has a token, in any case (RFC 9110 section 5.6.1).
func hasToken(list, token string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(trim(item), token) {
			return true
		}
	}
	return false
}

// frame finds where the body ends (RFC 9112 section 6.3). Whatever could be understood in two ways is refused (section 11.2).
func (h *head) frame() *refusal {
	f, r := &h.framing, &h.request
	switch {
	case f.codings == 0 && f.lengths == 0:
		return nil
	case f.codings > 0 && (f.lengths > 0 || f.codings > 1 || h.old):
		return errFraming
	case f.codings > 0 && !strings.EqualFold(f.coding, "chunked"):
		return errCoding
	case f.codings > 0:
		r.ContentLength, r.TransferEncoding = -1, []string{"chunked"}
		return h.announce()
	case f.lengths > 1:
		return errFraming
	}
	if len(f.length) > 18 || f.length == "" || strings.IndexFunc(f.length, func(r rune) bool { return r < '0' || r > '9' }) >= 0 {
		return errLength
	}
	n, err := strconv.ParseInt(f.length, 10, 64)
	if err != nil {
		return errLength
	}
	r.ContentLength = n
	return nil
}

// announce drops what the header says of a trailer, which is dropped itself. It must not be about framing (RFC 9110 section
// 6.5.1).
func (h *head) announce() *refusal {
	for _, line := range h.request.Header["Trailer"] {
		for _, name := range []string{"Transfer-Encoding", "Content-Length", "Trailer"} {
			if hasToken(line, name) {
				return errTrailer
			}
		}
	}
	delete(h.request.Header, "Trailer")
	return nil
}

// expect understands one expectation (RFC 9110 section 10.1.1), which HTTP/1.0 does not have.
func (h *head) expect() *refusal {
	lines := h.request.Header["Expect"]
	if len(lines) == 0 || h.old {
		return nil
	}
	if len(lines) > 1 || !strings.EqualFold(lines[0], "100-continue") {
		return errExpectation
	}
	h.expects = h.request.ContentLength != 0
	return nil
}

// isAuthority says whether a host is one that a URI of this scheme can name, with or without a port: RFC 3986 section 3.2,
// RFC 9110 section 4.2.1. Nobody has a user name here.
func isAuthority(host string) bool {
	if strings.HasPrefix(host, "[") {
		address, port, found := strings.Cut(host[1:], "]")
		ip, err := netip.ParseAddr(address)
		return found && err == nil && ip.Is6() && ip.Zone() == "" && (port == "" || port[0] == ':' && isPort(port[1:]))
	}
	name, port, _ := strings.Cut(host, ":")
	return name != "" && isPort(port) && isName(name)
}

// isPort takes none as well.
func isPort(port string) bool {
	return len(port) <= 5 && !slices.ContainsFunc([]byte(port), func(b byte) bool { return !isDigit(b) })
}

// isName takes names and IPv4 addresses.
func isName(name string) bool {
	for i := 0; i < len(name); i++ {
		switch {
		case kinds[name[i]]&inHost != 0:
		case name[i] == '%' && len(name) > i+2 && isHex(name[i+1]) && isHex(name[i+2]):
			i += 2
		default:
			return false
		}
	}
	return true
}

func isHex(b byte) bool { return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'f' }
