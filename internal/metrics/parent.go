package metrics

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
)

type (
	traceID [16]byte
	spanID  [8]byte
)

// trace is what an event belongs to.
type trace struct {
	id      traceID // zero: one that begins here
	parent  spanID  // zero: none
	decided bool    // by whoever began it
	sampled bool
}

// traceOf reads what a request says of its trace. X-Amzn-Trace-Id counts if there are both, because backends see it.
func traceOf(header func(name string) string) trace {
	if of := parseAmazon(header("X-Amzn-Trace-Id")); of.id != (traceID{}) {
		return of
	}
	return parseW3C(header("Traceparent"))
}

// parseAmazon reads Root=1-{8 digits}-{24 digits};Parent={16 digits};Sampled={0, 1 or ?}, in any order and with more: "Tracing
// header" under "Concepts" in the AWS X-Ray developer guide. Zero: it is something else.
func parseAmazon(text string) (of trace) {
	for member := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(member), "=")
		switch name {
		case "Root":
			seconds, rest, _ := strings.Cut(strings.TrimPrefix(value, "1-"), "-")
			if !strings.HasPrefix(value, "1-") || len(seconds) != 8 || !decode(of.id[:], seconds+rest) {
				return trace{}
			}
		case "Parent":
			if !decode(of.parent[:], value) {
				of.parent = spanID{}
			}
		case "Sampled":
			of.decided, of.sampled = value == "0" || value == "1", value == "1"
		}
	}
	if of.id == (traceID{}) {
		return trace{}
	}
	return of
}

// parseW3C reads traceparent: W3C Trace Context section 3.2. Zero: it is invalid.
func parseW3C(text string) (of trace) {
	text = strings.TrimSpace(text)
	const length = 55 // of version 00, and of what later versions begin with
	if len(text) < length || strings.HasPrefix(text, "ff") || strings.ToLower(text[:length]) != text[:length] ||
		len(text) > length && (strings.HasPrefix(text, "00") || text[length] != '-') {
		return trace{}
	}
	var version, flags [1]byte
	parts := strings.SplitN(text[:length], "-", 5)
	if len(parts) != 4 || !decode(version[:], parts[0]) || !decode(of.id[:], parts[1]) || !decode(of.parent[:], parts[2]) ||
		!decode(flags[:], parts[3]) || of.id == (traceID{}) || of.parent == (spanID{}) {
		return trace{}
	}
	of.decided, of.sampled = true, flags[0]&1 == 1
	return of
}

// decode reads as many digits as there is room for, and says whether these are all.
func decode(dst []byte, digits string) bool {
	if len(digits) != hex.EncodedLen(len(dst)) {
		return false
	}
	_, err := hex.Decode(dst, []byte(digits))
	return err == nil
}

// traceFrom is the id of a trace that begins with a request.
func traceFrom(request string) traceID {
	sum := sha256.Sum256([]byte(request))
	return traceID(sum[:16])
}

// within says whether an id is among a share of all, the same for whoever asks: the algorithm that SDKs of OpenTelemetry use, so
// that they agree.
func (id traceID) within(ratio float64) bool {
	return ratio >= 1 || binary.BigEndian.Uint64(id[8:])>>1 < uint64(ratio*(1<<63))
}

// spanIDs are those of the spans of a request. They follow from its id, so that whoever calls the backend can name its span as
// the parent of what the backend does.
func spanIDs(request string) (server, integration, authorizer spanID) {
	sum := sha256.Sum256([]byte(request))
	return spanID(sum[12:20]), spanID(sum[20:28]), spanID(sum[24:32])
}
