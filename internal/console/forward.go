package console

import (
	"context"
	"net/http"
	"strings"

	"gangway/internal/access"
)

// maxBody is what the control plane takes, which says so by itself of what is longer than it likes.
const maxBody = 4 << 20

// passed are the header fields of a page's request that go on, besides the User-Agent. All others are the browser's business with us.
var passed = []string{"Accept", "Content-Type", "Amz-Sdk-Invocation-Id", "Amz-Sdk-Request", "X-Amzn-Trace-Id"}

// errand is where a request of who is signed in goes.
type errand struct {
	to            http.Handler
	service, host string // that it is signed for
	path          string // as sent: percent-encoded
}

// serveAPI passes a request on to the control plane.
func (c *Console) serveAPI(w http.ResponseWriter, r *http.Request, rest string) error {
	return c.run(w, r, &errand{to: c.cfg.Admin, service: "apigateway", host: r.Host, path: "/" + rest})
}

// serveConnections passes a call of @connections on to the Management API.
func (c *Console) serveConnections(w http.ResponseWriter, r *http.Request, rest string) error {
	parts := strings.Split(rest, "/")
	if len(parts) != 3 {
		return errNotFound
	}
	return c.run(w, r, &errand{
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
func (c *Console) run(w http.ResponseWriter, r *http.Request, e *errand) error {
	if err := checkSource(r); err != nil {
		return err
	}
	s, _, err := c.admit(r, r.Header.Get(fieldName))
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
	signed := access.Errand{
		Method: r.Method, Target: e.target(r), Host: e.host, Header: passedOf(r), Body: body, Key: key, Region: c.cfg.Region, Service: e.service,
	}
	out, err := signed.Request(ctx, r)
	if err != nil {
		return refuse(http.StatusBadRequest, "The path cannot be read")
	}
	w.Header().Set("Cache-Control", "no-store")
	e.to.ServeHTTP(w, out)
	return nil
}

// target is the path and the query of a page's request as they go on.
func (e *errand) target(r *http.Request) string {
	if r.URL.RawQuery == "" {
		return e.path
	}
	return e.path + "?" + r.URL.RawQuery
}

// passedOf is what of a page's header goes on.
func passedOf(r *http.Request) http.Header {
	header := http.Header{}
	for _, name := range passed {
		if values := r.Header.Values(name); len(values) > 0 {
			header[name] = values
		}
	}
	return header
}
