package authorizer

import (
	"context"
	"net/http"

	"gangway/internal/gateway"
	"gangway/internal/sigv4"
)

// IAM lets in who signed the handshake with Signature Version 4 for the service execute-api, by header or in the query, and
// may invoke $connect of the stage: "Control access to WebSocket APIs with IAM authorization" in the API Gateway developer
// guide. A handshake has no body. The zero value lets nobody in.
type IAM struct {
	Verifier *sigv4.Verifier
	// Permit says who holds an access key, if the holder may do execute-api:Invoke with a resource; nil: nobody may.
	Permit func(accessKeyID string, req *http.Request, resource string) (*gateway.Identity, error)
	// Names has the region and the account of the resource, Stage the rest of it.
	Names gateway.Names
	Stage gateway.StageKey
}

// Authorize implements [Authorizer]. Its errors are [*sigv4.Error] and those of Permit; if there is nobody to be asked,
// of kind [gateway.ErrForbidden]. What Permit says is what API Gateway tells a client that IAM refuses: status 403, and who
// may not do what.
func (a IAM) Authorize(_ context.Context, req *Request) (*Decision, error) {
	if a.Verifier == nil || a.Permit == nil || req.HTTP == nil {
		return nil, gateway.Errorf(gateway.ErrForbidden, "Forbidden")
	}
	identity, err := a.Verifier.Verify(req.HTTP, nil)
	if err != nil {
		return nil, err
	}
	who, err := a.Permit(identity.AccessKeyID, req.HTTP, a.Names.RouteARN(a.Stage, gateway.RouteConnect))
	if err != nil {
		return nil, err
	}
	return &Decision{Identity: who}, nil
}
