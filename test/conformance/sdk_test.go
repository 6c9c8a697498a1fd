package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	managementtypes "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/aws/smithy-go"
	"github.com/gobwas/ws"

	"gangway/internal/node"
	"gangway/internal/websocket"
)

func (s *server) credentials() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(s.key.AccessKeyID, s.key.SecretAccessKey, "")
}

// controlSDK is the SDK's client of the control plane.
func (s *server) controlSDK() *apigatewayv2.Client {
	return apigatewayv2.New(apigatewayv2.Options{
		Region: region, Credentials: s.credentials(), BaseEndpoint: &s.admin,
		RetryMaxAttempts: 1,
	})
}

// managementSDK is the SDK's client of the Management API of a stage.
func (s *server) managementSDK(api, stage string) *management.Client {
	endpoint := s.httpData() + "/" + api + "/" + stage
	return management.New(management.Options{
		Region: region, Credentials: s.credentials(), BaseEndpoint: &endpoint, RetryMaxAttempts: 1,
	})
}

// sdkAPI makes an API whose $connect goes to a backend, with the SDK, and deploys it as prod.
func sdkAPI(t *testing.T, c *apigatewayv2.Client, uri string) (api *apigatewayv2.CreateApiOutput) {
	t.Helper()
	ctx := t.Context()
	api, err := c.CreateApi(ctx, &apigatewayv2.CreateApiInput{
		Name: aws.String("sdk"), ProtocolType: types.ProtocolTypeWebsocket, RouteSelectionExpression: aws.String("$request.body.action"),
	})
	must(t, err)
	integration, err := c.CreateIntegration(ctx, &apigatewayv2.CreateIntegrationInput{
		ApiId: api.ApiId, IntegrationType: types.IntegrationTypeHttpProxy, IntegrationMethod: aws.String("POST"), IntegrationUri: &uri,
		RequestParameters: map[string]string{
			"integration.request.header.connectionid": "context.connectionId", "integration.request.header.client": "context.identity.userAgent",
		},
	})
	must(t, err)
	_, err = c.CreateRoute(ctx, &apigatewayv2.CreateRouteInput{
		ApiId: api.ApiId, RouteKey: aws.String("$connect"), Target: aws.String("integrations/" + *integration.IntegrationId),
	})
	must(t, err)
	deployment, err := c.CreateDeployment(ctx, &apigatewayv2.CreateDeploymentInput{ApiId: api.ApiId})
	must(t, err)
	if deployment.DeploymentStatus != types.DeploymentStatusDeployed {
		t.Errorf("deployment status %s", deployment.DeploymentStatus)
	}
	_, err = c.CreateStage(ctx, &apigatewayv2.CreateStageInput{ApiId: api.ApiId, StageName: aws.String("prod"), DeploymentId: deployment.DeploymentId})
	must(t, err)
	return api
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestSDK drives control plane and Management API with the AWS SDK for Go v2.
func TestSDK(t *testing.T) {
	away := newBackend()
	t.Cleanup(away.stop)
	s := startNode(t, node.Config{})
	api := sdkAPI(t, s.controlSDK(), away.URL)
	alice := connectTo(t, away, *api.ApiEndpoint+"/prod")
	id, _ := away.connectionID("alice")
	pushes := s.managementSDK(*api.ApiId, "prod")

	_, err := pushes.PostToConnection(t.Context(), &management.PostToConnectionInput{ConnectionId: &id, Data: []byte("hello")})
	must(t, err)
	wantItem(t, alice, "hello")
	info, err := pushes.GetConnection(t.Context(), &management.GetConnectionInput{ConnectionId: &id})
	must(t, err)
	if info.ConnectedAt.IsZero() || info.LastActiveAt.Before(*info.ConnectedAt) || *info.Identity.SourceIp != "127.0.0.1" || *info.Identity.UserAgent != "alice" {
		t.Errorf("connection is %+v, identity %+v", info, info.Identity)
	}
	_, err = pushes.DeleteConnection(t.Context(), &management.DeleteConnectionInput{ConnectionId: &id})
	must(t, err)
	wantItem(t, alice, "close 1000 ")

	_, err = pushes.PostToConnection(t.Context(), &management.PostToConnectionInput{ConnectionId: &id, Data: []byte("late")})
	wantError[*managementtypes.GoneException](t, err)
	_, err = pushes.GetConnection(t.Context(), &management.GetConnectionInput{ConnectionId: &id})
	wantError[*managementtypes.GoneException](t, err)
	_, err = pushes.DeleteConnection(t.Context(), &management.DeleteConnectionInput{ConnectionId: &id})
	wantError[*managementtypes.GoneException](t, err)
	_, err = s.managementSDK(*api.ApiId, "none").PostToConnection(t.Context(), &management.PostToConnectionInput{ConnectionId: &id, Data: []byte("x")})
	wantError[*managementtypes.ForbiddenException](t, err)
	_, err = pushes.PostToConnection(t.Context(), &management.PostToConnectionInput{ConnectionId: &id, Data: make([]byte, 128<<10+1)})
	wantError[*managementtypes.PayloadTooLargeException](t, err)
}

// wantError wants an exception of one class, as a program that uses the SDK tells them apart.
func wantError[E error](t *testing.T, err error) {
	t.Helper()
	if _, ok := errors.AsType[E](err); !ok {
		t.Errorf("got %v, expected %T", err, *new(E))
	}
}

// connectTo opens the connection of alice, of whom the backend then has heard.
func connectTo(t *testing.T, away *backend, url string) *client {
	t.Helper()
	const name = "alice"
	c, _, err := dial(t.Context(), handshake{url: url, header: http.Header{"User-Agent": {name}}})
	must(t, err)
	t.Cleanup(c.drop)
	if _, ok := away.connectionID(name); !ok {
		t.Fatalf("the backend has not heard of %s", name)
	}
	return c
}

func wantItem(t *testing.T, c *client, wanted string) {
	t.Helper()
	got, err := c.next()
	if err != nil || got != wanted {
		t.Errorf("the client got %q, %v; expected %q", got, err, wanted)
	}
}

// TestSDKSlowClient has several backends push to a client that does not read, until what waits for it is too much.
func TestSDKSlowClient(t *testing.T) {
	away := newBackend()
	t.Cleanup(away.stop)
	s := startNode(t, node.Config{Limits: websocket.Options{QueueMessages: 4}})
	api := sdkAPI(t, s.controlSDK(), away.URL)
	conn, _, _, err := ws.Dialer{
		Header: ws.HandshakeHeaderHTTP{"User-Agent": {"deaf"}},
	}.Dial(t.Context(), *api.ApiEndpoint+"/prod")
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	id, _ := away.connectionID("deaf")
	pushes := s.managementSDK(*api.ApiId, "prod")
	data := []byte(strings.Repeat("x", 128<<10))
	const backends, most = 16, 200 // 400 MB, far beyond what sockets hold
	refused := make(chan error, backends)
	for range backends {
		go func() {
			for range most {
				_, err := pushes.PostToConnection(t.Context(), &management.PostToConnectionInput{ConnectionId: &id, Data: data})
				if err != nil {
					refused <- err
					return
				}
			}
			refused <- errors.New("the client took everything")
		}()
	}
	wantError[*managementtypes.LimitExceededException](t, <-refused)
}

// TestSDKControlErrors wants the classes of the service model.
func TestSDKControlErrors(t *testing.T) {
	s := startNode(t, node.Config{})
	c := s.controlSDK()
	ctx := t.Context()
	_, err := c.GetApi(ctx, &apigatewayv2.GetApiInput{ApiId: aws.String("abcdef1234")})
	wantError[*types.NotFoundException](t, err)
	_, err = c.CreateApi(ctx, &apigatewayv2.CreateApiInput{Name: aws.String("a"), ProtocolType: types.ProtocolTypeWebsocket})
	wantError[*types.BadRequestException](t, err)
	api, err := c.CreateApi(ctx, &apigatewayv2.CreateApiInput{Name: aws.String("a"), ProtocolType: types.ProtocolTypeWebsocket, RouteSelectionExpression: aws.String("x")})
	must(t, err)
	_, err = c.CreateRoute(ctx, &apigatewayv2.CreateRouteInput{ApiId: api.ApiId, RouteKey: aws.String("a")})
	must(t, err)
	_, err = c.CreateRoute(ctx, &apigatewayv2.CreateRouteInput{ApiId: api.ApiId, RouteKey: aws.String("a")})
	wantError[*types.ConflictException](t, err)
	s.key.SecretAccessKey += "x"
	_, err = s.controlSDK().GetApis(ctx, &apigatewayv2.GetApisInput{})
	wantCode(t, err, "InvalidSignatureException")
}

// wantCode wants an error for which the service model has no class at this operation.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if refused, ok := errors.AsType[smithy.APIError](err); !ok || refused.ErrorCode() != code {
		t.Errorf("got %v, expected %s", err, code)
	}
}

