package cli_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gangway/internal/cli"
	"gangway/internal/control"
)

func TestVerbs(t *testing.T) {
	schema := write(t, "schema.json", "{\"type\": \"object\"}\n")
	body := write(t, "body.json", `{"ApiId":"a1","Name":"chat","version":"1"}`)
	for _, c := range []struct {
		name string
		args []string
		call string
	}{
		{
			"texts",
			[]string{"create-route", "--api-id", "a1", "--route-key", "$connect", "--target=integrations/x"},
			`POST /v2/apis/a1/routes {"routeKey":"$connect","target":"integrations/x"}`,
		},
		{
			"booleans",
			[]string{"update-route", "--api-id=a1", "--route-id=r1", "--api-key-required"},
			`PATCH /v2/apis/a1/routes/r1 {"apiKeyRequired":true}`,
		},
		{
			"no",
			[]string{"update-api", "--api-id=a1", "--no-disable-execute-api-endpoint"},
			`PATCH /v2/apis/a1 {"disableExecuteApiEndpoint":false}`,
		},
		{
			"an empty text",
			[]string{"update-api", "--api-id=a1", "--description="},
			`PATCH /v2/apis/a1 {"description":""}`,
		},
		{
			"a number",
			[]string{"create-integration", "--api-id=a1", "--timeout-in-millis=29000"},
			`POST /v2/apis/a1/integrations {"timeoutInMillis":29000}`,
		},
		{
			"a list",
			[]string{"create-authorizer", "--api-id=a1", "--identity-source=route.request.header.A", "--identity-source", "context.b,c"},
			`POST /v2/apis/a1/authorizers {"identitySource":["route.request.header.A","context.b,c"]}`,
		},
		{
			"a list in JSON",
			[]string{"create-authorizer", "--api-id=a1", `--identity-source=["a", "b"]`, "--identity-source=c"},
			`POST /v2/apis/a1/authorizers {"identitySource":["a","b","c"]}`,
		},
		{
			"a map",
			[]string{"create-stage", "--api-id=a1", "--stage-name=s", "--stage-variables", "Url=http://h?a=b,n=1"},
			`POST /v2/apis/a1/stages {"stageName":"s","stageVariables":{"Url":"http://h?a=b","n":"1"}}`,
		},
		{
			"a map of objects",
			[]string{"update-stage", "--api-id=a1", "--stage-name=s", `--route-settings={"Join":{"LoggingLevel":"INFO"}}`},
			`PATCH /v2/apis/a1/stages/s {"routeSettings":{"Join":{"loggingLevel":"INFO"}}}`,
		},
		{
			"an object",
			[]string{"update-stage", "--api-id=a1", "--stage-name=s", "--default-route-settings", "ThrottlingBurstLimit=5,DataTraceEnabled=true,LoggingLevel=OFF"},
			`PATCH /v2/apis/a1/stages/s {"defaultRouteSettings":{"dataTraceEnabled":true,"loggingLevel":"OFF","throttlingBurstLimit":5}}`,
		},
		{
			"an object in JSON",
			[]string{"update-stage", "--api-id=a1", "--stage-name=s", `--default-route-settings={"ThrottlingRateLimit": 2000.0}`},
			`PATCH /v2/apis/a1/stages/s {"defaultRouteSettings":{"throttlingRateLimit":2000.0}}`,
		},
		{
			"a map in a list of objects",
			[]string{"create-usage-plan", "--name=p", `--api-stages={"ApiId":"a1","Stage":"s","Throttle":{"Join":{"BurstLimit":1}}}`},
			`POST /usageplans {"apiStages":[{"apiId":"a1","stage":"s","throttle":{"Join":{"burstLimit":1}}}],"name":"p"}`,
		},
		{
			"a list of objects",
			[]string{"create-domain-name", "--domain-name=h.example", "--domain-name-configurations", "CertificateArn=arn:x,EndpointType=REGIONAL"},
			`POST /v2/domainnames {"domainName":"h.example","domainNameConfigurations":[{"certificateArn":"arn:x","endpointType":"REGIONAL"}]}`,
		},
		{
			"a patch document",
			[]string{"update-api-key", "--api-key=k1", "--patch-operations=op=replace,path=/enabled,value=false", "--patch-operations", `{"op":"remove","path":"/x"}`},
			`PATCH /apikeys/k1 {"patchOperations":[{"op":"replace","path":"/enabled","value":"false"},{"op":"remove","path":"/x"}]}`,
		},
		{
			"a file",
			[]string{"create-model", "--api-id=a1", "--name=M", "--schema=file://" + schema},
			`POST /v2/apis/a1/models {"name":"M","schema":"{\"type\": \"object\"}\n"}`,
		},
		{
			"a body",
			[]string{"create-api", "--body", `{"Name":"chat","Tags":{"Team":"x"},"disableSchemaValidation":true}`, "--name=other"},
			`POST /v2/apis {"disableSchemaValidation":true,"name":"other","tags":{"Team":"x"}}`,
		},
		{
			"a body with more than the body",
			[]string{"update-api", "--body", "file://" + body},
			`PATCH /v2/apis/a1 {"name":"chat","version":"1"}`,
		},
		{
			"a path",
			[]string{"delete-route-settings", "--api-id=a1", "--stage-name=s", "--route-key", "a/b $connect"},
			"DELETE /v2/apis/a1/stages/s/routesettings/a%2Fb%20$connect",
		},
		{
			"an ARN",
			[]string{"untag-resource", "--resource-arn=arn:aws:apigateway:us-east-1::/apis/a1", "--tag-keys=a b", "--tag-keys=c"},
			"DELETE /v2/tags/arn:aws:apigateway:us-east-1::%2Fapis%2Fa1?tagKeys=a%20b&tagKeys=c",
		},
		{
			"version 1",
			[]string{"v1-tag-resource", "--resource-arn=arn", "--tags=a=b"},
			`PUT /tags/arn {"tags":{"a":"b"}}`,
		},
		{"a query", []string{"get-api-key", "--api-key=k1", "--include-value"}, "GET /apikeys/k1?includeValue=true"},
		{
			"a body of another kind",
			[]string{"import-api-keys", "--format=csv", "--body=name,key", "--fail-on-warnings"},
			"POST /apikeys?failonwarnings=true&format=csv&mode=import name,key",
		},
		{
			"names of IAM",
			[]string{"create-credentials", "--name=ci", `--policy={"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}`},
			`POST /gangway/credentials {"name":"ci","policy":{"Statement":[{"Effect":"Allow"}],"Version":"2012-10-17"}}`,
		},
		{"nothing", []string{"get-account"}, "GET /account"},
		{"an own operation", []string{"get-snapshot", "--api-id=a1", "--stage-name=s"}, "GET /v2/apis/a1/snapshot?stageName=s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			method, rest, _ := strings.Cut(c.call, " ")
			target, _, _ := strings.Cut(rest, " ")
			f := newFake(t, map[string]string{method + " " + target: `{"b":"<a & b>","a":[1]}`})
			got := run(t, f.env(), "", c.args...)
			if got.code != 0 || got.stderr != "" || got.stdout != "{\n  \"b\": \"<a & b>\",\n  \"a\": [\n    1\n  ]\n}\n" {
				t.Errorf("%+v", got)
			}
			if diff := cmp.Diff(c.call, f.asked()); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

// TestVerbErrors: what is wrong with the command line is said before anybody is asked, the rest by who was asked.
func TestVerbErrors(t *testing.T) {
	f := newFake(t, map[string]string{
		"GET /v2/apis/zz": `404 {"message":"Invalid API identifier specified\u001b"}`, "GET /v2/apis/text": "no JSON",
	})
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"get-api", "--api-id=zz"}, 1, `An error occurred (NotFoundException) when calling the GetApi operation: Invalid API identifier specified\u001b` + "\n"},
		{[]string{"get-api", "--api-id=text"}, 1, "the answer is no JSON"},
		{[]string{"get-route"}, 2, "expected --api-id and --route-id (gangway get-route --help shows its flags)"},
		{[]string{"get-api", "--api-id="}, 2, "expected --api-id"},
		{[]string{"get-api", "--api-id=a", "--nme=x"}, 2, "unknown flag --nme"},
		{[]string{"get-api", "a"}, 2, "unexpected argument a"},
		{[]string{"create-integration", "--api-id=a", "--timeout-in-millis=1s"}, 2, `--timeout-in-millis: expected a number, got "1s"`},
		{[]string{"create-integration", "--api-id=a", "--timeout-in-millis=1.5"}, 2, "--timeout-in-millis: expected a number"},
		{[]string{"create-api", "--tags=a"}, 2, `--tags: expected KEY=VALUE,... or a JSON object, got "a"`},
		{[]string{"create-api", "--tags={"}, 2, "--tags: line 1, column 2: unexpected end of JSON input"},
		{[]string{"create-api", "--name=file://nowhere"}, 2, "--name: open nowhere"},
		{[]string{"create-api", "--body=file://nowhere"}, 2, "--body: open nowhere"},
		{[]string{"create-api", `--body={"a":`}, 2, "--body: line 1, column 6: unexpected end"},
		{[]string{"create-api", "--body=[]"}, 2, "--body: expected a JSON object"},
		{[]string{"create-api", "--body=null"}, 2, "--body: expected a JSON object"},
		{[]string{"create-api", `--body={"Nam":"x"}`}, 2, "--body: CreateApi has no member Nam"},
		{[]string{"create-api", `--body={"":"x"}`}, 2, "--body: CreateApi has no member"},
		{[]string{"creat-route"}, 2, "there is no command creat-route, did you mean create-route?"},
		{[]string{"get-route-s"}, 2, "did you mean get-route"},
		{[]string{"serv"}, 2, "did you mean serve?"},
		{[]string{"xyzzyxyzzy"}, 2, "unexpected argument xyzzyxyzzy"},
		{[]string{"import-api", "--body=x"}, 1, "ImportApi is not served by Gangway: it exists for HTTP APIs only"},
		{[]string{"get-apis", "--endpoint-url=http://127.0.0.1:1"}, 1, "control plane: "},
	} {
		got := run(t, f.env(), "", c.args...)
		if got.code != c.code || got.stdout != "" || !strings.Contains(got.stderr, c.want) || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%q: code %d, stdout %q, stderr %q; want %d and %q", c.args, got.code, got.stdout, got.stderr, c.code, c.want)
		}
	}
}

