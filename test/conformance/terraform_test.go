package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gangway/internal/node"
)

// terraformTypes are the resources and data sources that a WebSocket API has: those of "hashicorp/aws" under "API Gateway
// V2", without the ones for HTTP APIs, and what a WebSocket API needs of those under "API Gateway".
var terraformTypes = []string{
	"aws_apigatewayv2_api", "aws_apigatewayv2_api_mapping", "aws_apigatewayv2_authorizer", "aws_apigatewayv2_deployment",
	"aws_apigatewayv2_domain_name", "aws_apigatewayv2_integration", "aws_apigatewayv2_integration_response", "aws_apigatewayv2_model",
	"aws_apigatewayv2_route", "aws_apigatewayv2_route_response", "aws_apigatewayv2_stage", "aws_apigatewayv2_vpc_link",
	"aws_api_gateway_account", "aws_api_gateway_api_key", "aws_api_gateway_client_certificate", "aws_api_gateway_usage_plan",
	"aws_api_gateway_usage_plan_key", "aws_api_gateway_vpc_link",
	"data.aws_api_gateway_api_key", "data.aws_api_gateway_vpc_link", "data.aws_apigatewayv2_api", "data.aws_apigatewayv2_apis",
	"data.aws_apigatewayv2_vpc_link",
}

// notImported are the attributes that the provider never reads from the service, so that no import can know them.
var notImported = map[string][]string{
	"aws_api_gateway_account.account":  {"reset_on_delete"},
	"aws_apigatewayv2_deployment.chat": {"triggers"},
}

// What makes the configuration its second self, and what has it do without triggers.
const (
	changed    = "-var=changed=true"
	asImported = "-var=imported=true"
)

// TestTerraform has Terraform and the provider that real users have make a WebSocket API with everything that belongs to
// it, change nearly all of it, import it into an empty state, and take it away (case 147). After each step a plan is empty: what was
// written is read back. Source: the provider's acceptance tests (github.com/hashicorp/terraform-provider-aws,
// internal/service/apigatewayv2) want the same of AWS.
//
// The second apply changes access logs and does not remove them: the service ignores the empty object that the provider
// sends then, and the plan is never empty again.
func TestTerraform(t *testing.T) {
	s := startNode(t, node.Config{})
	tf := newTerraform(t, s)
	tf.apply()
	tf.wantSettled()
	tf.apply(changed)
	tf.wantSettled(changed)
	tf.wantAgreements()

	state := tf.state()
	wantTypes(t, state)
	again := tf.imported(state)
	again.wantImported()
	again.apply(changed, asImported)
	again.wantSettled(changed, asImported)

	// An API that is deleted behind Terraform's back is planned again (case 14).
	var other string
	again.output("other", &other)
	s.mustControl(t, remove, "/v2/apis/"+other, nil)
	wanted := []string{"create aws_apigatewayv2_api.other", "create aws_apigatewayv2_route.other"}
	if got := again.planned(changed, asImported); !slices.Equal(got, wanted) {
		t.Errorf("behind Terraform's back an API was deleted, and it plans %q, expected %q", got, wanted)
	}
	again.run("destroy", "-auto-approve", changed, asImported)
	wantNothingLeft(t, s)
}

// terraform runs the real Terraform in a folder.
type terraform struct {
	*testing.T
	path, dir string
	env       []string
	override  bool // the provider is used as it lies there, without an installation
}

// newTerraform finds Terraform and its provider, or skips the test.
func newTerraform(t *testing.T, s *server) *terraform {
	t.Helper()
	path := tool(t, "terraform")
	provider := findProvider(t)
	home := t.TempDir()
	settings, override := providerSettings(provider)
	file := filepath.Join(home, "terraform.rc")
	must(t, os.WriteFile(file, []byte(settings), 0o600))
	tf := &terraform{T: t, path: path, dir: testdata(t, "terraform"), override: override}
	tf.env = append(s.wholeEnvironment(home), "TF_CLI_CONFIG_FILE="+file, "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1")
	tf.init()
	return tf
}

