package integration

import (
	"slices"
	"strings"

	"gangway/internal/gateway"
)

const (
	forwardedFor = "X-Forwarded-For"
	traceID      = "X-Amzn-Trace-Id"
)

// handshakeHeader is the header of a handshake as backends see it: the client's, without what the package comment says
// is left out, and with what the gateway adds.
func handshakeHeader(ev *gateway.Event) gateway.Params {
	return withAdditions(ev.Header.Without(func(name string) bool { return leftOut(name) || HidesHeader(ev, name) }), ev)
}

// HidesHeader says whether a field of a handshake's header is the client's secret: of one that was signed, the signature. Who
// reads it could connect with it.
func HidesHeader(ev *gateway.Event, name string) bool {
	return isSignature(name) && ev.Connection.Identity.Signed()
}

// HidesQuery is [HidesHeader] for the parameters of a query.
func HidesQuery(ev *gateway.Event, name string) bool {
	return slices.Contains(presigned, name) && ev.Connection.Identity.Signed()
}

// withAdditions is a header, which is not changed, with what the gateway adds.
func withAdditions(client gateway.Params, ev *gateway.Event) gateway.Params {
	header := slices.Clip(client)
	if _, ok := header.Get("Host"); !ok {
		header = slices.Insert(header, 0, gateway.Param{Name: "Host", Value: host(ev.Connection)})
	}
	if _, ok := header.Get(traceID); !ok {
		header = append(header, gateway.Param{Name: traceID, Value: ev.TraceID()})
	}
	return append(header, gateway.Param{Name: forwardedFor, Value: ev.Connection.SourceIP})
}

// leftOut are the fields that API Gateway does not show to the integration of $connect.
func leftOut(name string) bool {
	return strings.EqualFold(name, "Connection") || strings.EqualFold(name, "Upgrade") ||
		strings.EqualFold(name, "Content-Length")
}

// isSignature are the header fields of a signed request that prove who sent it.
func isSignature(name string) bool {
	return strings.EqualFold(name, "Authorization") || strings.EqualFold(name, "X-Amz-Security-Token")
}

// handshakeQuery is the query of a handshake as backends see it.
func handshakeQuery(ev *gateway.Event) gateway.Params {
	if !ev.Connection.Identity.Signed() {
		return ev.Query
	}
	return ev.Query.Without(func(name string) bool { return HidesQuery(ev, name) })
}

// presigned are the parameters of a presigned URL: "AWS Signature Version 4 for API requests" in the IAM user guide.
var presigned = []string{
	"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Security-Token", "X-Amz-Signature",
	"X-Amz-SignedHeaders",
}

// host is the authority by which the client reached the API.
func host(c *gateway.Connection) string {
	authority, _, _ := strings.Cut(c.DomainName, "/")
	return authority
}
