package http1

import (
	"context"
	"net/http"

	"gangway/internal/loop"
)

// An exchange is a request and its answer, and the context of both. It is never used again, so nobody who holds a part of it
// for too long meets another request there.
type exchange struct {
	life
	head

	conn     *conn
	loop     *loop.Socket // the request is answered on its loop; nil: by a goroutine that may wait
	body     body
	response response
}

type exchangeKey struct{}

// Value implements [context.Context].
func (e *exchange) Value(key any) any {
	if key == (exchangeKey{}) {
		return e
	}
	return nil
}

// Fields is the header of a request as the client has spelled and ordered it, Host included; nil if the request is not one
// of this server.
func Fields(r *http.Request) []Field {
	e, ok := r.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return nil
	}
	fields := make([]Field, 0, len(e.request.Header)+1)
	e.eachField(func(f Field) { fields = append(fields, f) })
	return fields
}

// Waits is to be called by the handler of a request that [Server.Prompt] has named, with its context or one made of it, before it
// waits for anything: until then an event loop may be waiting for the handler. It must be called by the goroutine that has called
// the handler. For all others it does nothing.
func Waits(ctx context.Context) {
	if e, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		e.waits()
	}
}

// waits has the loop go on by itself. Whoever answers goes on as any other goroutine.
func (e *exchange) waits() {
	if socket := e.loop; socket != nil {
		e.loop = nil
		socket.Depart()
	}
}
