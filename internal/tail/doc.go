// Package tail passes on what happens, while it happens, to whoever watches: event, route, what the route selection expression
// came to, the call of the backend and its answer, reply, error, and how long it took.
//
// It knows records of events and what of them may be shown. It does not know who may watch, nor over what they do: a
// [Subscription] is a stream of JSON objects. Nobody watching costs nothing: no memory, and one atomic load for an event.
//
// What functions write is passed on as well, as events of their own: [Hub.Trace] gives the invocation a trace because of an event,
// and [Hub.Log] knows by it which event a line belongs to.
//
// A watcher that is too slow misses events and is told how many; nothing ever waits for it.
//
// Handshakes are shown without header and query, which is where clients have their tokens; what the gateway signs is shown
// without the signature. Bodies are shown: whoever may watch an API may see what is said there.
package tail
