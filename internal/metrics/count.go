package metrics

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"gangway/internal/gateway"
)

// stage is what is counted of a stage beside what is counted of its routes.
type stage struct {
	key    gateway.StageKey                  // the labels
	routes atomic.Pointer[map[string]*route] // by their labels; a map never changes once it is here

	handshakes       [len(statuses) + 1]atomic.Uint64
	closes           [codeCount]atomic.Uint64
	authorizing      histogram
	authorizerErrors atomic.Uint64
	pushes           [len(methods)][len(statuses) + 1]atomic.Uint64
	pushing          histogram

	sampled total // what was counted when that was looked at last; history.mu guards it

	// Metrics.mu guards what follows.
	gone  time.Time // zero: it is there
	swept bool
}

// observe counts the beginning or the end of a connection.
func (s *stage) observe(r *gateway.Record) {
	if r.Event.Type == gateway.EventDisconnect {
		s.closes[codeIndex(r.Event.DisconnectStatus)].Add(1)
		return
	}
	status := r.Status
	if status == 200 {
		status = switched
	}
	s.handshakes[statusIndex(status)].Add(1)
	if a := r.Authorizer; a != nil {
		s.authorizing.observe(a.Latency)
		if a.Status >= 500 {
			s.authorizerErrors.Add(1)
		}
	}
}

// route is what is counted of the events of a route.
type route struct {
	latency           histogram
	calling           histogram
	in, inBytes       atomic.Uint64
	out, outBytes     atomic.Uint64
	connects          atomic.Uint64
	clientErrors      atomic.Uint64
	integrationErrors atomic.Uint64
	executionErrors   atomic.Uint64
	throttled         atomic.Uint64

	told tally // by EMF; Metrics.telling guards it
}

// observe counts an event.
func (t *route) observe(r *gateway.Record) {
	t.latency.observe(r.Latency)
	switch r.Event.Type {
	case gateway.EventMessage:
		t.in.Add(1)
		t.inBytes.Add(uint64(len(r.Event.Body)))
		if r.Sent > 0 {
			t.send(r.Sent)
		}
	case gateway.EventConnect:
		if r.Integration != nil {
			t.connects.Add(1)
		}
	case gateway.EventDisconnect:
	}
	if r.Integration != nil && !r.Integration.Mock {
		t.calling.observe(r.Integration.Latency)
	}
	t.fail(r)
}

func (t *route) send(size int) {
	t.out.Add(1)
	t.outBytes.Add(uint64(max(size, 0)))
}

// fail counts what went wrong, by the table of the package comment.
func (t *route) fail(r *gateway.Record) {
	called := r.Integration
	switch {
	case called == nil && r.Status < 500:
		if r.Status >= 400 {
			t.clientErrors.Add(1)
		}
		if r.Status == throttled {
			t.throttled.Add(1)
		}
	case called == nil:
		refused := r.Authorizer != nil && (r.Authorizer.Err != nil || r.Authorizer.Status >= 400)
		if !refused && r.Status != goingAway {
			t.executionErrors.Add(1)
		}
	case called.Err != nil:
		if !errors.Is(called.Err, context.Canceled) { // then the client has left
			t.executionErrors.Add(1)
		}
	case called.Status >= 400:
		t.integrationErrors.Add(1)
	case r.Status >= 500:
		t.executionErrors.Add(1)
	}
}

// tally is what API Gateway counts.
type tally struct {
	connects, messages                               uint64
	clientErrors, integrationErrors, executionErrors uint64
	latency                                          distribution
}

func (t *route) tally() tally {
	return tally{
		t.connects.Load(), t.in.Load() + t.out.Load(),
		t.clientErrors.Load(), t.integrationErrors.Load(), t.executionErrors.Load(), t.calling.load(),
	}
}

func (t *tally) add(other *tally) {
	t.connects += other.connects
	t.messages += other.messages
	t.clientErrors += other.clientErrors
	t.integrationErrors += other.integrationErrors
	t.executionErrors += other.executionErrors
	t.latency.add(&other.latency)
}

// minus is what was counted since before.
func (t *tally) minus(before *tally) tally {
	return tally{
		t.connects - before.connects, t.messages - before.messages,
		t.clientErrors - before.clientErrors, t.integrationErrors - before.integrationErrors,
		t.executionErrors - before.executionErrors, t.latency.minus(&before.latency),
	}
}
