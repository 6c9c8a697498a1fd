package metrics_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"gangway/internal/metrics"
)

// receiver is a collector that takes nothing but what the OpenTelemetry Protocol Specification allows ("OTLP/HTTP", "JSON Protobuf
// Encoding") and opentelemetry/proto/trace/v1 has: an unknown name, an enumeration as text or an id of another length is an
// error.
type receiver struct {
	t testing.TB
	// answer, if it is not nil, answers in place of 200, the n-th request from 0.
	answer func(w http.ResponseWriter, n int)

	requests atomic.Int32
	mu       sync.Mutex // guards what follows
	batches  []int
	spans    []span
	resource map[string]any
}

type span struct {
	trace, id, parent, name string
	kind, status            int
	start, end              int64
	attributes              map[string]any
}

// otlp are the messages, by the names of their members in JSON.
type otlp struct {
	ResourceSpans []struct {
		Resource struct {
			Attributes             []keyValue `json:"attributes"`
			DroppedAttributesCount uint32     `json:"droppedAttributesCount"`
		} `json:"resource"`
		ScopeSpans []struct {
			Scope struct {
				Name       string     `json:"name"`
				Version    string     `json:"version"`
				Attributes []keyValue `json:"attributes"`
			} `json:"scope"`
			Spans []struct {
				TraceID                string           `json:"traceId"`
				SpanID                 string           `json:"spanId"`
				TraceState             string           `json:"traceState"`
				ParentSpanID           string           `json:"parentSpanId"`
				Flags                  uint32           `json:"flags"`
				Name                   string           `json:"name"`
				Kind                   int              `json:"kind"`
				StartTimeUnixNano      string           `json:"startTimeUnixNano"`
				EndTimeUnixNano        string           `json:"endTimeUnixNano"`
				Attributes             []keyValue       `json:"attributes"`
				DroppedAttributesCount uint32           `json:"droppedAttributesCount"`
				Events                 []map[string]any `json:"events"`
				Links                  []map[string]any `json:"links"`
				Status                 struct {
					Message string `json:"message"`
					Code    int    `json:"code"`
				} `json:"status"`
			} `json:"spans"`
			SchemaURL string `json:"schemaUrl"`
		} `json:"scopeSpans"`
		SchemaURL string `json:"schemaUrl"`
	} `json:"resourceSpans"`
}

type keyValue struct {
	Key   string                     `json:"key"`
	Value map[string]json.RawMessage `json:"value"`
}

var (
	traceDigits = regexp.MustCompile(`^[0-9a-f]{32}$`)
	spanDigits  = regexp.MustCompile(`^[0-9a-f]{16}$`)
	allZero     = regexp.MustCompile(`^0+$`)
	memberName  = regexp.MustCompile(`"([A-Za-z_]+)"\s*:`)
	lowerCamel  = regexp.MustCompile(`^[a-z]+([A-Z][a-z]+)*$`)
)