// TestVerbHelp: what the help says of members is about members that there are.
func TestVerbHelp(t *testing.T) {
	needed := maps.Clone(cli.Needed())
	for _, operation := range control.Operations() {
		for _, name := range needed[operation.Name] {
			if !slices.ContainsFunc(operation.Members(), func(m control.Member) bool { return m.Name == name }) {
				t.Errorf("%s has no member %s", operation.Name, name)
			}
		}
		delete(needed, operation.Name)
	}
	if len(needed) > 0 {
		t.Errorf("there are no such operations: %v", needed)
	}
	help := strings.Join(strings.Fields(run(t, nil, "", "create-integration", "--help").stdout), " ")
	for _, want := range []string{"--integration-type=X String: AWS, AWS_PROXY, HTTP, HTTP_PROXY or MOCK, required.", "INTERNET or VPC_LINK."} {
		if !strings.Contains(help, want) {
			t.Errorf("no %q in %s", want, help)
		}
	}
}

// TestInnerMembers: what the control plane would pass over is refused before anybody is asked, wherever it stands.
func TestInnerMembers(t *testing.T) {
	f := newFake(t, nil)
	for _, c := range []struct{ args, want string }{
		{
			"update-stage --api-id=a --stage-name=s --default-route-settings Foo=1",
			"defaultRouteSettings has no member Foo, only dataTraceEnabled, detailedMetricsEnabled, loggingLevel, throttling",
		},
		{
			`update-stage --api-id=a --stage-name=s --route-settings {"join":{"ThrottlingBurstLimt":1}}`,
			"routeSettings.join has no member ThrottlingBurstLimt, did you mean throttlingBurstLimit?",
		},
		{
			`update-stage --api-id=a --stage-name=s --body {"DefaultRouteSettings":{"":1}}`,
			"defaultRouteSettings has no member , only",
		},
		{`create-stage --api-id=a --body {"StagName":"s"}`, "--body: CreateStage has no member StagName, did you mean stageName?"},
		{
			`create-usage-plan --name=p --api-stages {"apiId":"a","stage":"s"} --api-stages {"apiId":"a","throttle":{"join":{"Burst":1}}}`,
			"apiStages[1].throttle.join has no member Burst, ",
		},
		{"update-api-key --api-key=k --patch-operations op=replace,pth=/name", "patchOperations[0] has no member pth, did you mean path?"},
	} {
		got := run(t, f.env(), "", strings.Fields(c.args)...)
		if got.code != 2 || !strings.Contains(got.stderr, c.want) || strings.Count(got.stderr, "\n") != 1 || f.asked() != "" {
			t.Errorf("%s: asked %q, %+v, want %q", c.args, f.asked(), got, c.want)
		}
	}
}

