package registry

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"gangway/internal/functions"
	"gangway/internal/sigv4"
)

const (
	maxUpload     = 70167211 // bytes of a request with code: as Lambda says in its refusal
	maxInvocation = 6 << 20
	maxRequest    = 1 << 20
	bodyTimeout   = 30 * time.Second
	uploadTimeout = 5 * time.Minute
)

// read reads a request into a call and says who signed it. Until it has been read, one that is not proved may be anybody's.
func (s *Server) read(w http.ResponseWriter, r *http.Request, c *call, proved bool) (_ *sigv4.Identity, err error) {
	limit, timeout, o := maxRequest, bodyTimeout, c.operation
	connection := http.NewResponseController(w)
	body := io.Reader(r.Body)
	defer func() {
		if err == nil {
			_ = connection.SetReadDeadline(time.Time{}) // an invocation may take longer
		}
	}()
	switch {
	case o == nil:
	case o.Name == invokeOperation:
		limit = maxInvocation
	case o.code && (r.ContentLength < 0 || r.ContentLength > maxRequest):
		limit, timeout = maxUpload, uploadTimeout
		u, err := s.uploads.begin(r.Context(), connection, proved)
		if err != nil {
			w.Header().Set("Connection", "close") // the body is not waited for
			return nil, err
		}
		u.from, body = r.Body, u
		defer s.uploads.read(u)
	}
	_ = connection.SetReadDeadline(time.Now().Add(timeout)) // if it fails, so will the reading
	text, err := io.ReadAll(http.MaxBytesReader(w, io.NopCloser(body), int64(limit)))
	_, large := errors.AsType[*http.MaxBytesError](err)
	switch {
	case large && o != nil && o.Name == invokeOperation:
		return nil, functions.Oversized(limit)
	case large:
		return nil, tooLarge("Request", limit)
	case errors.Is(err, errSlow):
		w.Header().Set("Connection", "close")
		return nil, errSlow
	case err != nil:
		return nil, faultf(http.StatusBadRequest, "InvalidRequestContentException", "The request must come whole, within %s", timeout)
	}
	c.body = text
	return s.verifier.Verify(r, text)
}

func tooLarge(what string, limit int) *fault {
	return faultf(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "%s must be smaller than %d bytes", what, limit)
}

const (
	maxUploads = 2               // large requests at a time: each can take some 200 MB
	grace      = 3 * time.Second // for which a large request may be as slow as it is
	brisk      = 1 << 20         // bytes a second at which it comes quickly enough for others to wait
)

// uploads are the large requests that are being read or served. Whoever knows an access key id can begin one, and proves who it is
// only with its last byte; so one that comes slowly gives way when others wait, the slowest first, unless it was proved before.
type uploads struct {
	places chan struct{}

	mu      sync.Mutex // guards what follows
	reading map[*upload]bool
}

// An upload is a large request that is being read.
type upload struct {
	from       io.Reader
	connection *http.ResponseController
	proved     bool
	began      time.Time
	got        atomic.Int64
	slow       atomic.Bool // it has to give way
}

func newUploads() *uploads {
	return &uploads{places: make(chan struct{}, maxUploads), reading: map[*upload]bool{}}
}

var (
	errBusy = faultf(http.StatusTooManyRequests, "TooManyRequestsException", "Rate exceeded")
	errSlow = faultf(http.StatusTooManyRequests, "TooManyRequestsException", "Rate exceeded: the request came slowly, and others waited")
)

// begin waits for a place. It is left with the request.
func (u *uploads) begin(request context.Context, connection *http.ResponseController, proved bool) (*upload, error) {
	ctx, stop := context.WithTimeout(request, bodyTimeout)
	defer stop()
	look := time.NewTicker(grace / 3)
	defer look.Stop()
	for {
		select {
		case u.places <- struct{}{}:
			context.AfterFunc(request, func() { <-u.places })
			one := &upload{connection: connection, proved: proved, began: time.Now()}
			u.mu.Lock()
			defer u.mu.Unlock()
			u.reading[one] = true
			return one, nil
		case <-look.C:
			u.yield()
		case <-ctx.Done():
			return nil, errBusy
		}
	}
}

// yield ends the slowest of those that have proved nothing and come slowly.
func (u *uploads) yield() {
	u.mu.Lock()
	defer u.mu.Unlock()
	var slowest *upload
	least := float64(brisk)
	for one := range u.reading {
		took := time.Since(one.began)
		if speed := float64(one.got.Load()) / took.Seconds(); !one.proved && took >= grace && speed < least && !one.slow.Load() {
			slowest, least = one, speed
		}
	}
	if slowest != nil {
		slowest.slow.Store(true)
		_ = slowest.connection.SetReadDeadline(time.Now()) // if it fails, so does the reading
	}
}

// read notes that a request has been read.
func (u *uploads) read(one *upload) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.reading, one)
}

// Read implements [io.Reader].
func (u *upload) Read(p []byte) (int, error) {
	n, err := u.from.Read(p)
	u.got.Add(int64(n))
	if err != nil && !errors.Is(err, io.EOF) && u.slow.Load() {
		err = errSlow
	}
	return n, err
}
