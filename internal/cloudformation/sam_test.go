package cloudformation_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gangway/internal/cloudformation"
)

// expansion is what the transform makes of a template, or why it refuses it.
type expansion struct{ Template, Error string }

// expansions expands a folder of templates by aws-sam-translator, which is the transform that AWS runs
// (github.com/aws/serverless-application-model), or skips the test where Python has it not.
func expansions(t *testing.T, folder string) map[string]expansion {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", "import samtranslator").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: Python has no samtranslator, so nothing is known about SAM's own expansion here: %v %s", err, out)
	}
	var complaints strings.Builder
	command := exec.CommandContext(t.Context(), "python3", "testdata/expand.py", folder)
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("expand.py: %v: %s", err, complaints.String())
	}
	var found map[string]expansion
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// whole is all that is in a template.
func whole(t *testing.T, name string, text []byte) map[string]any {
	t.Helper()
	template, err := cloudformation.Read(name, "", text, cloudformation.Options{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	found := map[string]any{}
	for _, r := range template.Resources {
		// What roles permit is not expanded here.
		if r.Type == "AWS::IAM::Role" {
			found[r.ID] = r.Type
			continue
		}
		made, err := r.Properties(made{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		found[r.ID] = map[string]any{"Type": r.Type, "Properties": sorted(made), "DependsOn": r.DependsOn, "Metadata": r.Metadata}
	}
	for _, o := range template.Outputs {
		value, err := o.Value(made{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		found["output "+o.Name] = value
	}
	return found
}

// sorted makes tags a map: their order means nothing.
func sorted(properties map[string]any) map[string]any {
	if tags, ok := properties["Tags"].([]any); ok {
		byKey := map[string]any{}
		for _, tag := range tags {
			one, _ := tag.(map[string]any)
			key, _ := one["Key"].(string)
			byKey[key] = one["Value"]
		}
		properties["Tags"] = byKey
	}
	return properties
}

func TestSAM(t *testing.T) {
	const folder = "testdata/sam"
	for name, expanded := range expansions(t, folder) {
		t.Run(name, func(t *testing.T) {
			if expanded.Error != "" {
				t.Fatalf("SAM refuses the template: %s", expanded.Error)
			}
			text, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			want, got := whole(t, name+".json", []byte(expanded.Template)), whole(t, name, text)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("SAM's expansion and ours differ (-SAM +ours):\n%s", diff)
			}
		})
	}
}

func TestSAMRefuses(t *testing.T) {
	const folder = "testdata/refused"
	for name, expanded := range expansions(t, folder) {
		t.Run(name, func(t *testing.T) {
			if expanded.Error == "" {
				t.Fatal("SAM does not refuse the template")
			}
			text, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			_, err = cloudformation.Read(name, "", text, cloudformation.Options{})
			if err == nil {
				t.Fatalf("the template is read, SAM says: %s", expanded.Error)
			}
			if !strings.HasPrefix(err.Error(), name+":") {
				t.Errorf("the error has no position: %v", err)
			}
			t.Logf("ours: %v\nSAM: %s", err, expanded.Error)
		})
	}
}
