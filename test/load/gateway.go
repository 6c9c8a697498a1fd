//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"gangway/test/load/client"
	"gangway/test/load/process"
	"gangway/test/load/sign"
)

const region = "us-east-1"

// repository is the folder of the module that the gateway is in.
func repository(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "gangway").Output()
	if err != nil {
		return "", fmt.Errorf("the gateway's module: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// build makes the program from the sources in a folder.
func build(ctx context.Context, sources, path string) error {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./cmd/gangway")
	command.Dir = sources
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// buildRevision makes the program as it was at a revision.
func buildRevision(ctx context.Context, sources, revision, folder, path string) error {
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	archive := filepath.Join(folder, "archive.tar")
	for _, arguments := range [][]string{
		{"git", "-C", sources, "archive", "-o", archive, revision},
		{"tar", "-xf", archive, "-C", folder},
	} {
		if out, err := exec.CommandContext(ctx, arguments[0], arguments[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", arguments, err, out)
		}
	}
	return build(ctx, folder, path)
}

func startGateway(ctx context.Context, b *bench, m *measurement) (*server, error) {
	return startProgram(ctx, b, m, b.gateway)
}

func startBaseline(ctx context.Context, b *bench, m *measurement) (*server, error) {
	if b.baseline == "" {
		return nil, errAbsent
	}
	return startProgram(ctx, b, m, b.baseline)
}

// startProgram starts the program on a new folder, with an API that has the routes mock and http. Limits are on, but the rates
// and quotas are beyond what is asked for here.
func startProgram(ctx context.Context, b *bench, m *measurement, path string) (*server, error) {
	data, err := os.MkdirTemp(b.folder, "data-")
	if err != nil {
		return nil, err
	}
	command := process.Command{Path: path, Log: b.log(), Args: []string{
		"serve", "--data", data, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "error",
		"--quotas", "routes=0,integrations=0", "--account-rate", "0", "--connect-rate", "0", "--lambda-endpoint", "http://" + b.backend.First,
	}, Env: []string{"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=none"}}
	if m.tls {
		command.Args = append(command.Args, "--certificates", b.certificate.folder)
	}
	b.traced(m, &command)
	began := time.Now()
	group, err := b.guard.Start(ctx, command)
	if err != nil {
		return nil, err
	}
	group.Drain()
	s := &server{Group: group, program: path, started: time.Since(began), folder: data}
	if err := s.explore(ctx, b, m, data); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// explore learns where the gateway is, and makes its API.
func (s *server) explore(ctx context.Context, b *bench, m *measurement, data string) error {
	var running struct{ Admin, Data string }
	text, err := os.ReadFile(filepath.Join(data, "running.json"))
	if err == nil {
		err = json.Unmarshal(text, &running)
	}
	key, err2 := readCredentials(filepath.Join(data, "credentials"))
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	s.control = &plane{url: running.Admin, key: key, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}}
	api, err := s.control.define(ctx, "http://"+b.backend.First+"/message", m)
	if err == nil && m.tls {
		err = s.control.name(ctx, api)
	}
	if err != nil {
		return err
	}
	s.address = strings.Replace(strings.TrimPrefix(running.Data, "ws://"), "localhost", "127.0.0.1", 1)
	s.path = "/" + api + "/prod"
	key.Service = "execute-api"
	s.push = client.Order{Address: s.address, Path: s.path + "/@connections/{id}", Key: &key}
	s.question = `{"action":"who am I"}` // there is no such route, and an error frame has the id
	return nil
}

// readCredentials reads the root key of a gateway, in the form of AWS's shared credentials.
func readCredentials(path string) (sign.Key, error) {
	key := sign.Key{Region: region, Service: "apigateway"}
	text, err := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, "=")
		switch strings.TrimSpace(name) {
		case "aws_access_key_id":
			key.ID = strings.TrimSpace(value)
		case "aws_secret_access_key":
			key.Secret = strings.TrimSpace(value)
		}
	}
	return key, err
}

// plane is a client of the control plane.
type plane struct {
	url    string
	key    sign.Key
	client *http.Client
}

// define makes the API through the control plane.
func (p *plane) define(ctx context.Context, backend string, m *measurement) (api string, err error) {
	post := func(path, body, member string) string {
		if err != nil {
			return ""
		}
		var text string
		text, err = p.do(ctx, http.MethodPost, path, body, member)
		return text
	}
	api = post("/v2/apis", `{"name":"load","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`, "apiId")
	base := "/v2/apis/" + api
	mock := post(base+"/integrations", `{"integrationType":"MOCK","requestTemplates":{"$default":"{\"statusCode\":200}"}}`, "integrationId")
	post(base+"/integrations/"+mock+"/integrationresponses", `{"integrationResponseKey":"$default","responseTemplates":{"$default":"`+strings.Repeat("r", 64)+`"}}`, "")
	forward := post(base+"/integrations", `{"integrationType":"HTTP_PROXY","integrationMethod":"POST","integrationUri":"`+backend+`"}`, "integrationId")
	routes := map[string]string{"mock": mock, "http": forward}
	for i := range m.routes {
		routes[fmt.Sprint("route", i)] = mock
	}
	for key, integration := range routes {
		route := post(base+"/routes", `{"routeKey":"`+key+`","target":"integrations/`+integration+`"}`, "routeId")
		post(base+"/routes/"+route+"/routeresponses", `{"routeResponseKey":"$default"}`, "")
	}
	if m.authorized {
		const function = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:authorize/invocations"
		authorizer := post(base+"/authorizers", `{"name":"who","authorizerType":"REQUEST","authorizerUri":"`+function+`","identitySource":[]}`, "authorizerId")
		post(base+"/routes", `{"routeKey":"$connect","authorizationType":"CUSTOM","authorizerId":"`+authorizer+`"}`, "routeId")
	}
	deployment := post(base+"/deployments", `{}`, "deploymentId")
	post(base+"/stages", `{"stageName":"prod","deploymentId":"`+deployment+`"}`, "")
	return api, err
}

// do makes a call that has to succeed, and returns a member of the answer.
func (p *plane) do(ctx context.Context, method, path, body, member string) (string, error) {
	status, answer, err := p.send(ctx, method, path, []byte(body))
	if err != nil {
		return "", err
	}
	if status >= http.StatusMultipleChoices {
		return "", fmt.Errorf("%s %s: %d %s", method, path, status, answer)
	}
	var object map[string]any
	if len(answer) > 0 {
		err = json.Unmarshal(answer, &object)
	}
	text, _ := object[member].(string)
	return text, err
}

// send sends a signed request.
func (p *plane) send(ctx context.Context, method, path string, body []byte) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, p.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	at := &url.URL{Path: r.URL.Path}
	date, authorization := sign.New(p.key, time.Now()).Headers(method, r.URL.Host, at.EscapedPath(), r.URL.RawQuery, body)
	r.Header.Set("X-Amz-Date", date)
	r.Header.Set("Authorization", authorization)
	response, err := p.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}
