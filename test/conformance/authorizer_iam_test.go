package conformance_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/coder/websocket"
)

// signed is a handshake that the signer of the AWS SDK has signed: in headers, as programs do, or in the query, as browsers must.
func signed(t *testing.T, url string, key aws.Credentials, inQuery bool) handshake {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http"+strings.TrimPrefix(url, "ws"), http.NoBody)
	must(t, err)
	empty := sha256.Sum256(nil)
	hash := hex.EncodeToString(empty[:])
	if !inQuery {
		r.Header.Set("User-Agent", "alice")
		must(t, v4.NewSigner().SignHTTP(t.Context(), key, r, hash, "execute-api", region, time.Now()))
		return handshake{url: url, header: r.Header}
	}
	query := r.URL.Query()
	query.Set("X-Amz-Expires", "300")
	r.URL.RawQuery = query.Encode()
	presigned, _, err := v4.NewSigner().PresignHTTP(t.Context(), key, r, hash, "execute-api", region, time.Now())
	must(t, err)
	return handshake{url: "ws" + strings.TrimPrefix(presigned, "http"), header: http.Header{"User-Agent": {"alice"}}}
}

// dialTLS opens a connection by TLS on the port of plain text, trusting the authority of a data folder.
func (s *server) dialTLS(t *testing.T, dataDir string, in handshake) (*websocket.Conn, error) {
	t.Helper()
	ca, err := os.ReadFile(filepath.Join(dataDir, "tls", "ca.pem"))
	must(t, err)
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(ca) {
		t.Fatal("ca.pem has no certificate")
	}
	_, address, _ := strings.Cut(s.data, "//")
	address, _, _ = strings.Cut(address, "/")
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	c, _, err := websocket.Dial(t.Context(), in.url, &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}, HTTPHeader: in.header})
	return c, err
}

// mayConnect is a statement about the $connect routes of stages.
func mayConnect(effect, resource, condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return `{"Effect":"` + effect + `","Action":"execute-api:Invoke","Resource":"` + resource + `"` + condition + `}`
}

// TestAuthorizerIAM has holders of several policies connect, by a signature in headers and by one in the query: only whose policy
// allows $connect of the stage gets in, and who does not is told who may not do what.
// Source: "Control access to WebSocket APIs with IAM authorization" in the API Gateway developer guide; the sentence:
// "Troubleshoot access denied error messages" in the IAM user guide.
func TestAuthorizerIAM(t *testing.T) {
	s := newStand(t)
	s.define(t, `{"routes": {"$connect": {"route": {"authorizationType": "AWS_IAM"}}}}`)
	s.define(t, `{"stage": {"stageName": "test"}}`)
	arn := s.arnOf("prod")
	masked := strings.Replace(arn, account, "********"+account[8:], 1) // as API Gateway shows it to who may not
	for _, row := range []struct {
		name       string
		seconds    int
		statements []string
		in         bool
	}{
		{"all", 0, []string{anything}, true},
		{"exact", 0, []string{mayConnect("Allow", arn, "")}, true},
		{"session", 3600, []string{mayConnect("Allow", arn, "")}, true},
		{"stage", 0, []string{mayConnect("Allow", strings.Replace(arn, "$connect", "*", 1), "")}, true},
		{"here", 0, []string{mayConnect("Allow", "*", `{"IpAddress":{"aws:SourceIp":"127.0.0.1"}}`)}, true},
		{"other-stage", 0, []string{mayConnect("Allow", s.arnOf("test"), "")}, false},
		{"other-route", 0, []string{mayConnect("Allow", strings.Replace(arn, "$connect", "$default", 1), "")}, false},
		{"pusher", 0, []string{`{"Effect":"Allow","Action":"execute-api:ManageConnections","Resource":"*"}`}, false},
		{"denied", 0, []string{anything, mayConnect("Deny", arn, "")}, false},
		{"elsewhere", 0, []string{mayConnect("Allow", "*", `{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`)}, false},
		{"secure", 0, []string{mayConnect("Allow", "*", `{"Bool":{"aws:SecureTransport":"true"}}`)}, false},
	} {
		p := s.grant(t, row.name, row.seconds, row.statements...)
		for place, inQuery := range map[string]bool{"headers": false, "query": true} {
			label, in := row.name+" in "+place, signed(t, s.url("prod")+"?room=a%20b", p.key, inQuery)
			if row.in {
				wantConnected(t, label, in)
				in.header, in.url = in.header.Clone(), strings.Replace(in.url, "room=a", "room=b", 1)
				wantSignature(t, label+", another query", in)
				continue
			}
			c, _, err := dial(t.Context(), in)
			if err == nil {
				c.drop()
			}
			refused := refusedOf(t, label, err)
			if text := refused.text("Message") + refused.text("message"); refused.status != http.StatusForbidden ||
				!strings.HasPrefix(text, "User: "+p.arn+" is not authorized to perform: execute-api:Invoke on resource: "+masked) {
				t.Errorf("%s: %d %s %s", label, refused.status, refused.header, refused.body)
			}
		}
	}
	wantSignature(t, "unsigned", alice(s.url("prod")))
	session := s.grant(t, "short", 3600, anything).key
	session.SessionToken = ""
	wantSignature(t, "a session without its token", signed(t, s.url("prod"), session, false))
	p := s.grant(t, "gone", 0, anything)
	in := signed(t, s.url("prod"), p.key, true)
	wantConnected(t, "a presigned URL", in)
	wantConnected(t, "a presigned URL again, within its time", in)
	s.mustControl(t, http.MethodDelete, "/gangway/credentials/gone", nil)
	wantSignature(t, "a presigned URL of a credential that was deleted", in)
}

