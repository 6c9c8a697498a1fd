package conformance_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/coder/websocket"

	"gangway/internal/node"
	"gangway/test/executable"
)

// site is the real program, and what clients need to come to it by any name: they dial its data listener, whatever host they
// ask for.
type site struct {
	*builder
	running *program
	api     *deployed
	address string         // of its data listener
	roots   *x509.CertPool // whom its clients trust: the local authority; nil if there is none

	dir          string // its data folder
	certificates string // its folder of certificates, if it has one
}

// siting is what a site is started with.
type siting struct {
	dir        string // data folder; a new one
	flags, env []string
	backend    string // URL
}

// openSite runs the program until the test ends, and waits until it says where it is.
func openSite(t *testing.T, in siting) *site {
	t.Helper()
	path, err := gangway()
	must(t, err)
	if in.dir == "" {
		in.dir = t.TempDir()
	}
	p := &program{output: executable.NewScreen()}
	p.command = exec.CommandContext(context.WithoutCancel(t.Context()), path, append([]string{
		"serve", "--data", in.dir, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "error",
	}, in.flags...)...)
	p.command.Env = append(os.Environ(), in.env...)
	p.command.Stdout, p.command.Stderr = p.output, p.output
	must(t, p.command.Start())
	t.Cleanup(p.kill)
	running := awaitRunning(t, p, in.dir)
	p.server, err = serverAt(running.Admin, running.Data, in.dir)
	must(t, err)
	data, err := url.Parse(running.Data)
	must(t, err)
	s := &site{builder: &builder{p.server, in.backend}, running: p, dir: in.dir, address: "127.0.0.1:" + data.Port()}
	if authority, err := os.ReadFile(s.authority()); err == nil {
		s.roots = x509.NewCertPool()
		s.roots.AppendCertsFromPEM(authority)
	}
	return s
}

// awaitRunning waits until a program says where it is. It may complain before.
func awaitRunning(t *testing.T, p *program, dir string) node.Running {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if running, err := node.ReadRunning(dir); err == nil && running.PID == p.command.Process.Pid {
			return running
		}
	}
	t.Fatalf("the program does not say where it is: %s", p.output)
	return node.Running{}
}

// authority is the file of the local authority.
func (s *site) authority() string { return filepath.Join(s.dir, "tls", "ca.pem") }

// port is that of the data listener, with a colon.
func (s *site) port() string { return s.address[strings.LastIndexByte(s.address, ':'):] }

// mirrored is an API that answers each message with the name by which it came and the stage that it came to.
const mirrored = `{"routes": {"$default": {"mock": "$context.domainName $context.stage", "reply": true}}, "stage": {"stageName": "blue"}}`

// openMirror is a site with such an API, at the stages blue, green and red.
func openMirror(t *testing.T, flags ...string) *site {
	t.Helper()
	s := openSite(t, siting{flags: flags})
	s.define(t, mirrored)
	for _, stage := range []string{"green", "red"} {
		s.mustControl(t, post, "/v2/apis/"+s.api.id+"/stages", map[string]any{"stageName": stage, "deploymentId": s.api.deployments[""]})
	}
	return s
}

// define makes the API what a definition says.
func (s *site) define(t *testing.T, text string) {
	t.Helper()
	made, err := s.apply(t.Context(), s.api, []byte(text))
	must(t, err)
	s.api = made
}

// ground is a custom domain name to be: the stages of the API by mapping key.
type ground struct {
	name, certificate string
	tags              map[string]string
	stages            map[string]string
}

// own makes a custom domain name and its mappings.
func (s *site) own(t *testing.T, g ground) {
	t.Helper()
	if g.certificate == "" {
		g.certificate = "local"
	}
	s.mustControl(t, post, "/v2/domainnames", map[string]any{
		"domainName": g.name, "tags": g.tags,
		"domainNameConfigurations": []map[string]any{{"certificateArn": certificateARN(g.certificate)}},
	})
	for key, stage := range g.stages {
		s.mapTo(t, g.name, key, stage)
	}
}

func certificateARN(name string) string {
	return "arn:aws:acm:" + region + ":000000000000:certificate/" + name
}

// mapTo makes a mapping, and returns its id.
func (s *site) mapTo(t *testing.T, domain, key, stage string) string {
	t.Helper()
	return s.mustControl(t, post, mappings(domain), map[string]any{"apiId": s.api.id, "stage": stage, "apiMappingKey": key}).text("apiMappingId")
}

func mappings(domain string) string {
	return "/v2/domainnames/" + url.PathEscape(domain) + "/apimappings"
}

// browser is an HTTP client that finds every host at the site.
func (s *site) browser(configure ...func(*tls.Config)) *http.Client {
	config := &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12}
	for _, change := range configure {
		change(config)
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: config,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.address)
		},
	}}
}

// visit opens a connection until the test ends. If the server refuses, the error is a refusal.
func (s *site) visit(t *testing.T, by *http.Client, target string) (*client, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, target, &websocket.DialOptions{HTTPClient: by, HTTPHeader: http.Header{"User-Agent": {"alice"}}})
	switch {
	case err != nil && response != nil:
		body, _ := io.ReadAll(response.Body)
		return nil, &refusal{&answer{response.StatusCode, response.Header, body}}
	case err != nil:
		return nil, err
	}
	c := &client{items: make(chan string, 64), ws: conn}
	go c.read(context.WithoutCancel(t.Context()))
	t.Cleanup(c.drop)
	return c, nil
}

// mustVisit is visit for what has to succeed.
func (s *site) mustVisit(t *testing.T, target string) *client {
	t.Helper()
	c, err := s.visit(t, s.browser(), target)
	must(t, err)
	return c
}

// sends a message, and returns what comes back.
func (c *client) sends(t *testing.T, text string) string {
	t.Helper()
	must(t, sendMessage(t.Context(), c.ws, false, 0, text))
	got, err := c.next()
	must(t, err)
	return got
}

// outcome is what comes of a message to a mirror: what it answers, or status and body of a refusal, or an error.
func (s *site) outcome(t *testing.T, by *http.Client, target string) string {
	t.Helper()
	c, err := s.visit(t, by, target)
	if refused, ok := errors.AsType[*refusal](err); ok {
		return fmt.Sprintf("%d %s", refused.status, bytes.TrimSpace(refused.body))
	}
	if err != nil {
		return err.Error()
	}
	defer c.drop()
	return c.sends(t, "where am I?")
}

// nothingThere is the outcome where there is nothing for a client.
const nothingThere = `403 {"message":"Forbidden"}`

// want wants an outcome.
func (s *site) want(t *testing.T, target, wanted string) {
	t.Helper()
	if got := s.outcome(t, s.browser(), target); got != wanted {
		t.Errorf("%s: %s; expected %s", target, got, wanted)
	}
}

// pushes is the SDK's client of the Management API at a URL.
func (s *site) pushes(endpoint string) *management.Client {
	return management.New(management.Options{
		Region: region, Credentials: s.credentials(), BaseEndpoint: &endpoint, RetryMaxAttempts: 1, HTTPClient: s.browser(),
	})
}
