package functions

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gangway/internal/gateway"
)

const runtimeAPI = "/2018-06-01/runtime/"

// maxResponse is the most a function may return: 6 MB and room for what surrounds it, "Lambda quotas".
const maxResponse = 6<<20 + 100

// addressed says that a Host names the loopback interface, and no other port than this process is served at. Small clients leave the
// port out, which no browser does.
func (p *process) addressed(host string) bool {
	_, port, err := net.SplitHostPort(host)
	return gateway.IsLoopback(host) && (err != nil || strings.HasSuffix(p.served, ":"+port))
}

// refusal is an answer as the Runtime API words errors.
func refusal(status int, kind, message string) *said {
	body, err := json.Marshal(map[string]string{"errorType": kind, "errorMessage": message})
	if err != nil { // strings always encode
		body = []byte("{}")
	}
	return &said{status: status, body: body}
}

// accepted is what a result is answered with.
var accepted = &said{status: http.StatusAccepted, body: []byte(`{"status":"OK"}` + "\n")}

// transition refuses what is out of order, in Lambda's words.
func transition(from phase, to string) *said {
	return refusal(http.StatusForbidden, "InvalidStateTransition",
		fmt.Sprintf("State transition from %s to %s failed for runtime. Error: State transition is not allowed", from, to))
}

// next is the process asking for work: what there is, it gets at once, else whoever has some gives it.
func (p *process) next(e *exchange, r *http.Request) *said {
	p.mu.Lock()
	before := p.phase
	if p.asking || before != starting && before != ready && before != responded {
		p.mu.Unlock()
		return transition(before, string(ready))
	}
	p.asking, p.phase = true, ready
	over := p.current
	if before == starting {
		p.began, p.warmup = true, time.Since(p.origin)
	}
	if before == responded || over == nil {
		p.arm(p.pool.host.cfg.Idle)
	} else { // it has something, and may break off before it gets it
		p.arm(p.pool.fn.Timeout)
	}
	p.mu.Unlock()
	switch before {
	case starting:
		if p.heard(over) {
			p.output.drain() // what it has written until now is of no request
		}
		p.pool.compareVersion(r.UserAgent())
	case responded:
		p.conclude(over, nil)
	default: // its connection broke while it waited
	}
	p.mu.Lock()
	inv := p.pending
	if p.pending = nil; inv == nil {
		p.asker = e
	}
	p.mu.Unlock()
	if before == responded {
		p.free()
	}
	if inv != nil {
		p.deliver(e, inv)
	}
	return nil
}

// free gives the process back to the pool after an invocation, unless it has ended meanwhile.
func (p *process) free() {
	p.mu.Lock()
	gone := p.phase == ended
	if !gone {
		p.current, p.finishing = nil, false
		p.work(false)
	}
	p.mu.Unlock()
	if !gone {
		p.pool.ready(p)
	}
}

// deliver hands over an event by the connection that asked for one. From here on the invocation's time runs.
func (p *process) deliver(e *exchange, inv *invocation) {
	fn := &p.pool.fn
	p.output.request.Store(inv)
	p.output.cause.Store(nil)
	if p.heard(inv) {
		p.pool.host.say(fn.Name, inv, Platform, "START RequestId: "+inv.id+" Version: "+latest)
	}
	p.mu.Lock()
	if p.phase == ended {
		p.mu.Unlock()
		return
	}
	p.asking, p.phase, p.status = false, running, ""
	inv.begun = time.Now()
	p.arm(fn.Timeout)
	deadline := p.due
	p.mu.Unlock()
	event := &said{status: http.StatusOK, body: inv.event, header: []string{
		"Lambda-Runtime-Aws-Request-Id", inv.id,
		"Lambda-Runtime-Deadline-Ms", strconv.FormatInt(deadline.UnixMilli(), 10),
		"Lambda-Runtime-Invoked-Function-Arn", inv.arn,
		"Lambda-Runtime-Trace-Id", inv.trace,
	}}
	if inv.client != "" {
		event.header = append(event.header, "Lambda-Runtime-Client-Context", inv.client)
	}
	if e.say(event) != nil {
		p.kill(nil) // it would never know what it has to do
	}
}