// TestSDKObjects makes, reads, changes and deletes what an API has besides routes and integrations, with the AWS SDK for Go v2.
func TestSDKObjects(t *testing.T) {
	s := startNode(t, node.Config{})
	c := s.controlSDK()
	api := sdkAPI(t, c, "http://127.0.0.1:9")
	t.Run("authorizer", func(t *testing.T) { sdkAuthorizer(t, c, api.ApiId) })
	t.Run("model", func(t *testing.T) { sdkModel(t, c, api.ApiId) })
	t.Run("domain", func(t *testing.T) { sdkDomain(t, c, api.ApiId) })
	t.Run("link", func(t *testing.T) { sdkLink(t, c) })
	t.Run("tags", func(t *testing.T) { sdkTags(t, c, "arn:aws:apigateway:"+region+"::/apis/"+*api.ApiId) })
}

func sdkAuthorizer(t *testing.T, c *apigatewayv2.Client, api *string) {
	t.Helper()
	ctx := t.Context()
	made, err := c.CreateAuthorizer(ctx, &apigatewayv2.CreateAuthorizerInput{
		ApiId: api, AuthorizerType: types.AuthorizerTypeRequest, Name: aws.String("door"),
		AuthorizerUri: aws.String(lambdaURI("door")), IdentitySource: []string{"route.request.header.Auth"},
	})
	must(t, err)
	routes, err := c.GetRoutes(ctx, &apigatewayv2.GetRoutesInput{ApiId: api})
	must(t, err)
	route, err := c.UpdateRoute(ctx, &apigatewayv2.UpdateRouteInput{
		ApiId: api, RouteId: routes.Items[0].RouteId, AuthorizationType: types.AuthorizationTypeCustom, AuthorizerId: made.AuthorizerId,
	})
	must(t, err)
	if route.AuthorizationType != types.AuthorizationTypeCustom || *route.AuthorizerId != *made.AuthorizerId {
		t.Errorf("the route asks for %s of %s", route.AuthorizationType, aws.ToString(route.AuthorizerId))
	}
	_, err = c.DeleteAuthorizer(ctx, &apigatewayv2.DeleteAuthorizerInput{ApiId: api, AuthorizerId: made.AuthorizerId})
	wantCode(t, err, "ConflictException")
	_, err = c.UpdateRoute(ctx, &apigatewayv2.UpdateRouteInput{
		ApiId: api, RouteId: route.RouteId, AuthorizationType: types.AuthorizationTypeNone, AuthorizerId: aws.String(""),
	})
	must(t, err)
	changed, err := c.UpdateAuthorizer(ctx, &apigatewayv2.UpdateAuthorizerInput{
		ApiId: api, AuthorizerId: made.AuthorizerId, IdentitySource: []string{"route.request.querystring.token", "stageVariables.color"},
	})
	must(t, err)
	if got := strings.Join(changed.IdentitySource, " "); got != "route.request.querystring.token stageVariables.color" || *changed.Name != "door" {
		t.Errorf("identity sources of %s are %q", *changed.Name, got)
	}
	_, err = c.UpdateAuthorizer(ctx, &apigatewayv2.UpdateAuthorizerInput{
		ApiId: api, AuthorizerId: made.AuthorizerId, AuthorizerResultTtlInSeconds: aws.Int32(300),
	})
	wantError[*types.BadRequestException](t, err)
	_, err = c.DeleteAuthorizer(ctx, &apigatewayv2.DeleteAuthorizerInput{ApiId: api, AuthorizerId: made.AuthorizerId})
	must(t, err)
	_, err = c.GetAuthorizer(ctx, &apigatewayv2.GetAuthorizerInput{ApiId: api, AuthorizerId: made.AuthorizerId})
	wantError[*types.NotFoundException](t, err)
}

