package websocket

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Status is the reason for closing a connection, as a number (RFC 6455 section 7.4).
type Status uint16

// The registered codes. NoStatus and Abnormal, and TLS are never on the wire: they describe a close frame without a code
// and a connection that ended without a close frame.
const (
	StatusNormal        Status = 1000
	StatusGoingAway     Status = 1001
	StatusProtocolError Status = 1002
	StatusUnsupported   Status = 1003
	StatusNoStatus      Status = 1005
	StatusAbnormal      Status = 1006
	StatusInvalidData   Status = 1007
	StatusPolicy        Status = 1008
	StatusTooBig        Status = 1009
	StatusExtension     Status = 1010
	StatusInternal      Status = 1011
	StatusRestart       Status = 1012
	StatusTryLater      Status = 1013
	StatusBadGateway    Status = 1014
	StatusTLS           Status = 1015
)

// maxReason is what a close frame has room for beside the status.
const maxReason = maxControl - 2

// Sendable reports whether a close frame may carry s (RFC 6455 section 7.4.2 and the IANA registry).
func (s Status) Sendable() bool {
	switch {
	case s >= 3000 && s <= 4999:
		return true
	case s < StatusNormal || s > StatusBadGateway:
		return false
	}
	return s != 1004 && s != StatusNoStatus && s != StatusAbnormal
}

// A closeError ends a connection: status and reason go into the close frame.
type closeError struct {
	status Status
	reason string
}

// Error implements error.
func (e *closeError) Error() string {
	return fmt.Sprintf("websocket: status %d: %s", e.status, e.reason)
}

// parseClose reads the payload of a close frame (RFC 6455 section 5.5.1).
func parseClose(p []byte) (Status, string, *closeError) {
	if len(p) == 0 {
		return StatusNoStatus, "", nil
	}
	if len(p) == 1 {
		return 0, "", &closeError{StatusProtocolError, "close frame of one byte"}
	}
	s := Status(binary.BigEndian.Uint16(p))
	if !s.Sendable() {
		return 0, "", &closeError{StatusProtocolError, "invalid close status"}
	}
	if !utf8.Valid(p[2:]) {
		return 0, "", &closeError{StatusInvalidData, "close reason is not UTF-8"}
	}
	return s, string(p[2:]), nil
}

// closePayload is the payload of the close frame for a status and a reason; the reason is cut to what fits.
func closePayload(s Status, reason string) []byte {
	if s == StatusNoStatus {
		return nil
	}
	return append(binary.BigEndian.AppendUint16(nil, uint16(s)), reason...)
}

// sendable is what a close frame can say of s and reason: another status becomes 1011, and a reason is valid UTF-8 of at
// most 123 bytes.
func sendable(s Status, reason string) (Status, string) {
	if s == StatusNoStatus {
		return s, ""
	}
	if !s.Sendable() {
		s = StatusInternal
	}
	reason = strings.ToValidUTF8(reason, "\uFFFD")
	if len(reason) <= maxReason {
		return s, reason
	}
	cut := maxReason
	for !utf8.RuneStart(reason[cut]) {
		cut--
	}
	return s, reason[:cut]
}
