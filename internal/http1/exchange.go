package http1

import "net/http"

// An exchange is a request and its answer, and the context of both. It is never used again, so nobody who holds a part of it
// for too long meets another request there.
type exchange struct {
	life
	head

	conn     *conn
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
