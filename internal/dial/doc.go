// Package dial calls servers by HTTP/1.1, over connections that it keeps.
//
// It knows how a request is written, how a response is read, and what becomes of a connection after that. It does not know who
// calls whom and why, which addresses may be called (that is for the [Func] that opens connections), nor what an answer means.
//
// # Once
//
// A request is written once. It is never sent again, whatever its method: a server that has read any of it may have acted on it.
// Only a kept connection that takes not one byte of it is given up for another. So that this is rare, a connection that was
// kept is asked first, without waiting, whether the server has ended it, or said something that nobody had asked for.
//
// # A call and its connection
//
// The goroutine that calls writes the request and reads the response; there is no other one, but for bodies of more than 32 KB
// or of unknown length, which are written while the response is read, because a server need not read what it refuses. Smaller
// ones are read by the caller's goroutine, and are expected to be in memory. Opening a connection, writing and reading end with
// the context of the call, at its deadline or within a tenth of a second of its being canceled. A connection is kept if the
// whole of the request was written and the whole of the response read, and if neither side wants otherwise; the one that was used
// last is used first. Nothing is done for a connection that is idle, but that it is closed in time.
//
// # Responses
//
// Responses are read strictly. Both a length and chunks, lengths that differ, any transfer encoding but chunked, header fields
// with a space before the colon, over several lines or with control characters, chunk sizes that do not end in CR LF: each is an
// error, after which the connection is closed. A header may have 256 KB and a thousand fields. Informational responses are
// skipped, sixteen of them; a switch of protocols is an error. Trailer fields are dropped.
//
// # What there is not
//
// No proxies, whatever the environment says; no redirects; no decompression; no HTTP/2, which is not offered over TLS; no
// pipelining; no [net/http/httptrace].
package dial
