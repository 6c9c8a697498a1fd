package conformance_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	managementtypes "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
)

// call asks @connections about something, signed with the root key.
func (s *site) call(t *testing.T, by *http.Client, target string, change ...func(*http.Request)) (*answer, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
	must(t, err)
	for _, alter := range change {
		alter(r)
	}
	none := sha256.Sum256(nil)
	must(t, v4.NewSigner().SignHTTP(t.Context(), s.key, r, hex.EncodeToString(none[:]), "execute-api", region, time.Now()))
	response, err := by.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return &answer{response.StatusCode, response.Header, body}, err
}

// openChat is a site whose stage prod stands under ws.example.test, and under its key v1, with a client there.
func openChat(t *testing.T, key string) (s *site, alice *client, id string) {
	t.Helper()
	away := newBackend()
	t.Cleanup(away.stop)
	s = openSite(t, siting{backend: away.URL})
	s.define(t, `{"routes": {"$connect": {"http": "/"}}}`)
	s.own(t, ground{name: "ws.example.test", stages: map[string]string{"": "prod", "v1": "prod"}})
	alice = s.mustVisit(t, "wss://ws.example.test/"+key)
	id, ok := away.connectionID("alice")
	if !ok {
		t.Fatal("the backend has not heard of alice")
	}
	return s, alice, id
}

// TestDomainManagement pushes with the AWS SDK for Go v2 by a custom domain name, with and without a mapping key. Source: "Use
// @connections commands in your backend service" in the API Gateway developer guide; the 403 where a stage follows the name, as
// in the sample code that takes it from the event, is observed: michalkvasnicak/aws-lambda-graphql#112.
func TestDomainManagement(t *testing.T) {
	s, alice, id := openChat(t, "")
	for _, endpoint := range []string{"https://ws.example.test", "https://ws.example.test/", "https://ws.example.test/v1", "http://ws.example.test", "https://WS.example.test"} {
		_, err := s.pushes(endpoint).PostToConnection(t.Context(), &management.PostToConnectionInput{ConnectionId: &id, Data: []byte(endpoint)})
		if err != nil {
			t.Errorf("%s: %v", endpoint, err)
			continue
		}
		wantItem(t, alice, endpoint)
	}
	for _, endpoint := range []string{"https://ws.example.test/prod", "https://ws.example.test/v1/prod", "https://ws.example.test/v2"} {
		_, err := s.pushes(endpoint).PostToConnection(t.Context(), &management.PostToConnectionInput{ConnectionId: &id, Data: []byte("x")})
		wantError[*managementtypes.ForbiddenException](t, err)
	}
	pushes := s.pushes("https://ws.example.test/v1")
	info, err := pushes.GetConnection(t.Context(), &management.GetConnectionInput{ConnectionId: &id})
	must(t, err)
	if *info.Identity.SourceIp != "127.0.0.1" || *info.Identity.UserAgent != "alice" {
		t.Errorf("the connection is %+v", info.Identity)
	}
	_, err = pushes.DeleteConnection(t.Context(), &management.DeleteConnectionInput{ConnectionId: &id})
	must(t, err)
	wantItem(t, alice, "close 1000 ")
	_, err = pushes.PostToConnection(t.Context(), &management.PostToConnectionInput{ConnectionId: &id, Data: []byte("late")})
	wantError[*managementtypes.GoneException](t, err)
}

// TestDomainManagementOfAnother wants a name to lead to the connections of its own stage only.
// Source: guess; a connection belongs to one stage.
func TestDomainManagementOfAnother(t *testing.T) {
	s, alice, id := openChat(t, "v1")
	s.mustControl(t, post, "/v2/apis/"+s.api.id+"/stages", map[string]any{"stageName": "other", "deploymentId": s.api.deployments[""]})
	s.own(t, ground{name: "other.example.test", stages: map[string]string{"": "other"}})
	_, err := s.pushes("https://other.example.test").PostToConnection(t.Context(), &management.PostToConnectionInput{ConnectionId: &id, Data: []byte("x")})
	wantError[*managementtypes.GoneException](t, err)
	_, err = s.pushes("https://ws.example.test").PostToConnection(t.Context(), &management.PostToConnectionInput{ConnectionId: &id, Data: []byte("hello")})
	must(t, err)
	wantItem(t, alice, "hello")
}

