package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"gangway/internal/node"
)

const region = "us-east-1"

// server is something to connect to.
type server struct {
	*process
	name string
	url  string // of the WebSocket endpoint
	gateway
}

// gateway is what else there is to know of a gateway.
type gateway struct {
	admin  string
	push   string // URL of @connections
	key    aws.Credentials
	client *http.Client
}

// build makes the program.
func build(ctx context.Context, path string) error {
	command := exec.CommandContext(ctx, "go", "build", "-o", path, "./cmd/gangway")
	command.Dir = ".."
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// startGateway starts the program on a new folder, with an API that has the routes mock and http.
func startGateway(ctx context.Context, path, backend string) (*server, error) {
	data, err := os.MkdirTemp(filepath.Dir(path), "data-")
	if err != nil {
		return nil, err
	}
	p, _, err := start(ctx, path, "serve", "--data", data, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "error",
		"--quotas", "routes=0,integrations=0", "--account-rate", "0", "--connect-rate", "0")
	if err != nil {
		return nil, err
	}
	running, err := node.ReadRunning(data)
	key, err2 := node.ReadCredentials(data)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	s := &server{process: p, name: "gangway", gateway: gateway{
		admin: running.Admin, key: aws.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}},
	}}
	api, err := s.define(ctx, backend)
	base := strings.TrimPrefix(running.Data, "ws://") + "/" + api + "/prod"
	base = strings.Replace(base, "localhost", "127.0.0.1", 1)
	s.url, s.push = "ws://"+base, "http://"+base+"/@connections/"
	return s, err
}

// define makes the API through the control plane.
func (g *gateway) define(ctx context.Context, backend string) (api string, err error) {
	post := func(path, body, member string) string {
		if err != nil {
			return ""
		}
		var status int
		var answer []byte
		if status, answer, err = g.call(ctx, g.admin+path, "apigateway", []byte(body)); err != nil {
			return ""
		}
		if status != http.StatusCreated {
			err = fmt.Errorf("%s: %d %s", path, status, answer)
			return ""
		}
		var object map[string]any
		err = json.Unmarshal(answer, &object)
		text, _ := object[member].(string)
		return text
	}
	api = post("/v2/apis", `{"name":"load","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`, "apiId")
	base := "/v2/apis/" + api
	mock := post(base+"/integrations", `{"integrationType":"MOCK","requestTemplates":{"$default":"{\"statusCode\":200}"}}`, "integrationId")
	post(base+"/integrations/"+mock+"/integrationresponses", `{"integrationResponseKey":"$default","responseTemplates":{"$default":"`+strings.Repeat("r", 64)+`"}}`, "")
	forward := post(base+"/integrations", `{"integrationType":"HTTP_PROXY","integrationMethod":"POST","integrationUri":"`+backend+`"}`, "integrationId")
	for key, integration := range map[string]string{"mock": mock, "http": forward} {
		route := post(base+"/routes", `{"routeKey":"`+key+`","target":"integrations/`+integration+`"}`, "routeId")
		post(base+"/routes/"+route+"/routeresponses", `{"routeResponseKey":"$default"}`, "")
	}
	deployment := post(base+"/deployments", `{}`, "deploymentId")
	post(base+"/stages", `{"stageName":"prod","deploymentId":"`+deployment+`"}`, "")
	return api, err
}

// call sends a signed POST.
func (g *gateway) call(ctx context.Context, url, service string, body []byte) (int, []byte, error) {
	return g.send(ctx, http.MethodPost, url, service, body)
}

// send sends a signed request.
func (g *gateway) send(ctx context.Context, method, url, service string, body []byte) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	hash := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, g.key, r, hex.EncodeToString(hash[:]), service, region, time.Now()); err != nil {
		return 0, nil, err
	}
	response, err := g.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// startPeer starts this very program as an echo server.
func startPeer(ctx context.Context, name string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p, address, err := start(ctx, self, "-peer", name)
	return &server{process: p, name: name + " (echo only)", url: "ws://" + address + "/"}, err
}
