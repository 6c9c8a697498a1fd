package local_test

import (
	"path/filepath"
	"strings"
	"testing"

	"gangway/internal/local"
)

// TestOwnRegion: a serverless.yml says where it belongs, by variables as well; a template does not ("AWS - Provider configuration" of the
// Serverless Framework).
func TestOwnRegion(t *testing.T) {
	for name, row := range map[string]struct{ file, text, stage, want string }{
		"said":          {"serverless.yml", "service: a\nprovider: {name: aws, region: eu-west-1}\n", "", "eu-west-1"},
		"by stage":      {"serverless.yml", "service: a\nprovider: {name: aws, region: '${self:custom.where.${sls:stage}}'}\ncustom: {where: {prod: eu-central-1}}\n", "prod", "eu-central-1"},
		"by the option": {"serverless.yml", "service: a\nprovider: {name: aws, region: '${opt:region, \"us-west-2\"}'}\n", "", "us-west-2"},
		"not said":      {"serverless.yml", "service: a\nprovider: aws\n", "", ""},
		"wrong":         {"serverless.yml", "service: a\nprovider: {name: aws, region: '${self:nowhere}'}\n", "", ""},
		"no YAML":       {"serverless.yml", "service: [", "", ""},
		"a template":    {"template.yaml", "provider: {name: aws, region: eu-west-1}\n", "", ""},
	} {
		dir := write(t, map[string]string{row.file: row.text})
		source, err := local.Find(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		asked := local.Config{Source: source, Stage: row.stage}
		if got := asked.OwnRegion(); got != row.want {
			t.Errorf("%s: %q, not %q", name, got, row.want)
		}
	}
}

// TestWrongFunction: what no host takes is told of by where it stands in the template, before anything is made.
func TestWrongFunction(t *testing.T) {
	dir := write(t, map[string]string{"src/app.js": "", "template.yaml": `Resources:
  A: {Type: "AWS::Lambda::Function", Properties: {FunctionName: one, Code: src, Runtime: nodejs22.x, Handler: app.handler}}
  B: {Type: "AWS::Lambda::Function", Properties: {FunctionName: one, Code: src, Runtime: nodejs22.x, Handler: app.handler}}
  C: {Type: "AWS::Lambda::Function", Properties: {Code: src, Runtime: nodejs22.x, Handler: handler}}
  D: {Type: "AWS::Lambda::Function", Properties: {Code: src, Runtime: nodejs22.x, Handler: app.handler, Timeout: 1000}}
`})
	app, err := open(t, dir, "chat")
	if err != nil {
		t.Fatal(err)
	}
	_, err = app.Plan(t.Context())
	if err == nil {
		t.Fatal("there is no error")
	}
	for _, want := range []string{
		filepath.Join(dir, "template.yaml") + ":3:3: function B: function A has the name one as well", ":4:3: function C: function chat-C: the handler \"handler\"",
		":5:3: function D: function chat-D: the timeout",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nhas no %s", err, want)
		}
	}
}
