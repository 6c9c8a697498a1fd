package integration

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gangway/internal/gateway"
)

// A call is what one request to an HTTP server is made of, and what comes of it, in one piece, for all of it is needed for
// each message. It is made for one request and never used again.
type call struct {
	request  http.Request
	url      url.URL
	body     bytes.Reader
	values   [8]string // of the header fields, unless there are more
	room     [256]byte // for a short answer
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

// prepare makes the request.
func (c *call) prepare(ctx context.Context, method string, header gateway.Params, body []byte) {
	out := http.Request{Method: method, URL: &c.url, Host: c.url.Host, Header: c.fields(header)}
	c.request = *out.WithContext(ctx)
	if c.note != nil {
		c.note.Body = body
	}
	if len(body) > 0 {
		c.body.Reset(body)
		c.request.Body = io.NopCloser(&c.body)
		c.request.ContentLength = int64(len(body))
	}
}

// fields spells names as they came first. Messages have few fields, handshakes as many as the
// client likes.
func (c *call) fields(params gateway.Params) http.Header {
	h := make(http.Header, len(params))
	if len(params) > len(c.values) {
		for _, field := range group(params, http.CanonicalHeaderKey) {
			h[field.name] = field.values
		}
		return h
	}
	for i, param := range params {
		first := slices.IndexFunc(params, func(other gateway.Param) bool { return strings.EqualFold(other.Name, param.Name) })
		name := params[first].Name
		if first < i {
			h[name] = append(h[name], param.Value)
			continue
		}
		c.values[i] = param.Value
		h[name] = c.values[i : i+1 : i+1]
	}
	return h
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
	body, err := c.read(in)
	if err != nil {
		if late := ended(ctx, err); late != nil {
			return nil, late
		}
		return nil, failure(gateway.ErrBadReply, err)
	}
	c.response = Response{
		Status: in.StatusCode, Header: in.Header, Body: body, RequestID: in.Header.Get("X-Amzn-Requestid"),
	}
	if c.note != nil {
		c.note.Response, c.note.ResponseHeader = c.response.Body, paramsOf(in.Header)
	}
	return &c.response, nil
}

// read reads the body of an answer, up to [MaxBody].
func (c *call) read(in *http.Response) ([]byte, error) {
	body := c.room[:0]
	if size := int(min(in.ContentLength, MaxBody)); size > cap(body) {
		body = make([]byte, 0, size)
	}
	for {
		if len(body) == cap(body) {
			body = append(make([]byte, 0, min(4*cap(body), MaxBody)), body...)
		}
		n, err := in.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case err == io.EOF, err == nil && len(body) == MaxBody:
			return body, nil
		case err != nil:
			return nil, err
		}
	}
}
