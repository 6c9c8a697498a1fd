package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gangway/internal/sigv4"
)

// askTime is how long the control plane of a node on the same machine may take.
const askTime = 5 * time.Second

// plane asks a control plane.
type plane struct {
	url, region string
	key         sigv4.Key
}

type apiAnswer struct {
	ID       string `json:"apiId"`
	Endpoint string `json:"apiEndpoint"`
}

// api is the API with an id, or the only one there is.
func (p *plane) api(ctx context.Context, id string) (api apiAnswer, err error) {
	if id != "" {
		return api, p.ask(ctx, "/v2/apis/"+url.PathEscape(id), &api)
	}
	var list struct{ Items []apiAnswer }
	if err := p.ask(ctx, "/v2/apis", &list); err != nil {
		return api, err
	}
	if len(list.Items) != 1 {
		ids := make([]string, len(list.Items))
		for i, item := range list.Items {
			ids[i] = item.ID
		}
		return api, fmt.Errorf("there are %d APIs: choose one with --api to reach its connections: %s", len(ids), strings.Join(ids, ", "))
	}
	return list.Items[0], nil
}

// stage is the stage of an API that was asked for, or its only one.
func (p *plane) stage(ctx context.Context, api, asked string) (string, error) {
	var list struct {
		Items []struct {
			Name string `json:"stageName"`
		}
	}
	if err := p.ask(ctx, "/v2/apis/"+url.PathEscape(api)+"/stages", &list); err != nil {
		return "", err
	}
	names := make([]string, len(list.Items))
	for i, item := range list.Items {
		names[i] = item.Name
	}
	switch {
	case slices.Contains(names, asked):
		return asked, nil
	case asked != "":
		return "", fmt.Errorf("API %s has no stage %s, but these: %s", api, asked, strings.Join(names, ", "))
	case len(names) == 1:
		return names[0], nil
	}
	return "", fmt.Errorf("API %s has %d stages: choose one with --stage to reach its connections: %s", api, len(names), strings.Join(names, ", "))
}

// ask sends a signed GET and decodes the answer.
func (p *plane) ask(ctx context.Context, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+path, nil)
	if err != nil {
		return fmt.Errorf("control plane: %w", err)
	}
	sigv4.Sign(request, nil, p.key, p.region, "apigateway", time.Now())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("control plane: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("control plane: GET %s: %s", path, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("control plane: GET %s: %w", path, err)
	}
	return nil
}
