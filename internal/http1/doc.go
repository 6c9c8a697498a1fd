// Package http1 serves HTTP/1.1 (RFC 9112) to handlers of net/http, at a fraction of what its server costs, and is stricter:
// what two readers could understand in two ways is refused, and after a refusal nothing more is read from that connection.
// It knows no WebSocket, but gives connections away to who does ([TakeOver]).
//
// Where there are event loops ([gangway/internal/loop]) a connection that waits has no goroutine and no buffer, only what it
// has sent of a head that is not complete. A goroutine runs for each request that is being answered, and for no other
// reason; none for those of Server.Prompt, which are answered on the loop until they have to wait. Connections that speak TLS, and all of them on systems without loops, have a goroutine that reads; that both
// behave alike is what the tests are about.
//
// # What is refused
//
// With 400, if nothing else is said here: a bare CR or LF, any control character, folded lines, white space before a colon, names
// that are no tokens; targets that are no paths; no Host, two, or one that is no authority; Content-Length twice, as a list or with
// anything but digits; Transfer-Encoding together with Content-Length, twice, or in HTTP/1.0. With 501: any
// Transfer-Encoding but chunked. With 505: any version but 1.0 and 1.1. With 417: any Expect but 100-continue. With 414 and 431:
// a target of more than 8192 bytes, a head of more than Server.MaxHead, more than 100 fields. With 503: more requests
// at once than Server.MaxRequests.
//
// A connection ends after a refusal, after an answer with Connection: close, after a request in HTTP/1.0, after a body that
// its handler has left and that is long, and after a request to upgrade to WebSocket that was answered: a proxy may have begun to
// tunnel on the wish alone. The end is lingering (RFC 9112 section 9.6), so that clients can read the answer.
//
// # Differences from net/http
//
// Types of bodies are not guessed. Trailers are read and dropped, and none are sent. Requests in HTTP/1.0 are answered and
// the connection closed, whatever they ask for. Pragma is not translated. There is no HTTP/2.
//
// Waiting has limits where none is set: 30 seconds for bytes of a body to come, and as many for each write to be taken.
package http1
