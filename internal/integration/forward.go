package integration

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
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
	signed := ev.Connection.Identity.Signed()
	return withAdditions(ev.Header.Without(func(name string) bool {
		return leftOut(name) || signed && isSignature(name)
	}), ev)
}

// withAdditions is a header, which is not changed, with what the gateway adds.
func withAdditions(client gateway.Params, ev *gateway.Event) gateway.Params {
	header := slices.Clip(client)
	if _, ok := header.Get("Host"); !ok {
		header = slices.Insert(header, 0, gateway.Param{Name: "Host", Value: host(ev.Connection)})
	}
	if _, ok := header.Get(traceID); !ok {
		header = append(header, gateway.Param{Name: traceID, Value: trace(ev)})
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
	return ev.Query.Without(func(name string) bool {
		return slices.Contains(presigned, name)
	})
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

// trace is what [appendTrace] appends.
func trace(ev *gateway.Event) string {
	var room [64]byte
	return string(appendTrace(room[:0], ev))
}

// appendTrace appends an id of AWS X-Ray's form, Root=1-{seconds}-{96 bits}. The bits follow from the request id, so that
// all that is built from one event carries the same.
func appendTrace(dst []byte, ev *gateway.Event) []byte {
	sum := sha256.Sum256([]byte(ev.RequestID))
	dst = append(dst, "Root=1-"...)
	dst = strconv.AppendInt(dst, max(ev.Time.Unix(), 1<<28), 16) // eight digits
	dst = append(dst, '-')
	return hex.AppendEncode(dst, sum[:12])
}
