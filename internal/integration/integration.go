package integration

import (
	"context"
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
	Header, Query gateway.Params
	Path          map[string]string
	// Body is the message, or what a request template made of the event.
	Body []byte
	// Rendered says that a template made the Body.
	Rendered bool
}

// Response is what a backend answered.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
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
	// Lambda and HTTP reach the backends. Without them backends can be made, and so checked, but not called.
	Lambda *lambda.Client
	HTTP   http.RoundTripper // see [NewTransport]
}

// New makes the backend of an integration. Its error is a [gateway.Error] of kind [gateway.ErrInvalid], and says which
// part of the definition is wrong or not served.
func New(def gateway.DeployedIntegration, env Env) (Backend, error) {
	if err := served(&def); err != nil {
		return nil, err
	}
	switch def.IntegrationType {
	case gateway.IntegrationAWSProxy:
		return newFunction(&def, env)
	case gateway.IntegrationHTTPProxy:
		return newServer(&def, env)
	default:
		return newMock()
	}
}

// served refuses what an API may ask for but this version cannot do: nothing is silently left out.
func served(def *gateway.DeployedIntegration) error {
	switch {
	case def.ConnectionType == "VPC_LINK":
		return gateway.Errorf(gateway.ErrInvalid,
			"connectionType VPC_LINK is not served yet. Use INTERNET with a URI that the gateway can reach")
	case def.ContentHandlingStrategy == "CONVERT_TO_BINARY":
		return gateway.Errorf(gateway.ErrInvalid,
			"contentHandlingStrategy CONVERT_TO_BINARY is not served yet. Leave it out, or use CONVERT_TO_TEXT")
	}
	switch def.IntegrationType {
	case gateway.IntegrationAWSProxy, gateway.IntegrationHTTPProxy, gateway.IntegrationMock:
		return nil
	default:
		return gateway.Errorf(gateway.ErrInvalid,
			"integrationType %s is not served yet. Use AWS_PROXY, HTTP_PROXY or MOCK", def.IntegrationType)
	}
}
