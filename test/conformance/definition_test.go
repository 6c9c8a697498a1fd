package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// definition is what the verb api reads. Everything in it goes through the public control plane.
type definition struct {
	Settings map[string]any   `json:"settings"` // members of the API besides its name, protocol and selection expression
	Select   string           `json:"routeSelectionExpression"`
	Routes   map[string]route `json:"routes"`
	Removed  []string         `json:"removed"` // keys of routes to delete
	// Deploy: "" makes a deployment and points the stage at it; "no" changes definitions only; any other text is the name
	// of a deployment: made when it is new, else pointed at again.
	Deploy string         `json:"deploy"`
	Stage  map[string]any `json:"stage"`  // members of the stage; its name is prod unless it says otherwise
	Delete string         `json:"delete"` // "stage" or "api": is deleted, and nothing else is done
}

// route is a route with its integration. One of HTTP, Lambda, Mock and Integration says what the integration is; none: the
// route has no target.
type route struct {
	HTTP   string  `json:"http"`   // path at the backend; the backend learns who calls by the headers client and connectionid
	Lambda string  `json:"lambda"` // name of a function
	Mock   *string `json:"mock"`   // text of the reply
	// Integration has members that are added to those that the three make.
	Integration map[string]any   `json:"integration"`
	Responses   []map[string]any `json:"responses"` // integration responses
	Reply       bool             `json:"reply"`     // the route has a route response
	Route       map[string]any   `json:"route"`     // members of the route
}

// deployed is an API that a script has made.
type deployed struct {
	id          string
	stage       string
	routes      map[string]string // route id by key
	deployments map[string]string // deployment id by name
}

// builder makes and changes APIs.
type builder struct {
	*server
	backend string // URL
}

