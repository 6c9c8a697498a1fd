package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// AppendTraceID appends an id of AWS X-Ray's form, Root=1-{seconds}-{96 bits}, as backends see it of an event that brought none.
// The bits follow from the request id, so that all that is built from one event carries the same.
func (e *Event) AppendTraceID(dst []byte) []byte {
	sum := sha256.Sum256([]byte(e.RequestID))
	dst = append(dst, "Root=1-"...)
	dst = strconv.AppendInt(dst, max(e.Time.Unix(), 1<<28), 16) // eight digits
	dst = append(dst, '-')
	return hex.AppendEncode(dst, sum[:12])
}

// TraceID is what [Event.AppendTraceID] appends.
func (e *Event) TraceID() string {
	var room [64]byte
	return string(e.AppendTraceID(room[:0]))
}
