package trial

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gangway/internal/vtl"
)

// The names of steps, in the order in which they come.
const (
	StepSelect   = "select"   // which route it is
	StepModel    = "model"    // whether the message follows the model of the route
	StepRequest  = "request"  // what is mapped and rendered
	StepBackend  = "backend"  // what the backend gets
	StepResponse = "response" // what it answers, and which integration response takes that
	StepReply    = "reply"    // what the client gets
)

// A Step is what was done with a message at one point of its way.
type Step struct {
	Name   string `json:"name"`
	Title  string `json:"title"`  // what came of it, for people
	Detail any    `json:"detail"` // one of the types below, by a pointer
	Text   string `json:"text,omitempty"`
	Error  *Fault `json:"error,omitempty"`

	body []byte // what Text is made of
}

// A Fault is why a message got no further.
type Fault struct {
	Message string `json:"message"`
	Line    int    `json:"line,omitempty"`   // of the template that is to blame, counted from 1
	Column  int    `json:"column,omitempty"` // in characters
}

// A Selection is how the route was found.
type Selection struct {
	RouteKey   string   `json:"routeKey,omitempty"` // empty: there is none
	Named      bool     `json:"named,omitempty"`
	Expression string   `json:"routeSelectionExpression,omitempty"`
	Value      string   `json:"value,omitempty"`
	Keys       []string `json:"routeKeys,omitempty"`         // that there are, where none is right
	Authorizer string   `json:"authorizationType,omitempty"` // of a handshake; nobody is asked
	Notes      []string `json:"notes,omitempty"`             // what of the route cannot work as things stand
	Err        error    `json:"-"`                           // why the expression has no value
}

// A Validation is a message held against the model of its route.
type Validation struct {
	Model    string `json:"model,omitempty"` // empty: none is selected
	Key      string `json:"key,omitempty"`
	Valid    bool   `json:"valid"`
	Findings string `json:"findings,omitempty"`
}

// A Mapping is what was made of a message for a backend; the text of its step is what the template made.
type Mapping struct {
	Template    string `json:"template,omitempty"` // its key; empty: none
	Passthrough string `json:"passthroughBehavior,omitempty"`
	Header      []Pair `json:"headers,omitempty"`
	Query       []Pair `json:"query,omitempty"`
	Path        []Pair `json:"path,omitempty"`
}

// A Pair is a name with a value.
type Pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Request is what a backend gets; its body is the text of the step.
type Request struct {
	Integration string  `json:"integrationId,omitempty"` // empty: the route has none
	Type        string  `json:"integrationType,omitempty"`
	Link        string  `json:"vpcLinkId,omitempty"`
	None        bool    `json:"none,omitempty"` // nobody gets one, as with MOCK
	Rendered    bool    `json:"-"`              // the body is a template's
	Function    string  `json:"function,omitempty"`
	Invocation  string  `json:"invocationType,omitempty"`
	Service     string  `json:"service,omitempty"` // of AWS, for which the request is signed
	Method      string  `json:"method,omitempty"`
	URL         string  `json:"url,omitempty"`
	Header      []Pair  `json:"headers,omitempty"`
	Called      *Callee `json:"called,omitempty"` // nil: a stand-in has answered, or nobody
	Body        []byte  `json:"-"`
}

// A Response is what a backend has answered; its body is the text of the step.
type Response struct {
	Called   bool          `json:"called"`           // rather than that the answer was given, or is a MOCK's
	None     bool          `json:"none,omitempty"`   // it is of no use
	Status   int           `json:"status,omitempty"` // of the backend, or of the service that ran the function
	Function bool          `json:"function,omitempty"`
	Failure  string        `json:"failure,omitempty"` // of a function
	Header   []Pair        `json:"headers,omitempty"`
	Took     time.Duration `json:"-"`
	Millis   float64       `json:"latencyMillis,omitempty"`
	Key      string        `json:"integrationResponseKey,omitempty"` // empty: none takes it
	Body     []byte        `json:"-"`
}

// A Reply is what the client gets; its text is that of the step.
type Reply struct {
	Unknown     bool   `json:"unknown,omitempty"` // nobody has answered
	Binary      bool   `json:"binary,omitempty"`
	Bytes       int    `json:"bytes,omitempty"`
	Status      int    `json:"status,omitempty"` // of a handshake
	Subprotocol string `json:"subprotocol,omitempty"`
	Body        []byte `json:"-"`
}

// FaultOf is an error as a step shows it.
func FaultOf(err error) *Fault {
	if err == nil {
		return nil
	}
	if syntax, ok := errors.AsType[*vtl.SyntaxError](err); ok {
		return &Fault{syntax.Message, syntax.Line, syntax.Column}
	}
	if render, ok := errors.AsType[*vtl.RenderError](err); ok {
		return &Fault{render.Message, render.Line, render.Column}
	}
	return &Fault{Message: err.Error()}
}

// longest is how much of a body a step shows, in bytes: as much as a client can be sent.
const longest = 128 << 10

// textOf is a body as a text.
func textOf(body []byte) string {
	switch {
	case !utf8.Valid(body):
		return "(" + strconv.Itoa(len(body)) + " bytes that are no text)"
	case len(body) <= longest:
		return string(body)
	}
	shown := strings.ToValidUTF8(string(body[:longest]), "")
	return fmt.Sprintf("%s\n(and %d bytes more)", shown, len(body)-len(shown))
}

// secrets are fields by which somebody proves who they are.
var secrets = []string{
	"Authorization", "Cookie", "Proxy-Authorization", "Sec-Websocket-Protocol", "Set-Cookie", "X-Amz-Security-Token", "X-Api-Key",
}

// header is what a step has of header fields.
func (s *Step) header() []Pair {
	switch of := s.Detail.(type) {
	case *Mapping:
		return of.Header
	case *Request:
		return of.Header
	case *Response:
		return of.Header
	default:
		return nil
	}
}

// hide leaves out what is secret.
func (s *Step) hide() {
	header := s.header()
	for i := range header {
		if slices.Contains(secrets, http.CanonicalHeaderKey(header[i].Name)) {
			header[i].Value = "***"
		}
	}
}

// pairsOf are the fields of a header but those that are left out, in order.
func pairsOf(header http.Header, but []string) []Pair {
	var pairs []Pair
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if !slices.Contains(but, http.CanonicalHeaderKey(name)) {
			pairs = append(pairs, Pair{name, strings.Join(header[name], ", ")})
		}
	}
	return pairs
}

// quoted is a text as a part of a sentence: in quotes if it could be taken for more than that.
func quoted(text string) string {
	odd := func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == '\\' || !unicode.IsPrint(r) }
	if text != "" && strings.IndexFunc(text, odd) < 0 {
		return text
	}
	return strconv.Quote(text)
}
