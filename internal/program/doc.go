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
// API key should decide; a message fails whose VPC link does not exist, or whose integration wants an action of a service of
// AWS that is not known to have any. A message fails as one that is wrong ("Bad request body") whose model is no schema, where
// the API avoids validating models at its deployment; else such a model is a fault.
// What is asked for and could never work is a fault, also where it is not served: an integration, an authorizer or a model
// that is not there, an expression that cannot be read.
//
// What API Gateway accepts and ignores is ignored here too: API keys of routes other than $connect, templates and
// integration responses of proxy integrations, models of responses, mapped parameters of AWS_PROXY and MOCK, response
// parameters other than Sec-WebSocket-Protocol of $connect. One thing differs: credentialsArn names a role of
// AWS, and functions and other services are called with the gateway's own credentials.
//
// # Answers of backends that are not proxies
//
// The first integration response whose pattern is the outcome of the call decides, else $default: the whole status, and of a
// function of type AWS the whole errorMessage in its result, which is the empty text if there is none. Patterns are RE2's, of
// 1 KB at most. Where none fits, a two-way route and a handshake fail with [gateway.ErrConfiguration], as they do where base64
// is expected and does not come. A client chooses nothing: a subprotocol comes from a response parameter.
//
// # What a message may cost
//
// All that runs for a message is bounded by counting, not by the clock: templates in their steps, to which searches in $input add
// theirs, and models in 200,000 applications of a schema to a value or what takes as long, such as matching a pattern of 100
// instructions with 128 KB. A message that would take more follows no model. What is known of a value is remembered, so that a
// model may refer to itself, and messages be nested, without costing more than both are long. The time of the integration begins
// before the message is held against its model. Patterns of models are RE2's, of 8 KB and 10,000 instructions at most.
//
// A MOCK whose templates are mere text answers all messages alike, so it is run once, when it is compiled, and each message gets
// what came of that. Who must not be held up asks [Route.Prompt] what may be run at once.
//
// # Secrets
//
// What proves who signed a handshake is in no parameter that a template or a mapping can see. That it was sent counts, where a
// route requires it.
//
// # Models
//
// Models are of draft 4 of JSON schema, or of the draft that their $schema names; $recursiveRef, $dynamicRef and the unevaluated
// keywords are not served. In draft 4 an integer is "a JSON number without a fraction or exponent part", as its section 3.5 has it
// and as the validator that API Gateway's messages come from: 1.0 is none.
//
// # Guesses
//
// API Gateway does not document, and this package decides: a route other than $connect without a target fails; a two-way
// reply of more than 128 KB is a bad reply; of several patterns of integration responses the first that matches wins; a
// MOCK integration of $connect without any integration response decides by its own status, and one of AWS or HTTP lets nobody
// in; nor does a function of type AWS that failed, whatever integration response takes its error (502); conversion to binary
// follows the template, and has no effect on requests of AWS_PROXY and MOCK; a refusal of a service of AWS is matched by
// status; without a model selection expression the model of the key $default is asked for; a message with a number whose
// exponent has more than three digits follows no model.
package program
