package stack_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gangway/internal/stack"
)

// state is what the state file of the stack chat says.
func (p *plane) state() string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, "chat.json"))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// A removal that fails tells nothing that has not happened, and leaves the state with all that is still there.
func TestRemoveFails(t *testing.T) {
	p := start(t)
	p.apply("chat", chat)
	before := p.state()
	p.refuse = func(operation string) bool { return strings.HasPrefix(operation, "DELETE ") }
	var told []stack.Change
	err := p.open("chat").Remove(t.Context(), func(c stack.Change) { told = append(told, c) })
	if err == nil || !strings.Contains(err.Error(), "ChatApi (AWS::ApiGatewayV2::Api): remove:") || len(told) > 0 {
		t.Errorf("told %s; the error is %v", changes(told), err)
	}
	if after := p.state(); after != before {
		t.Errorf("the state was\n%s\nand is\n%s", before, after)
	}
	p.refuse = nil
	p.steady("chat", chat)
	if err := p.open("chat").Remove(t.Context(), func(c stack.Change) { told = append(told, c) }); err != nil {
		t.Fatal(err)
	}
	if len(told) != 7 || told[6].ID != "ChatApi" {
		t.Errorf("told %s", changes(told))
	}
	p.empty()
}

// The same holds for an API that a template has no longer.
func TestRemovalFails(t *testing.T) {
	p := start(t)
	p.apply("chat", chat)
	moved := change(t, chat, "ChatApi", "Api")
	p.refuse = func(operation string) bool {
		return strings.HasPrefix(operation, "DELETE /v2/apis/") && strings.Count(operation, "/") == 3
	}
	_, err := p.try("chat", moved)
	if err == nil || !strings.Contains(p.state(), `"id": "ChatApi"`) || !strings.Contains(p.state(), `"old": true`) {
		t.Errorf("%v; the state is %s", err, p.state())
	}
	p.refuse = nil
	p.apply("chat", moved)
	p.steady("chat", moved)
	if apis := p.all("/v2/apis", "apiId"); len(apis) != 1 {
		t.Errorf("apis: %v", apis)
	}
}

// kept gives a resource of a template a policy.
func kept(t *testing.T, text, id, policy string) string {
	t.Helper()
	return change(t, text, "\n  "+id+":\n", "\n  "+id+":\n    "+policy+": Retain\n")
}

// What is to be retained is left when the template has it no longer, and forgotten.
func TestRetain(t *testing.T) {
	p := start(t)
	text := kept(t, chat, "SendRoute", "DeletionPolicy")
	api := "/v2/apis/" + p.apply("chat", chat).APIs[0].ID
	if done := p.apply("chat", text); len(done.writes) > 0 {
		t.Errorf("a policy wrote %s", done.writes)
	}
	done := p.apply("chat", without(t, text, "SendRoute"))
	if planned, told := changes(done.plan.Changes), changes(done.told); planned != "retain SendRoute" || told != planned {
		t.Errorf("planned %s, told %s", planned, told)
	}
	if p.all(api+"/routes", "routeKey")["send"] == nil || strings.Contains(p.state(), "SendRoute") {
		t.Errorf("routes: %v, state: %s", p.all(api+"/routes", "routeKey"), p.state())
	}
	if done := p.apply("chat", chat); len(done.writes) > 0 { // it is back, and its policy is not
		t.Errorf("wrote %s", done.writes)
	}
	gone := "remove Stage; remove Deployment; remove SendRoute; remove DefaultRoute; remove ConnectRoute; remove Integration; remove ChatApi"
	var told []stack.Change
	if err := p.open("chat").Remove(t.Context(), func(c stack.Change) { told = append(told, c) }); err != nil || changes(told) != gone {
		t.Errorf("told %s; %v", changes(told), err)
	}
}

// An API that is retained stays when all else of its stack is deleted, and is found when that comes back. What stands below
// one that goes can not stay.
func TestRetainRemoved(t *testing.T) {
	p := start(t)
	text := kept(t, everything, "Api", "DeletionPolicy")
	p.apply("all", text)
	removed := func() []stack.Change {
		var told []stack.Change
		if err := p.open("all").Remove(t.Context(), func(c stack.Change) { told = append(told, c) }); err != nil {
			t.Fatal(err)
		}
		return told
	}
	if told := changes(removed()); strings.Count(told, "remove ") != 16 || !strings.Contains(told, "retain Api") {
		t.Errorf("told %s", told)
	}
	apis := p.all("/v2/apis", "name")
	if len(apis) != 1 || apis["all"] == nil {
		t.Fatalf("apis: %v", apis)
	}
	id, _ := apis["all"]["apiId"].(string)
	for _, below := range []string{"routes", "integrations", "stages", "deployments", "models", "authorizers"} {
		if left := p.all("/v2/apis/"+id+"/"+below, "x"); len(left) > 0 {
			t.Errorf("left of the %s: %v", below, left)
		}
	}
	if back := p.apply("all", kept(t, everything, "Say", "DeletionPolicy")); back.APIs[0].ID != id {
		t.Errorf("the API was %s and is %s", id, back.APIs[0].ID)
	}
	if told := changes(removed()); strings.Contains(told, "retain") || !strings.Contains(told, "remove Say") {
		t.Errorf("told %s", told)
	}
	p.empty()
}

// What has been replaced is retained if the template says so; where only one can be, that is refused.
func TestRetainReplaced(t *testing.T) {
	p := start(t)
	text := kept(t, chat, "Deployment", "UpdateReplacePolicy")
	api := "/v2/apis/" + p.apply("chat", text).APIs[0].ID
	text = change(t, text, "RouteKey: send", "RouteKey: say")
	done := p.apply("chat", text)
	if told := changes(done.told); told != "update SendRoute RouteKey; replace Deployment; update Stage DeploymentId; retain Deployment" {
		t.Errorf("told %s", told)
	}
	if n := len(p.all(api+"/deployments", "deploymentId")); n != 2 {
		t.Errorf("%d deployments", n)
	}
	p.steady("chat", text)
	text = change(t, kept(t, text, "DefaultRoute", "UpdateReplacePolicy"), `RouteKey: $default, Target: !Sub "integrations/${Integration}"`, "RouteKey: $default")
	_, err := p.try("chat", text)
	if err == nil || !strings.Contains(err.Error(), "has to be replaced and is to be retained, and only one can have this routeKey") {
		t.Errorf("the error is %v", err)
	}
	if p.all(api+"/routes", "routeKey")["$default"] == nil {
		t.Error("the route was deleted")
	}
}

// A route is not taken from one that is retained.
func TestRetainHoldsKey(t *testing.T) {
	p := start(t)
	text := kept(t, chat, "SendRoute", "DeletionPolicy")
	p.apply("chat", text)
	_, err := p.try("chat", change(t, without(t, text, "SendRoute"), "RouteKey: $default", "RouteKey: send"))
	if err == nil || !strings.Contains(err.Error(), "has what this one is to have, and is to be retained") {
		t.Errorf("the error is %v", err)
	}
	if deleted := slices.ContainsFunc(p.writes, func(w string) bool { return strings.HasPrefix(w, http.MethodDelete) }); deleted {
		t.Errorf("wrote %s", p.writes)
	}
}
