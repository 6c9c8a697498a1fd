package conformance_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"gangway/internal/node"
	"gangway/internal/registry"
)

// saying is the code of a function that answers an event with what the event has as its body, and a word.
func saying(word string) string {
	return fmt.Sprintf(`import os

def handler(event, context):
    return {"statusCode": 200, "body": "%s " + event.get("body", "?") + " " + os.environ.get("LOUD", "")}
`, word)
}

// archive is a ZIP archive of files by name and text.
func archive(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range files {
		f, err := w.Create(name)
		must(t, err)
		_, err = io.WriteString(f, text)
		must(t, err)
	}
	must(t, w.Close())
	return out.Bytes()
}

// lambdaEnvironment is that of a user who has evaluated what `gangway env` prints of a node that hosts functions.
func (s *server) lambdaEnvironment(home string) []string {
	return append(s.wholeEnvironment(home), "AWS_ENDPOINT_URL_LAMBDA="+s.admin)
}

// TestFunctionsCLI walks a function through its life with the real AWS CLI. Source: the AWS Lambda developer guide, "Create your first
// Lambda function" by the AWS CLI; the CLI's reference.
func TestFunctionsCLI(t *testing.T) {
	tool(t, "python3")
	s := startNode(t, node.Config{HostFunctions: true})
	home := t.TempDir()
	c := &awsCLI{T: t, path: tool(t, "aws"), env: s.lambdaEnvironment(home)}
	for name, word := range map[string]string{"one.zip": "one", "two.zip": "two"} {
		must(t, os.WriteFile(filepath.Join(home, name), archive(t, map[string]string{"app.py": saying(word)}), 0o600))
	}
	out := filepath.Join(home, "out.json")
	const role = "arn:aws:iam::000000000000:role/echo"
	c.want("lambda create-function --function-name echo --runtime python3.12 --handler app.handler --role "+role+
		" --zip-file fileb://"+filepath.Join(home, "one.zip")+" --environment Variables={LOUD=yes} --tags team=a",
		`{"FunctionName": "echo", "State": "Active", "Timeout": 3, "MemorySize": 128, "Role": "`+role+`"}`)
	c.run("lambda wait function-active-v2 --function-name echo")
	invoked := func(want string) {
		t.Helper()
		c.want("lambda invoke --function-name echo "+out, `{"StatusCode": 200, "ExecutedVersion": "$LATEST"}`)
		text, err := os.ReadFile(out)
		must(t, err)
		if !strings.Contains(string(text), want) {
			t.Errorf("the function answered %s, expected %s", text, want)
		}
	}
	invoked("one ? yes")
	c.run("lambda update-function-code --function-name echo --zip-file fileb://" + filepath.Join(home, "two.zip"))
	c.run("lambda wait function-updated-v2 --function-name echo")
	invoked("two ? yes")
	c.want("lambda update-function-configuration --function-name echo --timeout 9 --environment Variables={LOUD=no}", `{"Timeout": 9}`)
	invoked("two ? no")
	c.want("lambda get-function --function-name echo", `{"Configuration": {"Timeout": 9, "Handler": "app.handler"}, "Tags": {"team": "a"}}`)
	c.want("lambda list-functions", `{"Functions": [{"FunctionName": "echo"}]}`)
	c.want("lambda list-versions-by-function --function-name echo", `{"Versions": [{"Version": "$LATEST"}]}`)
	c.want("lambda list-aliases --function-name echo", `{"Aliases": []}`)
	c.want("lambda put-function-concurrency --function-name echo --reserved-concurrent-executions 2", `{"ReservedConcurrentExecutions": 2}`)
	c.refused("lambda publish-version --function-name echo", "(InvalidParameterValueException)")
	c.refused("lambda create-function --function-name echo --runtime python3.12 --handler app.handler --role "+role+
		" --zip-file fileb://"+filepath.Join(home, "one.zip"), "(ResourceConflictException)")
	c.run("lambda delete-function --function-name echo")
	c.refused("lambda get-function --function-name echo", "(ResourceNotFoundException)")
	c.refused("lambda invoke --function-name echo "+out, "(ResourceNotFoundException)")
}

// lambdaSDK is a client of the node's Lambda API.
func (s *server) lambdaSDK(key aws.Credentials) *lambda.Client {
	return lambda.New(lambda.Options{
		Region: region, BaseEndpoint: &s.admin, Credentials: credentials.NewStaticCredentialsProvider(key.AccessKeyID, key.SecretAccessKey, ""),
	})
}

