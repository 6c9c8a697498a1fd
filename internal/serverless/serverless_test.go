package serverless_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gangway/internal/cloudformation"
	"gangway/internal/serverless"
)

// with is the shortest service, with lines put in: at the end, or in the place of a line that begins like theirs.
func with(lines ...string) string {
	base := "service: chat\nprovider:\n  name: aws\n  runtime: nodejs22.x\nfunctions:\n  echo:\n    handler: a.b\n" +
		"    events: [{websocket: $connect}]\n"
	return base + strings.Join(lines, "\n")
}

// chat is a service with some lines of provider, and of its function.
func chat(provider, function string) string {
	return "service: chat\nprovider:\n  name: aws\n" + provider + "functions:\n  echo:\n    handler: a.b\n" +
		"    events: [{websocket: $connect}]\n" + function
}

func TestMistakes(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "serverless.yml:1: the file is empty"},
		{"no YAML", "x: y\na: b: c", "serverless.yml:2: no YAML: mapping values"},
		{"a list", "- a", "a service is a mapping"},
		{"two documents", "a: b\n---\nc: d", "a second document"},
		{"twice", with("service: b"), `serverless.yml:9:1: "service" is given twice`},
		{"key", "? [a]\n: b", "a key must be a word"},
		{"merge", "<<: 5", `"<<" wants a mapping`},
		{"no provider", "service: a", `has no "provider"`},
		{"provider", "service: ab\nprovider: [aws]", "serverless.yml:2:11"},
		{"cloud", "service: ab\nprovider: azure", `the provider is "azure"`},
		{"no name", "provider: aws", "the service has no name"},
		{"name", "service: a b\nprovider: aws", `the name "a b"`},
		{"old name", "service: {name: ab}\nprovider: aws", `"service" is the name itself`},
		{"no route", "service: ab\nprovider: aws", "there is no API to make"},
		{"stage", chat("  stage: a b\n", ""), `the stage "a b"`},
		{"outside API", chat("  apiGateway: {websocketApiId: abc}\n", ""), "serverless.yml:4:32: the routes would go into"},
		{"functions", "service: ab\nprovider: aws\nfunctions: 5", `"functions" is a value`},
		{"function", "service: ab\nprovider: aws\nfunctions: {a: 5}", `"a" is a value, not a mapping`},
		{"function name", "service: ab\nprovider: aws\nfunctions: {a b: {handler: c}}", `not "a b"`},
		{"merged", "service: ab\nprovider: aws\nfunctions: [5]", "only mappings can be merged"},
		{"no handler", "service: ab\nprovider: aws\nfunctions: {a: {}}", `function "a" has no handler`},
		{"image", chat("", "    image: x\n"), "is a container image"},
		{"timeout", chat("", "    timeout: 901\n"), "serverless.yml:8:14: timeout of function \"echo\" is a whole number from 1 to 900"},
		{"memory", chat("  memorySize: lots\n", ""), "serverless.yml:4:15: memorySize"},
		{"variable name", chat("  environment: {a-b: c}\n", ""), `"a-b" cannot be the name`},
		{"variable value", chat("  environment: {A: [b]}\n", ""), "is a list, not a text"},
		{"bucket", chat("", "    package: {artifact: 's3://a/b'}\n"), "lies in a bucket"},
		{"events", "service: ab\nprovider: aws\nfunctions: {a: {handler: b, events: c}}", "not a list"},
		{"empty event", events("websocket:"), "wants a route"},
		{"no route key", events("websocket: {authorizer: echo}"), "wants a route"},
		{"event kind", events("websockt: {route: a}"), `there are no events of the kind "websockt"; did you mean "websocket"?`},
		{"event setting", events("websocket: {rout: a, route: b}"), `no setting "rout"; did you mean "route"?`},
		{"response", events("websocket: {route: a, routeResponseSelectionExpression: b}"), "$default only"},
		{"route key", events("websocket: 'a b'"), "has none for all of its characters"},
		{"authorizer route", events("websocket: {route: a, authorizer: echo}"), "only the route $connect"},
		{"authorizer name", events("websocket: {route: $connect, authorizer: ecko}"), `no function "ecko"; did you mean "echo"?`},
		{"authorizer of nothing", events("websocket: {route: $connect, authorizer: {}}"), "wants the name or the arn"},
		{"authorizer list", events("websocket: {route: $connect, authorizer: [a]}"), "not a list"},
		{"authorizer ARN", events("websocket: {route: $connect, authorizer: {arn: !Ref A}}"), "wants a name as well"},
		{"layer", with("layers: {a: {}}"), `layer "a" has no path`},
		{"resources", with("resources: 5"), `"resources" is a value`},
		{"section", with("resources: {Outputs: []}"), "resources.Outputs is a list, not a mapping"},
		{"extension", with("resources: {extensions: {WebsocketApi: {}}}"), `did you mean "WebsocketsApi"?`},
		{"attribute", with("resources: {extensions: {WebsocketsApi: {Type: a}}}"), `"Type" of a resource cannot be extended`},
		{"log level", chat("  logs: {websocket: {level: DEBUG}}\n", ""), "INFO or ERROR"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := serverless.Read("serverless.yml", ".", []byte(test.text), serverless.Options{ReadFile: nothing})
			wantError(t, err, test.want)
		})
	}
}

