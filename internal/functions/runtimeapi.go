package functions

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const runtimeAPI = "/2018-06-01/runtime/"

// maxResponse is the most a function may return: 6 MB and room for what surrounds it, "Lambda quotas".
const maxResponse = 6<<20 + 100

// routes is the Runtime API, all of it.
func (p *process) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+runtimeAPI+"invocation/next", p.next)
	mux.HandleFunc("POST "+runtimeAPI+"invocation/{id}/response", p.response)
	mux.HandleFunc("POST "+runtimeAPI+"invocation/{id}/error", p.response)
	mux.HandleFunc("POST "+runtimeAPI+"init/error", p.initError)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Host != p.served && !p.addressed(r.Host):
			refuse(w, http.StatusMisdirectedRequest, "InvalidRequest", "this is "+p.served)
		case fromBrowser(r):
			refuse(w, http.StatusForbidden, "InvalidRequest", "this is not for web pages")
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

// addressed says that a Host names the loopback interface, and no other port than this process is served at. Small clients leave the
// port out, which no browser does.
func (p *process) addressed(host string) bool {
	_, port, err := net.SplitHostPort(host)
	return isLoopback(host) && (err != nil || strings.HasSuffix(p.served, ":"+port))
}

// refuse answers as the Runtime API words errors.
func refuse(w http.ResponseWriter, status int, kind, message string) {
	body, err := json.Marshal(map[string]string{"errorType": kind, "errorMessage": message})
	if err != nil { // strings always encode
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the process has ended if this fails
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "16")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`+"\n") // the process has ended if this fails
}

// transition refuses what is out of order, in Lambda's words.
func transition(w http.ResponseWriter, from phase, to string) {
	refuse(w, http.StatusForbidden, "InvalidStateTransition",
		fmt.Sprintf("State transition from %s to %s failed for runtime. Error: State transition is not allowed", from, to))
}

// next is the process asking for work, which it waits for here.
func (p *process) next(w http.ResponseWriter, r *http.Request) {
	if !p.ask(w, r) {
		return
	}
	select {
	case inv := <-p.work:
		p.deliver(w, inv)
	case <-r.Context().Done(): // it may ask again
		p.mu.Lock()
		p.asking = false
		p.mu.Unlock()
	}
}

// ask notes that the process is free, unless it is not.
func (p *process) ask(w http.ResponseWriter, r *http.Request) bool {
	p.mu.Lock()
	before := p.phase
	if p.asking || before != starting && before != ready && before != responded {
		p.mu.Unlock()
		transition(w, before, string(ready))
		return false
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
		p.free()
	default: // its connection broke while it waited
	}
	return true
}

// free gives the process back to the pool after an invocation, unless it has ended meanwhile.
func (p *process) free() {
	p.mu.Lock()
	gone := p.phase == ended
	if !gone {
		p.current, p.finishing = nil, false
	}
	p.mu.Unlock()
	if !gone {
		p.pool.ready(p)
	}
}

// deliver hands over an event. From here on the invocation's time runs.
func (p *process) deliver(w http.ResponseWriter, inv *invocation) {
	fn := &p.pool.fn
	p.output.request.Store(inv)
	p.pool.host.say(fn.Name, inv, Platform, "START RequestId: "+inv.id+" Version: "+latest)
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
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(inv.event)))
	header.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(deadline.UnixMilli(), 10))
	header.Set("Lambda-Runtime-Invoked-Function-Arn", inv.arn)
	header.Set("Lambda-Runtime-Trace-Id", inv.trace)
	if inv.client != "" {
		header.Set("Lambda-Runtime-Client-Context", inv.client)
	}
	if _, err := w.Write(inv.event); err != nil {
		p.kill(nil) // it would never know what it has to do
	}
}

// response takes the result of an invocation, or the error it ended with.
func (p *process) response(w http.ResponseWriter, r *http.Request) {
	isError := r.URL.Path[len(r.URL.Path)-1] == 'r'
	body, err := io.ReadAll(io.LimitReader(r.Body, maxResponse+1))
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidRequest", err.Error())
		return
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
	inv := p.respond(w, r.PathValue("id"), status)
	if inv == nil {
		return
	}
	p.pool.answered()
	if inv.tail != nil { // it is part of the answer
		p.conclude(inv, nil)
	}
	p.settle(inv, out)
	if len(body) > maxResponse {
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
			fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", maxResponse))
		return
	}
	accept(w)
}

// respond finds the invocation that an answer is for; nil if there is none, which has been said.
func (p *process) respond(w http.ResponseWriter, id, status string) *invocation {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.phase == starting || p.phase == failed:
		transition(w, p.phase, string(responded))
		return nil
	case p.current == nil || p.current.id != id:
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return nil
	case p.phase != running:
		transition(w, p.phase, string(responded))
		return nil
	}
	p.phase, p.finishing, p.status = responded, true, status
	p.current.responded = time.Now()
	return p.current
}

// initError is the process saying that it cannot start.
func (p *process) initError(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxResponse))
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidRequest", err.Error())
		return
	}
	kind := errorKind(r.Header, body)
	out := &outcome{body: body, failed: true}
	if !json.Valid(body) {
		out = failure(kind, string(body))
	}
	p.mu.Lock()
	if p.phase != starting {
		phase := p.phase
		p.mu.Unlock()
		transition(w, phase, string(failed))
		return
	}
	p.phase, p.cause, p.finishing = failed, out, true
	p.status = "error\tError Type: " + kind
	p.mu.Unlock()
	p.pool.answered()
	accept(w)
	p.mu.Lock()
	p.arm(farewell)
	p.mu.Unlock()
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
