// Package integration calls the backends of an API: a Lambda function, an HTTP server, another service of AWS, or nobody (MOCK).
//
// It knows how each type of integration puts an event on the wire and reads the answer: "Set up WebSocket API integration
// requests" in the API Gateway developer guide. It does not know which route is being run, where parameters and bodies
// come from (they arrive mapped and rendered in a [Request]), nor what becomes of a [Response].
//
// A backend is called once for each [Backend.Call], or not at all: nothing is sent again that may have been read, and no redirect
// is followed. What a call may cost is bounded: the time by the context, the body by [MaxBody] (a Lambda result by Lambda's own 6 MB), the header by
// the transport of [NewTransport], which also decides which addresses may be called at all.
//
// # Kept connections
//
// Connections are kept for the calls that follow, for four seconds, and not used if the server has ended them in the meantime
// (see [gangway/internal/dial], by which all calls are made). A server that hangs up on one in the moment in which it is
// used again makes that call fail, unless not one byte of the request could be written: then it is sent on another connection.
// Whether a server has acted on a request whose answer did not come cannot be known, so what was written, be it in part, is
// never sent again, whatever the method. Servers that keep connections for less than five seconds and say so, in a header
// Keep-Alive with a timeout, are called on a new one each time, from the second call on; those that do not say so should be told
// to keep connections for longer.
//
// # Headers that the gateway adds
//
// The event of a handshake arrives with the header fields as the client sent them, but for what the edge has already taken
// out, fields of the client's own connection and claims about where it comes from, and put in: X-Forwarded-Port and
// X-Forwarded-Proto. This package adds the rest when it builds an event or a request: the client's address as
// X-Forwarded-For, X-Amzn-Trace-Id unless the client sent one (the same for all that is built from one event), and Host. It
// leaves out Connection, Upgrade and Content-Length, as API Gateway does, and, of a handshake that was signed, the
// signature: who reads it could connect with it. Who makes a [Request] leaves that out of it, too: [HidesHeader], [HidesQuery].
//
// Of a client's own fields and parameters, none reaches a backend under a name that the definition maps, whether or not there
// is a value to map. An HTTP backend that is no proxy gets none at all, but what is mapped.
//
// # Services of AWS
//
// The URI of an integration of type AWS says which service is called, and how: a function by Lambda's Invoke API, an action in
// the service's own protocol, JSON or query, and a path as it is. The gateway adds what the protocol wants, X-Amz-Target and
// the content type, and a mapped header replaces it. Requests are signed (Signature Version 4) with the credentials that the
// SDK's default chain finds for the gateway; the role of credentialsArn is not assumed. A service that is called elsewhere than
// in AWS ([Env.Endpoint]) never sees them, unless they are in the environment variables: see [lambda.Elsewhere].
//
// # Client certificates
//
// An HTTP backend is shown the certificate of [Env.Certificate] if it asks for one. Connections that were made with one
// certificate serve no calls with another or with none. Services of AWS and functions are shown none.
//
// # VPC links
//
// There is no VPC here: a link is a name for an upstream, host and port, which is dialled in place of the host of the URI.
// That host stays the name under which the server is called (Host, TLS server name). Links share no connections with each
// other or with calls that have none, whatever their URIs say, and the addresses that are closed to backends are closed to
// them as well. Where a link leads is asked at each call. A link that does not exist answers [gateway.ErrConfiguration].
//
// # Stage variables
//
// ${stageVariables.NAME} in an integration's URI or connectionId is replaced when the backend is made. A deployment is made
// before the stages that run it, so a definition that is wrong only for want of a variable, or because of its value, makes a
// backend that answers [gateway.ErrConfiguration] to every call, as on API Gateway; any other mistake is an error of [New].
package integration
