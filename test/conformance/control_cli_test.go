package conformance_test

import (
	"fmt"
	"testing"

	"gangway/internal/node"
)

// TestControlCLIPages wants the AWS CLI to print all there is, however many pages it takes: it asks for more by itself
// where the service model has a paginator, and version 1 gives 25 objects at a time.
func TestControlCLIPages(t *testing.T) {
	path := tool(t, "aws")
	s := startNode(t, node.Config{})
	c := &awsCLI{t, path, append(s.environment(t.TempDir()), "AWS_ENDPOINT_URL_API_GATEWAY="+s.admin)}
	api := s.mustControl(t, post, "/v2/apis", `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x"}`).text("apiId")
	const many = 30
	for i := range many {
		s.mustControl(t, post, "/v2/apis/"+api+"/routes", map[string]any{"routeKey": fmt.Sprintf("r%d", i)})
		s.mustControl(t, post, "/apikeys", map[string]any{"name": fmt.Sprintf("k%d", i)})
	}
	for _, row := range []struct{ name, command, list string }{
		{"case 129: routes (recorded clients)", "apigatewayv2 get-routes --api-id " + api, "Items"},
		{"case 129: routes, page by page (recorded clients)", "apigatewayv2 get-routes --page-size 7 --api-id " + api, "Items"},
		{"API keys", "apigateway get-api-keys", "items"},
	} {
		t.Run(row.name, func(t *testing.T) {
			printed, _ := (&awsCLI{t, c.path, c.env}).run(row.command)[row.list].([]any)
			if len(printed) != many {
				t.Errorf("%d are printed, expected %d", len(printed), many)
			}
		})
	}
}
