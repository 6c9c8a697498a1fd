package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"gangway/internal/access"
	"gangway/internal/stack"
)

// asCaller calls an operation of this control plane as the caller would: signed with the same key, and decided about, carried out
// and written down as any call. It is a [stack.Caller].
func (c *call) asCaller(ctx context.Context, method, path string, body any) (map[string]any, error) {
	key, known := c.Callers.Key(c.caller.AccessKeyID)
	if !known {
		return nil, errUnknownCaller
	}
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, fmt.Errorf("encode %s %s: %w", method, path, err)
		}
	}
	errand := access.Errand{
		Method: method, Target: path, Host: "gangway", Header: http.Header{"Content-Type": {"application/json"}}, Body: text,
		Key: key, Region: c.Names.Region, Service: "apigateway",
	}
	r, err := errand.Request(ctx, c.request)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	c.whole.ServeHTTP(w, r)
	return w.answer()
}

// recorder keeps the answer to a call that never leaves the process.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

var _ http.ResponseWriter = (*recorder)(nil)

// Header implements [http.ResponseWriter].
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *recorder) WriteHeader(status int) { w.status = status }

// Write implements [http.ResponseWriter].
func (w *recorder) Write(text []byte) (int, error) { return w.body.Write(text) }

// answer is what was answered, as a [stack.Caller] tells it.
func (w *recorder) answer() (map[string]any, error) {
	var said map[string]any
	if err := json.NewDecoder(&w.body).Decode(&said); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("decode answer: %w", err)
	}
	if w.status >= http.StatusMultipleChoices {
		message, _ := said["message"].(string)
		return nil, &stack.APIError{Status: w.status, Type: w.header.Get("X-Amzn-Errortype"), Message: message}
	}
	return said, nil
}
