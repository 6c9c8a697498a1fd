package console

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gangway/internal/sigv4"
)

// maxBody is what the control plane takes, which says so by itself of what is longer than it likes.
const maxBody = 4 << 20

// passed are the header fields of a page's request that go on. All others are the browser's business with us.
var passed = []string{"Accept", "Content-Type", "User-Agent", "Amz-Sdk-Invocation-Id", "Amz-Sdk-Request", "X-Amzn-Trace-Id"}

// errand is a request on behalf of who is signed in.
type errand struct {
	to            http.Handler
	service, host string // that it is signed for
	path          string // as sent: percent-encoded
}

// serveAPI passes a request on to the control plane.
func (c *Console) serveAPI(w http.ResponseWriter, r *http.Request, rest string) error {
	return c.run(w, r, errand{to: c.cfg.Admin, service: "apigateway", host: r.Host, path: "/" + rest})
}

// serveConnections passes a call of @connections on to the Management API.
func (c *Console) serveConnections(w http.ResponseWriter, r *http.Request, rest string) error {
	parts := strings.Split(rest, "/")
	if len(parts) != 3 {
		return errNotFound
	}
	return c.run(w, r, errand{
		to: c.cfg.Management, service: "execute-api", host: hostOf(c.cfg.DataURL),
		path: "/" + parts[0] + "/" + parts[1] + "/@connections/" + parts[2],
	})
}

// hostOf is what stands between scheme and path.
func hostOf(address string) string {
	_, host, _ := strings.Cut(address, "://")
	return strings.TrimSuffix(host, "/")
}

// run signs a request and has it answered. An answer that goes on ends with the session.
func (c *Console) run(w http.ResponseWriter, r *http.Request, e errand) error {
	if err := checkSource(r); err != nil {
		return err
	}
	s, _, err := c.admit(r)
	if err != nil {
		return err
	}
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return err
	}
	key, ok := c.sessions.present(s) // the body may have taken a while
	if !ok {
		return errNobody
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer s.whenOver(cancel)()
	out, err := e.request(ctx, r, body)
	if err != nil {
		return err
	}
	sigv4.Sign(out, body, key, c.cfg.Region, e.service, time.Now())
	w.Header().Set("Cache-Control", "no-store")
	e.to.ServeHTTP(w, out)
	return nil
}

// request is a page's request as it goes on.
func (e errand) request(ctx context.Context, r *http.Request, body []byte) (*http.Request, error) {
	target := e.path
	if r.URL.RawQuery != "" {
		target += "?" + r.URL.RawQuery
	}
	address, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "The path cannot be read")
	}
	out := &http.Request{
		Method: r.Method, URL: address, RequestURI: target, Host: e.host, Header: http.Header{},
		Proto: r.Proto, ProtoMajor: r.ProtoMajor, ProtoMinor: r.ProtoMinor, RemoteAddr: r.RemoteAddr, TLS: r.TLS,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
	for _, name := range passed {
		if values := r.Header.Values(name); len(values) > 0 {
			out.Header[name] = values
		}
	}
	return out.WithContext(ctx), nil
}
