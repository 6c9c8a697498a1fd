package testserver

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/sigv4"
)

// forward passes a request on to the node, signed with the key of the folder: for test suites without an SDK.
func (s *Server) forward(w http.ResponseWriter, r *http.Request, service, target string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		write(w, nil, gateway.Errorf(gateway.ErrInvalid, "the body: %v", err))
		return
	}
	request, err := http.NewRequestWithContext(r.Context(), r.Method, target, bytes.NewReader(body))
	if err != nil {
		write(w, nil, err)
		return
	}
	key := sigv4.Key{ID: s.place.AccessKeyID, Secret: s.place.SecretAccessKey}
	sigv4.Sign(request, body, key, s.place.Region, service, time.Now())
	response, err := s.client.Do(request)
	if err != nil {
		write(w, nil, err)
		return
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	for _, name := range []string{"Content-Type", "X-Amzn-Errortype"} {
		if value := response.Header.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(response.StatusCode)
	_, _ = io.Copy(w, response.Body) // the client has left if this fails
}

// define is a call of the control plane.
func (s *Server) define(w http.ResponseWriter, r *http.Request) {
	s.forward(w, r, "apigateway", s.place.Admin+r.URL.RequestURI())
}

// push is a call of @connections, as a backend makes it.
func (s *Server) push(w http.ResponseWriter, r *http.Request) {
	id := gateway.ConnectionID(r.PathValue("id"))
	for _, c := range s.node.Connections(r.Context()) {
		if c.ID == id {
			at := "http" + strings.TrimPrefix(s.place.Data, "ws") + "/" + c.API + "/" + c.Stage
			s.forward(w, r, "execute-api", at+"/@connections/"+url.PathEscape(string(id)))
			return
		}
	}
	write(w, nil, errGone)
}
