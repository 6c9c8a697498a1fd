package stack_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"gangway/internal/cloudformation"
	"gangway/internal/stack"
)

// FuzzPlan plans and applies any template against a control plane that answers everything with the same odd object. Nothing
// may panic, and a template that can be planned names each resource of ours once.
func FuzzPlan(f *testing.F) {
	for _, text := range []string{chat, everything, echo, sam} {
		f.Add(text)
	}
	f.Add("Resources: {A: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: a, StageName: b, RouteSettings: {x: {}}, Tags: []}}}")
	f.Add("Resources: {A: {Type: AWS::ApiGateway::ApiKey, Properties: {Tags: [{Key: a, Value: b}, {Key: 1}], StageKeys: x}}}")
	f.Fuzz(func(t *testing.T, text string) {
		template, err := cloudformation.Read("fuzz.yaml", ".", []byte(text), cloudformation.Options{})
		if err != nil {
			return
		}
		odd := map[string]any{
			"items": []any{map[string]any{"apiId": "a", "routeKey": 1.0, "tags": "x", "apiStages": []any{"y", nil}}, 7.0, nil},
			"item":  []any{map[string]any{"id": "a", "tags": map[string]any{stack.OwnerTag: 1.0}}}, "nextToken": "", "apiStages": 1.0,
		}
		for _, member := range []string{"apiId", "routeId", "integrationId", "stageName", "deploymentId", "id"} {
			odd[member] = "b"
		}
		s, err := stack.Open(stack.Config{
			Name: "fuzz", State: filepath.Join(t.TempDir(), "state.json"),
			Call: func(context.Context, string, string, any) (map[string]any, error) { return odd, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		plan, err := s.Plan(t.Context(), template)
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" {
				t.Error("an error without a text")
			}
			return
		}
		seen := map[string]bool{}
		for _, change := range plan.Changes {
			if seen[change.ID] {
				t.Errorf("%s is planned twice", change.ID)
			}
			seen[change.ID] = true
		}
		_, _ = s.Apply(t.Context(), plan, nil) // it may not be taken
	})
}
