package access

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"gangway/internal/sigv4"
)

// An Errand is a request on behalf of who has sent another one, to a handler of this process.
type Errand struct {
	Method, Target string // the path with its query, as sent: percent-encoded
	Host           string
	Header         http.Header
	Body           []byte

	Key             sigv4.Key // that signs
	Region, Service string
}

// Request is the errand as it is sent. What [Facts] tell of it is what they tell of the request that it stems from. Its date is by
// the clock of the machine, as are those of clients and so the one of a [sigv4.Verifier] without another: a clock that a node is given
// is for what it keeps, and may be far from theirs.
func (e *Errand) Request(ctx context.Context, from *http.Request) (*http.Request, error) {
	address, err := url.ParseRequestURI(e.Target)
	if err != nil {
		return nil, fmt.Errorf("access: errand: %w", err)
	}
	r := &http.Request{
		Method: e.Method, URL: address, RequestURI: e.Target, Host: e.Host, Header: e.Header.Clone(),
		Proto: from.Proto, ProtoMajor: from.ProtoMajor, ProtoMinor: from.ProtoMinor, RemoteAddr: from.RemoteAddr, TLS: from.TLS,
		Body: io.NopCloser(bytes.NewReader(e.Body)), ContentLength: int64(len(e.Body)),
	}
	if agent := from.UserAgent(); agent != "" {
		r.Header.Set("User-Agent", agent)
	}
	sigv4.Sign(r, e.Body, e.Key, e.Region, e.Service, time.Now())
	return r.WithContext(ctx), nil
}
