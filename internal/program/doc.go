// Package program turns the snapshot of an API into something that runs, and runs events through it.
//
// [Compile] reads everything once: selection expressions, parameter mappings, templates, URIs with the stage's variables
// in them. Its one error says everything that it finds wrong, each with the route or the integration it is about. What it
// returns, a [Program], is never changed and parses nothing more: an edge asks it for the [Route] of an event, has the
// route authorize a handshake, and lets it [Route.Run]. A program belongs to one stage, and is compiled again when the
// stage's settings change.
//
// The package knows how a message chooses its route, what leads from an event to the request of a backend and from its
// response to the client. It does not know connections, throttles and error frames (edge), nor how backends are called
// (integration).
//
// # Nothing is passed over in silence
//
// What an API asks for and this version cannot do can be deployed, and the program has a note that says so:
// [Program.Notes]. Whatever needs it fails with [gateway.ErrConfiguration]: nobody connects where a Lambda authorizer or an
// API key should decide; a message fails whose route has request models, whose integration is of type AWS or HTTP or
// converts to binary, or that comes to a template with references or directives. So does one whose VPC link does not exist.
// What is asked for and could never work is a fault, also where it is not served: an integration, an authorizer or a model
// that is not there, an expression that cannot be read.
//
// What API Gateway accepts and ignores is ignored here too: API keys of routes other than $connect, templates and
// integration responses of proxy integrations, models of responses, mapped parameters of AWS_PROXY and MOCK, response
// parameters other than Sec-WebSocket-Protocol of $connect. One thing differs: credentialsArn names an AWS role, and
// functions are invoked with the gateway's own credentials.
//
// # Guesses
//
// API Gateway does not document, and this package decides: a route other than $connect without a target fails; a two-way
// reply of more than 128 KB is a bad reply; of several patterns of integration responses the first that matches wins; a
// MOCK integration of $connect without any integration response decides by its own status.
package program