// response takes the result of an invocation, or the error it ended with.
func (p *process) response(e *exchange, r *http.Request, id string, isError bool) *said {
	body, refused := p.take(e, r, func() *said { return p.unanswerable(id) })
	if refused != nil {
		return refused
	}
	out := &outcome{body: body, failed: isError}
	status := ""
	switch {
	case len(body) > maxResponse:
		out = failure("Function.ResponseSizeTooLarge",
			fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse))
		status = "error\tError Type: Function.ResponseSizeTooLarge"
	case isError:
		kind := errorKind(r.Header, body)
		status = "error\tError Type: " + kind
		if !json.Valid(body) {
			out = failure(kind, string(body))
		}
	}
	inv, refused := p.respond(id, status)
	if refused != nil {
		return refused
	}
	p.pool.answered()
	if inv.tail != nil { // it is part of the answer
		p.conclude(inv, nil)
	}
	p.settle(inv, out)
	if len(body) > maxResponse {
		return refusal(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
			fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", maxResponse))
	}
	return accepted
}

// take reads a body, unless there is a reason not to, in the time that is left for what is done. It takes one at a time: an invocation has one
// answer, and memory is spent on no other.
func (p *process) take(e *exchange, r *http.Request, why func() *said) ([]byte, *said) {
	p.mu.Lock()
	refused := why()
	if refused == nil && p.taking {
		refused = transition(p.phase, string(responded))
	}
	if refused != nil {
		p.mu.Unlock()
		return nil, refused
	}
	p.taking = true
	due := p.due
	p.mu.Unlock()
	body, err := e.readBody(r, maxResponse, due)
	p.mu.Lock()
	p.taking = false
	p.mu.Unlock()
	if err != nil {
		return nil, refusal(http.StatusBadRequest, "InvalidRequest", err.Error())
	}
	return body, nil
}

// unanswerable says why there is nothing to answer by an id; nil: there is. The process is locked.
func (p *process) unanswerable(id string) *said {
	switch {
	case p.phase == starting || p.phase == failed:
		return transition(p.phase, string(responded))
	case p.current == nil || p.current.id != id:
		return refusal(http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
	case p.phase != running:
		return transition(p.phase, string(responded))
	}
	return nil
}

// respond finds the invocation that an answer is for, or says that there is none.
func (p *process) respond(id, status string) (*invocation, *said) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if refused := p.unanswerable(id); refused != nil {
		return nil, refused
	}
	p.phase, p.finishing, p.status = responded, true, status
	p.current.responded = time.Now()
	return p.current, nil
}

// initError is the process saying that it cannot start.
func (p *process) initError(e *exchange, r *http.Request) *said {
	body, refused := p.take(e, r, p.unfailing)
	if refused != nil {
		return refused
	}
	kind := errorKind(r.Header, body)
	out := &outcome{body: body, failed: true}
	if !json.Valid(body) {
		out = failure(kind, string(body))
	}
	p.mu.Lock()
	if refused := p.unfailing(); refused != nil {
		p.mu.Unlock()
		return refused
	}
	p.phase, p.cause, p.finishing = failed, out, true
	p.status = "error\tError Type: " + kind
	p.arm(farewell)
	p.mu.Unlock()
	p.pool.answered()
	return accepted
}

// unfailing says why a process cannot fail to start; nil: it can. The process is locked.
func (p *process) unfailing() *said {
	if p.phase != starting {
		return transition(p.phase, string(failed))
	}
	return nil
}

// farewell is how long a process may take to end by itself once it has reported that it cannot start.
const farewell = 300 * time.Millisecond

// errorKind is what a runtime calls an error: in the header, else in the body.
func errorKind(header http.Header, body []byte) string {
	if kind := header.Get("Lambda-Runtime-Function-Error-Type"); kind != "" {
		return kind
	}
	var said struct{ ErrorType string }
	if json.Unmarshal(body, &said) != nil || said.ErrorType == "" {
		return "Runtime.Unknown"
	}
	return said.ErrorType
}