// domainSession is a program of a user of boto3. Names that only DNS would know lead to the port that is given.
const domainSession = `
import socket, sys
import boto3

port, connection = int(sys.argv[1]), sys.argv[2]

def here(host, _, *rest, look=socket.getaddrinfo, **more):
    return look("127.0.0.1", port, *rest, **more)

socket.getaddrinfo = here

def pushes(endpoint):
    return boto3.client("apigatewaymanagementapi", endpoint_url=endpoint)

for endpoint in ("https://ws.example.test", "https://ws.example.test/v1", "https://ws.example.test/v1/", "http://ws.example.test"):
    pushes(endpoint).post_to_connection(ConnectionId=connection, Data=endpoint.encode())
domain = pushes("https://ws.example.test/v1")
assert domain.get_connection(ConnectionId=connection)["Identity"]["UserAgent"] == "alice"
mistaken = pushes("https://ws.example.test/prod")
try:
    mistaken.post_to_connection(ConnectionId=connection, Data=b"x")
    raise SystemExit("a stage after the name is accepted")
except mistaken.exceptions.ForbiddenException as caught:
    assert caught.response["ResponseMetadata"]["HTTPStatusCode"] == 403, caught.response
domain.delete_connection(ConnectionId=connection)
try:
    domain.delete_connection(ConnectionId=connection)
    raise SystemExit("the connection can be deleted twice")
except domain.exceptions.GoneException:
    print("done")
`

// TestDomainBoto3 pushes with boto3 by a custom domain name, over TLS that it verifies.
func TestDomainBoto3(t *testing.T) {
	python := tool(t, "python3")
	if out, err := exec.CommandContext(t.Context(), python, "-c", "import boto3").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: boto3 is not installed, so nothing is known about it here: %s", out)
	}
	s, alice, id := openChat(t, "")
	file := filepath.Join(t.TempDir(), "session.py")
	must(t, os.WriteFile(file, []byte(domainSession), 0o600))
	command := exec.CommandContext(t.Context(), python, file, s.port()[1:], id)
	command.Env = append(s.environment(t.TempDir()), "AWS_CA_BUNDLE="+s.authority())
	if out, err := command.CombinedOutput(); err != nil || string(out) != "done\n" {
		t.Fatalf("boto3: %v: %s", err, out)
	}
	for _, item := range []string{"https://ws.example.test", "https://ws.example.test/v1", "https://ws.example.test/v1/", "http://ws.example.test", "close 1000 "} {
		wantItem(t, alice, item)
	}
}

// TestDomainCLI makes a custom domain name with the real AWS CLI, as "Set up a custom domain name for a WebSocket API" in the API
// Gateway developer guide says, and pushes with it to a name of the gateway over TLS.
func TestDomainCLI(t *testing.T) {
	path := tool(t, "aws")
	s := openMirror(t)
	c := &awsCLI{t, path, s.environment(t.TempDir())}
	c.want(`apigatewayv2 create-domain-name --domain-name ws.example.test --domain-name-configurations CertificateArn=`+certificateARN("local")+`,EndpointType=REGIONAL,SecurityPolicy=TLS_1_2`,
		`{"DomainName":"ws.example.test","ApiMappingSelectionExpression":"$request.basepath","DomainNameConfigurations":[{"DomainNameStatus":"AVAILABLE"}]}`)
	mapping := text(c.want(`apigatewayv2 create-api-mapping --domain-name ws.example.test --stage blue --api-mapping-key v1 --api-id `+s.api.id,
		`{"ApiId":"`+s.api.id+`","ApiMappingKey":"v1","Stage":"blue"}`), "ApiMappingId")
	s.want(t, "wss://ws.example.test/v1", "ws.example.test blue")
	c.env = append(c.env, "AWS_CA_BUNDLE="+s.authority())
	c.refused(`apigatewaymanagementapi get-connection --connection-id R0oXAdfD0kwCH6w= --endpoint-url https://localhost`+s.port()+`/`+s.api.id+`/blue`, "(GoneException)")
	c.run(`apigatewayv2 delete-api-mapping --domain-name ws.example.test --api-mapping-id ` + mapping)
	s.want(t, "wss://ws.example.test/v1", nothingThere)
	if strings.Contains(s.running.output.String(), "level=ERROR") {
		t.Errorf("the program says %s", s.running.output)
	}
}
