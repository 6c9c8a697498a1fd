package dial

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// errRequest is a request that cannot be sent as it is.
var errRequest = errors.New("dial: the request cannot be sent")

// appendHead appends the head of a request: RFC 9112 sections 3, 5 and 6. Nothing that it is given can end a line.
func appendHead(dst []byte, r *http.Request, fields []Field, last bool) ([]byte, error) {
	method := r.Method
	if method == "" {
		method = http.MethodGet // as http.Request has it
	}
	if !isToken(method) {
		return dst, fmt.Errorf("%w: its method is %.40q", errRequest, method)
	}
	dst = append(append(dst, method...), ' ')
	start := len(dst)
	dst = appendTarget(dst, r.URL)
	if !isTarget(dst[start:]) {
		return dst, fmt.Errorf("%w: there are spaces or control characters in its URL", errRequest)
	}
	host, err := ascii(requestHost(r))
	if err != nil {
		return dst, err
	}
	dst = append(append(dst, " HTTP/1.1\r\nHost: "...), host...)
	dst = append(dst, "\r\n"...)
	switch {
	case streams(r):
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	case r.Body != nil && r.Body != http.NoBody || r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch:
		// The methods that expect a body: RFC 9110 section 8.6.
		dst = append(strconv.AppendInt(append(dst, "Content-Length: "...), contentLength(r), 10), "\r\n"...)
	}
	if last {
		dst = append(dst, "Connection: close\r\n"...)
	}
	if dst, err = appendFields(dst, fields); err != nil {
		return dst, err
	}
	return append(dst, "\r\n"...), nil
}

// requestHost is the host that a request names, which need not be the one that it is sent to.
func requestHost(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

// streams says whether a body's length is unknown.
func streams(r *http.Request) bool {
	return r.Body != nil && r.Body != http.NoBody && r.ContentLength <= 0
}

func contentLength(r *http.Request) int64 {
	if r.Body == nil || r.Body == http.NoBody {
		return 0
	}
	return r.ContentLength
}

// appendTarget is [url.URL.RequestURI] without putting a string together.
func appendTarget(dst []byte, u *url.URL) []byte {
	if u.Opaque != "" {
		return append(dst, u.RequestURI()...)
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	dst = append(dst, path...)
	if u.ForceQuery || u.RawQuery != "" {
		dst = append(append(dst, '?'), u.RawQuery...)
	}
	return dst
}

// Field is a field of a header.
type Field struct{ Name, Value string }

// appendFields appends fields as they come, but for those that are not the caller's to send.
func appendFields(dst []byte, fields []Field) ([]byte, error) {
	named := false
	for _, field := range fields {
		if isOurs(field.Name) {
			continue
		}
		if !isToken(field.Name) {
			return dst, fmt.Errorf("%w: a header field is called %.40q", errRequest, field.Name)
		}
		if !isValue(field.Value) {
			return dst, fmt.Errorf("%w: there are control characters in the header field %s", errRequest, field.Name)
		}
		if len(field.Name) == len(userAgent) && strings.EqualFold(field.Name, userAgent) {
			if named = true; field.Value == "" {
				continue // so one says that there should be none
			}
		}
		dst = append(append(dst, field.Name...), ": "...)
		dst = append(append(dst, field.Value...), "\r\n"...)
	}
	if !named {
		dst = append(dst, userAgent+": gangway\r\n"...)
	}
	return dst, nil
}

// fieldsOf are the fields of a header in the order of their names.
func fieldsOf(header http.Header) []Field {
	fields := make([]Field, 0, len(header))
	for name, values := range header {
		for _, value := range values {
			fields = append(fields, Field{name, value})
		}
	}
	slices.SortStableFunc(fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

const userAgent = "User-Agent"

// isOurs are the fields that frame a message or belong to a connection, however they are spelled.
func isOurs(name string) bool {
	for _, ours := range perLength[min(len(name), len(perLength)-1)] {
		if strings.EqualFold(name, ours) {
			return true
		}
	}
	return false
}

// perLength are their names by length, which spares most others the comparison.
var perLength = [...][]string{
	4: {"Host"}, 7: {"Trailer"}, 10: {"Connection", "Keep-Alive"}, 14: {"Content-Length"}, 16: {"Proxy-Connection"}, 17: {"Transfer-Encoding"}, 18: nil,
}

// wantsLast says whether a caller wants the connection to be closed after the answer.
func wantsLast(r *http.Request) bool {
	return r.Close || slices.ContainsFunc(r.Header["Connection"], func(list string) bool { return hasToken(list, "close") })
}

// ascii is a host as the network writes it: RFC 3490, and without a zone. net/http knows how, and has no other door.
func ascii(host string) (string, error) {
	if isHost(host) {
		return host, nil
	}
	var wire bytes.Buffer
	r := http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: host, Path: "/"}, Host: host}
	err := r.Write(&wire)
	if err == nil {
		var written *http.Request
		if written, err = http.ReadRequest(bufio.NewReader(&wire)); err == nil && isHost(written.Host) {
			return written.Host, nil
		}
	}
	return "", fmt.Errorf("%w: its host is %.80q", errRequest, host)
}
