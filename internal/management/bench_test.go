package management_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"gangway/internal/access"
	"gangway/internal/gateway"
	"gangway/internal/management"
	"gangway/internal/metrics"
	"gangway/internal/sigv4"
)

// sink is the least that can take an answer, as a server has it for each connection: the header is used again.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header               { return s.header }
func (s *sink) Write(b []byte) (int, error)       { return len(b), nil }
func (s *sink) WriteHeader(status int)            { s.status = status }
func (s *sink) SetReadDeadline(_ time.Time) error { return nil }

// body is a request's body that can be read again.
type body struct{ bytes.Reader }

func (*body) Close() error { return nil }

// sdkHeaders are what SDKs send with a PostToConnection besides Host and Content-Length.
var sdkHeaders = map[string]http.Header{
	"go": {
		"Accept-Encoding":       {"gzip"},
		"Amz-Sdk-Invocation-Id": {"15321010-d581-4e02-a038-a2bf05897659"},
		"Amz-Sdk-Request":       {"attempt=1; max=3"},
		"Content-Type":          {"application/octet-stream"},
		"User-Agent": {"aws-sdk-go-v2/1.47.7 ua/2.1 os/linux lang/go#1.26.8 md/GOOS#linux md/GOARCH#amd64 " +
			"api/apigatewaymanagementapi#1.30.0 m/E"},
	},
	"python": {
		"Accept-Encoding": {"identity"},
		"User-Agent":      {"Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.12.3"},
	},
}

// openDoor is a door that is complete: callers, a log of calls, one stage. Its connections do nothing.
func openDoor() (door http.Handler, seen *witness) {
	seen = new(witness)
	user := gateway.Credential{AccessKey: gateway.AccessKey{AccessKeyID: "AKIDUSER", SecretAccessKey: "of the user"}}
	user.Name, user.Policy = "anna", json.RawMessage(document(statement("Allow", "execute-api:ManageConnections", arn+"abcdef1234/prod/*")))
	callers := access.New(key, account)
	callers.Replace([]gateway.Credential{user})
	return management.New(seen, management.Config{
		Names: gateway.Names{Region: region, Account: account, Domain: "amazonaws.com", PublicURL: "ws://localhost:8080"},
		Verifier: &sigv4.Verifier{
			Region: region, Service: "execute-api", Now: func() time.Time { return now }, Keys: callers.Key,
		},
		Authorize: func(r *http.Request, caller *sigv4.Identity, action, resource string) error {
			return callers.Authorize(r, caller.AccessKeyID, action, resource)
		},
		Observe: func(*metrics.Call) {},
		Open:    func(a gateway.Address) bool { return a.Stage == prod },
	}), seen
}

// BenchmarkPost is a PostToConnection from the first byte behind the HTTP server to the last.
func BenchmarkPost(b *testing.B) {
	user := sigv4.Key{ID: "AKIDUSER", Secret: "of the user"}
	for _, c := range []struct {
		name, sdk, host, path string
		size                  int
		key                   sigv4.Key
	}{
		{"go", "go", host, "/prod/@connections/R0oXAdfD0kwCH6w%3D", 64, key},
		{"go-user", "go", host, "/prod/@connections/R0oXAdfD0kwCH6w%3D", 64, user},
		{"go-local", "go", "localhost:8080", "/abcdef1234/prod/@connections/R0oXAdfD0kwCH6w%3D", 64, key},
		{"go-128KB", "go", host, "/prod/@connections/R0oXAdfD0kwCH6w%3D", management.MaxData, key},
		{"python", "python", host, "/prod/@connections/R0oXAdfD0kwCH6w%3D", 64, key},
	} {
		b.Run(c.name, func(b *testing.B) {
			door, seen := openDoor()
			data := bytes.Repeat([]byte("x"), c.size)
			r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, c.path, nil)
			r.Host, r.Header = c.host, sdkHeaders[c.sdk].Clone()
			if c.sdk == "go" {
				r.ContentLength = int64(c.size) // which it signs, and botocore does not
			}
			sigv4.Sign(r, data, c.key, region, "execute-api", now)
			r.ContentLength = int64(c.size)
			source, w := new(body), &sink{header: http.Header{}}
			r.Body = source
			b.ReportAllocs()
			for b.Loop() {
				source.Reset(data)
				clear(w.header)
				door.ServeHTTP(w, r)
			}
			if !seen.asked || w.status != http.StatusOK {
				b.Fatalf("got %d", w.status)
			}
		})
	}
}