// TestFunctionsSDK: errors are those that the SDK's clients know, who may not is told so, and functions outlive their node.
func TestFunctionsSDK(t *testing.T) {
	tool(t, "python3")
	dir := t.TempDir()
	first, stop, err := newServer(node.Config{DataDir: dir, HostFunctions: true})
	must(t, err)
	ctx, api := t.Context(), first.lambdaSDK(first.key)
	_, err = api.CreateFunction(ctx, &lambda.CreateFunctionInput{
		FunctionName: aws.String("echo"), Role: aws.String("arn:aws:iam::000000000000:role/r"), Runtime: types.RuntimePython312,
		Handler: aws.String("app.handler"), Code: &types.FunctionCode{ZipFile: archive(t, map[string]string{"app.py": saying("kept")})},
	})
	must(t, err)
	must(t, lambda.NewFunctionActiveV2Waiter(api).Wait(ctx, &lambda.GetFunctionInput{FunctionName: aws.String("echo")}, patience))
	_, err = api.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: aws.String("nobody")})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("of nobody: %v", err)
	}
	_, err = api.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: aws.String("echo")})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("a policy that is not there: %v", err)
	}
	_, err = api.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: aws.String("echo")})
	if _, ok := errors.AsType[*types.InvalidParameterValueException](err); !ok {
		t.Errorf("what is not served: %v", err)
	}
	stranger := first.lambdaSDK(aws.Credentials{AccessKeyID: "GWRTNOBODY", SecretAccessKey: "x"})
	_, err = stranger.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("echo")})
	if err == nil || !strings.Contains(err.Error(), "UnrecognizedClientException") {
		t.Errorf("a stranger invokes: %v", err)
	}
	bare, err := first.do(ctx, request{method: http.MethodPost, url: first.admin + "/2015-03-31/functions/echo/invocations", body: []byte("{}")})
	must(t, err)
	if bare.status != http.StatusForbidden {
		t.Errorf("who signs nothing invokes: %d %s", bare.status, bare.body)
	}
	must(t, stop())

	second := startNode(t, node.Config{DataDir: dir, HostFunctions: true})
	answer, err := second.lambdaSDK(second.key).Invoke(ctx, &lambda.InvokeInput{
		FunctionName: aws.String("echo"), Payload: []byte(`{"body": "still here"}`),
	})
	must(t, err)
	if !strings.Contains(string(answer.Payload), "kept still here") {
		t.Errorf("after a restart: %s", answer.Payload)
	}
}

// TestFunctionsOff: who did not ask for it takes no code.
func TestFunctionsOff(t *testing.T) {
	s := startNode(t, node.Config{})
	_, err := s.lambdaSDK(s.key).ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	if err == nil || !strings.Contains(err.Error(), "AccessDeniedException: Functions are not taken here") {
		t.Errorf("the answer to ListFunctions is %v", err)
	}
}

// TestTerraformFunctions has Terraform make a function and an API that calls it, change both, and take them away: a running app after
// each apply, an empty plan after each. Source: the provider's acceptance tests (github.com/hashicorp/terraform-provider-aws,
// internal/service/lambda) want the same of AWS.
func TestTerraformFunctions(t *testing.T) {
	tool(t, "python3")
	data := t.TempDir()
	s := startNode(t, node.Config{DataDir: data, HostFunctions: true})
	tf := newTerraform(t, s)
	tf.dir = testdata(t, "functions")
	tf.env = append(tf.env, "AWS_ENDPOINT_URL_LAMBDA="+s.admin)
	tf.init()
	upload := filepath.Join(tf.dir, "echo.zip")
	must(t, os.WriteFile(upload, archive(t, map[string]string{"app.py": saying("one")}), 0o600))
	tf.apply()
	tf.wantSettled()
	tf.wantAgreements()
	var url string
	tf.output("url", &url)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	client, _, err := dial(ctx, handshake{url: url})
	must(t, err)
	t.Cleanup(client.drop)
	if got := client.ask(t, "hi"); got != "one hi no" {
		t.Errorf("the app answers %q", got)
	}

	must(t, os.WriteFile(upload, archive(t, map[string]string{"app.py": saying("two")}), 0o600))
	wanted := []string{"update aws_lambda_function.echo"}
	if got := tf.planned(); !slices.Equal(got, wanted) {
		t.Errorf("for new code %q is planned, expected %q", got, wanted)
	}
	tf.apply(changed)
	tf.wantSettled(changed)
	tf.wantAgreements()
	if got := client.ask(t, "hi"); got != "two hi yes" {
		t.Errorf("after the change, over the connection that was open, the app answers %q", got)
	}
	tf.run("destroy", "-auto-approve", changed)
	wantNothingLeft(t, s)
	left, err := s.lambdaSDK(s.key).ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	must(t, err)
	code, _ := filepath.Glob(filepath.Join(data, "functions", "*"))
	if len(left.Functions)+len(code) > 0 {
		t.Errorf("left are %d functions, and on disk %q", len(left.Functions), code)
	}
}