// must calls the control plane, and decodes what comes back.
func (b *builder) must(ctx context.Context, method, path string, body any) (map[string]any, error) {
	got, err := b.control(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	if got.status >= 300 {
		return nil, fmt.Errorf("%s %s: %d %s", method, path, got.status, got.body)
	}
	return got.object(), nil
}

// apply makes an API what a definition says. A nil API is created.
func (b *builder) apply(ctx context.Context, api *deployed, text []byte) (*deployed, error) {
	var def definition
	decoder := json.NewDecoder(strings.NewReader(strings.ReplaceAll(string(text), "BACKEND", b.backend)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&def); err != nil {
		return nil, err
	}
	if def.Select == "" {
		def.Select = "$request.body.action"
	}
	if def.Delete != "" {
		path := "/v2/apis/" + api.id
		if def.Delete == "stage" {
			path += "/stages/" + api.stage
		}
		_, err := b.must(ctx, http.MethodDelete, path, nil)
		return api, err
	}
	settings := map[string]any{"routeSelectionExpression": def.Select}
	maps.Copy(settings, def.Settings)
	if api == nil {
		settings["name"], settings["protocolType"] = "conformance", "WEBSOCKET"
		made, err := b.must(ctx, http.MethodPost, "/v2/apis", settings)
		if err != nil {
			return nil, err
		}
		api = &deployed{id: made["apiId"].(string), routes: map[string]string{}, deployments: map[string]string{}}
	} else if _, err := b.must(ctx, http.MethodPatch, "/v2/apis/"+api.id, settings); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(def.Routes)) {
		if err := b.route(ctx, api, key, def.Routes[key]); err != nil {
			return nil, err
		}
	}
	for _, key := range def.Removed {
		if _, err := b.must(ctx, http.MethodDelete, "/v2/apis/"+api.id+"/routes/"+api.routes[key], nil); err != nil {
			return nil, err
		}
		delete(api.routes, key)
	}
	return api, b.deploy(ctx, api, &def)
}

// route makes a route, or changes it if there is one with its key.
func (b *builder) route(ctx context.Context, api *deployed, key string, r route) error {
	base := "/v2/apis/" + api.id
	body := map[string]any{"routeKey": key}
	if members := b.integration(r); members != nil {
		made, err := b.must(ctx, http.MethodPost, base+"/integrations", members)
		if err != nil {
			return err
		}
		id := made["integrationId"].(string)
		body["target"] = "integrations/" + id
		for _, response := range r.responses() {
			if _, err := b.must(ctx, http.MethodPost, base+"/integrations/"+id+"/integrationresponses", response); err != nil {
				return err
			}
		}
	}
	maps.Copy(body, r.Route)
	if id, exists := api.routes[key]; exists {
		_, err := b.must(ctx, http.MethodPatch, base+"/routes/"+id, body)
		return err
	}
	made, err := b.must(ctx, http.MethodPost, base+"/routes", body)
	if err != nil {
		return err
	}
	api.routes[key] = made["routeId"].(string)
	if !r.Reply {
		return nil
	}
	_, err = b.must(ctx, http.MethodPost, base+"/routes/"+api.routes[key]+"/routeresponses", map[string]any{"routeResponseKey": "$default"})
	return err
}

// integration are the members of a route's integration.
func (b *builder) integration(r route) map[string]any {
	var members map[string]any
	switch {
	case r.HTTP != "":
		members = map[string]any{
			"integrationType": "HTTP_PROXY", "integrationMethod": "POST", "integrationUri": b.backend + r.HTTP,
			"requestParameters": map[string]any{
				"integration.request.header.connectionid": "context.connectionId",
				"integration.request.header.client":       "context.identity.userAgent",
			},
		}
	case r.Lambda != "":
		members = map[string]any{"integrationType": "AWS_PROXY", "integrationUri": functionURI(r.Lambda)}
	case r.Mock != nil:
		members = map[string]any{
			"integrationType": "MOCK", "requestTemplates": map[string]any{"$default": `{"statusCode":200}`},
			"templateSelectionExpression": `\$default`,
		}
	case r.Integration == nil:
		return nil
	default:
		members = map[string]any{}
	}
	maps.Copy(members, r.Integration)
	return members
}

// functionURI is the integration URI of a Lambda function.
func functionURI(name string) string {
	return "arn:aws:apigateway:" + region + ":lambda:path/2015-03-31/functions/arn:aws:lambda:" + region +
		":000000000000:function:" + name + "/invocations"
}

func (r route) responses() []map[string]any {
	if r.Mock == nil || r.Responses != nil {
		return r.Responses
	}
	return []map[string]any{{
		"integrationResponseKey": "$default", "templateSelectionExpression": `\$default`,
		"responseTemplates": map[string]any{"$default": *r.Mock},
	}}
}

// deploy makes a deployment, or finds one, and points the stage at it.
func (b *builder) deploy(ctx context.Context, api *deployed, def *definition) error {
	base := "/v2/apis/" + api.id
	stage := map[string]any{}
	maps.Copy(stage, def.Stage)
	if def.Deploy != "no" {
		id, known := api.deployments[def.Deploy]
		if !known || def.Deploy == "" {
			made, err := b.must(ctx, http.MethodPost, base+"/deployments", map[string]any{})
			if err != nil {
				return err
			}
			id = made["deploymentId"].(string)
			api.deployments[def.Deploy] = id
		}
		stage["deploymentId"] = id
	}
	name, named := stage["stageName"].(string)
	if !named {
		name = "prod"
	}
	if len(stage) == 0 {
		return nil
	}
	api.stage = name
	stage["stageName"] = name
	exists, err := b.control(ctx, http.MethodGet, base+"/stages/"+name, nil)
	switch {
	case err != nil:
		return err
	case exists.status == http.StatusNotFound:
		_, err = b.must(ctx, http.MethodPost, base+"/stages", stage)
	case exists.status == http.StatusOK:
		_, err = b.must(ctx, http.MethodPatch, base+"/stages/"+name, stage)
	default:
		err = errors.New(string(exists.body))
	}
	return err
}
