package program

import (
	"crypto/tls"
	"net/http"
	"slices"
	"sync"
	"time"

	"gangway/internal/authorizer"
	"gangway/internal/expr"
	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/lambda"
)

// Env is what a program is made of besides its snapshot: the stage, and how to reach what is outside.
type Env struct {
	Stage     gateway.StageKey
	Variables map[string]string // of the stage
	// Lambda and HTTP reach the backends. Without them a program can be compiled, and so checked, but its backends fail.
	Lambda *lambda.Client
	HTTP   http.RoundTripper // see [gangway/internal/integration.NewTransport]
	// Upstream says where a VPC link leads; see [gangway/internal/integration.Env].
	Upstream func(link string) (address string, known bool)
	// Endpoint says where a service of AWS is called, and Certificate is what HTTP backends are shown; see the same Env.
	Endpoint    func(service string) string
	Certificate *tls.Certificate // of the stage
	// Trace is the X-Amzn-Trace-Id of invocations; see the same Env.
	Trace func(ev *gateway.Event) string
	// Fault is asked before each call of an integration, for tests; nil: there are no faults.
	Fault func(integration string, ev *gateway.Event) *integration.Fault
	// Now is the clock of authorizers; nil: time.Now.
	Now func() time.Time
	// Names say what policies call the stage.
	Names gateway.Names
	// APIKey says whose API key a value is, if its holder may connect to the stage now; the errors are of the kinds
	// [gateway.ErrForbidden] and [gateway.ErrTooMany]. nil: nobody's.
	APIKey func(stage gateway.StageKey, value string) (id string, err error)
	// JWT is what the stage asks of clients by tags, nil for nothing; KeySets have the keys of the issuers.
	JWT     *gateway.JWTOptions
	KeySets *authorizer.KeySets
	// IAM decides about clients of AWS_IAM routes; its Stage is that of the program. The zero value lets nobody pass.
	IAM authorizer.IAM
}

// faultOf asks for faults of an integration; nil: there are none.
func (e *Env) faultOf(id string) func(ev *gateway.Event) *integration.Fault {
	if e.Fault == nil {
		return nil
	}
	ask := e.Fault
	return func(ev *gateway.Event) *integration.Fault { return ask(id, ev) }
}

// A Program is an API as one stage runs it. It never changes and is safe for concurrent use.
type Program struct {
	selection  *expr.Bound[[]byte] // as far as it shows which key the value is
	single     *bodyValue          // the same, if it is one variable and no more; else nil
	shown      *expr.Bound[[]byte] // the same, for readers
	rooms      sync.Pool           // of *keyRoom
	prompt     bool
	messages   map[string]*Route // by key, without the three reserved ones
	connect    *Route
	disconnect *Route
	fallback   *Route // $default
	executeAPI bool
	notes      []string
}

// Notes say what of the API cannot work as things stand, above all what this version does not serve yet: each a sentence
// with its object, 50 of them and 4 KB at most. Whatever a note is about fails when it is needed: nobody connects, or a
// message has an error of kind [gateway.ErrConfiguration]; or of [gateway.ErrInvalid], where its model is no schema.
func (p *Program) Notes() []string { return slices.Clone(p.notes) }

// Connect is the route of a client that wants to connect. nil: the API has none, and lets everybody in.
func (p *Program) Connect() *Route { return p.connect }

// Disconnect is the route of a connection that has ended. nil: the API has none, and nobody need be told.
func (p *Program) Disconnect() *Route { return p.disconnect }

// ExecuteAPI says whether the API may be reached by its own execute-api name.
func (p *Program) ExecuteAPI() bool { return p.executeAPI }

// keyRoom is room for a value that may be a route key, which has 128 bytes at most.
type keyRoom [128]byte

// Select finds the route of a message: the one whose key is the value of the route selection expression, else $default.
// nil: there is neither. A message that is not JSON has no value; one that names a reserved route does not reach it.
// "Routes for WebSocket APIs" in the API Gateway developer guide.
func (p *Program) Select(body []byte) *Route {
	if p.single != nil {
		var room keyRoom
		return p.routeOf(p.single.append(room[:0], body))
	}
	room, _ := p.rooms.Get().(*keyRoom)
	if room == nil {
		room = new(keyRoom)
	}
	defer p.rooms.Put(room)
	return p.routeOf(p.selection.Append(room[:0], body))
}

// routeOf is the route of a key, if there is one.
func (p *Program) routeOf(key []byte, err error) *Route {
	if err == nil {
		if route, ok := p.messages[string(key)]; ok {
			return route
		}
	}
	return p.fallback
}

// Selection is the value of the route selection expression for a message; empty for one that has none.
func (p *Program) Selection(body []byte) string {
	value, err := p.shown.Append(nil, body)
	if err != nil {
		return ""
	}
	return string(value)
}
