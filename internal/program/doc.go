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
// What an API asks for and this version cannot do is an error of Compile that says so: integrations of type AWS and HTTP,
// VPC links, Lambda authorizers, API keys, request models, conversion to binary, and templates with references or
// directives. What API Gateway accepts and ignores is ignored here too: templates and integration responses of proxy
// integrations, models of responses, mapped parameters of AWS_PROXY and MOCK, response parameters other than
// Sec-WebSocket-Protocol of $connect. One thing differs: credentialsArn names an AWS role, and functions are invoked with
// the gateway's own credentials.
//
// # Guesses
//
// API Gateway does not document, and this package decides: a route other than $connect without a target fails; a two-way
// reply of more than 128 KB is a bad reply; of several patterns of integration responses the first that matches wins; a
// MOCK integration of $connect without any integration response decides by its own status.
package program
