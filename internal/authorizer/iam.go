package authorizer

import (
	"context"

	"gangway/internal/gateway"
	"gangway/internal/sigv4"
)

// IAM lets in who signed the handshake with Signature Version 4 for the service execute-api, by header or in the query:
// "Use IAM authorization" under "Control and manage access to WebSocket APIs in API Gateway" in the developer guide.
// A handshake has no body. Access keys have no policies yet: each key that the verifier knows may connect.
type IAM struct{ Verifier *sigv4.Verifier }

// Authorize implements [Authorizer]. Its errors are [*sigv4.Error]; without a verifier, of kind [gateway.ErrForbidden].
func (a IAM) Authorize(_ context.Context, req *Request) (*Decision, error) {
	if a.Verifier == nil || req.HTTP == nil {
		return nil, gateway.Errorf(gateway.ErrForbidden, "Forbidden")
	}
	identity, err := a.Verifier.Verify(req.HTTP, nil)
	if err != nil {
		return nil, err
	}
	return &Decision{Principal: identity.AccessKeyID}, nil
}