func sdkModel(t *testing.T, c *apigatewayv2.Client, api *string) {
	t.Helper()
	ctx := t.Context()
	const schema = `{ "type": "object", "properties": {"text": {"type": "string"}} }`
	made, err := c.CreateModel(ctx, &apigatewayv2.CreateModelInput{
		ApiId: api, Name: aws.String("message"), ContentType: aws.String("application/json"), Schema: aws.String(schema), Description: aws.String("first"),
	})
	must(t, err)
	changed, err := c.UpdateModel(ctx, &apigatewayv2.UpdateModelInput{ApiId: api, ModelId: made.ModelId, Description: aws.String("")})
	must(t, err)
	if *changed.Schema != schema || aws.ToString(changed.Description) != "" {
		t.Errorf("the model is %q, %q", *changed.Schema, aws.ToString(changed.Description))
	}
	template, err := c.GetModelTemplate(ctx, &apigatewayv2.GetModelTemplateInput{ApiId: api, ModelId: made.ModelId})
	must(t, err)
	if !strings.Contains(aws.ToString(template.Value), "text") {
		t.Errorf("the template of the model is %q", aws.ToString(template.Value))
	}
	all, err := c.GetModels(ctx, &apigatewayv2.GetModelsInput{ApiId: api})
	must(t, err)
	if len(all.Items) != 1 || *all.Items[0].ModelId != *made.ModelId {
		t.Errorf("models are %+v", all.Items)
	}
	_, err = c.CreateModel(ctx, &apigatewayv2.CreateModelInput{ApiId: api, Name: aws.String("message"), Schema: aws.String("{}")})
	wantError[*types.ConflictException](t, err)
	_, err = c.DeleteModel(ctx, &apigatewayv2.DeleteModelInput{ApiId: api, ModelId: made.ModelId})
	must(t, err)
}

