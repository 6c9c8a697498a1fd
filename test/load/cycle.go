package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// The sizes of the control plane's measurements, before scaling. An API of AWS has 300 routes at most; the servers here are
// started without that quota.
const (
	cycleRoutes   = 300
	cycleParallel = 10 // as many calls at once as Terraform makes
	deployments   = 40 // of each API
)

// plane is a client of the control plane.
type plane struct{ *server }

// do makes a call that has to succeed, and returns a member of the answer.
func (p *plane) do(ctx context.Context, method, path, body, member string) (string, error) {
	status, answer, err := p.send(ctx, method, p.admin+path, "apigateway", []byte(body))
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

// routed makes an API with routes, each with an integration of its own.
func (p *plane) routed(ctx context.Context, routes int) (api string, err error) {
	api, err = p.do(ctx, http.MethodPost, "/v2/apis", `{"name":"cycle","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`, "apiId")
	if err != nil {
		return "", err
	}
	path := "/v2/apis/" + api
	return path, each(cycleParallel, routes, func(i int) error {
		integration, err := p.do(ctx, http.MethodPost, path+"/integrations",
			`{"integrationType":"HTTP_PROXY","integrationMethod":"POST","integrationUri":"http://127.0.0.1:1/`+fmt.Sprint(i)+`"}`, "integrationId")
		if err != nil {
			return err
		}
		_, err = p.do(ctx, http.MethodPost, path+"/routes", fmt.Sprintf(`{"routeKey":"action%d","target":"integrations/%s"}`, i, integration), "")
		return err
	})
}

// cycle makes an API with all routes that AWS allows, deploys it as a stage, and deletes it all, one object after the other, as
// tools do that keep track of each.
func cycle(ctx context.Context, s *server, set *settings) (run sample, err error) {
	routes := set.count(cycleRoutes)
	p := &plane{s}
	run.ops = 4*routes + 4
	err = s.timed(&run, func() error {
		path, err := p.routed(ctx, routes)
		if err != nil {
			return err
		}
		deployment, err := p.do(ctx, http.MethodPost, path+"/deployments", `{}`, "deploymentId")
		if err != nil {
			return err
		}
		if _, err := p.do(ctx, http.MethodPost, path+"/stages", `{"stageName":"prod","deploymentId":"`+deployment+`"}`, ""); err != nil {
			return err
		}
		for _, kind := range []struct{ collection, id string }{{"/routes", "routeId"}, {"/integrations", "integrationId"}} {
			if err := p.clear(ctx, path+kind.collection, kind.id, routes); err != nil {
				return err
			}
		}
		_, err = p.do(ctx, http.MethodDelete, path, "", "")
		return err
	})
	return run, err
}

// clear deletes all members of a collection.
func (p *plane) clear(ctx context.Context, collection, id string, wanted int) error {
	status, answer, err := p.send(ctx, http.MethodGet, p.admin+collection+"?maxResults=500", "apigateway", nil)
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("%s: %d %s %w", collection, status, answer, err)
	}
	var list struct{ Items []map[string]any }
	if err := json.Unmarshal(answer, &list); err != nil || len(list.Items) != wanted {
		return fmt.Errorf("%s: %d objects, expected %d: %w", collection, len(list.Items), wanted, err)
	}
	return each(cycleParallel, wanted, func(i int) error {
		_, err := p.do(ctx, http.MethodDelete, fmt.Sprint(collection, "/", list.Items[i][id]), "", "")
		return err
	})
}

// deploy has a stage serve one deployment after the other of an API with so many routes: what a deployment costs should grow as
// the API does, and no faster. A deployment that is answered is served: it is compiled twice, once to see whether it would run.
func deploy(routes int) func(context.Context, *server, *settings) (sample, error) {
	return func(ctx context.Context, s *server, set *settings) (run sample, err error) {
		p := &plane{s}
		path, err := p.routed(ctx, set.count(routes))
		if err != nil {
			return run, err
		}
		if _, err := p.do(ctx, http.MethodPost, path+"/stages", `{"stageName":"prod"}`, ""); err != nil {
			return run, err
		}
		run.ops = deployments
		err = s.timed(&run, func() error {
			for range deployments {
				asked := time.Now()
				if _, err := p.do(ctx, http.MethodPost, path+"/deployments", `{"stageName":"prod"}`, ""); err != nil {
					return err
				}
				run.latencies = append(run.latencies, time.Since(asked))
			}
			return nil
		})
		return run, err
	}
}

// controlMeasurements are those of the control plane.
func controlMeasurements() []measurement {
	all := []measurement{{"cycle", "operation of an API with 300 routes, made, deployed and deleted", false, cycle}}
	for _, routes := range []int{75, 150, 300, 600} {
		all = append(all, measurement{fmt.Sprint("deploy", routes), fmt.Sprintf("deployment of %d routes, served", routes), false, deploy(routes)})
	}
	return all
}
