package management_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"gangway/internal/access"
	"gangway/internal/gateway"
	"gangway/internal/management"
	"gangway/internal/sigv4"
)

const account = "123456789012"

// guarded is a door at which the key of the tests belongs to a user with a policy. The connections note what they are asked.
func guarded(connections gateway.Connections, policy string) http.Handler {
	credential := gateway.Credential{AccessKey: gateway.AccessKey{AccessKeyID: key.ID, SecretAccessKey: key.Secret}}
	credential.Name, credential.Policy = "anna", json.RawMessage(policy)
	callers := access.New(sigv4.Key{}, account)
	callers.Replace([]gateway.Credential{credential})
	return management.New(connections, management.Config{
		Names: gateway.Names{Region: region, Account: account, Domain: "amazonaws.com", PublicURL: "ws://localhost:8080"},
		Verifier: &sigv4.Verifier{
			Region: region, Service: "execute-api", Now: func() time.Time { return now }, Keys: callers.Key,
		},
		Authorize: func(r *http.Request, caller *sigv4.Identity, action, resource string) error {
			return callers.Authorize(r, caller.AccessKeyID, action, resource)
		},
		Open: func(a gateway.Address) bool { return a.Stage == prod || a.Stage == dev },
	})
}

func statement(effect, action, resource string) string {
	return `{"Effect":"` + effect + `","Action":"` + action + `","Resource":"` + resource + `"}`
}

func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

const arn = "arn:aws:execute-api:us-east-1:123456789012:"

// TestPermission: a policy is asked about the very connection, each method by itself. "Control access to WebSocket APIs
// with IAM authorization" in the API Gateway developer guide.
func TestPermission(t *testing.T) {
	all := statement("Allow", "execute-api:ManageConnections", "*")
	for _, test := range []struct {
		name, policy, method, path string
		status                     int
	}{
		{"all", document(all), "POST", "/prod/@connections/" + string(open), 200},
		{"any action", document(statement("Allow", "execute-api:*", arn+"abcdef1234/prod/*")), "GET", "/prod/@connections/" + string(open), 200},
		{"this one", document(statement("Allow", "execute-api:ManageConnections", arn+"abcdef1234/prod/POST/@connections/"+string(open))), "POST", "/prod/@connections/R0oXAdfD0kwCH6w%3D", 200},
		{"another one", document(statement("Allow", "execute-api:ManageConnections", arn+"abcdef1234/prod/POST/@connections/"+string(open))), "POST", "/prod/@connections/" + string(closed), 403},
		{"another method", document(statement("Allow", "execute-api:ManageConnections", arn+"abcdef1234/prod/POST/*")), "DELETE", "/prod/@connections/" + string(open), 403},
		{"another stage", document(statement("Allow", "execute-api:ManageConnections", arn+"abcdef1234/dev/*")), "POST", "/prod/@connections/" + string(open), 403},
		{"another account", document(statement("Allow", "execute-api:*", "arn:aws:execute-api:us-east-1:111122223333:*")), "POST", "/prod/@connections/" + string(open), 403},
		{"another action", document(statement("Allow", "execute-api:Invoke", "*")), "POST", "/prod/@connections/" + string(open), 403},
		{"denied", document(all, statement("Deny", "execute-api:managecONNECTIONS", arn+"abcdef1234/prod/DELETE/*")), "DELETE", "/prod/@connections/" + string(open), 403},
		{"not denied", document(all, statement("Deny", "execute-api:ManageConnections", arn+"abcdef1234/prod/DELETE/*")), "GET", "/prod/@connections/" + string(open), 200},
		{"denied by id", document(all, statement("Deny", "execute-api:ManageConnections", "*/@connections/"+string(open))), "GET", "/prod/%40connections/R0oXAdfD0kwCH6w%3D", 403},
		{"permitted and gone", document(all), "POST", "/prod/@connections/" + string(closed), 410},
		{"permitted and no stage", document(all), "POST", "/none/@connections/" + string(open), 403},
		{"no policy", "", "POST", "/prod/@connections/" + string(open), 403},
		{"no good policy", document(`{"Effect":"Allow"}`), "POST", "/prod/@connections/" + string(open), 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			connections := newRoom()
			r := call{method: test.method, path: test.path, body: "x"}.do(t, guarded(connections, test.policy))
			if r.StatusCode != test.status {
				t.Errorf("got %d %s, want %d", r.StatusCode, read(t, r), test.status)
			}
			if test.status == 403 && (len(connections.open) != 1 || len(connections.pushes) != 0) {
				t.Error("a refused request had an effect")
			}
		})
	}
}

