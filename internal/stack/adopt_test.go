package stack_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestNotOurs: what somebody else has made below an object of theirs is a conflict, as it is to CloudFormation; nothing of it
// is changed or deleted.
func TestNotOurs(t *testing.T) {
	p := start(t)
	api, _ := p.do(http.MethodPost, "/v2/apis", map[string]any{
		"name": "theirs", "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action",
	})["apiId"].(string)
	p.do(http.MethodPost, "/v2/apis/"+api+"/stages", map[string]any{"stageName": "prod"})
	p.do(http.MethodPost, "/v2/apis/"+api+"/routes", map[string]any{"routeKey": "send"})
	p.do(http.MethodPost, "/v2/apis/"+api+"/integrations", map[string]any{"integrationType": "MOCK"})
	p.do(http.MethodPost, "/v2/domainnames", map[string]any{
		"domainName": "ws.example.com", "domainNameConfigurations": []any{map[string]any{
			"certificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/1", "endpointType": "REGIONAL",
		}},
	})
	p.do(http.MethodPost, "/v2/domainnames/ws.example.com/apimappings", map[string]any{"apiId": api, "stage": "prod"})
	for _, test := range []struct{ name, properties, conflict string }{
		{"Stage", "ApiId: %s, StageName: prod", "/v2/apis/%s/stages/prod exists already with this stageName"},
		{"Route", "ApiId: %s, RouteKey: send", "exists already with this routeKey"},
		{
			"ApiMapping", "ApiId: %s, DomainName: ws.example.com, Stage: prod",
			"exists already with this apiMappingKey, and this stack has not made it",
		},
		{
			"DomainName",
			"DomainName: ws.example.com, DomainNameConfigurations: [{CertificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/1'}] # %s",
			"/v2/domainnames/ws.example.com exists already with this domainName",
		},
		{"Integration", "ApiId: %s, IntegrationType: MOCK", ""}, // there may be many alike
		{"Stage", "ApiId: %s, StageName: ours", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := "Resources:\n  It:\n    Type: AWS::ApiGatewayV2::" + test.name + "\n    Properties:\n      " +
				strings.ReplaceAll(strings.Replace(fmt.Sprintf(test.properties, api), ", Domain", "\n      Domain", 1), ", ", "\n      ") + "\n"
			_, err := p.try("ours", text)
			switch {
			case test.conflict == "" && err != nil:
				t.Error(err)
			case test.conflict == "":
			case err == nil || !strings.HasPrefix(err.Error(), "chat.yaml:2:3: It (AWS::ApiGatewayV2::"+test.name+"): conflict: ") ||
				!strings.Contains(err.Error(), strings.ReplaceAll(test.conflict, "%s", api)):
				t.Errorf("the error is %v, expected %s", err, test.conflict)
			}
			if err := p.open("ours").Remove(t.Context(), nil); err != nil {
				t.Error(err)
			}
		})
	}
	for collection, want := range map[string]int{
		"/v2/domainnames/ws.example.com/apimappings": 1, "/v2/domainnames": 1, "/v2/apis/" + api + "/stages": 1,
		"/v2/apis/" + api + "/routes": 1, "/v2/apis/" + api + "/integrations": 1,
	} {
		answer := p.do(http.MethodGet, collection, nil)
		if items, _ := answer["items"].([]any); len(items) != want {
			t.Errorf("%s has %d, they had made %d", collection, len(items), want)
		}
	}
}

// A resource that moves below an object of somebody else's takes nothing there.
func TestMovesToTheirs(t *testing.T) {
	p := start(t)
	p.apply("chat", chat)
	theirs := p.apply("theirs", chat).APIs[0].ID
	_, err := p.try("chat", change(t, chat, "ApiId: !Ref ChatApi, RouteKey: send", "ApiId: "+theirs+", RouteKey: send"))
	if err == nil || !strings.Contains(err.Error(), "SendRoute (AWS::ApiGatewayV2::Route): conflict: ") {
		t.Errorf("the error is %v", err)
	}
	p.steady("theirs", chat)
	p.steady("chat", chat)
}