func TestPages(t *testing.T) {
	f := newFake(t, map[string]string{
		"GET /v2/apis":                           `{"items":[{"name":"a"}],"nextToken":"x y"}`,
		"GET /v2/apis?nextToken=x%20y":           `{"items":[{"name":"b"}]}`,
		"GET /v2/apis?maxResults=1":              `{"items":[{"name":"a"}],"nextToken":"x y"}`,
		"GET /v2/apis/a1/routes":                 `{"items":[]}`,
		"GET /v2/apis/a1/stages":                 `{"items":[],"nextToken":"again"}`,
		"GET /v2/apis/a1/stages?nextToken=again": `{"items":[],"nextToken":"again"}`,
		"GET /apikeys?name=k":                    `{"item":[{"name":"k1"}],"position":"p"}`,
		"GET /apikeys?name=k&position=p":         `{"item":[{"name":"k2"}],"position":"q"}`,
		"GET /apikeys?name=k&position=q":         `{"item":[]}`,
		"GET /usageplans/u/usage":                `{"values":{},"position":"x"}`,
	})
	for args, want := range map[string]string{
		"get-apis":                        `{"items":[{"name":"a"},{"name":"b"}]}`,
		"get-apis --max-results=1":        `{"items":[{"name":"a"}],"nextToken":"x y"}`,
		"get-routes --api-id=a1":          `{"items":[]}`,
		"get-stages --api-id=a1":          `{"items":[]}`, // a server that always has more to come is not asked for ever
		"get-api-keys --name=k":           `{"item":[{"name":"k1"},{"name":"k2"}]}`,
		"get-usage --usage-plan-id=u":     `{"values":{},"position":"x"}`,
		"get-apis --next-token=x%20y":     "",
		"get-api-keys --name=k --limit=1": "",
	} {
		got := run(t, f.env(), "", strings.Fields(args)...)
		if want == "" { // only one request is made, for which there is no answer
			if got.code != 1 || !strings.Contains(got.stderr, "no answer for GET ") {
				t.Errorf("%s: %+v", args, got)
			}
			continue
		}
		spaceless := strings.NewReplacer("\n", "", "  ", "", `": `, `":`).Replace(got.stdout)
		if got.code != 0 || spaceless != want {
			t.Errorf("%s: code %d, stderr %q, stdout %q, want %q", args, got.code, got.stderr, spaceless, want)
		}
	}
}

