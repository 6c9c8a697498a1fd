package local_test

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gangway/internal/functions"
	"gangway/internal/local"
	"gangway/internal/stack"
)

// write makes a folder of files.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const manifest = `{"version": "48.0.0", "artifacts": {
	"One": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "One.template.json"}},
	"Two": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "Two.template.json", "stackName": "second"}}}}`

func TestFind(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		path  string // in the folder
		stack string
		want  string // file, or part of the error
		home  string // folder of the app
	}{
		{"SAM", map[string]string{"template.yaml": "", "serverless.yml": ""}, "", "", "template.yaml", "."},
		{"JSON", map[string]string{"template.json": "{}"}, "", "", "template.json", "."},
		{"framework", map[string]string{"serverless.yml": ""}, "", "", "serverless.yml", "."},
		{"named", map[string]string{"template.yaml": "", "other.yml": ""}, "other.yml", "", "other.yml", "."},
		{"CDK", map[string]string{"cdk.json": "", "cdk.out/manifest.json": strings.Replace(manifest, `"Two"`, `"Three"`, 1)}, "", "One", "cdk.out/One.template.json", "."},
		{"CDK's output", map[string]string{"cdk.out/manifest.json": manifest}, "cdk.out", "second", "cdk.out/Two.template.json", "."},
		{"two stacks", map[string]string{"cdk.out/manifest.json": manifest}, "", "", "has 2 stacks: say which with --name, one of One, second", ""},
		{"another stack", map[string]string{"cdk.out/manifest.json": manifest}, "", "Three", `has no stack "Three": expected one of One, second`, ""},
		{"not synthesised", map[string]string{"cdk.json": "{}"}, "", "", "run cdk synth first", ""},
		{"nothing", nil, "", "", "expected one of template.yaml, ", ""},
		{"no such file", nil, "there", "", "no template: ", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := write(t, tt.files)
			got, err := local.Find(filepath.Join(dir, tt.path), tt.stack)
			if tt.home == "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Fatalf("error %v, expected %q", err, tt.want)
				}
				return
			}
			if err != nil || got.File != filepath.Join(dir, filepath.FromSlash(tt.want)) || got.Folder() != filepath.Join(dir, tt.home) {
				t.Errorf("found %q in %q, %v", got.File, got.Folder(), err)
			}
		})
	}
}

// open opens an app of which nothing is made.
func open(t *testing.T, dir, name string) (*local.App, error) {
	t.Helper()
	source, err := local.Find(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	nobody := func(context.Context, string, string, any) (map[string]any, error) {
		return nil, errors.New("nobody is called")
	}
	return local.Open(local.Config{Source: source, Name: name, Folder: filepath.Join(dir, ".gangway"), Call: nobody})
}

// TestName: the name of a stack comes from that of the folder, and keeps CloudFormation's rule ("Stack name" in "CreateStack").
func TestName(t *testing.T) {
	for folder, want := range map[string]string{
		"chat": "chat", "my chat_app": "my-chat-app", "1st": "app-1st", "été": "t", "___": "app-", strings.Repeat("a", 200): strings.Repeat("a", 100),
	} {
		dir := write(t, map[string]string{folder + "/template.yaml": "Resources: {}"})
		app, err := open(t, filepath.Join(dir, folder), "")
		if err != nil || strings.TrimSuffix(want, "-") != app.Name() {
			t.Errorf("a folder %.20q makes %v, %v", folder, app, err)
		}
	}
	dir := write(t, map[string]string{"template.yaml": ""})
	if _, err := open(t, dir, "1 2"); err == nil || !strings.Contains(err.Error(), "expected a letter, then letters, digits and hyphens") {
		t.Errorf("a name with a space: %v", err)
	}
}

// TestChanged: a template that is edited is told of, also if it was wrong before, and an edit is never missed that came while it was read.
func TestChanged(t *testing.T) {
	dir := write(t, map[string]string{"template.yaml": "Resources: [wrong"})
	app, err := open(t, dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.Plan(t.Context()); err == nil || !strings.Contains(err.Error(), "template.yaml:1") {
		t.Fatalf("the plan of a template that is none: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "template.yaml"), []byte("Resources: {}"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := app.Changed(ctx); err != nil {
		t.Errorf("the change was not seen: %v", err)
	}
	if _, err := app.Plan(ctx); err != nil {
		t.Errorf("the plan of a template without resources: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "template.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := app.Changed(ctx); err != nil {
		t.Errorf("that it was removed was not seen: %v", err)
	}
	if _, err := app.Plan(ctx); err == nil || !strings.Contains(err.Error(), "is not there any more") {
		t.Errorf("the plan of no template: %v", err)
	}
}

// archive makes a zip file.
func archive(t *testing.T, path string, files map[string]string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(file)
	for name, text := range files {
		out, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestUnpack: code in an archive is unpacked once, and nothing of it lands elsewhere.
func TestUnpack(t *testing.T) {
	dir := write(t, map[string]string{"template.yaml": "Resources: {}"})
	app, err := open(t, dir, "")
	if err != nil {
		t.Fatal(err)
	}
	good := filepath.Join(dir, "good.zip")
	archive(t, good, map[string]string{"app.js": "exports", "lib/a.js": "1", "empty/": ""})
	place, err := local.Unpacked(app, good)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(place, "lib", "a.js")); err != nil || string(text) != "1" {
		t.Errorf("unpacked %q, %v", text, err)
	}
	if again, err := local.Unpacked(app, good); err != nil || again != place {
		t.Errorf("again unpacked to %q, %v", again, err)
	}
	if err := os.WriteFile(filepath.Join(place, "app.js"), []byte("EXPORTS"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again, err := local.Unpacked(app, good); err != nil || again != place {
		t.Errorf("after a change of it unpacked to %q, %v", again, err)
	}
	if text, err := os.ReadFile(filepath.Join(place, "app.js")); err != nil || string(text) != "exports" {
		t.Errorf("what was changed is %q, %v", text, err)
	}
	for name, want := range map[string]string{"../out.js": "leads out", "/abs.js": "leads out", "a/../../b": "leads out"} {
		bad := filepath.Join(dir, "bad.zip")
		archive(t, bad, map[string]string{name: "x"})
		if _, err := local.Unpacked(app, bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("an archive with %s: %v", name, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(place), ".new-*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if got, err := local.Unpacked(app, dir); err != nil || got != dir {
		t.Errorf("a folder: %q, %v", got, err)
	}
	if _, err := local.Unpacked(app, filepath.Join(dir, "none")); err == nil {
		t.Error("code that is not there was found")
	}
}

// TestSweep: code that no function has any more goes, with what a killed run has begun; what is used or at work stays.
func TestSweep(t *testing.T) {
	dir := write(t, map[string]string{"template.yaml": "Resources: {}"})
	app, err := open(t, dir, "")
	if err != nil {
		t.Fatal(err)
	}
	host := functions.New(functions.Config{Poll: -1})
	t.Cleanup(func() { _ = host.Close(context.Background()) }) // nothing runs
	var places []string
	for _, text := range []string{"used", "layer", "held", "old"} {
		path := filepath.Join(dir, text+".zip")
		archive(t, path, map[string]string{"app.py": text})
		place, err := local.Unpacked(app, path)
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, place)
	}
	begun := filepath.Join(filepath.Dir(places[0]), ".new-1")
	if err := os.Mkdir(begun, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := host.Set([]functions.Function{{Name: "held", Runtime: "python3.12", Handler: "app.handler", Dir: places[2]}}); err != nil {
		t.Fatal(err)
	}
	if err := local.Sweep(app, host, functions.Function{Dir: places[0], Layers: []string{places[1]}}); err != nil {
		t.Fatal(err)
	}
	for i, place := range append(places, begun) {
		if _, err := os.Stat(place); (err == nil) != (i < 3) {
			t.Errorf("folder %d: %v", i, err)
		}
	}
}

// TestExports: what one stack exports another imports, and nobody once it is taken away ("Fn::ImportValue").
func TestExports(t *testing.T) {
	folder := t.TempDir()
	network, chat := &local.Config{Name: "network", Folder: folder}, &local.Config{Name: "chat", Folder: folder}
	if _, err := local.Imported(chat, "Table"); err == nil || !strings.Contains(err.Error(), `exports "Table": bring the one up first`) {
		t.Errorf("what nobody exports: %v", err)
	}
	for _, c := range []*local.Config{network, chat} {
		if err := local.Export(c, stack.Output{Name: "A", Export: "Table", Value: c.Name + "-table"}, stack.Output{Name: "B", Value: "private"}); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := local.Imported(chat, "Table"); err != nil || got != "network-table" {
		t.Errorf("imported %q, %v", got, err)
	}
	if err := local.Export(network); err != nil {
		t.Fatal(err)
	}
	if got, err := local.Imported(chat, "Table"); err == nil {
		t.Errorf("what is exported no more was imported: %q", got)
	}
	if err := os.WriteFile(filepath.Join(folder, "exports.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := local.Imported(chat, "Table"); err == nil || !strings.Contains(err.Error(), "exports.json") {
		t.Errorf("from a file that is damaged: %v", err)
	}
}

// TestFilesOfOthers: a template has nothing read that lies elsewhere, neither by its path nor by a link, and shows nothing of it.
func TestFilesOfOthers(t *testing.T) {
	secret := filepath.Join(write(t, map[string]string{"shadow": "root: secret-hash\n"}), "shadow")
	nested := `Resources: {N: {Type: "AWS::CloudFormation::Stack", Properties: {TemplateURL: %s}}}`
	inside := "Resources: {T: {Type: AWS::SNS::Topic}}"
	for name, c := range map[string]struct {
		template, folder string
		repository       bool
		want             string // in the error; empty: none
	}{
		"a path":                    {template: secret, want: "where the app's files are"},
		"a link":                    {template: "link.yaml", want: "where the app's files are"},
		"beside it":                 {template: "sub/inner.yaml"},
		"above it":                  {template: "../above.yaml", folder: "app", want: "where the app's files are"},
		"above, in its repository":  {template: "../above.yaml", folder: "app", repository: true},
		"a path, with a repository": {template: secret, folder: "app", repository: true, want: "where the app's files are"},
		"of what was built":         {template: "../../sub/inner.yaml", folder: ".aws-sam/build"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, map[string]string{
				filepath.Join(c.folder, "template.yaml"): fmt.Sprintf(nested, c.template), "above.yaml": inside, "sub/inner.yaml": inside,
			})
			if err := os.Symlink(secret, filepath.Join(dir, c.folder, "link.yaml")); err != nil {
				t.Skip(err)
			}
			if c.repository {
				if err := os.Mkdir(filepath.Join(dir, ".git"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			app, err := open(t, filepath.Join(dir, c.folder), "chat")
			if err != nil {
				t.Fatal(err)
			}
			_, err = app.Plan(t.Context())
			if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret-hash")) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestDamagedExports: what cannot be read of other stacks is told of, holds up who imports it, and is written anew.
func TestDamagedExports(t *testing.T) {
	for _, text := range []string{`{"other":{"na`, "", "null", "\x00\x00"} {
		dir := write(t, map[string]string{"template.yaml": "Resources: {}", ".gangway/exports.json": text})
		app, err := open(t, dir, "chat")
		if err != nil {
			t.Fatal(err)
		}
		plan, err := app.Plan(t.Context())
		if err != nil || len(plan.Notes) != 1 || !strings.Contains(plan.Notes[0].Text, "exports.json is damaged") {
			t.Errorf("%q: the plan is %+v, %v", text, plan, err)
		}
		cfg := local.Config{Name: "chat", Folder: filepath.Join(dir, ".gangway")}
		if _, err := local.Imported(&cfg, "table"); err == nil || !strings.Contains(err.Error(), "is damaged") {
			t.Errorf("%q: %v", text, err)
		}
		if err := local.Export(&cfg, stack.Output{Export: "table", Value: "t"}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		importer := local.Config{Name: "other", Folder: cfg.Folder}
		if got, err := local.Imported(&importer, "table"); got != "t" || err != nil {
			t.Errorf("%q: %q, %v", text, got, err)
		}
		if left, err := filepath.Glob(filepath.Join(cfg.Folder, ".*")); err != nil || len(left) > 0 {
			t.Errorf("%q: %v is left, %v", text, left, err)
		}
	}
}

// TestUnreadableExports: what cannot be read at all is known before anything is done.
func TestUnreadableExports(t *testing.T) {
	dir := write(t, map[string]string{"template.yaml": "Resources: {}", ".gangway/exports.json/is-a-folder": ""})
	app, err := open(t, dir, "chat")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.Plan(t.Context()); err == nil || !strings.Contains(err.Error(), "exports.json") {
		t.Errorf("the plan: %v", err)
	}
	if err := app.Remove(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "exports.json") {
		t.Errorf("taking it away: %v", err)
	}
}