// findProvider finds the program of the provider below a folder that the variable GANGWAY_TERRAFORM_PLUGINS names, or in
// the usual ones, where it may lie in the layout of a mirror or by itself.
func findProvider(t *testing.T) string {
	t.Helper()
	home, _ := os.UserHomeDir() // without one there is one folder less to look into
	roots := []string{
		filepath.Join(home, ".terraform.d", "plugins"), filepath.Join(home, ".terraform.d"),
		"/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", "/usr/local", "/opt",
	}
	if named := os.Getenv("GANGWAY_TERRAFORM_PLUGINS"); named != "" {
		roots = []string{named}
	}
	mirror := filepath.Join("*", "hashicorp", "aws", "*", runtime.GOOS+"_"+runtime.GOARCH)
	for _, root := range roots {
		for _, layout := range []string{mirror, filepath.Join("*", mirror), "", "*", filepath.Join("*", "*")} {
			found, err := filepath.Glob(filepath.Join(root, layout, "terraform-provider-aws*"))
			must(t, err)
			found = slices.DeleteFunc(found, func(path string) bool { // archives, and folders of that name
				info, err := os.Stat(path)
				return err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0
			})
			if len(found) > 0 {
				return found[len(found)-1]
			}
		}
	}
	t.Skipf("SKIPPED: no terraform-provider-aws below %s; name a folder with GANGWAY_TERRAFORM_PLUGINS", strings.Join(roots, ", "))
	return ""
}

// providerSettings are settings of Terraform's command line with which it finds the provider and asks no registry.
func providerSettings(provider string) (settings string, override bool) {
	dir := filepath.Dir(provider)
	root := filepath.Join(dir, "..", "..", "..", "..", "..")
	if inside, err := filepath.Rel(root, dir); err == nil && strings.HasPrefix(inside, filepath.Join("registry.terraform.io", "hashicorp", "aws")) {
		return fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", root), false
	}
	return fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"hashicorp/aws\" = %q\n  }\n}\n", dir), true
}

// wholeEnvironment is that of a user who has evaluated what `gangway env` prints.
func (s *server) wholeEnvironment(home string) []string {
	return append(s.environment(home), "AWS_REGION="+region, "AWS_ENDPOINT_URL_API_GATEWAY="+s.admin, "AWS_ENDPOINT_URL_STS="+s.admin)
}

func (tf *terraform) init() {
	tf.Helper()
	if !tf.override { // Terraform takes an overriding provider as it is, and would look for it in the registry here
		tf.run("init")
	}
}

// run wants a command to succeed, and returns what it prints on its standard output.
func (tf *terraform) run(arguments ...string) string {
	tf.Helper()
	command := exec.CommandContext(context.WithoutCancel(tf.Context()), tf.path, arguments...)
	command.Env, command.Dir = append(tf.env, "TF_CLI_ARGS=-no-color"), tf.dir
	out, err := command.Output()
	if err != nil {
		var complaint []byte
		if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Output returns it as it is
			complaint = exit.Stderr
		}
		tf.Fatalf("terraform %s: %v: %s%s", strings.Join(arguments, " "), err, out, complaint)
	}
	return string(out)
}

func (tf *terraform) apply(arguments ...string) {
	tf.Helper()
	tf.run(append([]string{"apply", "-auto-approve"}, arguments...)...)
}

// wantSettled wants a plan to be empty: exit status 0 of -detailed-exitcode.
func (tf *terraform) wantSettled(arguments ...string) {
	tf.Helper()
	tf.run(append([]string{"plan", "-detailed-exitcode"}, arguments...)...)
}

// state is what Terraform knows: the attributes of each resource and data source by its address.
func (tf *terraform) state() map[string]map[string]any {
	tf.Helper()
	var shown struct {
		Values struct {
			RootModule struct {
				Resources []struct {
					Address string
					Values  map[string]any
				}
			} `json:"root_module"`
		}
	}
	must(tf.T, json.Unmarshal([]byte(tf.run("show", "-json")), &shown))
	all := map[string]map[string]any{}
	for _, resource := range shown.Values.RootModule.Resources {
		all[resource.Address] = resource.Values
	}
	return all
}

// output decodes an output of the configuration.
func (tf *terraform) output(name string, onto any) {
	tf.Helper()
	must(tf.T, json.Unmarshal([]byte(tf.run("output", "-json", name)), onto))
}

// wantTypes wants a state to have all there is.
func wantTypes(t *testing.T, state map[string]map[string]any) {
	t.Helper()
	have := map[string]bool{}
	for address := range state {
		have[address[:strings.LastIndex(address, ".")]] = true
	}
	for _, name := range terraformTypes {
		if !have[name] {
			t.Errorf("the configuration has no %s", name)
		}
	}
}

// wantAgreements wants data sources to read what was made.
func (tf *terraform) wantAgreements() {
	tf.Helper()
	var agreements map[string]bool
	tf.output("agreements", &agreements)
	for name, agrees := range agreements {
		if !agrees {
			tf.Errorf("the data source for %q is not what was made", name)
		}
	}
}

