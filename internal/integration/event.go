package integration

import (
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"

	"gangway/internal/gateway"
)

// appendEvent appends the event that a Lambda function of an AWS_PROXY integration is invoked with. What an event does not
// have is left out: the captures of recent years have no nulls. A message that is not UTF-8 is in base64; API Gateway has
// none such, for it takes no binary messages.
func appendEvent(dst []byte, ev *gateway.Event, variables map[string]string) []byte {
	dst = append(dst, '{')
	switch ev.Type {
	case gateway.EventConnect:
		dst = appendParams(dst, "headers", "multiValueHeaders", group(handshakeHeader(ev), strings.ToLower))
		if query := handshakeQuery(ev); len(query) > 0 {
			dst = appendParams(dst, "queryStringParameters", "multiValueQueryStringParameters", group(query, verbatim))
		}
	case gateway.EventDisconnect:
		dst = appendParams(dst, "headers", "multiValueHeaders", []multi{
			{"Host", []string{host(ev.Connection)}}, {"x-api-key", empty}, {forwardedFor, empty}, {"x-restapi", empty},
		})
	case gateway.EventMessage: // has neither
	}
	if len(variables) > 0 {
		dst = appendVariables(dst, variables)
	}
	dst = append(appendContext(dst, ev), ',')
	if ev.Type != gateway.EventMessage {
		return append(dst, `"isBase64Encoded":false}`...)
	}
	dst = appendName(dst, "body")
	if utf8.Valid(ev.Body) {
		return append(appendString(dst, ev.Body), `,"isBase64Encoded":false}`...)
	}
	dst = base64.StdEncoding.AppendEncode(append(dst, '"'), ev.Body)
	return append(dst, `","isBase64Encoded":true}`...)
}

// AppendRequestEvent appends the event that the function of a REQUEST authorizer is invoked with: "Create an API Gateway
// REQUEST Lambda authorizer" in the developer guide. It has what the event of a handshake has and is no body, all that the
// client has signed with, because the function may want to look at it, and the ARN of what the client asks for.
func AppendRequestEvent(dst []byte, ev *gateway.Event, variables map[string]string, arn string) []byte {
	dst = append(dst, `{"type":"REQUEST",`...)
	dst = appendMember(dst, "methodArn", arn)
	header := withAdditions(ev.Header, ev)
	if _, ok := header.Get("Content-Length"); !ok {
		header = append(header, gateway.Param{Name: "content-length", Value: "0"})
	}
	dst = appendParams(dst, "headers", "multiValueHeaders", group(header, strings.ToLower))
	dst = appendParams(dst, "queryStringParameters", "multiValueQueryStringParameters", group(ev.Query, verbatim))
	if len(variables) == 0 {
		dst = append(appendName(dst, "stageVariables"), "{},"...)
	} else {
		dst = appendVariables(dst, variables)
	}
	return append(appendContext(dst, ev), '}')
}

// empty is the value of the three header fields of a DISCONNECT event that API Gateway sends without one.
var empty = []string{""}

// appendContext appends the member requestContext, without a comma.
func appendContext(dst []byte, ev *gateway.Event) []byte {
	c := ev.Connection
	dst = append(appendName(dst, "requestContext"), '{')
	dst = appendMember(dst, "routeKey", ev.RouteKey)
	if c.Identity != nil && c.Identity.Authorizer != nil {
		dst = appendAuthorization(dst, c.Identity.Authorizer)
	}
	if ev.Type == gateway.EventMessage {
		dst = appendMember(dst, "messageId", ev.MessageID)
	}
	if ev.Type == gateway.EventDisconnect {
		dst = appendInt(dst, "disconnectStatusCode", int64(ev.DisconnectStatus))
		dst = appendMember(dst, "disconnectReason", ev.DisconnectReason)
	}
	dst = appendMember(dst, "eventType", string(ev.Type))
	dst = appendMember(dst, "extendedRequestId", ev.RequestID)
	dst = appendMember(dst, "requestTime", ev.RequestTime())
	dst = appendMember(dst, "messageDirection", "IN")
	dst = appendMember(dst, "stage", c.Stage)
	dst = appendInt(dst, "connectedAt", c.ConnectedAt.UnixMilli())
	dst = appendInt(dst, "requestTimeEpoch", ev.Time.UnixMilli())
	dst = append(appendIdentity(dst, c), ',')
	dst = appendMember(dst, "requestId", ev.RequestID)
	dst = appendMember(dst, "domainName", c.DomainName)
	dst = appendMember(dst, "connectionId", string(c.ID))
	dst = appendMember(dst, "apiId", c.API)
	return closeObject(dst)
}

