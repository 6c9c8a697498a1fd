package dial

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// What a response's head may have.
const (
	maxHead   = 256 << 10 // bytes, with those of informational responses before it
	maxFields = 1000
	maxEarly  = 16 // informational responses
)

// errResponse is an answer that is not HTTP/1.1, or not as it should be.
var errResponse = errors.New("dial: malformed response")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", errResponse, fmt.Errorf(format, args...))
}

// A head is what is before the body of a response: RFC 9112 sections 4 to 6.
type head struct {
	status           int
	reason           string // with the status, as in http.Response
	minor            int    // of the version
	fields           http.Header
	length           int64 // as Content-Length has it; -1: it is not there
	chunked          bool
	closes, persists bool          // as Connection has it
	lasts            bool          // the connection may be kept
	waits            time.Duration // as Keep-Alive has it; -1: it is not there
	room             [12]string    // for the values of fields, unless there are more
}

// parse reads the lines of a head, to its empty one. A line may end without CR, as section 2.2 allows; one may not go on in the
// next, as section 5.2 has allowed gateways to demand.
func (h *head) parse(text string) error {
	line, rest := cutLine(text)
	if err := h.parseStatus(line); err != nil {
		return err
	}
	count := strings.Count(rest, "\n") - 1
	if count > maxFields {
		return malformed("it has %d header fields", count)
	}
	values := h.room[:]
	if count > len(values) {
		values = make([]string, count)
	}
	h.fields, h.length, h.waits = make(http.Header, count), -1, -1
	for i := 0; ; i++ {
		if line, rest = cutLine(rest); line == "" {
			break
		}
		name, value, err := parseField(line)
		if err == nil {
			err = h.note(name, value)
		}
		if err != nil {
			return err
		}
		others, ok := h.fields[name]
		switch {
		case name == transferEncoding, name == "Trailer", name == contentLengthField && ok:
			// They are of the wire; net/http takes them away as well.
		case ok:
			h.fields[name] = append(others, value)
		default:
			values[i] = value
			h.fields[name] = values[i : i+1 : i+1]
		}
	}
	if h.closes && h.minor > 0 {
		delete(h.fields, "Connection") // likewise
	}
	h.lasts = (h.minor > 0 || h.persists) && !h.closes
	if h.chunked && (h.length >= 0 || h.minor == 0) {
		return malformed("both a length and chunks, or chunks in HTTP/1.0")
	}
	return nil
}

// What frames a message.
const (
	transferEncoding   = "Transfer-Encoding"
	contentLengthField = "Content-Length"
)

// note reads the fields that say where the body ends and what becomes of the connection: RFC 9112 sections 6 and 9.3.
func (h *head) note(name, value string) error {
	switch name {
	case "Connection":
		h.persists, h.closes = h.persists || hasToken(value, "keep-alive"), h.closes || hasToken(value, "close")
	case "Keep-Alive":
		h.waits = patience(value)
	case transferEncoding:
		if h.chunked || !strings.EqualFold(value, "chunked") {
			return malformed("its transfer encoding is %.40q", value)
		}
		h.chunked = true
	case contentLengthField:
		length, err := strconv.ParseUint(value, 10, 64)
		if err != nil || length > math.MaxInt64 || h.length >= 0 && uint64(h.length) != length {
			return malformed("its length is %.40q", value)
		}
		h.length = int64(length)
	}
	return nil
}

// cutLine takes the next line, without its end.
func cutLine(text string) (line, rest string) {
	line, rest, _ = strings.Cut(text, "\n")
	return strings.TrimSuffix(line, "\r"), rest
}

// parseStatus reads a status line: RFC 9112 section 4. The space before a reason that is not there may be missing.
func (h *head) parseStatus(line string) error {
	const at = len("HTTP/1.x ")
	if len(line) < at+3 || line[:at-2] != "HTTP/1." || line[at-2] < '0' || line[at-2] > '9' || line[at-1] != ' ' ||
		len(line) > at+3 && line[at+3] != ' ' || !isValue(line) {
		return malformed("it begins with %.40q", line)
	}
	digits := line[at : at+3]
	status, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || status < 100 {
		return malformed("its status is %q", digits)
	}
	h.status, h.reason, h.minor = int(status), line[at:], int(line[at-2]-'0')
	return nil
}

// parseField reads a field line: RFC 9112 section 5. White space before the colon has led proxies and servers to different
// readings of it.
func parseField(line string) (name, value string, err error) {
	name, value, found := strings.Cut(line, ":")
	if !found || !isToken(name) {
		return "", "", malformed("a header field begins with %.40q", line)
	}
	if !isValue(value) {
		return "", "", malformed("there are control characters in the header field %.40s", name)
	}
	return textproto.CanonicalMIMEHeaderKey(name), trim(value), nil
}

// headEnd is how long the head at the beginning of a text is, or 0 if its end is not there. What is before from has been seen.
func headEnd(text []byte, from int) int {
	for i := from; i < len(text); i++ {
		// Jump from line to line.
		next := bytes.IndexByte(text[i:], '\n')
		if next < 0 {
			return 0
		}
		i += next
		rest := text[i+1:]
		if len(rest) > 0 && rest[0] == '\n' {
			return i + 2
		}
		if len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n' {
			return i + 3
		}
	}
	return 0
}

// mayBeHTTP says of the beginning of an answer whether it may be the beginning of a head, so that nobody waits for the end of
// what is none.
func mayBeHTTP(text []byte) bool {
	const start = "HTTP/1."
	n := min(len(text), len(start))
	return string(text[:n]) == start[:n]
}
