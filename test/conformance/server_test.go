package conformance_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"gangway/internal/node"
)

const region = "us-east-1"

// patience is how long a test waits for what must happen. It is far longer than anything takes, so that no test fails on
// a slow machine; only what is broken runs into it.
const patience = 60 * time.Second

// server is a running gateway as seen from outside: where it is, and the key to it.
type server struct {
	admin, data string // URLs
	key         aws.Credentials
}

// startNode starts a node in this process on free loopback ports, until the test ends.
func startNode(t *testing.T, cfg node.Config) *server {
	t.Helper()
	if cfg.DataDir == "" {
		cfg.DataDir = t.TempDir()
	}
	s, stop, err := newServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newServer(cfg node.Config) (s *server, stop func() error, err error) {
	cfg.Listen, cfg.Admin = "127.0.0.1:0", "127.0.0.1:0"
	running, err := node.Start(context.Background(), cfg)
	if err != nil {
		return nil, nil, err
	}
	stop = func() error {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return running.Shutdown(ctx)
	}
	s, err = serverAt(running.AdminURL(), running.DataURL(), cfg.DataDir)
	return s, stop, err
}

// serverAt is the server with a data folder, wherever it runs.
func serverAt(admin, data, dataDir string) (*server, error) {
	key, err := node.ReadCredentials(dataDir)
	if err != nil {
		return nil, err
	}
	credentials := aws.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret}
	return &server{admin: admin, data: data, key: credentials}, nil
}

// request is one call over HTTP.
type request struct {
	method, url string
	body        []byte
	service     string // what it is signed for; empty: not at all
	key         *aws.Credentials
	header      http.Header
	host        string
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// object is the body as a JSON object.
func (a *answer) object() map[string]any {
	var object map[string]any
	if json.Unmarshal(a.body, &object) != nil {
		return nil
	}
	return object
}

// text is a member of the body.
func (a *answer) text(member string) string {
	text, _ := a.object()[member].(string)
	return text
}

// do signs a request with the signer of the AWS SDK and sends it.
func (s *server) do(ctx context.Context, in request) (*answer, error) {
	r, err := http.NewRequestWithContext(ctx, in.method, in.url, bytes.NewReader(in.body))
	if err != nil {
		return nil, err
	}
	maps.Copy(r.Header, in.header)
	if in.host != "" {
		r.Host = in.host
	}
	if in.service != "" {
		key := s.key
		if in.key != nil {
			key = *in.key
		}
		hash := sha256.Sum256(in.body)
		if err := v4.NewSigner().SignHTTP(ctx, key, r, hex.EncodeToString(hash[:]), in.service, region, time.Now()); err != nil {
			return nil, err
		}
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.Header.Get("Content-Type") == "text/event-stream" { // which goes on
		return &answer{response.StatusCode, response.Header, nil}, nil
	}
	body, err := io.ReadAll(response.Body)
	return &answer{response.StatusCode, response.Header, body}, err
}

// control calls the control plane with a JSON body, or none.
func (s *server) control(ctx context.Context, method, path string, body any) (*answer, error) {
	in := request{method: method, url: s.admin + path, service: "apigateway"}
	switch body := body.(type) {
	case nil:
	case string:
		in.body = []byte(body)
	default:
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		in.body = text
	}
	if in.body != nil {
		in.header = http.Header{"Content-Type": {"application/json"}}
	}
	return s.do(ctx, in)
}

// mustControl is control for what has to succeed.
func (s *server) mustControl(t *testing.T, method, path string, body any) *answer {
	t.Helper()
	got, err := s.control(t.Context(), method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	if got.status >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, got.status, got.body)
	}
	return got
}

// connectionURL is where a connection of a stage is managed. The SDKs send the '=' of an id encoded.
func (s *server) connectionURL(api, stage, id string) string {
	return s.httpData() + "/" + api + "/" + stage + "/@connections/" + strings.ReplaceAll(id, "=", "%3D")
}

// httpData is the URL of the data listener for HTTP.
func (s *server) httpData() string { return "http" + strings.TrimPrefix(s.data, "ws") }