// TestTerraformApp applies the example as its page says, and talks to it.
func TestTerraformApp(t *testing.T) {
	if testing.Short() {
		t.Skip("the app has packages to install")
	}
	s := startNode(t, node.Config{HostFunctions: true, TLS: node.TLSConfig{Local: true}})
	tf := newTerraform(t, s)
	tf.dir = filepath.Join(t.TempDir(), "terraform")
	must(t, os.CopyFS(tf.dir, os.DirFS("../../examples/apps/terraform")))
	tf.env = append(tf.env, "AWS_ENDPOINT_URL_LAMBDA="+s.admin)
	tf.init()
	handler := filepath.Join(tf.dir, "handler")
	(&packages{dir: handler}).install(t)
	var code bytes.Buffer
	w := zip.NewWriter(&code)
	must(t, w.AddFS(plainFiles{os.DirFS(handler)}))
	must(t, w.Close())
	must(t, os.WriteFile(filepath.Join(tf.dir, "handler.zip"), code.Bytes(), 0o600))
	tf.apply()
	tf.wantSettled()
	a := &app{}
	tf.output("url", &a.url)
	wantTalk(t, a)
	tf.run("destroy", "-auto-approve")
	wantNothingLeft(t, s)
}

// plainFiles are the files of a folder without links: npm makes some, to programs that a handler does not run.
type plainFiles struct{ fs.FS }

// ReadDir implements [fs.ReadDirFS].
func (p plainFiles) ReadDir(name string) ([]fs.DirEntry, error) {
	found, err := fs.ReadDir(p.FS, name)
	return slices.DeleteFunc(found, func(d fs.DirEntry) bool { return d.Type()&fs.ModeSymlink != 0 }), err
}

// moduleDir is the folder of a module that these tests are built with.
func moduleDir(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	must(t, err)
	return strings.TrimSpace(string(out))
}

// lambdaOperation is what the service model has of an operation.
type lambdaOperation struct {
	method, path string
	status       int
	members      []string // of the body
}

var (
	schemaForm = regexp.MustCompile(`(?s)var (\w+) = smithy\.NewSchema\([^)]*?ShapeTypeOperation, 0, &smithytraits\.HTTP\{Method: "(\w+)",\s+URI:\s+"([^"]+)",\s+Code: (\d+)\}`)
	memberForm = regexp.MustCompile(`(?m)^var (\w+)Request_(\w+) \*smithy\.Schema$`)
)

// lambdaModel is the service model, as the SDK that these tests are built with has it.
func lambdaModel(t *testing.T) map[string]*lambdaOperation {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(moduleDir(t, "github.com/aws/aws-sdk-go-v2/service/lambda"), "schemas", "schemas.go"))
	must(t, err)
	found := map[string]*lambdaOperation{}
	for _, match := range schemaForm.FindAllStringSubmatch(string(text), -1) {
		status, err := strconv.Atoi(match[4])
		must(t, err)
		found[match[1]] = &lambdaOperation{method: match[2], path: match[3], status: status}
	}
	for _, match := range memberForm.FindAllStringSubmatch(string(text), -1) {
		o := found[match[1]]
		if o == nil || match[2] == "Qualifier" || strings.Contains(o.path, "{"+match[2]+"}") {
			continue // of the query, or the path
		}
		o.members = append(o.members, match[2])
	}
	return found
}

// TestFunctionOperations holds the table of Lambda's operations against the service model: each is there, by the same name, method, path
// and status, and of those that are served, each member of the body is known.
func TestFunctionOperations(t *testing.T) {
	model := lambdaModel(t)
	if len(model) < 85 {
		t.Fatalf("only %d operations were found in the model", len(model))
	}
	plain := func(path string) string {
		path, _, _ = strings.Cut(path, "?")
		return strings.TrimSuffix(path, "/")
	}
	members := 0
	for _, o := range registry.Operations() {
		wanted := model[o.Name]
		if wanted == nil {
			if o.Name != "InvokeAsync" { // deprecated, and not in every model
				t.Errorf("%s is not in the model", o.Name)
			}
			continue
		}
		delete(model, o.Name)
		if o.Method != wanted.method || plain(o.Path) != plain(strings.ReplaceAll(wanted.path, "{Resource}", "{ARN}")) {
			t.Errorf("%s: %s %s, in the model %s %s", o.Name, o.Method, o.Path, wanted.method, wanted.path)
		}
		older := o.Name == "DeleteFunction" && o.Status == http.StatusNoContent // 200 in the newest model, and 204 in those before
		if o.Status != wanted.status && o.Status != 0 && !older {
			t.Errorf("%s: status %d, in the model %d", o.Name, o.Status, wanted.status)
		}
		if len(o.Members) == 0 {
			continue
		}
		members += len(o.Members)
		known := slices.DeleteFunc(slices.Clone(o.Members), func(name string) bool { return name == "Tags" && o.Name == "TagResource" })
		inModel := slices.DeleteFunc(wanted.members, func(string) bool { return o.Name == "TagResource" })
		if slices.Sort(known); !slices.Equal(known, slices.Sorted(slices.Values(inModel))) {
			t.Errorf("%s: the members are %q, in the model %q", o.Name, known, inModel)
		}
	}
	for name := range model {
		t.Errorf("%s is not in the table", name)
	}
	if members == 0 {
		t.Error("no members were compared")
	}
}