func TestCallerIdentity(t *testing.T) {
	f := newFake(t, map[string]string{"POST /": `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">` +
		`<GetCallerIdentityResult><Arn>arn:aws:iam::1:user/a</Arn><UserId>U</UserId><Account>1</Account></GetCallerIdentityResult>` +
		`</GetCallerIdentityResponse>`})
	got := run(t, f.env(), "", "get-caller-identity")
	want := "{\n  \"UserId\": \"U\",\n  \"Account\": \"1\",\n  \"Arn\": \"arn:aws:iam::1:user/a\"\n}\n"
	if got.code != 0 || got.stdout != want {
		t.Errorf("%+v", got)
	}
	f.answers["POST /"] = `404 <ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`
	got = run(t, f.env(), "", "get-caller-identity")
	if got.code != 1 || !strings.HasSuffix(got.stderr, "calling the GetCallerIdentity operation: no\n") {
		t.Errorf("%+v", got)
	}
}

// TestAllVerbs: each operation has one, under the name that the AWS CLI gives it, and each explains itself.
func TestAllVerbs(t *testing.T) {
	listed := run(t, nil, "", "verbs")
	lines := strings.Split(strings.TrimSpace(listed.stdout), "\n")
	operations := control.Operations()
	if listed.code != 0 || len(lines) != len(operations)+1 {
		t.Errorf("%d lines for %d operations and get-caller-identity: %+v", len(lines), len(operations), listed.stderr)
	}
	seen := map[string]bool{}
	for _, line := range lines {
		name, _, _ := strings.Cut(line, " ")
		if seen[name] {
			t.Errorf("%s is listed twice", name)
		}
		seen[name] = true
		if strings.Contains(line, "not served") {
			continue
		}
		for _, args := range [][]string{{name, "--help"}, {"help", name}} {
			got := run(t, nil, "", args...)
			if got.code != 0 || !strings.Contains(got.stdout, "Usage: gangway "+name) || !strings.Contains(got.stdout, "--endpoint-url") {
				t.Errorf("%q: %+v", args, got)
			}
		}
	}
	for _, name := range []string{
		"create-api", "get-vpc-links", "create-api-mapping", "delete-cors-configuration", "v1-create-vpc-link", "v1-get-tags",
		"get-caller-identity", "update-account",
	} {
		if !seen[name] {
			t.Errorf("there is no %s", name)
		}
	}
	help := run(t, nil, "", "create-route", "--help").stdout
	for _, want := range []string{"--api-id=X", "String, required.", "--[no-]api-key-required", "Boolean.", "Map: NAME=VALUE,..."} {
		if !strings.Contains(help, want) {
			t.Errorf("no %q in\n%s", want, help)
		}
	}
	if strings.Contains(run(t, nil, "", "--help").stdout, "create-route") {
		t.Error("the help of all commands lists a verb")
	}
}
