package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Routes are the route keys of the chat; all go to one integration.
func Routes() []string {
	return []string{"$connect", "$disconnect", "join", "say", "leave", "who", "$default"}
}

// twoWay is the route whose HTTP response goes back to the client.
const twoWay = "who"

// Target says where and as what the chat is deployed.
type Target struct {
	// ControlPlane is the endpoint of the apigatewayv2 API: http://127.0.0.1:8081 on Gangway.
	ControlPlane string
	// Backend is the URL at which the gateway reaches the backend, [EventPath] included.
	Backend string
	// Stage is the name of the stage to create.
	Stage string
}

// Deployed says how a deployed chat is reached.
type Deployed struct {
	API   string // the id
	Stage string
	// URL is what clients connect to.
	URL string
	// Endpoint is what the backend posts to.
	Endpoint string
}

// Deploy creates the API with its routes, deploys it and puts the deployment on a stage: what deploy.sh does with the
// AWS CLI.
func Deploy(ctx context.Context, signer *Signer, target Target) (Deployed, error) {
	d := deployer{signer: signer, base: strings.TrimSuffix(target.ControlPlane, "/") + "/v2/apis"}
	api := d.create(ctx, "", object{
		"name": "chat", "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action",
	})
	d.base += "/" + api.text("apiId")
	integration := d.create(ctx, "/integrations", object{
		"integrationType": "HTTP_PROXY", "integrationMethod": http.MethodPost, "integrationUri": target.Backend,
		"requestParameters": object{
			"integration.request.header.connectionId": "context.connectionId",
			"integration.request.header.routeKey":     "context.routeKey",
		},
	})
	for _, key := range Routes() {
		d.route(ctx, key, "integrations/"+integration.text("integrationId"))
	}
	deployment := d.create(ctx, "/deployments", object{"description": "the chat example"})
	d.create(ctx, "/stages", object{"stageName": target.Stage, "deploymentId": deployment.text("deploymentId")})
	if d.err != nil {
		return Deployed{}, fmt.Errorf("chat: deploy: %w", d.err)
	}
	url := api.text("apiEndpoint") + "/" + target.Stage
	return Deployed{
		API: api.text("apiId"), Stage: target.Stage, URL: url,
		// ws becomes http and wss https: the data plane serves both on one address.
		Endpoint: "http" + strings.TrimPrefix(url, "ws"),
	}, nil
}

// object is a JSON object.
type object map[string]any

func (o object) text(member string) string {
	text, _ := o[member].(string)
	return text
}

// deployer makes one call after another, and none after the first that fails.
type deployer struct {
	signer *Signer
	base   string
	err    error
}

func (d *deployer) route(ctx context.Context, key, target string) {
	settings := object{"routeKey": key, "target": target}
	if key == twoWay {
		settings["routeResponseSelectionExpression"] = "$default"
	}
	route := d.create(ctx, "/routes", settings)
	if key == twoWay {
		d.create(ctx, "/routes/"+route.text("routeId")+"/routeresponses", object{"routeResponseKey": "$default"})
	}
}

func (d *deployer) create(ctx context.Context, path string, settings object) (created object) {
	if d.err != nil {
		return nil
	}
	body, err := json.Marshal(settings)
	if err != nil {
		d.err = err
		return nil
	}
	status, answer, err := d.signer.Do(ctx, "apigateway", http.MethodPost, d.base+path, body)
	switch {
	case err != nil:
		d.err = err
	case status != http.StatusCreated:
		d.err = fmt.Errorf("POST %s: status %d: %s", path, status, answer)
	default:
		d.err = json.Unmarshal(answer, &created)
	}
	return created
}