// imported is the same configuration in another folder, with a block for each resource that is to be imported.
func (tf *terraform) imported(state map[string]map[string]any) *terraform {
	tf.Helper()
	again := *tf
	again.dir = testdata(tf.T, "terraform")
	var blocks strings.Builder
	for _, address := range slices.Sorted(maps.Keys(state)) {
		if !strings.HasPrefix(address, "data.") {
			fmt.Fprintf(&blocks, "import {\n  to = %s\n  id = %q\n}\n", address, importID(address, state[address]))
		}
	}
	must(tf.T, os.WriteFile(filepath.Join(again.dir, "import.tf"), []byte(blocks.String()), 0o600))
	again.init()
	return &again
}

// importID is what the provider's documentation says under "Import" of each resource.
func importID(address string, values map[string]any) string {
	kind, _, _ := strings.Cut(address, ".")
	parts := map[string][]string{
		"aws_apigatewayv2_api_mapping":          {"id", "domain_name"},
		"aws_apigatewayv2_integration_response": {"api_id", "integration_id", "id"},
		"aws_apigatewayv2_route_response":       {"api_id", "route_id", "id"},
		"aws_api_gateway_usage_plan_key":        {"usage_plan_id", "key_id"},
	}[kind]
	if parts == nil {
		parts = []string{"id"}
		if values["api_id"] != nil {
			parts = []string{"api_id", "id"}
		}
	}
	for i, part := range parts {
		parts[i] = text(values, part)
	}
	return strings.Join(parts, "/")
}

// change is what a plan has for one resource.
type change struct {
	Address string
	Change  struct {
		Actions       []string
		Before, After map[string]any
		Importing     *struct{ ID string }
	}
}

func (tf *terraform) plan(arguments ...string) []change {
	tf.Helper()
	tf.run(append([]string{"plan", "-out=plan"}, arguments...)...)
	var plan struct {
		ResourceChanges []change `json:"resource_changes"`
	}
	must(tf.T, json.Unmarshal([]byte(tf.run("show", "-json", "plan")), &plan))
	return plan.ResourceChanges
}

// planned is what a plan would do, but for data sources that wait for it.
func (tf *terraform) planned(arguments ...string) []string {
	tf.Helper()
	var all []string
	for _, c := range tf.plan(arguments...) {
		if what := strings.Join(c.Change.Actions, "+"); what != "no-op" && what != "read" {
			all = append(all, what+" "+c.Address)
		}
	}
	slices.Sort(all)
	return all
}

// wantImported wants each resource to be imported, and to be as the configuration says in all that the provider reads.
func (tf *terraform) wantImported() {
	tf.Helper()
	differing := map[string][]string{}
	for _, c := range tf.plan(changed) {
		if strings.HasPrefix(c.Address, "data.") {
			continue
		}
		if c.Change.Importing == nil {
			tf.Errorf("%s is not imported", c.Address)
		}
		if attributes := c.attributes(); len(attributes) > 0 {
			differing[c.Address] = attributes
		}
	}
	if !reflect.DeepEqual(differing, notImported) {
		tf.Errorf("what the import did not read is %q, expected %q", differing, notImported)
	}
}

// attributes are those that a change gives another value; what is known only afterwards follows from them.
func (c *change) attributes() []string {
	var touched []string
	if slices.Equal(c.Change.Actions, []string{"no-op"}) {
		return nil
	}
	for name, after := range c.Change.After {
		if !reflect.DeepEqual(after, c.Change.Before[name]) {
			touched = append(touched, name)
		}
	}
	slices.Sort(touched)
	return touched
}

// wantNothingLeft wants every list of the control plane to be empty, and the account to be as it was.
func wantNothingLeft(t *testing.T, s *server) {
	t.Helper()
	for path, list := range map[string]string{
		"/v2/apis": "items", "/v2/domainnames": "items", "/v2/vpclinks": "items",
		"/apikeys": "item", "/usageplans": "item", "/clientcertificates": "item", "/vpclinks": "item",
	} {
		got := s.mustControl(t, get, path, nil)
		if all, ok := got.object()[list].([]any); !ok || len(all) > 0 {
			t.Errorf("left in %s: %s", path, got.body)
		}
	}
	if role := s.mustControl(t, get, "/account", nil).text("cloudwatchRoleArn"); role != "" {
		t.Errorf("the account still has the role %s", role)
	}
}
