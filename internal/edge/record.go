package edge

import (
	"errors"
	"net/http"
	"time"

	"gangway/internal/authorizer"
	"gangway/internal/gateway"
	"gangway/internal/program"
)

// watched is the record of an event that somebody wants. A nil one is of an event that nobody wants.
type watched struct {
	gateway.Record

	observers  []Observer
	authorizer string // id of that of the route; empty: it has none
}

// watch begins the record of an event whose route is known.
func (s *Stage) watch(e *event) {
	settings := s.settings.Load()
	if len(settings.Observers) == 0 {
		return
	}
	e.notes = watched{observers: settings.Observers}
	e.watched = &e.notes
	e.watched.Event = &e.Event
	if settings.Detail != nil && settings.Detail(e.RouteKey) {
		e.watched.Detail = &gateway.Detail{}
	}
}

// record is where others note what they know.
func (w *watched) record() *gateway.Record {
	if w == nil {
		return nil
	}
	return &w.Record
}

// done ends the record of an event that went well.
func (w *watched) done(now func() time.Time, reply *program.Reply) {
	if w == nil {
		return
	}
	w.Status = http.StatusOK
	if reply != nil {
		w.Sent = len(reply.Body)
		if w.Detail != nil {
			w.Detail.Reply = reply.Body
		}
	}
	w.pass(now())
}

// failed ends the record of an event of which the client was told something else.
func (w *watched) failed(now func() time.Time, f *fault, err error) {
	if w == nil {
		return
	}
	w.Status, w.Message, w.Err, w.ResponseType = f.status, f.text, err, f.response
	if refused, ok := errors.AsType[*authorizer.RefusalError](err); ok {
		w.Authorizer = &gateway.AuthorizerRecord{ID: w.authorizer, Status: refused.Status, Latency: refused.Latency, Err: refused}
	}
	if invalid, ok := errors.AsType[*program.ValidationError](err); ok {
		w.Invalid = invalid.Details
	}
	w.pass(now())
}

// authorized notes that an authorizer has let a client in.
func (w *watched) authorized(h *handshake) {
	who := h.decision.Identity
	if w == nil || who == nil || who.Authorizer == nil {
		return
	}
	w.Authorizer = &gateway.AuthorizerRecord{ID: h.route.Authorizer(), Status: http.StatusOK, Latency: who.Authorizer.Latency}
}

func (w *watched) pass(now time.Time) {
	w.Latency = now.Sub(w.Event.Time)
	for _, o := range w.observers {
		o.Observe(&w.Record)
	}
}
