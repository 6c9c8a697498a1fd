package stack_test

import (
	"strings"
	"testing"

	"gangway/internal/websocket"
)

// echo answers each message with a text that a test changes.
const echo = `
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: echo, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}
  Mock:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref Api, IntegrationType: MOCK, RequestTemplates: {$default: '{"statusCode":200}'}}
  Answer:
    Type: AWS::ApiGatewayV2::IntegrationResponse
    Properties: {ApiId: !Ref Api, IntegrationId: !Ref Mock, IntegrationResponseKey: $default, ResponseTemplates: {$default: first}}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: $default, Target: !Sub "integrations/${Mock}"}
  Reply:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref Api, RouteId: !Ref Route, RouteResponseKey: $default}
  Deployment:
    Type: AWS::ApiGatewayV2::Deployment
    Properties: {ApiId: !Ref Api}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, StageName: prod, DeploymentId: !Ref Deployment}
`

// listener hears messages, and the end of them.
type listener chan string

func (listener) Open(*websocket.Conn) {}

func (l listener) Message(_ *websocket.Conn, _ websocket.Opcode, payload []byte) {
	l <- string(payload)
}

func (l listener) Close(*websocket.Conn, websocket.Status, string) { close(l) }

// Who is connected stays so when the application changes, and is served by what it has become. A stage that deploys by
// itself needs no deployment in the template.
func TestConnectionStays(t *testing.T) {
	for name, text := range map[string]string{
		"deployments":           echo,
		"automatic deployments": change(t, without(t, echo, "Deployment"), "DeploymentId: !Ref Deployment", "AutoDeploy: true"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			api := p.apply("echo", text).APIs[0]
			heard := make(listener, 1)
			var conn *websocket.Conn
			for conn == nil { // an automatic deployment takes its time
				conn, _, _ = websocket.Dial(t.Context(), api.Endpoint+"/prod", heard, websocket.DialOptions{})
				if t.Context().Err() != nil {
					t.Fatal("nobody answers")
				}
			}
			defer conn.Close(websocket.StatusNormal, "")
			until := func(want string) {
				t.Helper()
				for got := ""; got != want; {
					if err := conn.Send(websocket.Text, []byte("{}"), nil); err != nil {
						t.Fatal(err)
					}
					var open bool
					if got, open = <-heard; !open {
						t.Fatal("the connection was closed")
					}
				}
			}
			until("first")
			for _, edit := range [][2]string{{"first", "second"}, {"IntegrationResponseKey: $default", "IntegrationResponseKey: /200/"}, {"second", "third"}} {
				text = change(t, text, edit[0], edit[1])
				p.apply("echo", text)
			}
			until("third")
			p.steady("echo", text)
			p.apply("echo", strings.Replace(text, "{$default: third}", "{other: x, $default: last}", 1))
			until("last")
		})
	}
}
