package integration

import (
	"context"
	"crypto/tls"
	"net/http"

	"gangway/internal/gateway"
	"gangway/internal/lambda"
)

// MaxBody is the most that is read of an HTTP backend's answer, and one byte more than a client can be sent: 128 KB is
// API Gateway's limit for a message. A longer body comes back cut here, so that its length tells.
const MaxBody = 128<<10 + 1

// Request is one call of a backend. It is not changed by the call.
type Request struct {
	Event *gateway.Event
	// Header, Query and Path are the mapped parameters. They replace what is forwarded under the same name.
	Header, Query, Path gateway.Params
	// Body is the message, or what a request template made of the event.
	Body []byte
	// Rendered says that a template made the Body.
	Rendered bool
	// Note is where the call notes what goes over the wire, for who watches; nil: nowhere.
	Note *gateway.Detail
}

// Response is what a backend answered.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// Function says that a Lambda function has answered, other than through AWS_PROXY. Then Failure is the errorMessage in its
	// result, or of one that failed without such the service's word for it, and empty of one that did what it should.
	Function bool
	Failure  string
	// RequestID is what a service of AWS calls the call; empty if it gave it no name.
	RequestID string
}

// A Backend can be called. It is safe for concurrent use.
type Backend interface {
	// Call returns errors of the kinds [gateway.ErrTimeout], [gateway.ErrUnreachable], [gateway.ErrBadReply] and
	// [gateway.ErrConfiguration]; their text, unlike the message of the [gateway.Error] inside, is for the operator.
	Call(ctx context.Context, req *Request) (*Response, error)
}

// Env is what backends are made of besides their definition.
type Env struct {
	Stage     gateway.StageKey
	Variables map[string]string // of the stage
	// Lambda and HTTP reach the backends. Without them backends can be made, and so checked, but not called. Other services of
	// AWS are reached by HTTP, with the credentials of Lambda.
	Lambda *lambda.Client
	HTTP   http.RoundTripper // see [NewTransport]; only a [Transport] reaches backends behind VPC links
	// Upstream says where a VPC link leads: host:port, to be dialled in place of the host of the URI, or empty for that
	// host. It is asked at each call. Without it no link leads anywhere.
	Upstream func(link string) (address string, known bool)
	// Endpoint is the URL at which a service is called in place of AWS, or empty for AWS; nil means AWS for all. A service is
	// called as in a URI, without its subdomain: dynamodb, sqs, states.
	Endpoint func(service string) string
	// Certificate is what the gateway shows to HTTP backends over TLS, nil for none; only a [Transport] can.
	Certificate *tls.Certificate
	// Trace is the X-Amzn-Trace-Id of the invocations that an event causes; nil, or an empty one: none.
	Trace func(ev *gateway.Event) string
	// Fault is asked before each call of a backend that is no MOCK, for tests; nil: it is called.
	Fault func(ev *gateway.Event) *Fault
}

const connectionLink = "VPC_LINK" // the connectionType

// New makes the backend of an integration. An error of kind [gateway.ErrInvalid] says which part of the definition is
// wrong; then there is no backend. One of kind [gateway.ErrConfiguration] says what is right and cannot work as things
// stand; then there is a backend, and as long as that is so each of its calls has an error of that kind.
func New(def gateway.DeployedIntegration, env Env) (Backend, error) {
	b, err := newBackend(&def, env)
	if env.Fault == nil || b == nil || def.IntegrationType == gateway.IntegrationMock {
		return b, err
	}
	_, function := b.(*custom)
	return &faulty{b, env.Fault, def.IntegrationType == gateway.IntegrationAWSProxy, function}, err
}

func newBackend(def *gateway.DeployedIntegration, env Env) (Backend, error) {
	server := def.IntegrationType == gateway.IntegrationHTTP || def.IntegrationType == gateway.IntegrationHTTPProxy
	if def.ConnectionType == connectionLink && !server {
		return nil, gateway.Errorf(gateway.ErrInvalid,
			"connectionType VPC_LINK is for integrationType HTTP and HTTP_PROXY, not for %s", def.IntegrationType)
	}
	switch def.IntegrationType {
	case gateway.IntegrationAWSProxy:
		return newFunction(def, env)
	case gateway.IntegrationHTTPProxy, gateway.IntegrationHTTP:
		return newServer(def, env)
	case gateway.IntegrationMock:
		return newMock()
	case gateway.IntegrationAWS:
		return newAWS(def, env)
	default:
		return nil, gateway.Errorf(gateway.ErrInvalid,
			"integrationType '%s' is unknown. Use AWS, AWS_PROXY, HTTP, HTTP_PROXY or MOCK", def.IntegrationType)
	}
}