// appendAuthorization appends the member authorizer: all values are texts, but for the latency.
func appendAuthorization(dst []byte, a *gateway.Authorization) []byte {
	dst = append(appendName(dst, "authorizer"), '{')
	for _, value := range a.Context {
		dst = appendMember(dst, value.Name, value.Value)
	}
	if a.PrincipalID != "" {
		dst = appendMember(dst, "principalId", a.PrincipalID)
	}
	dst = appendInt(dst, "integrationLatency", a.Latency.Milliseconds())
	return append(closeObject(dst), ',')
}

// appendIdentity appends the member identity, without a comma.
func appendIdentity(dst []byte, c *gateway.Connection) []byte {
	dst = append(appendName(dst, "identity"), '{')
	if who := c.Identity; who != nil {
		for _, member := range [...]struct{ name, value string }{
			{"accessKey", who.AccessKey},
			{"accountId", who.AccountID},
			{"apiKey", who.APIKey},
			{"apiKeyId", who.APIKeyID},
			{"caller", who.Caller},
			{"user", who.User},
			{"userArn", who.UserARN},
		} {
			if member.value != "" {
				dst = appendMember(dst, member.name, member.value)
			}
		}
	}
	if c.UserAgent != "" {
		dst = appendMember(dst, "userAgent", c.UserAgent)
	}
	return closeObject(appendMember(dst, "sourceIp", c.SourceIP))
}

// appendVariables appends the stage's variables in the order of their names, so that equal events are equal bytes.
func appendVariables(dst []byte, variables map[string]string) []byte {
	names := make([]string, 0, len(variables))
	for name := range variables {
		names = append(names, name)
	}
	slices.Sort(names)
	dst = append(appendName(dst, "stageVariables"), '{')
	for _, name := range names {
		dst = appendMember(dst, name, variables[name])
	}
	return append(closeObject(dst), ',')
}

// multi is a parameter with all its values.
type multi struct {
	name   string
	values []string
}

// group gathers the values of each name, in the order and with the spelling in which names came first. Names are the same
// if key makes them so.
func group(params gateway.Params, key func(string) string) []multi {
	groups := make([]multi, 0, len(params))
	index := make(map[string]int, len(params))
	for _, param := range params {
		i, ok := index[key(param.Name)]
		if !ok {
			i = len(groups)
			index[key(param.Name)] = i
			groups = append(groups, multi{name: param.Name})
		}
		groups[i].values = append(groups[i].values, param.Value)
	}
	return groups
}

func verbatim(name string) string { return name }

// appendParams appends parameters twice: a map of the last values, and a map of all.
func appendParams(dst []byte, single, multiple string, params []multi) []byte {
	if len(params) == 0 {
		dst = append(appendName(dst, single), "{},"...)
		return append(appendName(dst, multiple), "{},"...)
	}
	dst = append(appendName(dst, single), '{')
	for _, param := range params {
		dst = appendMember(dst, param.name, param.values[len(param.values)-1])
	}
	dst = append(closeObject(dst), ',')
	dst = append(appendName(dst, multiple), '{')
	for _, param := range params {
		dst = append(appendName(dst, param.name), '[')
		for _, value := range param.values {
			dst = append(appendString(dst, value), ',')
		}
		dst[len(dst)-1] = ']'
		dst = append(dst, ',')
	}
	return append(closeObject(dst), ',')
}
