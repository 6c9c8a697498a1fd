package serverless_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gangway/internal/serverless"
)

var update = flag.Bool("update", false, "let the framework write testdata/services/*/STAGE.json anew; see TestFramework")

// stages are those for which each service was packaged.
var stages = []string{"dev", "prod"}

// TestServices holds what is made of each service against what the framework made of it: osls 4.3.1, `osls package`, file
// .serverless/cloudformation-template-update-stack.json.
func TestServices(t *testing.T) {
	for _, folder := range services(t) {
		for _, stage := range stages {
			t.Run(filepath.Base(folder)+"/"+stage, func(t *testing.T) {
				want, err := os.ReadFile(filepath.Join(folder, stage+".json"))
				if err != nil {
					t.Fatal(err)
				}
				compare(t, folder, stage, want)
			})
		}
	}
}

// TestFramework asks the framework itself, where it is installed: GANGWAY_OSLS names its executable, or it is where
// test/load/peers.sh puts it.
func TestFramework(t *testing.T) {
	osls := os.Getenv("GANGWAY_OSLS")
	if osls == "" {
		cache, _ := os.UserCacheDir()
		osls = filepath.Join(cache, "gangway-peers/npm/node_modules/serverless/bin/serverless.js")
	}
	if _, err := os.Stat(osls); err != nil {
		t.Skip("osls is not installed: run test/load/peers.sh, or say in GANGWAY_OSLS where it is")
	}
	if testing.Short() {
		t.Skip("a run of the framework for each service takes a while")
	}
	for _, folder := range services(t) {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			copied := t.TempDir()
			if err := os.CopyFS(copied, os.DirFS(folder)); err != nil {
				t.Fatal(err)
			}
			// The framework packs something only if there is something.
			if err := os.WriteFile(filepath.Join(copied, "handler.js"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, stage := range stages {
				if stage != stages[0] && !*update {
					return // what was written down is enough for the others
				}
				made := framework(t, osls, copied, stage)
				compare(t, folder, stage, made)
				if *update {
					if err := os.WriteFile(filepath.Join(folder, stage+".json"), stripped(t, made), 0o600); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}

// framework packages the service in a folder and gives the template.
func framework(t *testing.T, osls, folder, stage string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, osls, "package", "--stage", stage)
	command.Dir = folder
	command.WaitDelay = time.Second
	command.Env = append(os.Environ(), "SLS_TELEMETRY_DISABLED=1", "SLS_NOTIFICATIONS_MODE=off")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("osls package: %v\n%s", err, out)
	}
	made, err := os.ReadFile(filepath.Join(folder, ".serverless/cloudformation-template-update-stack.json"))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func services(t *testing.T) []string {
	t.Helper()
	folders, err := filepath.Glob("testdata/services/*")
	if err != nil || len(folders) < 6 {
		t.Fatalf("%d services to compare (%v)", len(folders), err)
	}
	return folders
}

// compare reads a service and holds it against a template of the framework.
func compare(t *testing.T, folder, stage string, want []byte) {
	t.Helper()
	made := read(t, filepath.Join(folder, "serverless.yml"), serverless.Options{Stage: stage})
	var got, wanted map[string]any
	decode(t, made.Text(), &got)
	decode(t, stripped(t, want), &wanted)
	trim(got)
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("the framework has -, we have +\n%s", diff)
	}
}

func read(t *testing.T, path string, o serverless.Options) *serverless.Service {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	made, err := serverless.Read("serverless.yml", filepath.Dir(path), text, o)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// stripped is a template of the framework without what it has for itself: archives, versions, other events.
func stripped(t *testing.T, text []byte) []byte {
	t.Helper()
	var template map[string]any
	decode(t, text, &template)
	trim(template)
	var made bytes.Buffer
	encoder := json.NewEncoder(&made)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(template); err != nil {
		t.Fatal(err)
	}
	return made.Bytes()
}

// trim takes out of a template what the framework has for itself, and what is not of interest here.
func trim(template map[string]any) {
	resources, _ := template["Resources"].(map[string]any)
	for id, one := range resources {
		resource, _ := one.(map[string]any)
		kind, _ := resource["Type"].(string)
		properties, _ := resource["Properties"].(map[string]any)
		switch {
		case strings.HasPrefix(id, "ServerlessDeploymentBucket"), strings.HasPrefix(id, "Custom"),
			strings.HasPrefix(id, "IamRoleCustom"), strings.Contains(id, "PermissionApiGateway"),
			strings.Contains(id, "EventsRule"), kind == "AWS::Lambda::Version", strings.HasPrefix(kind, "AWS::ApiGateway::"):
			delete(resources, id)
		case id == "IamRoleLambdaExecution":
			delete(properties, "Policies")
		case kind == "AWS::Lambda::Function":
			delete(properties, "Code")
		}
	}
	outputs, _ := template["Outputs"].(map[string]any)
	for name := range outputs {
		if slices.Contains([]string{"ServiceEndpoint", "ServerlessDeploymentBucketName"}, name) ||
			strings.HasSuffix(name, "LambdaFunctionQualifiedArn") {
			delete(outputs, name)
		}
	}
}
