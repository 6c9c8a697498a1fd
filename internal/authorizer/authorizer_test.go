package authorizer_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gangway/internal/authorizer"
	"gangway/internal/gateway"
	"gangway/internal/sigv4"
)

var _ = []authorizer.Authorizer{authorizer.None{}, authorizer.IAM{}, new(authorizer.Function), new(authorizer.JWT)}

// TestIAM: each way to be refused, and what the client is told: "AWS Signature Version 4 for API requests" in the IAM user
// guide. What passes is tested where routes are.
func TestIAM(t *testing.T) {
	key := sigv4.Key{ID: "AKIAEXAMPLE", Secret: "secret"}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	iam := authorizer.IAM{Verifier: &sigv4.Verifier{
		Region: "us-east-1", Service: "execute-api", Now: func() time.Time { return now },
		Keys: func(id string) (sigv4.Key, bool) { return key, id == key.ID },
	}, Permit: func(string, *http.Request, string) (*gateway.Identity, error) {
		t.Error("somebody was permitted who had not signed")
		return &gateway.Identity{}, nil
	}}
	unknown := sigv4.Key{ID: "AKIAOTHER", Secret: "secret"}
	wrong := sigv4.Key{ID: key.ID, Secret: "guess"}
	for _, test := range []struct {
		name, message string // the beginning of it
		sign          func(*http.Request)
	}{
		{"unsigned", "Missing Authentication Token", func(*http.Request) {}},
		{"unknown key", "The security token included in the request is invalid.", func(r *http.Request) {
			sigv4.Sign(r, nil, unknown, "us-east-1", "execute-api", now)
		}},
		{"wrong secret", "The request signature we calculated does not match", func(r *http.Request) {
			sigv4.Sign(r, nil, wrong, "us-east-1", "execute-api", now)
		}},
		{"old", "Signature expired", func(r *http.Request) {
			sigv4.Sign(r, nil, key, "us-east-1", "execute-api", now.Add(-6*time.Minute))
		}},
		{"old and presigned", "Signature expired", func(r *http.Request) {
			sigv4.Presign(r, key, "us-east-1", "execute-api", time.Minute, now.Add(-2*time.Minute))
		}},
		{"other path", "The request signature we calculated does not match", func(r *http.Request) {
			sigv4.Sign(r, nil, key, "us-east-1", "execute-api", now)
			r.URL.Path = "/a/other"
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost:8080/a/s", http.NoBody)
			r.RequestURI = "" // as of a client
			test.sign(r)
			r.RequestURI = r.URL.RequestURI()
			decision, err := iam.Authorize(t.Context(), &authorizer.Request{HTTP: r})
			refusal, ok := errors.AsType[*sigv4.Error](err)
			if decision != nil || !ok || !strings.HasPrefix(refusal.Message, test.message) {
				t.Errorf("got %v, %v, want the refusal %q", decision, err, test.message)
			}
		})
	}
	if decision, err := (authorizer.IAM{}).Authorize(t.Context(), &authorizer.Request{}); decision != nil || err == nil {
		t.Errorf("without a verifier: got %v, %v", decision, err)
	}
}

// TestPermit: who has signed must be permitted to invoke $connect of the stage, and is else told what Permit says.
func TestPermit(t *testing.T) {
	key := sigv4.Key{ID: "AKIAEXAMPLE", Secret: "secret"}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	refusal := gateway.Errorf(gateway.ErrForbidden, "User: x is not authorized to perform: execute-api:Invoke")
	asked := ""
	permit := func(err error) func(string, *http.Request, string) (*gateway.Identity, error) {
		return func(id string, r *http.Request, resource string) (*gateway.Identity, error) {
			asked = id + " " + r.URL.Path + " " + resource
			return &gateway.Identity{AccessKey: id}, err
		}
	}
	for name, test := range map[string]struct {
		permit func(string, *http.Request, string) (*gateway.Identity, error)
		want   error
	}{
		"permitted": {permit(nil), nil},
		"refused":   {permit(refusal), refusal},
		"nobody":    {nil, gateway.ErrForbidden},
	} {
		iam := authorizer.IAM{
			Verifier: &sigv4.Verifier{
				Region: "us-east-1", Service: "execute-api", Now: func() time.Time { return now },
				Keys: func(id string) (sigv4.Key, bool) { return key, id == key.ID },
			},
			Permit: test.permit, Names: gateway.Names{Region: "us-east-1", Account: "123456789012"},
			Stage: gateway.StageKey{API: "abcdef1234", Stage: "prod"},
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost:8080/abcdef1234/prod", http.NoBody)
		r.RequestURI = "" // as of a client
		sigv4.Sign(r, nil, key, "us-east-1", "execute-api", now)
		r.RequestURI = r.URL.RequestURI()
		asked = ""
		decision, err := iam.Authorize(t.Context(), &authorizer.Request{HTTP: r})
		if !errors.Is(err, test.want) || (err == nil) != (decision != nil) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: got %v, %v, want %v", name, decision, err, test.want)
		}
		want := "AKIAEXAMPLE /abcdef1234/prod arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/$connect"
		if test.permit != nil && asked != want {
			t.Errorf("%s: asked %q, want %q", name, asked, want)
		}
		if decision != nil && decision.Identity.AccessKey != key.ID {
			t.Errorf("got %+v", decision.Identity)
		}
	}
}
