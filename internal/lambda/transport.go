package lambda

import (
	"io"
	"net/http"
)

// capped is a transport that fails a response whose body is larger than any result can be: the SDK reads bodies whole.
type capped struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (c *capped) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = &cappedBody{response.Body, maxPayload}
	return response, nil
}

// cappedBody is the body of a response, up to its limit.
type cappedBody struct {
	io.ReadCloser
	left int
}

// Read implements io.Reader.
func (b *cappedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrTooLarge
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left+1)])
	b.left -= n
	if b.left < 0 {
		return n, ErrTooLarge
	}
	return n, err
}
