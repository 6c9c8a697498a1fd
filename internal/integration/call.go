package integration

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gangway/internal/dial"
	"gangway/internal/gateway"
)

// A call is what one request to an HTTP server is made of, and what comes of it, in one piece, for all of it is needed for
// each message. It is made for one request and never used again.
type call struct {
	request  http.Request
	url      url.URL
	header   []dial.Field
	fields   [8]dial.Field // room for those of a message
	body     sent
	room     [128]byte // for a short answer
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

// prepare makes the request, all but its Header.
func (c *call) prepare(ctx context.Context, method string, header gateway.Params, body []byte) {
	out := http.Request{Method: method, URL: &c.url, Host: c.url.Host}
	c.request = *out.WithContext(ctx)
	c.header = c.fields[:0]
	for _, param := range header {
		c.header = append(c.header, dial.Field(param))
	}
	if c.note != nil {
		c.note.Body = body
	}
	if len(body) > 0 {
		c.body.Reset(body)
		c.request.Body = &c.body
		c.request.ContentLength = int64(len(body))
	}
}

// sent is the body of a request.
type sent struct{ bytes.Reader }

// Close implements [io.Closer].
func (*sent) Close() error { return nil }

// spread makes the request's Header, for who needs it. It spells names as they came first. Messages have few fields, handshakes
// as many as the client likes.
func (c *call) spread() {
	h := make(http.Header, len(c.header))
	c.request.Header = h
	if len(c.header) > len(c.fields) {
		params := make(gateway.Params, 0, len(c.header))
		for _, field := range c.header {
			params = append(params, gateway.Param(field))
		}
		for _, field := range group(params, http.CanonicalHeaderKey) {
			h[field.name] = field.values
		}
		return
	}
	values := make([]string, len(c.header))
	for i, field := range c.header {
		first := slices.IndexFunc(c.header, func(other dial.Field) bool { return strings.EqualFold(other.Name, field.Name) })
		name := c.header[first].Name
		if first < i {
			h[name] = append(h[name], field.Value)
			continue
		}
		values[i] = field.Value
		h[name] = values[i : i+1 : i+1]
	}
}

// sender is a transport that takes header fields as they are.
type sender interface {
	Send(r *http.Request, fields []dial.Field) (*http.Response, error)
}

// roundTrip sends the request, with its Header if it has been made, and else in the way that costs least.
func (c *call) roundTrip(transport http.RoundTripper) (*http.Response, error) {
	if direct, ok := transport.(sender); ok && c.request.Header == nil && c.note == nil {
		return direct.Send(&c.request, c.header)
	}
	if c.request.Header == nil {
		c.spread()
	}
	if c.note != nil {
		noteRequest(c.note, &c.request)
	}
	return transport.RoundTrip(&c.request)
}

// send sends the request and reads what comes back, up to [MaxBody].
func (c *call) send(ctx context.Context, transport http.RoundTripper) (*Response, error) {
	in, err := c.roundTrip(transport)
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