// events is a service with one more event.
func events(event string) string {
	return "service: ab\nprovider: aws\nfunctions:\n  echo:\n    handler: a.b\n    events:\n      - " + event + "\n"
}

func nothing(string) ([]byte, error) { return nil, fs.ErrNotExist }

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v, not %q", err, want)
	}
}

// TestAllMistakes wants to hear of every mistake in one go.
func TestAllMistakes(t *testing.T) {
	_, err := serverless.Read("serverless.yml", ".", []byte(chat("  environment: {A: '${env:A}', B: '${env:B}'}\n",
		"    timeout: 0\n")), serverless.Options{})
	for _, want := range []string{"variable A is", "variable B is", "serverless.yml:9:14: timeout"} {
		wantError(t, err, want)
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != 3 {
		t.Errorf("%d mistakes:\n%v", n, err)
	}
}

func TestNotes(t *testing.T) {
	text := "service: chat\nplugins: [serverless-offline]\nservce: a\nprovider:\n  name: aws\n  timout: 5\n  iam: {}\n" +
		"functions:\n  echo:\n    handler: a.b\n    vpc: ${ssm:/nobody/asks}\n    events:\n      - websocket: a\n" +
		"      - http: GET /\n      - http: GET /b\n      - websocket: a\n"
	made, err := serverless.Read("serverless.yml", ".", []byte(text), serverless.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, note := range made.Notes {
		got = append(got, note.Where.String()+": "+note.Text)
	}
	for _, want := range []string{
		`serverless.yml:3:1: this has a setting "servce" that is not known; did you mean "service"?`,
		`serverless.yml:2:1: plugins are not run`,
		`serverless.yml:6:3: "provider" has a setting "timout" that is not known; did you mean "timeout"?`,
		`serverless.yml:7:3: provider.iam is ignored: functions run as the user who runs them`,
		`serverless.yml:11:5: vpc of function "echo" is ignored: functions run in the network of this machine`,
		`serverless.yml:14:9: events of the kind "http" of function "echo" are ignored`,
		`serverless.yml:16:9: route "a" is that of function "echo", too: the last one has it`,
	} {
		at := -1
		for i, text := range got {
			if text == want {
				at = i
			}
		}
		if at < 0 {
			t.Errorf("no note %s", want)
			continue
		}
		got = append(got[:at], got[at+1:]...)
	}
	if len(got) > 0 {
		t.Errorf("notes beyond those:\n%s", strings.Join(got, "\n"))
	}
}

// TestPositions wants what is found wrong in the template to be told of by the lines of the service.
func TestPositions(t *testing.T) {
	made, err := serverless.Read("serverless.yml", ".", []byte(with(
		"resources:\n  Resources:\n    T:\n      Type: AWS::DynamoDB::Table\n      Properties:\n        TableName: !Ref Nowhere")),
		serverless.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = cloudformation.ReadNode("serverless.yml", ".", made.Template, cloudformation.Options{})
	wantError(t, err, "serverless.yml:14:")
}

// TestTemplates wants CloudFormation to understand what is made of all services, as nodes and as a text.
func TestTemplates(t *testing.T) {
	for _, folder := range services(t) {
		made := read(t, filepath.Join(folder, "serverless.yml"), serverless.Options{})
		byNode, err := cloudformation.ReadNode("serverless.yml", folder, made.Template, cloudformation.Options{})
		if err != nil {
			t.Fatal(err)
		}
		byText, err := cloudformation.Read("template.json", folder, made.Text(), cloudformation.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(byNode.Resources) < 8 || len(byNode.Resources) != len(byText.Resources) {
			t.Errorf("%s: %d resources of the nodes, %d of the text", folder, len(byNode.Resources), len(byText.Resources))
		}
		for _, resource := range byNode.Resources {
			if resource.Where.Line < 1 {
				t.Errorf("%s: %s has no place", folder, resource.ID)
			}
		}
	}
}

// TestCode wants the code of functions where the service says it is.
func TestCode(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{with(), "."},
		{with("package: {artifact: all.zip}"), "all.zip"},
		{chat("", "    package: {artifact: build/}\npackage: {artifact: all.zip}\n"), "build/"},
	} {
		made, err := serverless.Read("serverless.yml", ".", []byte(test.text), serverless.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(made.Text()); !strings.Contains(got, `"Code":"`+test.want+`"`) {
			t.Errorf("code is not %s in %s", test.want, got)
		}
	}
}

// TestJSON reads a service that is written as JSON, tabs and all.
func TestJSON(t *testing.T) {
	made, err := serverless.Read("serverless.json", ".", []byte("{\n\t\"service\": \"chat\",\n\t\"provider\": {\"name\": \"aws\"},\n"+
		"\t\"functions\": {\n\t\t\"echo\": {\"handler\": \"a.b\", \"events\": [{\"websocket\":\"$connect\"}]}\n\t}\n}\n"), serverless.Options{Stage: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if made.Name != "chat" || made.Stage != "x" || made.Region != "us-east-1" {
		t.Errorf("read %s, %s, %s", made.Name, made.Stage, made.Region)
	}
}

// TestLayers: the framework wants an account for a service with layers, so there is nothing to hold this against.
func TestLayers(t *testing.T) {
	made, err := serverless.Read("serverless.yml", ".", []byte(with("    layers: [!Ref LibLambdaLayer]",
		"layers: {lib: {path: lib, compatibleRuntimes: [nodejs22.x]}}")), serverless.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := `"LibLambdaLayer":{"Type":"AWS::Lambda::LayerVersion","Properties":{"Content":"lib","LayerName":"lib",` +
		`"CompatibleRuntimes":["nodejs22.x"]}}`
	if got := string(made.Text()); !strings.Contains(got, want) || !strings.Contains(got, `"Layers":[{"Ref":"LibLambdaLayer"}]`) {
		t.Errorf("no %s in %s", want, got)
	}
}

func FuzzRead(f *testing.F) {
	paths, err := filepath.Glob("testdata/services/*/serverless.yml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), "stage: ${self:custom.a}")
	}
	f.Add(with("custom: {a: '${self:custom.b}', b: '${self:custom.a}'}"), `{"a": ["${file(x.yml):a}"]}`)
	f.Add("a: &a [*a]", "b: &b {<<: *b}")
	f.Fuzz(func(t *testing.T, text, file string) {
		readFile := func(path string) ([]byte, error) {
			if strings.HasPrefix(filepath.Base(path), ".env") || strings.HasSuffix(path, "l") || strings.HasSuffix(path, "n") {
				return []byte(file), nil
			}
			return nil, fs.ErrNotExist
		}
		made, err := serverless.Read("serverless.yml", ".", []byte(text), serverless.Options{ReadFile: readFile})
		if err != nil {
			return
		}
		var template map[string]any
		decode(t, made.Text(), &template) // what has no mistake is a template
		if template["Resources"] == nil {
			t.Errorf("no resources in %s", made.Text())
		}
	})
}
