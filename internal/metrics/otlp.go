package metrics

import (
	"encoding/json"
	"strconv"
)

// What follows is the part of the protocol's messages (opentelemetry/proto/trace/v1 and common/v1) that is sent here, in JSON:
// names in lowerCamelCase, ids in hexadecimal digits, enumerations as numbers, and integers of 64 bits as texts ("JSON Protobuf
// Encoding" in the OpenTelemetry Protocol Specification).
type (
	exportRequest struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   resource     `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	resource struct {
		Attributes []attribute `json:"attributes"`
	}
	scopeSpans struct {
		Scope scope  `json:"scope"`
		Spans []span `json:"spans"`
	}
	scope struct {
		Name    string `json:"name"`
		Version string `json:"version,omitempty"`
	}
	span struct {
		TraceID           string      `json:"traceId"`
		SpanID            string      `json:"spanId"`
		ParentSpanID      string      `json:"parentSpanId,omitempty"`
		Flags             uint32      `json:"flags"`
		Name              string      `json:"name"`
		Kind              int         `json:"kind"`
		StartTimeUnixNano string      `json:"startTimeUnixNano"`
		EndTimeUnixNano   string      `json:"endTimeUnixNano"`
		Attributes        []attribute `json:"attributes"`
		Status            *spanStatus `json:"status,omitempty"`
	}
	spanStatus struct {
		Code int `json:"code"`
	}
	attribute struct {
		Key   string `json:"key"`
		Value value  `json:"value"`
	}
	value struct {
		String string `json:"stringValue,omitempty"`
		Int    string `json:"intValue,omitempty"`
	}
	exportResponse struct {
		PartialSuccess struct {
			RejectedSpans json.Number `json:"rejectedSpans"`
			ErrorMessage  string      `json:"errorMessage"`
		} `json:"partialSuccess"`
	}
)

// SpanKind and StatusCode.
const (
	kindInternal = 1
	kindServer   = 2
	kindClient   = 3
	codeError    = 2
)

// maxText is how much of a text is sent; a client may send long ones.
const maxText = 256

// text adds an attribute, unless it is empty.
func (s *span) text(key, text string) { s.Attributes = appendAttribute(s.Attributes, key, text) }

func appendAttribute(all []attribute, key, text string) []attribute {
	if text == "" {
		return all
	}
	return append(all, attribute{key, value{String: text[:min(len(text), maxText)]}})
}

// number adds an attribute, unless it is 0.
func (s *span) number(key string, n int) {
	if n != 0 {
		s.Attributes = append(s.Attributes, attribute{key, value{Int: strconv.Itoa(n)}})
	}
}

// fail notes that the span has failed, if it has: with a status from a certain one on, 500 for a server and 400 for a client
// ("Semantic conventions for HTTP spans"), or for a reason and without a status.
func (s *span) fail(reason string, status, from int) {
	if status < from && (reason == "" || status > 0) {
		return
	}
	if reason == "" {
		reason = strconv.Itoa(status)
	}
	s.text("error.type", reason)
	s.Status = &spanStatus{codeError}
}

func newResource(cfg *TracerConfig) (r resource) {
	r.Attributes = appendAttribute(r.Attributes, "service.name", cfg.Service)
	r.Attributes = appendAttribute(r.Attributes, "service.version", cfg.Version)
	r.Attributes = appendAttribute(r.Attributes, "service.instance.id", cfg.Node)
	return r
}

// encode is the request that sends a batch.
func (t *Tracer) encode(batch []span) []byte {
	body, _ := json.Marshal(exportRequest{[]resourceSpans{{
		Resource:   t.resource,
		ScopeSpans: []scopeSpans{{Scope: scope{"gangway", t.cfg.Version}, Spans: batch}},
	}}}) // texts and numbers always marshal
	return body
}
