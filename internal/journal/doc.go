// Package journal writes the logs of stages: a line for each request in the format of the stage (access log), and what
// happened on the way (execution log). "Configure logging for WebSocket APIs" in the API Gateway developer guide says what
// there is; what is not said there follows lines of the service that others have published.
//
// It knows a stage's settings and what a [gateway.Record] tells, three places for lines (files, a writer, CloudWatch Logs and
// Firehose), and what must not stand in a log. It does not know when events happen, who asks for logs, nor the node's own
// log, of which it uses a [slog.Logger] to tell of places that do not take lines, once in ten seconds.
//
// # Access logs
//
// A format is text with variables of $context; everything else in it stands for itself. A name goes as far as it can: letters,
// digits and underscores, with dots between, and inside the names of $context.authorizer also hyphens. If there is no
// variable of that name, dots and what follows them are given back to the text until there is one. A variable that has no
// value in some request, and one that does not exist, is a hyphen: so it is on API Gateway, where a format may name variables
// of other kinds of APIs.
//
// Each request is one line, whatever values are in it. How a value is escaped depends on the format:
//
//   - If the format is JSON but for its variables, values are escaped as in JSON strings, and so is a value outside of quotes
//     itself quoted if it is not a number, true, false or null: the line is JSON, always. API Gateway escapes quotes and
//     backslashes, too (seen in 2024), but has nothing for hyphens outside of quotes.
//   - If it begins with '<', values are escaped as in XML.
//   - Otherwise quotes, backslashes and control characters are escaped as in JSON strings, as Apache does in its logs.
//
// In all three, characters that turn the direction of text or end a line are escaped like control characters, and what is not
// UTF-8 becomes U+FFFD. At most 2 KB of a value are shown.
//
// # Execution logs
//
// Lines are those of the service: "(requestId) " and up to 1,024 bytes, then " [TRUNCATED]" if there was more. At the level
// ERROR only what failed is there. With data trace, which needs the level INFO, there is what went to the backend and came back.
//
// Whoever reads logs need not be whoever may impersonate a client. Values of Authorization, Proxy-Authorization, Cookie,
// Set-Cookie, X-Amz-Security-Token, X-Amz-Signature, X-Amz-Credential, X-Api-Key, and of the identity sources of authorizers
// are asterisks, in header fields and queries as well as where they, or parts of them of 8 bytes and more between separators, are
// repeated in a body, a URI or an error: as they are, or escaped once as in JSON or in a URL, also if only the first 32 bytes are
// there. Of an API key the last six characters are shown, as the service does. What an access log format asks for by name is
// written as it is, except the API key.
//
// # Not logged
//
// As on API Gateway, requests that were answered with 413, and those beyond ten in a second that were answered with 429.
//
// # Falling behind
//
// A request never waits for a log. Lines wait in memory, 8 MB of them; what does not fit is dropped and counted, and "N lines were
// dropped" stands where they are missing. Places that fail are asked again a few times in a few seconds.
package journal