// ServeHTTP implements [http.Handler].
func (c *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Errorf("the request cannot be read: %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n := int(c.requests.Add(1)) - 1
	if r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/json" ||
		r.Header.Get("Content-Encoding") != "" || r.Header.Get("Authorization") != "Bearer abc" {
		c.t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	spans := c.read(body)
	w.Header().Set("Content-Type", "application/json")
	if c.answer != nil {
		recorded := httptest.NewRecorder()
		c.answer(recorded, n)
		if recorded.Code != http.StatusOK {
			maps.Copy(w.Header(), recorded.Header())
			w.WriteHeader(recorded.Code)
			return
		}
		_, _ = io.Copy(w, recorded.Body)
	} else {
		_, _ = io.WriteString(w, "{}")
	}
	c.batches = append(c.batches, len(spans))
	c.spans = append(c.spans, spans...)
}

// read reads a request, strictly.
func (c *receiver) read(body []byte) (spans []span) {
	for _, name := range memberName.FindAllSubmatch(body, -1) {
		if !lowerCamel.Match(name[1]) {
			c.t.Errorf("%s is not in lowerCamelCase", name[1])
		}
	}
	var request otlp
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		c.t.Errorf("%v: %s", err, body)
	}
	for _, resource := range request.ResourceSpans {
		c.resource = c.attributes(resource.Resource.Attributes)
		for _, scope := range resource.ScopeSpans {
			if scope.Scope.Name != "gangway" || len(scope.Spans) == 0 {
				c.t.Errorf("a scope without a name or without spans: %+v", scope)
			}
			for _, s := range scope.Spans {
				start, err1 := strconv.ParseUint(s.StartTimeUnixNano, 10, 64)
				end, err2 := strconv.ParseUint(s.EndTimeUnixNano, 10, 64)
				parent := s.ParentSpanID == "" || spanDigits.MatchString(s.ParentSpanID) && !allZero.MatchString(s.ParentSpanID)
				if !traceDigits.MatchString(s.TraceID) || allZero.MatchString(s.TraceID) || !spanDigits.MatchString(s.SpanID) ||
					allZero.MatchString(s.SpanID) || !parent || err1 != nil || err2 != nil || end < start || s.Name == "" ||
					s.Kind < 1 || s.Kind > 5 || s.Status.Code < 0 || s.Status.Code > 2 || s.Flags > 0xff {
					c.t.Errorf("not a span: %+v", s)
				}
				spans = append(spans, span{
					s.TraceID, s.SpanID, s.ParentSpanID, s.Name, s.Kind, s.Status.Code, int64(start), int64(end),
					c.attributes(s.Attributes),
				})
			}
		}
	}
	return spans
}

// attributes reads attributes: names come once, and values are of one kind, integers as texts.
func (c *receiver) attributes(list []keyValue) map[string]any {
	all := map[string]any{}
	for _, a := range list {
		if _, twice := all[a.Key]; twice || a.Key == "" || len(a.Value) != 1 {
			c.t.Errorf("not an attribute: %+v", a)
		}
		var text string
		for kind, raw := range a.Value {
			if err := json.Unmarshal(raw, &text); err != nil {
				c.t.Errorf("%s: %v", a.Key, err)
			}
			all[a.Key] = text
			if kind == "intValue" {
				n, err := strconv.Atoi(text)
				if err != nil {
					c.t.Errorf("%s: %v", a.Key, err)
				}
				all[a.Key] = n
			} else if kind != "stringValue" {
				c.t.Errorf("%s has a value of the kind %s", a.Key, kind)
			}
		}
	}
	return all
}

// named is the only span of a name.
func (c *receiver) named(name string) span {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []span
	for _, s := range c.spans {
		if s.name == name {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		c.t.Fatalf("%d spans %q among %v", len(found), name, c.spans)
	}
	return found[0]
}

// RoundTrip implements [http.RoundTripper]: no network, so that time can be the test's.
func (c *receiver) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.answer != nil {
		broken := httptest.NewRecorder()
		if c.answer(broken, int(c.requests.Load())); broken.Code == noConnection {
			c.requests.Add(1)
			return nil, fmt.Errorf("nobody is there")
		}
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w.Result(), nil
}

// noConnection is no status, but no answer.
const noConnection = 599

// tracer makes a Tracer whose spans go to a receiver, without a network; nil: they stay.
func tracer(tb testing.TB, c *receiver, cfg metrics.TracerConfig) *metrics.Tracer {
	tb.Helper()
	if cfg.Endpoint == "" && cfg.TracesEndpoint == "" {
		cfg.Endpoint = "http://collector:4318"
	}
	cfg.Header = http.Header{"Authorization": {"Bearer abc"}}
	if c != nil && cfg.Client == nil {
		cfg.Client = &http.Client{Transport: c}
	}
	made, err := metrics.NewTracer(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return made
}
