package integration

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gangway/internal/dial"
	"gangway/internal/gateway"
)

// A call is what one request to an HTTP server is made of, and what comes of it, in one piece, for all of it is needed for
// each message. It is made for one request and never used again: net/http may hold it longer than the caller does.
type call struct {
	request  http.Request
	during   dial.Call
	url      url.URL
	body     bytes.Reader
	values   [8]string // of the header fields, unless there are more
	limited  io.LimitedReader
	room     [bytes.MinRead + 128]byte // for a short answer, and to find its end
	response Response
	note     *gateway.Detail // nil: nobody watches
}

// newCall begins a call: it has its URL, and the id to be sent as X-Amzn-Trace-Id. Both are cut from one string.
func newCall(to *target, req *Request) (c *call, trace string, err error) {
	var room [256]byte
	text, err := to.appendTail(room[:0], req.Path)
	if err != nil {
		return nil, "", err
	}
	end := len(text)
	made := string(req.Event.AppendTraceID(text))
	c = &call{note: req.Note}
	c.url, err = to.url(made[:end])
	return c, made[end:], err
}

// prepare makes the request, which net/http sends once.
func (c *call) prepare(ctx context.Context, method string, header gateway.Params, body []byte) {
	c.during = dial.Call{Context: ctx}
	out := http.Request{Method: method, URL: &c.url, Host: c.url.Host, Header: c.fields(header)}
	c.request = *out.WithContext(&c.during) //nolint:contextcheck // it is ctx, which it holds
	c.setBody(body)
}

// setBody gives the request its body. net/http sends a request a second time, on another connection, in two cases: if not one
// byte of it was written, for which it has to be able to get the body again; and if its method is idempotent and that it can,
// whatever was written. So only requests that are never idempotent can have theirs again. It sends header and body in one
// packet if it knows the body for a reader of bytes, which it does behind io.NopCloser and behind nothing of ours.
func (c *call) setBody(body []byte) {
	r := &c.request
	if c.note != nil {
		c.note.Body = body
	}
	again := resendable(r.Method)
	switch {
	case len(body) > 0:
		c.body.Reset(body)
		r.Body = io.NopCloser(&c.body)
		r.ContentLength = int64(len(body))
		if again {
			r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		}
	case !again:
		r.Body = nothing{} // net/http looks for a first byte, finds none, and sends no body
	}
}

// resendable says of which methods a request is not idempotent to net/http.
func resendable(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch || method == http.MethodDelete
}

// nothing is a body that is empty without being http.NoBody.
type nothing struct{}

// Read implements io.Reader.
func (nothing) Read([]byte) (int, error) { return 0, io.EOF }

// Close implements io.Closer.
func (nothing) Close() error { return nil }

// fields spells names as they came first, but for those of [spelling]. Messages have few fields, handshakes as many as the
// client likes.
func (c *call) fields(params gateway.Params) http.Header {
	h := make(http.Header, len(params))
	if len(params) > len(c.values) {
		for _, field := range group(params, http.CanonicalHeaderKey) {
			h[spelling(field.name)] = field.values
		}
		return h
	}
	for i, param := range params {
		first := slices.IndexFunc(params, func(other gateway.Param) bool { return strings.EqualFold(other.Name, param.Name) })
		name := spelling(params[first].Name)
		if first < i {
			h[name] = append(h[name], param.Value)
			continue
		}
		c.values[i] = param.Value
		h[name] = c.values[i : i+1 : i+1]
	}
	return h
}

// spelling is a name as it is sent: as it is written, but for three. net/http looks for User-Agent under its canonical
// name, and for the other two as well, by which it would think itself free to send a request twice.
func spelling(name string) string {
	switch {
	case strings.EqualFold(name, userAgent):
		return userAgent
	case strings.EqualFold(name, "Idempotency-Key"), strings.EqualFold(name, "X-Idempotency-Key"):
		return strings.ToLower(name)
	default:
		return name
	}
}

// send sends the request and reads what comes back, up to [MaxBody].
func (c *call) send(ctx context.Context, transport http.RoundTripper) (*Response, error) {
	if c.note != nil {
		noteRequest(c.note, &c.request)
	}
	in, err := transport.RoundTrip(&c.request)
	if err != nil {
		return nil, classify(ctx, err)
	}
	defer func() { _ = in.Body.Close() }()
	if in.StatusCode < http.StatusOK {
		return nil, failure(gateway.ErrBadReply, fmt.Errorf("%s: status %d is not a reply", c.url.Host, in.StatusCode))
	}
	c.limited = io.LimitedReader{R: in.Body, N: MaxBody}
	body := bytes.NewBuffer(c.room[:0])
	body.Grow(int(min(max(in.ContentLength, 0), MaxBody)) + bytes.MinRead) // the Buffer wants that much to find the end
	if _, err := body.ReadFrom(&c.limited); err != nil {
		if late := ended(ctx, err); late != nil {
			return nil, late
		}
		return nil, failure(gateway.ErrBadReply, err)
	}
	c.response = Response{
		Status: in.StatusCode, Header: in.Header, Body: body.Bytes(), RequestID: in.Header.Get("X-Amzn-Requestid"),
	}
	if c.note != nil {
		c.note.Response, c.note.ResponseHeader = c.response.Body, paramsOf(in.Header)
	}
	return &c.response, nil
}
