package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"gangway/internal/websocket"
)

// asked is what a page says on a bridge; the type says which members count.
type asked struct {
	Type string `json:"type"` // connect, message or close

	Path         string            `json:"path"` // behind the stage: "/more?and=a query"
	Headers      map[string]string `json:"headers"`
	Subprotocols []string          `json:"subprotocols"`
	Sign         bool              `json:"sign"`

	Data string `json:"data"`

	Code   *websocket.Status `json:"code"` // absent: 1000
	Reason string            `json:"reason"`
}

// What a page is told on a bridge, each with its type.
type (
	openFrame struct {
		Type    string            `json:"type"` // open
		Headers map[string]string `json:"headers"`
	}
	refusedFrame struct {
		Type    string            `json:"type"` // refused
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
	}
	messageFrame struct {
		Type   string `json:"type"` // message
		Data   string `json:"data"` // base64 if it is binary
		Binary bool   `json:"binary"`
	}
	closedFrame struct {
		Type   string           `json:"type"` // closed
		Code   websocket.Status `json:"code"`
		Reason string           `json:"reason"`
	}
	errorFrame struct {
		Type    string `json:"type"` // error
		Message string `json:"message"`
	}
)

// encode is a frame as it leaves. Text that is not UTF-8 has its bad bytes replaced.
func encode(frame any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(frame) // strings and numbers can be written
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

// flat is a header with one value for each name.
func flat(header http.Header) map[string]string {
	one := make(map[string]string, len(header))
	for name, values := range header {
		one[name] = strings.Join(values, ", ")
	}
	return one
}

var errFrame = errors.New("expected a JSON object with the type connect, message or close")

// read takes a frame apart.
func read(payload []byte) (*asked, error) {
	frame := new(asked)
	if err := json.Unmarshal(payload, frame); err != nil {
		return nil, fmt.Errorf("%w: %w", errFrame, err)
	}
	switch frame.Type {
	case "connect", "message":
		return frame, nil
	case "close":
		if frame.Code != nil && !frame.Code.Sendable() && *frame.Code != websocket.StatusNoStatus {
			return nil, fmt.Errorf("code %d: expected 1000, 3000 to 4999, or another that a close frame may carry", *frame.Code)
		}
		if len(frame.Reason) > maxReason {
			return nil, fmt.Errorf("reason: expected at most %d bytes, got %d", maxReason, len(frame.Reason))
		}
		return frame, nil
	default:
		return nil, errFrame
	}
}

// maxReason is what a close frame has room for (RFC 6455 section 5.5).
const maxReason = 123

// request is the handshake that a frame asks for, at a stage of an API.
func (a *asked) request(host, api, stage, agent string) (*http.Request, error) {
	address, err := a.address(host, api, stage)
	if err != nil {
		return nil, err
	}
	r := &http.Request{Method: http.MethodGet, URL: address, Host: host, Header: http.Header{}}
	if agent != "" {
		r.Header.Set("User-Agent", agent)
	}
	for name, value := range a.Headers {
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case !isToken(name) || !isText(value):
			return nil, fmt.Errorf("header %q: not a header field that can be sent", name)
		case slices.Contains(ofHandshake, canonical) || strings.HasPrefix(canonical, "Sec-Websocket-"):
			return nil, fmt.Errorf("header %q: the handshake itself says what stands there", name)
		case canonical == "Forwarded" || strings.HasPrefix(canonical, "X-Forwarded-") || canonical == "X-Real-Ip":
			return nil, fmt.Errorf("header %q: a proxy says by it where a client is, and there is none", name)
		case canonical == "Host":
			r.Host = value
		}
		r.Header.Set(canonical, value)
	}
	for _, name := range a.Subprotocols {
		if !isToken(name) {
			return nil, fmt.Errorf("subprotocol %q: expected a token", name)
		}
	}
	return r, nil
}

// ofHandshake are header fields that are not the page's to write.
var ofHandshake = []string{"Connection", "Content-Length", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

func (a *asked) address(host, api, stage string) (*url.URL, error) {
	if a.Path != "" && a.Path[0] != '/' && a.Path[0] != '?' || !isText(a.Path) || strings.ContainsAny(a.Path, " #\t") || !isASCII(a.Path) {
		return nil, errors.New("path: expected it to begin with / or ?, as it is sent: percent-encoded and without #")
	}
	address, err := url.ParseRequestURI("/" + url.PathEscape(api) + "/" + url.PathEscape(stage) + a.Path)
	if err != nil {
		return nil, errors.New("path: expected one that is percent-encoded")
	}
	address.Scheme, address.Host = "ws", host
	return address, nil
}

// isToken says whether s is a token (RFC 9110 section 5.6.2).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= utf8.RuneSelf-1 || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

// isText says whether s can be the value of a header field.
func isText(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' && c != '\t' || c == utf8.RuneSelf-1 })
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c >= utf8.RuneSelf })
}
