package conformance_test

import (
	"fmt"
	"runtime"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/node"
)

// TestGrowth makes an API larger and larger, up to twice the routes that AWS allows, and weighs the work by what it allocates, which
// is the same on every machine: a deployment may cost in proportion to the API, and another route no more than the ones
// before it.
func TestGrowth(t *testing.T) {
	s := startNode(t, node.Config{Quotas: gateway.Quotas{"routes": 0}})
	api := "/v2/apis/" + s.mustControl(t, post, "/v2/apis", `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`).text("apiId")
	integration := s.mustControl(t, post, api+"/integrations", `{"integrationType":"MOCK"}`).text("integrationId")
	s.mustControl(t, post, api+"/stages", `{"stageName":"prod"}`)
	routes := 0
	grow := func(to int) {
		for ; routes < to; routes++ {
			s.mustControl(t, post, api+"/routes", fmt.Sprintf(`{"routeKey":"action%d","target":"integrations/%s"}`, routes, integration))
		}
	}
	const times = 10
	route, deployment := map[int]uint64{}, map[int]uint64{}
	for _, size := range []int{75, 150, 300, 600} {
		grow(size)
		deployment[size] = allocated(func() {
			for range times {
				s.mustControl(t, post, api+"/deployments", `{"stageName":"prod"}`)
			}
		}) / times
		route[size] = allocated(func() { grow(size + times) }) / times
		t.Logf("%d routes: a deployment allocates %d KB, one more route %d KB", size, deployment[size]>>10, route[size]>>10)
	}
	if deployment[600] > 4*deployment[300] || deployment[300] > 4*deployment[150] {
		t.Errorf("the cost of a deployment grows faster than the API: %v", deployment)
	}
	if route[600] > 4*route[75] {
		t.Errorf("the cost of a route grows with the API: %v", route)
	}
}

// allocated is how many bytes are allocated, by all that runs here, while something is done.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
