//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"gangway/test/load/client"
)

// The sizes of the control plane's measurements, before scaling. An API of AWS has 300 routes at most; the servers here are
// started without that quota.
const (
	cycleRoutes   = 300
	cycleParallel = 10 // as many calls at once as Terraform makes
	deployments   = 40 // of each API
)

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
func cycle(ctx context.Context, r *running) error {
	routes := r.set.count(cycleRoutes)
	p := r.servers[0].control
	return r.noted(4*routes+4, func(*client.Histogram) error {
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
}

// noted does work that this process does itself, and notes what it cost the server.
func (r *running) noted(ops int, do func(latency *client.Histogram) error) error {
	before, err := r.cpu()
	if err != nil {
		return err
	}
	began, latency := time.Now(), &client.Histogram{}
	if err := do(latency); err != nil {
		return err
	}
	after, err := r.cpu()
	r.note(&client.Report{Sent: ops, Received: ops, Elapsed: time.Since(began), Latency: latency}, after-before)
	return err
}

// clear deletes all members of a collection.
func (p *plane) clear(ctx context.Context, collection, id string, wanted int) error {
	status, answer, err := p.send(ctx, http.MethodGet, collection+"?maxResults=500", nil)
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
func deploy(routes int) func(context.Context, *running) error {
	return func(ctx context.Context, r *running) error {
		p := r.servers[0].control
		path, err := p.routed(ctx, r.set.count(routes))
		if err != nil {
			return err
		}
		if _, err := p.do(ctx, http.MethodPost, path+"/stages", `{"stageName":"prod"}`, ""); err != nil {
			return err
		}
		return r.noted(deployments, func(latency *client.Histogram) error {
			for range deployments {
				asked := time.Now()
				if _, err := p.do(ctx, http.MethodPost, path+"/deployments", `{"stageName":"prod"}`, ""); err != nil {
					return err
				}
				latency.Add(time.Since(asked))
			}
			return nil
		})
	}
}

// controlMeasurements are those of the control plane.
func controlMeasurements() []measurement {
	all := []measurement{{name: "cycle", title: "operation of an API with 300 routes, made, deployed and deleted", optional: true, run: cycle}}
	for _, routes := range []int{75, 150, 300, 600} {
		all = append(all, measurement{name: fmt.Sprint("deploy", routes), title: fmt.Sprintf("deployment of %d routes, served", routes), optional: true, run: deploy(routes)})
	}
	return all
}

// each does n things, some at a time, until one fails.
func each(parallel, n int, do func(i int) error) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	for range min(parallel, n) {
		all.Go(func() {
			for failed.Load() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(i); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}
