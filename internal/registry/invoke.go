package registry

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
)

const invokeOperation = "Invoke"

// invoke is the operation Invoke: the host's, who takes it from this machine only, and from nobody's web page. This caller has
// signed it.
func (s *Server) invoke(w http.ResponseWriter, r *http.Request, c *call) {
	inner := r.Clone(r.Context())
	inner.Host, inner.RemoteAddr = "localhost", "127.0.0.1:0"
	inner.Body = io.NopCloser(bytes.NewReader(c.body))
	inner.ContentLength = int64(len(c.body))
	for _, name := range []string{"Origin", "Sec-Fetch-Site"} {
		inner.Header.Del(name)
	}
	inner.URL.Path = "/2015-03-31/functions/" + c.arguments["FunctionName"] + "/invocations"
	inner.URL.RawPath = "/2015-03-31/functions/" + url.PathEscape(c.arguments["FunctionName"]) + "/invocations"
	s.cfg.Host.ServeHTTP(w, inner)
}

// Refuse answers a request for the Lambda API where no functions are taken.
func Refuse(w http.ResponseWriter, _ *http.Request) {
	(&fault{http.StatusForbidden, "AccessDeniedException", "Functions are not taken here: that has to be asked for with gangway serve --functions."}).write(w)
}