// functionOperations is the part of the page on operations that is about functions.
func functionOperations() string {
	var out strings.Builder
	out.WriteString("\n## Lambda, with `gangway serve --functions`\n\nWhat is not served is answered with an `InvalidParameterValueException` that " +
		"gives the reason.\n\n| operation | request | served |\n|---|---|---|\n")
	served, rows := 0, registry.Operations()
	for _, o := range rows {
		says := "yes"
		switch {
		case o.Excuse != "":
			says = "no: " + o.Excuse
		case o.None:
			says = "as where there are none"
		}
		if o.Excuse == "" {
			served++
		}
		fmt.Fprintf(&out, "| %s | `%s %s` | %s |\n", o.Name, o.Method, o.Path, says)
	}
	fmt.Fprintf(&out, "\n%d served, %d not.\n", served, len(rows)-served)
	return out.String()
}

// TestFunctionsKilled ends the real program with kill -9 while code is uploaded, again and again: what was acknowledged is there, and
// what was not is there as a whole or not at all.
func TestFunctionsKilled(t *testing.T) {
	tool(t, "python3")
	dir := t.TempDir()
	p := startProgram(t, dir, "--functions")
	must(t, p.create(t, "echo", 0))
	last := 0
	for round := range 4 {
		last += p.uploads(t, dir, last, 3+round)
		p.kill()
		p = startProgram(t, dir, "--functions")
		out, err := p.lambdaSDK(p.key).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("echo"), Payload: []byte(`{"body":"-"}`)})
		must(t, err)
		switch got := string(out.Payload); {
		case strings.Contains(got, fmt.Sprintf("number %d -", last)):
		case strings.Contains(got, fmt.Sprintf("number %d -", last+1)): // it was done, and not acknowledged
			last++
		default:
			t.Fatalf("round %d: %s, expected number %d or the one after", round, got, last)
		}
		left, err := p.lambdaSDK(p.key).ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
		must(t, err)
		if len(left.Functions) > 2 {
			t.Errorf("round %d: there are %d functions, expected one, and at most one that was being made or deleted", round, len(left.Functions))
		}
		for _, f := range left.Functions {
			if *f.FunctionName == "echo" {
				continue
			}
			_, err := p.lambdaSDK(p.key).DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: f.FunctionName})
			must(t, err)
		}
	}
	p.stop(t)
}

// create makes a function that says a number.
func (s *server) create(t *testing.T, name string, n int) error {
	t.Helper()
	_, err := s.lambdaSDK(s.key).CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: &name, Role: aws.String("arn:aws:iam::000000000000:role/r"), Runtime: types.RuntimePython312,
		Handler: aws.String("app.handler"), Code: &types.FunctionCode{ZipFile: numbered(t, n)},
	})
	return err
}

// uploads sends code with numbers after this one until the program has been killed, which happens in the middle of a write once so
// many have been acknowledged. It returns how many were.
func (p *program) uploads(t *testing.T, dir string, after, enough int) (done int) {
	t.Helper()
	api := p.lambdaSDK(p.key)
	for {
		_, err := api.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{
			FunctionName: aws.String("echo"), ZipFile: numbered(t, after+done+1),
		})
		if err != nil {
			break
		}
		if done++; done == enough {
			go p.killWriting(t.Context(), dir)
		}
		name := fmt.Sprint("other-", after+done)
		if p.create(t, name, done) != nil {
			break
		}
		if _, err := api.DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: &name}); err != nil {
			break
		}
	}
	if done < enough {
		t.Fatalf("%d uploads were acknowledged before one was not, and the program was not killed: %s", done, p.output)
	}
	return done
}

// killWriting kills the program as soon as it is seen to be writing a function.
func (p *program) killWriting(ctx context.Context, dir string) {
	for ctx.Err() == nil {
		if found, _ := filepath.Glob(filepath.Join(dir, "functions", "*", ".new-*")); len(found) > 0 {
			_ = p.command.Process.Kill()
			return
		}
		runtime.Gosched()
	}
}

// numbered is the code of a function that says a number, among other files.
func numbered(t *testing.T, n int) []byte {
	t.Helper()
	files := map[string]string{"app.py": saying(fmt.Sprint("number ", n))}
	for i := range 200 {
		files[fmt.Sprintf("package/module%d.py", i)] = strings.Repeat(fmt.Sprintf("x%d = %d\n", i, n), 100)
	}
	return archive(t, files)
}
