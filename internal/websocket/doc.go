// Package websocket is the RFC 6455 engine: it turns an accepted HTTP/1.1 request into a connection, frames into messages
// and messages into frames, and holds every connection to its limits. It knows nothing of gateways, routes or stages.
//
// A program gives a [Handler] to [NewServer] and calls [Server.Accept] for each handshake. The handler is called back:
// Open, then Message for every message, then Close, exactly once, never two calls at a time for one connection. Nothing
// in this contract promises a thread: it may be that of an event loop, for which thousands of connections wait, so a
// callback must not block. A handler with work to do hands the message on and returns; if too many are under way it calls
// [Conn.Pause], which leaves further bytes to TCP.
//
// [Conn.Send] never blocks either. What the socket does not take at once waits in a queue bounded in bytes and messages,
// and leaves coalesced, in order. All queues of a Server together, with the parts of unfinished messages, are bounded by
// Options.HeldBytes: each connection may hold as much of that as is left, and who has more memory to find calls
// [Server.Relieve]. [Conn.SendWait] is for those who must know that a message was handed to the kernel:
// when it returns an error, no byte of the message has left or the connection is gone.
//
// One hashed timing wheel for each Server, in ticks of a second, watches the idle limit, the lifetime, the pings, the close
// handshake and unfinished messages. No connection has a timer of its own.
//
// The status and reason given to Handler.Close say what ended the connection:
//
//	the client's close frame            its status and reason; 1005 and "" for an empty one
//	Conn.Close, an idle or lifetime end our status and reason (1001 "Going away")
//	a broken rule                       1002, 1003, 1007, 1008 or 1009 and a sentence
//	too many unfinished messages        1013 and a sentence
//	a panic in the handler              1011
//	a lost or dead TCP connection       1006 and "", "ping timeout" or "slow consumer"
//	Server.Relieve                      1006 and "slow consumer" or "message takes too long"
//
// [Conn.CloseAt] ends a connection at a time of its own, such as the end of a token. It waits in the wheel with the other
// times and takes 8 bytes of every connection, 32 more of one that has such a time. [AcceptOptions] may give a connection
// [Options] of its own; those of many are best filled in once by [Options.WithDefaults] and shared.
//
// # Engines
//
// A connection travels by an event loop if it comes from one: if the response writer has a method TakeOver that gives away a
// [loop.Socket], or what it gives away is a [tls.Conn] over a [loop.Tunnel]. Then it has neither a goroutine nor a buffer while
// nothing goes on, and takes some 300 bytes, its place among the sockets of the loop included; with TLS also what package tls
// keeps, which is more. The loops must be there until Shutdown has returned.
//
// Any other stream is carried by a goroutine that reads it, with its stack, and another one while the client does not take what
// is sent. It needs no buffer to wait if it is a plain socket on Unix; else it keeps one of 4 KB.
//
// Both engines share everything above reading and writing, and pass the same tests. What has been read when a pause begins is
// kept: 16 KB at most, or 64 KB by event loop without TLS. Stall is seen by what the kernel takes: that is more only when a
// third of its buffer has become free, so a client that takes less than that in the time counts as one that takes nothing.
//
// # Compression
//
// Options.Compression lets messages be compressed (permessage-deflate, RFC 7692), if the client offers it. It is off by
// default: it costs processor time and tells who can watch the lengths of messages something about what is in them, most
// of all where a message mixes secrets with what an attacker has chosen. Both sides forget every message
// (server_no_context_takeover, client_no_context_takeover), so an idle connection holds nothing for it; what inflates and
// compresses is borrowed for one message, and at most two messages for each processor are compressed at a time: any more
// leave as they are. An offer that asks for a window below 32 KB is declined, since ours has one size only, and so is one
// with an unknown, repeated or invalid parameter; the next may do. A malformed header offers nothing.
//
// MaxFrame counts bytes as they come, MaxMessage what they inflate to: inflating stops when it is passed, with 1009, so a
// bomb costs some 200 KB for as long as that takes. A message may be one in 64 and 256 bytes longer compressed than
// MaxMessage, no more. A stream that is damaged, and text that does not inflate to UTF-8, end with 1007; RSV1 anywhere but
// on the first frame of a message, with 1002.
//
// A message to be sent is compressed by who calls Send, once for each connection, if it has Compression.Threshold bytes
// and becomes shorter; what then waits in the queue is the shorter one.
//
// Not supported, on purpose: other extensions, WebSocket over HTTP/2 (RFC 8441), and any check of Origin: who may connect
// is decided above.
package websocket