func sdkDomain(t *testing.T, c *apigatewayv2.Client, api *string) {
	t.Helper()
	ctx := t.Context()
	name := aws.String("ws.example.com")
	input := &apigatewayv2.CreateDomainNameInput{DomainName: name, DomainNameConfigurations: []types.DomainNameConfiguration{{
		CertificateArn: aws.String("arn:aws:acm:us-east-1:000000000000:certificate/1"),
		EndpointType:   types.EndpointTypeRegional, SecurityPolicy: types.SecurityPolicyTls12,
	}}}
	domain, err := c.CreateDomainName(ctx, input)
	must(t, err)
	if domain.DomainNameConfigurations[0].DomainNameStatus != types.DomainNameStatusAvailable || *domain.ApiMappingSelectionExpression != "$request.basepath" {
		t.Errorf("the domain is %+v", domain)
	}
	_, err = c.CreateDomainName(ctx, input)
	wantError[*types.BadRequestException](t, err)
	mapping, err := c.CreateApiMapping(ctx, &apigatewayv2.CreateApiMappingInput{ApiId: api, DomainName: name, Stage: aws.String("prod")})
	must(t, err)
	_, err = c.CreateApiMapping(ctx, &apigatewayv2.CreateApiMappingInput{ApiId: api, DomainName: name, Stage: aws.String("prod")})
	wantError[*types.ConflictException](t, err)
	_, err = c.CreateApiMapping(ctx, &apigatewayv2.CreateApiMappingInput{ApiId: api, DomainName: name, Stage: aws.String("none"), ApiMappingKey: aws.String("a")})
	wantError[*types.BadRequestException](t, err)
	changed, err := c.UpdateApiMapping(ctx, &apigatewayv2.UpdateApiMappingInput{
		ApiId: api, DomainName: name, ApiMappingId: mapping.ApiMappingId, ApiMappingKey: aws.String("v1"),
	})
	must(t, err)
	if *changed.ApiMappingKey != "v1" || *changed.Stage != "prod" || *mapping.ApiMappingKey != "" {
		t.Errorf("the mapping is %+v, and was %+v", changed, mapping)
	}
	_, err = c.DeleteApi(ctx, &apigatewayv2.DeleteApiInput{ApiId: api})
	wantCode(t, err, "BadRequestException")
	rules := apigatewayv2.NewListRoutingRulesPaginator(c, &apigatewayv2.ListRoutingRulesInput{DomainName: name, MaxResults: aws.Int32(1)})
	for rules.HasMorePages() {
		page, err := rules.NextPage(ctx)
		must(t, err)
		if len(page.RoutingRules) > 0 {
			t.Errorf("routing rules are %+v", page.RoutingRules)
		}
	}
	_, err = c.DeleteApiMapping(ctx, &apigatewayv2.DeleteApiMappingInput{DomainName: name, ApiMappingId: mapping.ApiMappingId})
	must(t, err)
	_, err = c.DeleteDomainName(ctx, &apigatewayv2.DeleteDomainNameInput{DomainName: name})
	must(t, err)
	_, err = c.GetDomainName(ctx, &apigatewayv2.GetDomainNameInput{DomainName: name})
	wantError[*types.NotFoundException](t, err)
}

