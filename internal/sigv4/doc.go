// Package sigv4 signs HTTP requests with AWS Signature Version 4 and verifies such signatures.
//
// A [Verifier] answers one question: did the holder of this access key send exactly this request, now, to this
// service? It reads both forms of a signature, the Authorization header and the query parameters of a presigned URL, and
// answers with an [Identity] or with an [*Error] that carries the code, status and text Amazon API Gateway uses.
// What the holder may do is not its business; nor are the host names that belong to us, the size of a body and the
// safety of a path: callers cap the body before they read it, check the host, and refuse paths such as "/a/../b".
//
// The verifier trusts nothing but bytes it has seen. It hashes the body itself and refuses payloads that are declared
// unsigned or streamed. It takes the path from the request target as sent and encodes it once more, without resolving dots
// or slashes, as every service but S3 does: clients that normalise a path send the path they signed. It requires
// that Host, the date and each x-amz-* header are signed, that every signed header is there, and that exactly one of the two forms is
// used. Escapes in the query may be written in either case; a plus sign and a semicolon in it stay what they are
// and match neither a space nor their escaped form, because readers of queries disagree about both.
//
// Within its time window a signature can be replayed; that is part of the protocol. [Identity] has the
// signature, so that a caller may remember it.
//
// The protocol is described in the IAM user guide, "AWS Signature Version 4 for API requests".
package sigv4
