package websocket

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// acceptGUID is appended to the client's key (RFC 6455 section 1.3).
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// A HandshakeError says how to refuse a handshake. The connection must not be used again: Header says so to the client and,
// if all its values are copied in their order, to net/http.
type HandshakeError struct {
	Status  int
	Message string
	Header  http.Header
}

// Error implements error.
func (e *HandshakeError) Error() string { return "websocket: handshake: " + e.Message }

func refuse(status int, message string, header ...string) *HandshakeError {
	// A proxy may have begun to tunnel on the mere request to upgrade: nothing may follow a refusal.
	// The value stands alone, and first, because net/http closes for no other.
	e := &HandshakeError{status, message, http.Header{"Connection": {"close"}}}
	for i := 0; i < len(header); i += 2 {
		e.Header.Add(header[i], header[i+1])
	}
	return e
}

// CheckHandshake judges an opening handshake (RFC 6455 section 4.2.1). It returns nil for a good one.
func CheckHandshake(r *http.Request) *HandshakeError {
	switch {
	case !r.ProtoAtLeast(1, 1) || r.ProtoMajor != 1 || !hasToken(r.Header, "Upgrade", "websocket"):
		// RFC 9110 section 7.8: Upgrade means nothing in HTTP/1.0 nor, by RFC 9113 section 8.2.2, in HTTP/2.
		return refuse(http.StatusUpgradeRequired, "Upgrade Required", "Connection", "Upgrade", "Upgrade", "websocket")
	case r.Method != http.MethodGet:
		return refuse(http.StatusMethodNotAllowed, "Method Not Allowed", "Allow", http.MethodGet)
	case r.ContentLength != 0 || len(r.TransferEncoding) > 0 || r.Header["Transfer-Encoding"] != nil:
		return refuse(http.StatusBadRequest, "handshake with a body") // whose bytes could pass for frames
	case !hasToken(r.Header, "Connection", "upgrade"):
		return refuse(http.StatusBadRequest, "Connection does not say upgrade")
	case len(r.Header["Sec-Websocket-Version"]) != 1 || r.Header["Sec-Websocket-Version"][0] != "13":
		return refuse(http.StatusUpgradeRequired, "unsupported WebSocket version",
			"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13")
	case len(r.Header["Sec-Websocket-Key"]) != 1 || !validKey(r.Header["Sec-Websocket-Key"][0]):
		return refuse(http.StatusBadRequest, "invalid Sec-WebSocket-Key")
	}
	return nil
}

// validKey reports whether key is 16 bytes in base64.
func validKey(key string) bool {
	b, err := base64.StdEncoding.Strict().DecodeString(key)
	return err == nil && len(b) == 16 && len(key) == 24
}

// acceptKey answers the client's key (RFC 6455 section 4.2.2): only who knows WebSocket can.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + acceptGUID))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// hasToken reports whether a header that is a list contains a token, in any case.
func hasToken(h http.Header, name, token string) bool {
	for _, line := range h[name] {
		for item := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.Trim(item, " \t"), token) {
				return true
			}
		}
	}
	return false
}

var errHeader = errors.New("not a header that the answer to a handshake may carry")

// switching is the 101 response to r, with an extension unless it is "".
func switching(r *http.Request, o *AcceptOptions, extension string) ([]byte, error) {
	b := []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ")
	b = append(b, acceptKey(r.Header.Get("Sec-WebSocket-Key"))...)
	if o.Subprotocol != "" {
		if !isToken(o.Subprotocol) {
			return nil, fmt.Errorf("websocket: subprotocol %q: %w", o.Subprotocol, errHeader)
		}
		b = append(append(b, "\r\nSec-WebSocket-Protocol: "...), o.Subprotocol...)
	}
	if extension != "" {
		b = append(append(b, "\r\nSec-WebSocket-Extensions: "...), extension...)
	}
	for name, values := range o.Header {
		for _, value := range values {
			if !allowed(name, value) {
				return nil, fmt.Errorf("websocket: header %q: %w", name, errHeader)
			}
			b = append(append(append(append(b, "\r\n"...), name...), ": "...), value...)
		}
	}
	return append(b, "\r\n\r\n"...), nil
}

// allowed keeps others from writing the handshake's own headers, or anything beyond one header.
func allowed(name, value string) bool {
	canonical := http.CanonicalHeaderKey(name)
	switch canonical {
	case "Upgrade", "Connection", "Content-Length", "Transfer-Encoding":
		return false
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return isToken(name) && !strings.HasPrefix(canonical, "Sec-Websocket-")
}

// isToken reports whether s is a token (RFC 9110 section 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7F || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}