func sdkLink(t *testing.T, c *apigatewayv2.Client) {
	t.Helper()
	ctx := t.Context()
	made, err := c.CreateVpcLink(ctx, &apigatewayv2.CreateVpcLinkInput{
		Name: aws.String("first"), SubnetIds: []string{"subnet-1", "subnet-2"}, Tags: map[string]string{"a": "1"},
	})
	must(t, err)
	_, err = c.UpdateVpcLink(ctx, &apigatewayv2.UpdateVpcLinkInput{VpcLinkId: made.VpcLinkId, Name: aws.String("second")})
	must(t, err)
	link, err := c.GetVpcLink(ctx, &apigatewayv2.GetVpcLinkInput{VpcLinkId: made.VpcLinkId})
	must(t, err)
	if *link.Name != "second" || link.VpcLinkStatus != types.VpcLinkStatusAvailable || len(link.SubnetIds) != 2 || link.Tags["a"] != "1" {
		t.Errorf("the link is %+v", link)
	}
	_, err = c.CreateVpcLink(ctx, &apigatewayv2.CreateVpcLinkInput{Name: aws.String("a"), SubnetIds: []string{}})
	wantError[*types.BadRequestException](t, err)
	_, err = c.DeleteVpcLink(ctx, &apigatewayv2.DeleteVpcLinkInput{VpcLinkId: made.VpcLinkId})
	must(t, err)
	_, err = c.GetVpcLink(ctx, &apigatewayv2.GetVpcLinkInput{VpcLinkId: made.VpcLinkId})
	wantError[*types.NotFoundException](t, err)
}

func sdkTags(t *testing.T, c *apigatewayv2.Client, arn string) {
	t.Helper()
	ctx := t.Context()
	_, err := c.TagResource(ctx, &apigatewayv2.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"a": "1", "b": "2", "c": "3"}})
	must(t, err)
	_, err = c.UntagResource(ctx, &apigatewayv2.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a", "c", "d"}})
	must(t, err)
	got, err := c.GetTags(ctx, &apigatewayv2.GetTagsInput{ResourceArn: &arn})
	must(t, err)
	if len(got.Tags) != 1 || got.Tags["b"] != "2" {
		t.Errorf("tags are %v", got.Tags)
	}
	_, err = c.GetTags(ctx, &apigatewayv2.GetTagsInput{ResourceArn: aws.String(arn + "0")})
	wantError[*types.NotFoundException](t, err)
}

// TestSDKPages lists objects page by page until there are no more.
func TestSDKPages(t *testing.T) {
	s := startNode(t, node.Config{})
	c := s.controlSDK()
	ctx := t.Context()
	none, err := c.GetApis(ctx, &apigatewayv2.GetApisInput{})
	must(t, err)
	if none.Items == nil || len(none.Items) > 0 {
		t.Errorf("items of no APIs are %#v, expected an empty list", none.Items)
	}
	const routes = 7
	api, err := c.CreateApi(ctx, &apigatewayv2.CreateApiInput{Name: aws.String("a"), ProtocolType: types.ProtocolTypeWebsocket, RouteSelectionExpression: aws.String("x")})
	must(t, err)
	for i := range routes {
		_, err := c.CreateRoute(ctx, &apigatewayv2.CreateRouteInput{ApiId: api.ApiId, RouteKey: aws.String(fmt.Sprint("r", i))})
		must(t, err)
	}
	if got := routeKeys(ctx, t, c, *api.ApiId, "3"); strings.Join(got, " ") != "r0 r1 r2 | r3 r4 r5 | r6 |" {
		t.Errorf("pages are %v", got)
	}
	if got := routeKeys(ctx, t, c, *api.ApiId, "7"); strings.Join(got, " ") != "r0 r1 r2 r3 r4 r5 r6 |" {
		t.Errorf("pages are %v", got)
	}
}

// routeKeys are the keys of an API's routes, with a bar behind each page.
func routeKeys(ctx context.Context, t *testing.T, c *apigatewayv2.Client, api, size string) []string {
	t.Helper()
	var keys []string
	var token *string
	for {
		page, err := c.GetRoutes(ctx, &apigatewayv2.GetRoutesInput{ApiId: &api, MaxResults: &size, NextToken: token})
		must(t, err)
		for _, route := range page.Items {
			keys = append(keys, *route.RouteKey)
		}
		keys = append(keys, "|")
		if token = page.NextToken; token == nil {
			return keys
		}
	}
}
