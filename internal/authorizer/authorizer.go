// Package authorizer decides who may connect to an API.
//
// It knows how each type of authorization reads a handshake. It does not know routes, nor how a refusal is told to the
// client: that is a [gateway.Error] of kind ErrUnauthorized or ErrForbidden. Whatever goes wrong refuses; only a Decision
// lets a client in.
package authorizer

import (
	"context"
	"net/http"
	"time"

	"gangway/internal/gateway"
)

// Request is a client that wants to connect.
type Request struct {
	HTTP  *http.Request // the handshake as it came: method, target, Host and header
	Event *gateway.Event
}

// Decision lets a client in.
type Decision struct {
	// Identity is who the client is; nil if nobody asked.
	Identity *gateway.Identity
	// UsageKey is the value of the API key that an authorizer names for the client: usageIdentifierKey.
	UsageKey string
	// Expires is when the decision ends, and the connection with it; zero: never.
	Expires time.Time
}

// An Authorizer decides. It is safe for concurrent use.
type Authorizer interface {
	// Authorize returns a decision or an error, never both and never neither.
	Authorize(ctx context.Context, req *Request) (*Decision, error)
}

// None lets everybody in.
type None struct{}

// Authorize implements [Authorizer].
func (None) Authorize(context.Context, *Request) (*Decision, error) { return &Decision{}, nil }
