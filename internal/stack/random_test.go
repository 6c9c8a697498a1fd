package stack_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// garden is a template that grows and withers at random.
type garden struct {
	*rand.Rand
	resources map[string]any
}

func (g *garden) oneOf(texts ...string) string { return texts[g.IntN(len(texts))] }

func ref(id string) any { return map[string]any{"Ref": id} }

func resource(kind string, properties map[string]any) any {
	return map[string]any{"Type": "AWS::ApiGatewayV2::" + kind, "Properties": properties}
}

// some are a map of few keys.
func (g *garden) some(keys ...string) map[string]any {
	m := map[string]any{}
	for _, key := range keys {
		if g.IntN(2) == 0 {
			m[key] = fmt.Sprintf("'%d'", g.IntN(3))
		}
	}
	return m
}

// grow writes one resource anew, or takes one away that nothing refers to by need.
func (g *garden) grow() {
	n := g.IntN(4)
	switch g.IntN(8) {
	case 0:
		g.resources["Api"] = g.api()
	case 1, 2:
		g.resources[fmt.Sprint("Integration", n)] = g.integration()
	case 3, 4:
		g.route(fmt.Sprint("Route", n))
	case 5:
		delete(g.resources, fmt.Sprint("Route", n))
		delete(g.resources, fmt.Sprint("Reply", n))
	case 6:
		if n := fmt.Sprint(n); g.resources["Route"+n] != nil {
			g.resources["Reply"+n] = resource("RouteResponse", map[string]any{
				"ApiId": ref("Api"), "RouteId": ref("Route" + n), "RouteResponseKey": "$default",
				"ModelSelectionExpression": g.oneOf("a", "b", ""),
			})
		}
	default:
		g.resources["Stage"] = g.stage()
	}
}

func (g *garden) api() any {
	properties := map[string]any{"Name": g.oneOf("a", "b"), "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}
	if g.IntN(2) == 0 {
		properties["Description"] = g.oneOf("x", "y", "")
	}
	if g.IntN(2) == 0 {
		properties["Tags"] = g.some("a", "b", "c")
	}
	return resource("Api", properties)
}

func (g *garden) integration() any {
	properties := map[string]any{
		"ApiId": ref("Api"), "IntegrationType": "HTTP", "IntegrationUri": g.oneOf("http://a/", "http://b/"),
		"IntegrationMethod": g.oneOf("POST", "PUT"), "RequestTemplates": g.some("a", "b"),
	}
	if g.IntN(2) == 0 {
		properties["RequestParameters"] = g.some("integration.request.header.A", "integration.request.header.B")
	}
	if g.IntN(2) == 0 {
		properties["TimeoutInMillis"] = g.oneOf("500", "700")
	}
	return resource("Integration", properties)
}

// route writes a route whose key no other has: who had it takes that of this one.
func (g *garden) route(id string) {
	key := g.oneOf("a", "b", "c", "d", "$default", "$connect")
	for other, holder := range g.resources {
		properties := holder.(map[string]any)["Properties"].(map[string]any)
		if other != id && properties["RouteKey"] == key {
			mine, ok := g.resources[id].(map[string]any)
			if !ok {
				return
			}
			properties["RouteKey"] = mine["Properties"].(map[string]any)["RouteKey"]
		}
	}
	properties := map[string]any{"ApiId": ref("Api"), "RouteKey": key}
	if target := fmt.Sprint("Integration", g.IntN(4)); g.resources[target] != nil {
		properties["Target"] = map[string]any{"Fn::Sub": "integrations/${" + target + "}"}
	}
	if g.IntN(2) == 0 {
		properties["RequestParameters"] = map[string]any{"route.request.header." + g.oneOf("A", "B"): map[string]any{"Required": g.IntN(2) == 0}}
	}
	g.resources[id] = resource("Route", properties)
}

func (g *garden) stage() any {
	properties := map[string]any{"ApiId": ref("Api"), "StageName": "s", "DeploymentId": ref("Deployment")}
	if g.IntN(2) == 0 {
		properties["StageVariables"] = map[string]any{g.oneOf("a", "b"): g.oneOf("1", "2")}
	}
	if g.IntN(2) == 0 {
		properties["DefaultRouteSettings"] = map[string]any{g.oneOf("ThrottlingBurstLimit", "ThrottlingRateLimit"): g.IntN(3)}
	}
	if g.IntN(2) == 0 {
		properties["RouteSettings"] = map[string]any{g.oneOf("$connect", "$default"): map[string]any{"ThrottlingRateLimit": 0.5 + float64(g.IntN(2))}}
	}
	return resource("Stage", properties)
}

// trim takes parameters from routes that cannot be deployed with any.
func (g *garden) trim() {
	for _, r := range g.resources {
		properties := r.(map[string]any)["Properties"].(map[string]any)
		if properties["RouteKey"] != "$connect" && properties["RouteKey"] != nil {
			delete(properties, "RequestParameters")
		}
	}
}

// TestRandomEdits edits a template at random, with writes that fail now and then, and state that is lost: whatever happened
// before, what is applied last is what there is, and then there is nothing left to do.
func TestRandomEdits(t *testing.T) {
	const edits = 25
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			p := start(t)
			g := &garden{rand.New(rand.NewPCG(seed, 0)), map[string]any{
				"Deployment": resource("Deployment", map[string]any{"ApiId": ref("Api")}),
			}}
			g.resources["Api"], g.resources["Stage"], g.resources["Last"] = g.api(), g.stage(), resource("Route",
				map[string]any{"ApiId": ref("Api"), "RouteKey": "last"})
			for range edits {
				for range 1 + g.IntN(4) {
					g.grow()
				}
				g.trim()
				text, err := json.Marshal(map[string]any{"Resources": g.resources})
				if err != nil {
					t.Fatal(err)
				}
				if g.IntN(3) == 0 {
					n, failing := 0, 1+g.IntN(6)
					count := func(string) bool { n++; return n == failing }
					if p.refuse = count; g.IntN(2) == 0 {
						p.refuse, p.lose = nil, count
					}
					_, _ = p.try("random", string(text)) // it may not come that far
					p.refuse, p.lose = nil, nil
				}
				p.apply("random", string(text))
				if g.IntN(10) == 0 {
					p.forget("random")
					p.apply("random", string(text)) // integrations may be alike
				}
				p.steady("random", string(text))
				p.holds(g.resources)
				if t.Failed() {
					t.Fatalf("the template: %s", text)
				}
			}
			if err := p.open("random").Remove(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			p.empty()
		})
	}
}

// holds compares the routes that are served with those of a template.
func (p *plane) holds(resources map[string]any) {
	p.t.Helper()
	var want []string
	for _, r := range resources {
		if key, ok := r.(map[string]any)["Properties"].(map[string]any)["RouteKey"].(string); ok {
			want = append(want, key)
		}
	}
	slices.Sort(want)
	for api := range p.all("/v2/apis", "apiId") {
		snapshot := p.do("GET", "/v2/apis/"+api+"/snapshot?stageName=s", nil)
		served := map[string]bool{}
		for _, route := range snapshot["routes"].([]any) {
			served[route.(map[string]any)["routeKey"].(string)] = true
		}
		if got := slices.Sorted(maps.Keys(served)); !slices.Equal(got, want) {
			p.t.Errorf("served routes %s, want %s", got, want)
		}
	}
}