// refusedOf is the refusal that an error is.
func refusedOf(t *testing.T, label string, err error) *answer {
	t.Helper()
	refused, ok := err.(*refusal) //nolint:errorlint // it was not wrapped
	if !ok {
		t.Fatalf("%s: %v, expected a refusal", label, err)
	}
	return refused.answer
}

// wantSignature wants a handshake to be refused because nobody knows who has signed it.
func wantSignature(t *testing.T, label string, in handshake) {
	t.Helper()
	c, _, err := dial(t.Context(), in)
	if err == nil {
		c.drop()
	}
	refused := refusedOf(t, label, err)
	kind := refused.header.Get("X-Amzn-Errortype")
	if refused.status != http.StatusForbidden || kind == "" || kind == "AccessDeniedException" || strings.Contains(string(refused.body), "is not authorized") {
		t.Errorf("%s: %d %s %s", label, refused.status, kind, refused.body)
	}
}

// TestAuthorizerIdentity looks at what functions and templates are told of a client that has signed, and connects with TLS where
// a policy demands that.
// Source: "$context variables" for WebSocket APIs in the API Gateway developer guide (identity.accessKey and further); that events
// have them as well is a guess. aws:SecureTransport: "AWS global condition context keys" in the IAM user guide.
func TestAuthorizerIdentity(t *testing.T) {
	l := newLambdaAPI(t)
	ownEnvironment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", l.caller.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", l.caller.SecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", l.caller.SessionToken)
	t.Setenv("GANGWAY_LAMBDA_ENDPOINT", l.URL)
	dataDir := t.TempDir()
	s := &stand{builder: &builder{startProgram(t, dataDir).server, "http://127.0.0.1:9"}, lambdaAPI: l}
	s.create("mirror", &lambdaFunction{handler: "mirror"})
	s.define(t, `{"routes": {"$connect": {"lambda": "mirror", "route": {"authorizationType": "AWS_IAM"}}, "$disconnect": {"lambda": "mirror"}, "$default": {"lambda": "mirror"},
		"who": {"mock": "$context.identity.userArn|$context.identity.accountId|$context.identity.accessKey|$context.authorizer.principalId|", "reply": true}}}`)
	p := s.grant(t, "ann", 0, mayConnect("Allow", s.arnOf("prod"), `{"Bool":{"aws:SecureTransport":"true"}}`))
	_, address, _ := strings.Cut(s.url("prod"), "://")
	c, err := s.dialTLS(t, dataDir, signed(t, "wss://"+address+"?room=a", p.key, true))
	must(t, err)
	t.Cleanup(func() { _ = c.CloseNow() })
	before := s.wantIdentity(t, p, nil)
	must(t, c.Write(t.Context(), websocket.MessageText, []byte(`{"action":"who"}`)))
	_, text, err := c.Read(t.Context())
	must(t, err)
	if wanted := p.arn + "|" + account + "|" + p.key.AccessKeyID + "||"; string(text) != wanted {
		t.Errorf("templates know the client as %s, not %s", text, wanted)
	}
	must(t, c.Write(t.Context(), websocket.MessageText, []byte("hello")))
	s.wantIdentity(t, p, before)
	must(t, c.Close(websocket.StatusNormalClosure, ""))
	s.wantIdentity(t, p, before)
	if c, err := s.dialTLS(t, dataDir, handshake{url: "wss://" + address}); err == nil {
		_ = c.CloseNow()
		t.Error("with TLS a client gets in without a signature")
	}
}

// wantIdentity wants the next event to know who has signed, as the event before did, and to have nothing of the signature.
func (s *stand) wantIdentity(t *testing.T, p *principal, before map[string]any) map[string]any {
	t.Helper()
	in := s.wantEnded(t)
	var event struct {
		Headers, QueryStringParameters map[string]string
		RequestContext                 struct {
			Identity  map[string]any
			EventType string
		}
	}
	must(t, json.Unmarshal(in.event, &event))
	got, kind := event.RequestContext.Identity, event.RequestContext.EventType
	for name, wanted := range map[string]any{"accessKey": p.key.AccessKeyID, "accountId": account, "userArn": p.arn, "sourceIp": "127.0.0.1", "userAgent": "alice"} {
		if got[name] != wanted {
			t.Errorf("%s: identity.%s is %v, not %v", kind, name, got[name], wanted)
		}
	}
	if got["caller"] == "" || got["caller"] != got["user"] || len(got) != 7 {
		t.Errorf("%s: the identity is %v", kind, got)
	}
	for name, value := range before {
		if got[name] != value {
			t.Errorf("%s: identity.%s is %v, and was %v", kind, name, got[name], value)
		}
	}
	if strings.Contains(string(in.event), "Signature") {
		t.Errorf("%s has the signature in it: %s", kind, in.event)
	}
	if kind == "CONNECT" && (event.Headers["X-Forwarded-Proto"] != "https" || event.QueryStringParameters["room"] != "a") {
		t.Errorf("CONNECT has %v and %v", event.Headers, event.QueryStringParameters)
	}
	return got
}
