package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

type apiAnswer struct {
	ID       string            `json:"apiId"`
	Name     string            `json:"name"`
	Endpoint string            `json:"apiEndpoint"`
	Tags     map[string]string `json:"tags"`
}

// api is the API with an id, or the only one there is.
func (p *plane) api(ctx context.Context, id string) (api apiAnswer, err error) {
	if id != "" {
		return api, p.ask(ctx, request{operation: "GetApi", method: http.MethodGet, path: apiPath(id)}, &api)
	}
	var list struct{ Items []apiAnswer }
	if err := p.ask(ctx, request{operation: "GetApis", method: http.MethodGet, path: "/v2/apis"}, &list); err != nil {
		return api, err
	}
	switch len(list.Items) {
	case 1:
		return list.Items[0], nil
	case 0:
		return api, errors.New("there is no API yet")
	default:
		ids := make([]string, len(list.Items))
		for i, item := range list.Items {
			ids[i] = item.ID
		}
		return api, fmt.Errorf("there are %d APIs: choose one with --api to reach its connections: %s", len(ids), strings.Join(ids, ", "))
	}
}

// stage is the name of the stage of an API that was asked for, or its only one.
func (p *plane) stage(ctx context.Context, api, asked string) (string, error) {
	var list struct {
		Items []struct {
			Name string `json:"stageName"`
		}
	}
	if err := p.ask(ctx, request{operation: "GetStages", method: http.MethodGet, path: apiPath(api) + "/stages"}, &list); err != nil {
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
	case len(names) == 0:
		return "", fmt.Errorf("API %s has no stage", api)
	}
	return "", fmt.Errorf("API %s has %d stages: choose one: %s", api, len(names), strings.Join(names, ", "))
}

func apiPath(id string) string { return "/v2/apis/" + url.PathEscape(id) }
