package control_test

import (
	"fmt"
	"strings"
	"testing"

	"gangway/internal/gateway"
)

// settle waits until a stage says something, looking again after each write.
func (d *desk) settle(stage string, done func(reply) bool) reply {
	d.Helper()
	for {
		r := d.must("GET", stage, "")
		if done(r) {
			return r
		}
		select {
		case <-d.written:
		case <-d.Context().Done():
			d.Fatalf("the stage stays as it is: %v", r.body)
		}
	}
}

// TestAutoDeploy: a stage with autoDeploy follows its API, one deployment after the other ("Deploy WebSocket APIs" and the
// AWS::ApiGatewayV2::Stage reference; the messages as observed).
func TestAutoDeploy(t *testing.T) {
	d := newDesk(t)
	d.autoDeploy()
	api := "/v2/apis/" + d.must("POST", "/v2/apis", `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x"}`).text("apiId")
	stage := api + "/stages/dev"
	d.must("POST", api+"/stages", `{"stageName":"dev","autoDeploy":true}`)
	d.settle(stage, func(r reply) bool {
		return r.text("lastDeploymentStatusMessage") == "Deployment attempt failed: At least one route is required before deploying the Api"
	})
	route := api + "/routes/" + d.must("POST", api+"/routes", `{"routeKey":"$default"}`).text("routeId")
	first := d.settle(stage, func(r reply) bool { return r.text("deploymentId") != "" })
	id := first.text("deploymentId")
	if message := first.text("lastDeploymentStatusMessage"); message != "Successfully deployed stage with deployment ID '"+id+"'" {
		t.Errorf("the stage says %q", message)
	}
	deployment := d.must("GET", api+"/deployments/"+id, "")
	if deployment.body["autoDeployed"] != true || deployment.text("description") != "Automatic deployment triggered by changes to the Api configuration" {
		t.Errorf("the deployment is %v", deployment.body)
	}

	// What changes nothing that is deployed makes no deployment: tags, and a write of what is there already.
	d.must("POST", "/v2/tags/arn:aws:apigateway:us-east-1::%2Fapis%2F"+strings.TrimPrefix(api, "/v2/apis/"), `{"tags":{"a":"b"}}`)
	d.must("PATCH", route, `{"routeKey":"$default"}`)
	d.must("PATCH", route, `{"operationName":"o"}`)
	second := d.settle(stage, func(r reply) bool { return r.text("deploymentId") != id })
	list := d.must("GET", api+"/deployments", "")
	if items, _ := list.body["items"].([]any); len(items) != 2 {
		t.Errorf("%d deployments, want 2", len(items))
	}
	for path, body := range map[string]string{
		stage:                `{"deploymentId":"` + id + `"}`,
		api + "/stages":      `{"stageName":"x","autoDeploy":true,"deploymentId":"` + id + `"}`,
		api + "/deployments": `{"stageName":"dev"}`,
	} {
		method := "POST"
		if path == stage {
			method = "PATCH"
		}
		r := d.do(method, path, body)
		if r.status != 400 || !strings.HasPrefix(r.text("message"), "Deployment ID cannot be set on this stage") {
			t.Errorf("%s %s %s: %d %v", method, path, body, r.status, r.body)
		}
	}
	d.must("PATCH", stage, `{"autoDeploy":false,"deploymentId":"`+id+`"}`)
	d.must("PATCH", stage, `{"autoDeploy":true}`)
	third := d.settle(stage, func(r reply) bool { return r.text("deploymentId") != id })
	if third.text("deploymentId") == second.text("deploymentId") {
		t.Error("turning autoDeploy on again served an old deployment")
	}
}

// TestAutoDeployFails: what cannot be deployed leaves the stage as it is, and the stage says why.
func TestAutoDeployFails(t *testing.T) {
	d := newDesk(t)
	d.checked = func(s *gateway.Snapshot) error {
		if s.API.Description != "" {
			return gateway.Errorf(gateway.ErrInvalid, "route 'a': bad")
		}
		return nil
	}
	d.autoDeploy()
	api, _, _ := d.api()
	stage := api + "/stages/dev"
	d.must("POST", api+"/stages", `{"stageName":"dev","autoDeploy":true}`)
	before := d.settle(stage, func(r reply) bool { return r.text("deploymentId") != "" })
	d.must("PATCH", api, `{"description":"d"}`)
	after := d.settle(stage, func(r reply) bool {
		return r.text("lastDeploymentStatusMessage") == "Deployment attempt failed: route 'a': bad"
	})
	if after.text("deploymentId") != before.text("deploymentId") {
		t.Errorf("the stage moved to %s", after.text("deploymentId"))
	}
	d.must("PATCH", api, `{"description":""}`)
	d.settle(stage, func(r reply) bool {
		return r.text("lastDeploymentStatusMessage") == "Successfully deployed stage with deployment ID '"+before.text("deploymentId")+"'"
	})
}

// TestAutoDeployForgets: automatic deployments that nothing serves do not pile up.
func TestAutoDeployForgets(t *testing.T) {
	d := newDesk(t)
	d.autoDeploy()
	api, _, _ := d.api()
	kept := d.must("POST", api+"/deployments", "{}").text("deploymentId")
	d.must("POST", api+"/stages", `{"stageName":"dev","autoDeploy":true}`)
	last := ""
	for i := range 25 {
		d.must("PATCH", api, fmt.Sprintf(`{"version":"%d"}`, i))
		last = d.settle(api+"/stages/dev", func(r reply) bool { return r.text("deploymentId") != last }).text("deploymentId")
	}
	list := d.must("GET", api+"/deployments", "")
	items, _ := list.body["items"].([]any)
	if len(items) > 23 { // twenty of them, the one that is served, and the one that somebody made; one may be on its way
		t.Errorf("%d deployments", len(items))
	}
	d.must("GET", api+"/deployments/"+kept, "")
}
