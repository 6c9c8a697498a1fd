package lambda

import (
	"fmt"
	"io"
	"net/http"

	"gangway/internal/dial"
)

// capped is a transport that fails a response whose body is larger than any result can be: the SDK reads bodies whole.
type capped struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (c *capped) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r = r.WithContext(r.Context())
		r.Body = readOnly{r.Body}
	}
	r = r.WithContext(&dial.Call{Context: r.Context()}) //nolint:contextcheck // it is that of r, which it holds
	response, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusSwitchingProtocols { // what follows is no body, and does not end with the call
		_ = response.Body.Close()
		return nil, fmt.Errorf("status %d is not a result", response.StatusCode)
	}
	response.Body = &cappedBody{response.Body, maxPayload}
	return response, nil
}

// readOnly is the body of a request without its WriteTo. The SDK closes bodies as soon as a response begins, and then its
// WriteTo, though not its Read, makes an error of io.EOF: net/http would hang up in the middle of a result.
type readOnly struct{ io.ReadCloser }

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
