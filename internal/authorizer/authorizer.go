// Package authorizer decides who may connect to an API.
//
//   - [None] lets everybody in.
//   - [IAM] lets in who has signed the handshake and is permitted to invoke $connect.
//   - [Function] asks a Lambda function, as the REQUEST authorizers of API Gateway do.
//   - [JWT] reads a token that an identity provider has signed. API Gateway has that for HTTP APIs only.
//
// It knows how each type of authorization reads a handshake. It does not know routes, how a function is called, nor how a
// refusal is told to the client: that is a [gateway.Error], of kind ErrUnauthorized, ErrForbidden, ErrConfiguration or
// ErrUnavailable. Function and JWT wrap it in a [RefusalError], which says more to who operates the API. Whatever goes wrong
// refuses; only a Decision lets a client in. No error has in it what a client has sent to prove who it is, unless the
// function's own message repeats it.
//
// # What a function answers
//
// "Output from an API Gateway Lambda authorizer" in the developer guide says what is right. Where it is silent about what is
// wrong, the answer is refused with status 500, because an answer that could be read in two ways could let the wrong client
// in: a name given twice, or a known name in other case; bytes that are not UTF-8; a principalId that is no text or is
// empty; a policyDocument that is no object (text that has JSON in it is refused on API Gateway, too) or that
// [gangway/internal/policy] does not take whole; a context value that is neither text, number nor boolean. Other names than
// the four are ignored, and null says as little as a member that is absent.
//
// A policy may ask for the condition keys aws:CurrentTime, aws:EpochTime, aws:Referer, aws:SecureTransport, aws:SourceIp and
// aws:UserAgent. One that asks for another lets nobody in, whatever its operator makes of an absent key.
//
// # Tokens
//
// A token is a JWS in compact form (RFC 7515 section 3.1) of up to 8 KB. Its header names the key (kid) that the issuer
// publishes, never brings one along: jwk, jku, x5c and x5u have no effect, and crit is refused. What is checked of its claims
// is said in "Control access to HTTP APIs with JWT authorizers" in the developer guide; beyond that a name given twice is
// refused, and so is a typ that is not an access token's (RFC 8725 section 3.11).
//
// Claims are values of $context.authorizer under their names: texts as they are, numbers and booleans as they are written, lists
// and objects as JSON, because joined lists could not be told from other lists. null is left out.
//
// # Where a token is
//
// In a header field or a query parameter it may have "Bearer " in front. Browsers can set no header field but
// Sec-WebSocket-Protocol, so that it may also be one of the subprotocols that a client offers, behind a name and a dot:
//
//	new WebSocket(url, ["access_token." + token, "chat"])
//
// for the source route.request.subprotocol.access_token. The server is to choose another one: Decision.Hidden.
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
	// Hidden are the subprotocols that a client offers in order to show a token. None may be chosen, or the answer to the
	// handshake has the token in it.
	Hidden []string
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
