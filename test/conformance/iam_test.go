package conformance_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"gangway/internal/node"
)

// TestIAMHandshake signs handshakes with the signer of the AWS SDK, in headers as programs do and in the query as browsers
// must: "Control access to WebSocket APIs with IAM authorization" in the API Gateway developer guide.
func TestIAMHandshake(t *testing.T) {
	away := newBackend()
	t.Cleanup(away.stop)
	s := startNode(t, node.Config{LambdaEndpoint: away.URL})
	b := &builder{s, away.URL}
	api, err := b.apply(t.Context(), nil, []byte(`{"routes": {"$connect": {"lambda": "hello", "route": {"authorizationType": "AWS_IAM"}}}}`))
	must(t, err)
	target := s.httpData() + "/" + api.id + "/prod"
	hash := sha256.Sum256(nil)
	empty := hex.EncodeToString(hash[:])
	for _, row := range []struct {
		name string
		sign func(r *http.Request) (target string, header http.Header, err error)
		ok   bool
	}{
		{"headers", func(r *http.Request) (string, http.Header, error) {
			err := v4.NewSigner().SignHTTP(t.Context(), s.key, r, empty, "execute-api", region, time.Now())
			return r.URL.String(), r.Header, err
		}, true},
		{"query", func(r *http.Request) (string, http.Header, error) {
			query := r.URL.Query()
			query.Set("X-Amz-Expires", "300")
			r.URL.RawQuery = query.Encode()
			presigned, _, err := v4.NewSigner().PresignHTTP(t.Context(), s.key, r, empty, "execute-api", region, time.Now())
			return presigned, nil, err
		}, true},
		{"another secret", func(r *http.Request) (string, http.Header, error) {
			wrong := s.key
			wrong.SecretAccessKey += "x"
			err := v4.NewSigner().SignHTTP(t.Context(), wrong, r, empty, "execute-api", region, time.Now())
			return r.URL.String(), r.Header, err
		}, false},
		{"another service", func(r *http.Request) (string, http.Header, error) {
			err := v4.NewSigner().SignHTTP(t.Context(), s.key, r, empty, "apigateway", region, time.Now())
			return r.URL.String(), r.Header, err
		}, false},
		{"an hour ago", func(r *http.Request) (string, http.Header, error) {
			err := v4.NewSigner().SignHTTP(t.Context(), s.key, r, empty, "execute-api", region, time.Now().Add(-time.Hour))
			return r.URL.String(), r.Header, err
		}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target+"?room=a%20b", http.NoBody)
			must(t, err)
			signed, header, err := row.sign(r)
			must(t, err)
			c, _, err := dial(t.Context(), handshake{url: "ws" + strings.TrimPrefix(signed, "http"), header: header})
			if row.ok {
				must(t, err)
				c.drop()
				checkSignedEvent(t, <-away.received)
				return
			}
			refused, ok := errors.AsType[*refusal](err)
			if !ok || refused.status != http.StatusForbidden {
				t.Errorf("got %v, expected 403", err)
			}
			if len(away.received) > 0 {
				t.Error("the backend has been called")
			}
		})
	}
}

// checkSignedEvent wants the query as the client meant it, without what only proves who it is.
func checkSignedEvent(t *testing.T, c *call) {
	t.Helper()
	query, _ := c.event()["queryStringParameters"].(map[string]any)
	for name := range query {
		if strings.HasPrefix(name, "X-Amz-") && name != "X-Amz-Expires" {
			t.Errorf("the function sees %s", name)
		}
	}
	if query["room"] != "a b" {
		t.Errorf("the function sees the query %v", query)
	}
	headers, _ := c.event()["headers"].(map[string]any)
	for name, value := range headers {
		if text, _ := value.(string); strings.Contains(text, "AWS4-HMAC-SHA256") {
			t.Errorf("the function sees the signature in %s", name)
		}
	}
}

// TestRetriedPush posts twice as an SDK does that retries: with one invocation id. It arrives once. AWS promises nothing here.
func TestRetriedPush(t *testing.T) {
	away := newBackend()
	t.Cleanup(away.stop)
	s := startNode(t, node.Config{})
	api := sdkAPI(t, s.controlSDK(), away.URL)
	alice := connectTo(t, away, *api.ApiEndpoint+"/prod")
	id, _ := away.connectionID("alice")
	for _, push := range []struct{ invocation, text string }{{"one", "a"}, {"one", "a"}, {"two", "a"}, {"three", "b"}, {"three", "b"}, {"", "c"}, {"", "c"}} {
		in := request{method: post, url: s.connectionURL(*api.ApiId, "prod", id), body: []byte(push.text), service: "execute-api", header: http.Header{}}
		if push.invocation != "" {
			in.header.Set("Amz-Sdk-Invocation-Id", push.invocation)
		}
		got, err := s.do(t.Context(), in)
		must(t, err)
		if got.status != http.StatusOK {
			t.Errorf("status %d: %s", got.status, got.body)
		}
	}
	for _, wanted := range []string{"a", "a", "b", "c", "c"} {
		wantItem(t, alice, wanted)
	}
}

// TestShutdown stops a node with a client: it hears 1001, and its $disconnect integration runs before the node is gone.
func TestShutdown(t *testing.T) {
	away := newBackend()
	t.Cleanup(away.stop)
	s, stop, err := newServer(node.Config{DataDir: t.TempDir()})
	must(t, err)
	b := &builder{s, away.URL}
	api, err := b.apply(t.Context(), nil, []byte(`{"routes": {"$connect": {"http": "/connect"}, "$disconnect": {"http": "/bye"}}}`))
	must(t, err)
	alice := connectTo(t, away, s.data+"/"+api.id+"/prod")
	<-away.received
	must(t, stop())
	wantItem(t, alice, "close 1001 Going away")
	select {
	case c := <-away.received:
		if c.uri != "/bye" {
			t.Errorf("the backend received %s", c.uri)
		}
	default:
		t.Error("$disconnect did not run before the node was gone")
	}
}
