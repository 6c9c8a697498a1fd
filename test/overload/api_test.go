//go:build linux

package overload_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"gangway/internal/node"
)

const region = "us-east-1"

// stage is an API that is deployed.
type stage struct {
	*process
	control *apigatewayv2.Client
	backend *management.Client
	http    *http.Client // of both
	host    string
	path    string
}

// route sends messages to a MOCK integration, which replies with a template, or to an HTTP backend, whose answers are replies
// if there is a template: the usual one replies with what the backend says.
type route struct{ key, template, uri string }

// Routes that most tests have: the client is told the number in its message, or its connection id.
var (
	echoing = route{key: "echo", template: `$input.path('$.n')`}
	naming  = route{key: "name", template: `$context.connectionId`}
	// Each reply is another one, so that none is shared between those that wait.
	lengthy = route{key: "long", template: `$context.requestId ` + strings.Repeat("x", 30<<10)}
)

// define makes an API with the SDK of AWS and deploys it.
func (p *process) define(t *testing.T, tags map[string]string, routes ...route) *stage {
	t.Helper()
	key, err := node.ReadCredentials(p.dir)
	must(t, err)
	s := &stage{process: p, host: strings.TrimPrefix(p.data, "ws://")}
	s.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: patience}
	static := credentials.NewStaticCredentialsProvider(key.ID, key.Secret, "")
	s.control = apigatewayv2.New(apigatewayv2.Options{
		Region: region, Credentials: static, BaseEndpoint: &p.admin, RetryMaxAttempts: 1, HTTPClient: s.http,
	})
	api, err := s.control.CreateApi(t.Context(), &apigatewayv2.CreateApiInput{
		Name: aws.String("overload"), ProtocolType: types.ProtocolTypeWebsocket, RouteSelectionExpression: aws.String("$request.body.action"), Tags: tags,
	})
	must(t, err)
	for _, r := range routes {
		s.add(t, api.ApiId, r)
	}
	deployment, err := s.control.CreateDeployment(t.Context(), &apigatewayv2.CreateDeploymentInput{ApiId: api.ApiId})
	must(t, err)
	_, err = s.control.CreateStage(t.Context(), &apigatewayv2.CreateStageInput{
		ApiId: api.ApiId, StageName: aws.String("prod"), DeploymentId: deployment.DeploymentId,
	})
	must(t, err)
	s.path = "/" + *api.ApiId + "/prod"
	s.backend = management.New(management.Options{
		Region: region, Credentials: static, BaseEndpoint: aws.String("http://" + s.host + s.path), RetryMaxAttempts: 1, HTTPClient: s.http,
	})
	return s
}

// add makes a route.
func (s *stage) add(t *testing.T, api *string, r route) {
	t.Helper()
	in := &apigatewayv2.CreateIntegrationInput{ApiId: api, IntegrationType: types.IntegrationTypeMock}
	if r.uri != "" {
		in.IntegrationType, in.IntegrationUri, in.IntegrationMethod = types.IntegrationTypeHttpProxy, &r.uri, aws.String(http.MethodPost)
	}
	integration, err := s.control.CreateIntegration(t.Context(), in)
	must(t, err)
	if r.template != "" && r.uri == "" {
		_, err = s.control.CreateIntegrationResponse(t.Context(), &apigatewayv2.CreateIntegrationResponseInput{
			ApiId: api, IntegrationId: integration.IntegrationId, IntegrationResponseKey: aws.String("$default"),
			ResponseTemplates: map[string]string{"$default": r.template},
		})
		must(t, err)
	}
	made, err := s.control.CreateRoute(t.Context(), &apigatewayv2.CreateRouteInput{
		ApiId: api, RouteKey: &r.key, Target: aws.String("integrations/" + *integration.IntegrationId),
	})
	must(t, err)
	if r.template != "" {
		_, err = s.control.CreateRouteResponse(t.Context(), &apigatewayv2.CreateRouteResponseInput{
			ApiId: api, RouteId: made.RouteId, RouteResponseKey: aws.String("$default"),
		})
		must(t, err)
	}
}

// push is POST @connections, and the status it is answered with; 0: with none.
func (s *stage) push(ctx context.Context, id string, data []byte) (status int, err error) {
	_, err = s.backend.PostToConnection(ctx, &management.PostToConnectionInput{ConnectionId: &id, Data: bytes.Clone(data)})
	if err == nil {
		return http.StatusOK, nil
	}
	if answered, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		return answered.HTTPStatusCode(), err
	}
	return 0, err
}

// rest is what the process takes before anything happens to it: when it has seen a client, and has been asked by the SDK.
func (s *stage) rest(t *testing.T) figures {
	t.Helper()
	c, err := s.dial(t.Context(), visitor{})
	must(t, err)
	if got, err := c.ask(`{"action":"echo","n":"1"}`); err != nil || got != "1" {
		t.Fatalf("got %q, %v", got, err)
	}
	c.drop()
	s.http.CloseIdleConnections()
	var last, now figures
	eventually(func() bool {
		last, now = now, s.figures(t)
		return now.connections == 0 && now.descriptors == last.descriptors && now.goroutines == last.goroutines
	})
	return now
}

// settle is that of the process, once the SDK keeps no connections.
func (s *stage) settle(t *testing.T, before figures) {
	t.Helper()
	s.http.CloseIdleConnections()
	s.process.settle(t, before)
}
