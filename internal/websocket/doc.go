// Package websocket is the RFC 6455 engine: it turns an accepted HTTP/1.1 request into a connection, frames into messages
// and messages into frames, and holds every connection to its limits. It knows nothing of gateways, routes or stages.
//
// A program gives a [Handler] to [NewServer] and calls [Server.Accept] for each handshake. The handler is called back:
// Open, then Message for every message, then Close, exactly once, never two calls at a time for one connection. Nothing
// in this contract promises a thread: today a goroutine reads each connection, tomorrow it may be an event loop, so a
// callback must not block. A handler with work to do hands the message on and returns; if too many are under way it calls
// [Conn.Pause], which leaves further bytes to TCP.
//
// [Conn.Send] never blocks either. What the socket does not take at once waits in a queue bounded in bytes and messages,
// and leaves coalesced, in order. [Conn.SendWait] is for those who must know that a message was handed to the kernel:
// when it returns an error, no byte of the message has left or the connection is gone.
//
// One hashed timing wheel for each Server, in ticks of a second, watches the idle limit, the lifetime, the pings, the close
// handshake and unfinished messages. An idle connection has no timer and, if it is a plain socket on Unix, no buffer.
//
// The status and reason given to Handler.Close say what ended the connection:
//
//	the client's close frame            its status and reason; 1005 and "" for an empty one
//	Conn.Close, an idle or lifetime end our status and reason (1001 "Going away")
//	a broken rule                       1002, 1003, 1007, 1008 or 1009 and a sentence
//	a panic in the handler              1011
//	a lost or dead TCP connection       1006 and "", "ping timeout" or "slow consumer"
//
// Not supported, on purpose: extensions (permessage-deflate is never negotiated), WebSocket over HTTP/2 (RFC 8441), and
// any check of Origin: who may connect is decided above.
package websocket
