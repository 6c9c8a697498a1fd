package trial_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/program"
	"gangway/internal/trial"
)

// backend is a server that says whom it was told of before it was called.
type backend struct {
	*httptest.Server

	told []string
	got  []string
}

func newBackend(t *testing.T) *backend {
	t.Helper()
	b := &backend{}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		b.got = append(b.got, r.URL.String()+" "+string(body)+" after "+strings.Join(b.told, ","))
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"nick":"ann"}`)
	}))
	t.Cleanup(b.Close)
	return b
}

// call is what reaches the backend; links are where VPC links lead.
func (b *backend) call(links map[string]string) *trial.Call {
	return &trial.Call{Env: func(context.Context) (program.Env, error) {
		return program.Env{
			HTTP:     integration.NewTransport(integration.TransportOptions{}),
			Upstream: func(id string) (string, bool) { address, known := links[id]; return address, known },
			Endpoint: func(string) string { return "" },
		}, nil
	}}
}

// TestCall: the backend is called once it was told who that is, and its answer goes the rest of the way.
func TestCall(t *testing.T) {
	const sent = `/rooms/lobby?n=b {"who": "b"} after select,model,request,backend`
	b := newBackend(t)
	address := strings.TrimPrefix(b.URL, "http://")
	for _, c := range []struct {
		name  string
		links map[string]string
		host  string
		who   string
	}{
		{"behind a link", map[string]string{"v1": address}, "backend.invalid", address + ", where its VPC link leads, as http://backend.invalid"},
		{"behind a link without an address", map[string]string{"v1": ""}, address, "http://" + address + ": its VPC link has no tag gangway:upstream, so the URI says where it leads"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.told, b.got = nil, nil
			s := subject(t)
			s.Stage.StageVariables["backend"] = c.host
			r := run(t, s, "", `{"action":"join","name":"b"}`, func(cfg *trial.Config) {
				cfg.Call = b.call(c.links)
				cfg.Told = func(s *trial.Step) error { b.told = append(b.told, s.Name); return nil }
			})
			if !slices.Equal(b.got, []string{sent}) || r.Reply != "joined as ann" || r.Status != http.StatusOK {
				t.Fatalf("got %q, %+v", b.got, r)
			}
			request, ok := r.Steps[3].Detail.(*trial.Request)
			if !ok || request.Called == nil || request.Called.Who != c.who || request.Called.AWS || request.Called.Millis != 29000 {
				t.Errorf("got %+v", r.Steps[3])
			}
			response, ok := r.Steps[4].Detail.(*trial.Response)
			if !ok || !response.Called || response.Status != http.StatusCreated || r.Steps[4].Text != `{"nick":"ann"}` {
				t.Errorf("got %+v", r.Steps[4])
			}
		})
	}
}

// TestCallNobody: what keeps a backend from being called, and what is told then.
func TestCallNobody(t *testing.T) {
	refused := errors.New("not there")
	for name, c := range map[string]struct {
		change func(*trial.Call)
		key    string
		want   string // of the last step
		err    error
	}{
		"no such link": {func(*trial.Call) {}, "join", "reply", nil},
		"refused":      {func(c *trial.Call) { c.Admit = func(*trial.Callee) error { return refused } }, "join", "backend", refused},
		"a service of AWS": {func(c *trial.Call) {
			c.Admit = func(to *trial.Callee) error {
				if to.AWS && to.Who == "the service sqs of AWS" {
					return refused
				}
				return nil
			}
		}, "queue", "backend", refused},
		"a function of AWS": {func(c *trial.Call) {
			c.Admit = func(to *trial.Callee) error {
				if to.AWS && to.Who == "AWS Lambda" {
					return refused
				}
				return nil
			}
		}, "ask", "backend", refused},
		"no way": {func(c *trial.Call) {
			c.Env = func(context.Context) (program.Env, error) { return program.Env{}, refused }
		}, "join", "backend", refused},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBackend(t)
			s := subject(t)
			try, err := s.Try(c.key, &trial.Given{Body: `{"name":"b"}`}, nil)
			if err != nil {
				t.Fatal(err)
			}
			call := b.call(nil)
			c.change(call)
			r, err := trial.Run(t.Context(), &trial.Config{Subject: s, Try: try, Words: words, Call: call})
			last := r.Steps[len(r.Steps)-1]
			if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) || last.Name != c.want || len(b.got) > 0 {
				t.Errorf("got %v, %+v, %q", err, last, b.got)
			}
		})
	}
}

// TestCallWithoutCertificate: a backend may refuse who does not show the stage's certificate, so it is said who does not.
func TestCallWithoutCertificate(t *testing.T) {
	b := newBackend(t)
	for shown, want := range map[bool]string{true: "the backend is shown the client certificate c9", false: "the backend is not shown the client certificate c9"} {
		s := subject(t)
		s.Stage.ClientCertificateID = "c9"
		s.Stage.StageVariables = gateway.Map{"backend": strings.TrimPrefix(b.URL, "http://")}
		r := run(t, s, "late", "{}", func(cfg *trial.Config) {
			cfg.Call = b.call(nil)
			cfg.Call.Certificate = shown
		})
		selection, ok := r.Steps[0].Detail.(*trial.Selection)
		if !ok || len(selection.Notes) != 1 || !strings.HasPrefix(selection.Notes[0], want) {
			t.Errorf("got %+v", r.Steps[0].Detail)
		}
	}
}