// TestNoOracle: to a caller without permission all connections, stages and APIs are one, those that are there and those
// that are not; and nobody asks the connections, by whose haste to answer it could tell.
func TestNoOracle(t *testing.T) {
	other := strings.Replace(host, "abcdef1234", "zzzzzzzzzz", 1)
	for name, policy := range map[string]string{
		"implicit": document(statement("Allow", "execute-api:Invoke", "*")),
		"explicit": document(statement("Deny", "execute-api:ManageConnections", "*")),
		"other":    document(statement("Allow", "execute-api:ManageConnections", arn+"0123456789/*")),
		"broken":   "{}",
	} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			for _, where := range []struct{ host, stage, api string }{
				{host, "prod", "abcdef1234"}, {host, "dev", "abcdef1234"}, {host, "none", "abcdef1234"}, {other, "prod", "zzzzzzzzzz"},
			} {
				want := "User: arn:aws:iam::123456789012:user/anna is not authorized to perform: execute-api:ManageConnections on resource: " +
					"arn:aws:execute-api:us-east-1:********9012:" + where.api + "/" + where.stage + "/" + method + "/@connections/{connectionId}"
				var first http.Header
				for _, id := range []string{string(open), "R0oXAdfD0kwCH6w%3D", string(closed), "x", "R0oXAdfD0kwCH6!=", "%7BconnectionId%7D", "*", strings.Repeat("y", 300)} {
					var asked witness
					sign := func(r *http.Request, body []byte) {
						r.Host = where.host
						sigv4.Sign(r, body, key, region, "execute-api", now)
					}
					r := call{method: method, path: "/" + where.stage + "/@connections/" + id, body: "x", sign: sign}.do(t, guarded(&asked, policy))
					wantIDs(t, r)
					header := r.Header.Clone()
					header.Del("X-Amzn-Requestid")
					header.Del("X-Amz-Apigw-Id")
					wantFault(t, r, 403, "AccessDeniedException", want)
					if first == nil {
						first = header
					}
					if !maps.EqualFunc(header, first, func(a, b []string) bool { return strings.Join(a, "\n") == strings.Join(b, "\n") }) {
						t.Errorf("%s: got header %v for %s, %v for another id", name, header, id, first)
					}
					if asked.asked {
						t.Errorf("%s: %s was looked up", name, id)
					}
				}
			}
		}
	}
}

// TestAuthorizeFails: whatever keeps the question from being answered refuses.
func TestAuthorizeFails(t *testing.T) {
	for want, authorize := range map[int]func(*http.Request, *sigv4.Identity, string, string) error{
		403: nil,
		500: func(*http.Request, *sigv4.Identity, string, string) error { return errors.New("no policies") },
	} {
		var asked witness
		door := management.New(&asked, management.Config{
			Names: gateway.Names{Region: region, Domain: "amazonaws.com"}, Authorize: authorize,
			Verifier: &sigv4.Verifier{
				Region: region, Service: "execute-api", Now: func() time.Time { return now },
				Keys: func(string) (sigv4.Key, bool) { return key, true },
			},
			Open: func(gateway.Address) bool { return true },
		})
		r := call{method: "GET", path: "/prod/@connections/" + string(open)}.do(t, door)
		if r.StatusCode != want || asked.asked {
			t.Errorf("got %d, want %d; looked up: %v", r.StatusCode, want, asked.asked)
		}
	}
}
