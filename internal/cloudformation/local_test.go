package cloudformation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gangway/internal/cloudformation"
)

// TestLocalSAM has what samtranslator does not take or does otherwise: paths of this machine, what is noted, and aliases.
func TestLocalSAM(t *testing.T) {
	template := read(t, `
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.13, Handler: app.handler, CodeUri: src/}
Parameters: {Folder: {Type: String, Default: other}}
Conditions: {Never: !Equals [a, b]}
Resources:
  Plain: {Type: AWS::Serverless::Function}
  Moved: {Type: AWS::Serverless::Function, Properties: {CodeUri: !Ref Folder}}
  Either: {Type: AWS::Serverless::Function, Properties: {CodeUri: !If [Never, a/, {Bucket: b, Key: !Ref Folder}]}}
  Bucket: {Type: AWS::Serverless::Function, Properties: {CodeUri: !Sub 's3://${Folder}/code.zip'}}
  Asked:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: makefile, Size: 1, Of: [!Ref Folder, !Ref Plain], Open: !Ref Plain, Odd: !Ref Nobody, No: ~}
    Properties:
      AutoPublishAlias: live
      Events:
        Web: {Type: HttpApi}
        Rest: {Type: Api, Properties: {Path: /, Method: get, RestApiId: !Ref Own}}
        Tick: {Type: Schedule, Properties: {Schedule: rate(1 minute)}}
  Image: {Type: AWS::Serverless::Function, Metadata: {Dockerfile: Dockerfile}, Properties: {PackageType: Image}}
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer/, CompatibleRuntimes: [python3.13]}}
  Own: {Type: AWS::Serverless::Api, Properties: {StageName: v1}}
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Condition: Never
    Properties: {RouteSelectionExpression: a, Routes: {$default: {FunctionArn: !GetAtt Plain.Arn}}}
Outputs:
  Alias: {Value: !Ref Asked.Alias}
  Sub: {Value: !Sub '${AskedAliaslive} ${Own.Stage} ${ServerlessHttpApi}'}
`, cloudformation.Options{})
	for id, want := range map[string]any{
		"Plain": "src/", "Moved": "other", "Image": nil, "Either": map[string]any{"S3Bucket": "b", "S3Key": "other"}, "Bucket": map[string]any{"S3Bucket": "other", "S3Key": "code.zip"},
	} {
		if diff := cmp.Diff(want, properties(t, template, id)["Code"]); diff != "" {
			t.Errorf("Code of %s (-want +got):\n%s", id, diff)
		}
	}
	layer := map[string]any{"Content": "layer/", "LayerName": "Layer", "CompatibleRuntimes": []any{"python3.13"}}
	if diff := cmp.Diff(layer, properties(t, template, "Layer")); diff != "" {
		t.Errorf("the layer (-want +got):\n%s", diff)
	}
	metadata := map[string]any{"BuildMethod": "makefile", "Size": int64(1), "Of": []any{"other"}}
	if diff := cmp.Diff(metadata, template.Resource("Asked").Metadata); diff != "" {
		t.Errorf("the metadata (-want +got):\n%s", diff)
	}
	if got := template.Resource("ServerlessHttpApi"); got == nil || got.Type != "AWS::Serverless::HttpApi" {
		t.Errorf("the API of the event Web is %+v", got)
	}
	if strings.Contains(ids(template), "Chat") || strings.Contains(ids(template), "ServerlessRestApi") {
		t.Errorf("there are %s", ids(template))
	}
	for i, want := range []string{"Asked/Arn", "Asked/Arn ref-Own ref-ServerlessHttpApi"} {
		if got, err := template.Outputs[i].Value(made{}); got != want || err != nil {
			t.Errorf("the output %s is %v, %v, expected %s", template.Outputs[i].Name, got, err, want)
		}
	}
	var notes []string
	for _, n := range template.Notes {
		notes = append(notes, n.Where.String()+" "+n.Text)
	}
	want := []string{
		"template.yaml:16:25 function Asked: no versions are published, its alias is the function itself",
		"template.yaml:18:9 HttpApi event Web of function Asked is not run by Gangway",
		"template.yaml:19:9 Api event Rest of function Asked is not run by Gangway",
		"template.yaml:20:9 Schedule event Tick of function Asked is not run by Gangway",
	}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("the notes (-want +got):\n%s", diff)
	}
}

// TestExpansionCollides: a resource of the template may not have the name of one that the transform makes.
func TestExpansionCollides(t *testing.T) {
	const text = `
Transform: AWS::Serverless-2016-10-31
Resources:
  F: {Type: AWS::Serverless::Function, Properties: {Handler: a, Runtime: b, CodeUri: c}}
  FRole: {Type: AWS::IAM::Role}
`
	_, err := cloudformation.Read("t.yaml", "", []byte(text), cloudformation.Options{})
	if want := "t.yaml:4:3: FRole: the transform makes a resource FRole, but there is one already"; err == nil || err.Error() != want {
		t.Errorf("the error is %v, expected %s", err, want)
	}
}

// TestMistakesOfSAM point at the resource as it was written.
func TestMistakesOfSAM(t *testing.T) {
	const text = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: a
      Routes:
        say:
          FunctionArn: !GetAtt Nobody.Arn
          Timeout: 3
`
	_, err := cloudformation.Read("t.yaml", "", []byte(text), cloudformation.Options{})
	want := `t.yaml:11:11: Chat.Properties.Routes.say: a route has no property Timeout
t.yaml:10:24: ChatSayIntegration.Properties.IntegrationUri.Fn::Sub.Function: Fn::GetAtt names "Nobody", which is no resource
t.yaml:10:24: ChatSayPermission.Properties.FunctionName: Fn::GetAtt names "Nobody", which is no resource`
	if err == nil || err.Error() != want {
		t.Errorf("the error is\n%v, expected\n%s", err, want)
	}
}

// TestAssembly: source github.com/aws/aws-cdk, package cloud-assembly-schema.
func TestAssembly(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("manifest.json", `{"version": "36.0.0", "artifacts": {
		"Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
		"Chat.assets": {"type": "cdk:asset-manifest", "properties": {"file": "Chat.assets.json"}},
		"Chat": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region", "properties": {
			"templateFile": "Chat.template.json", "terminationProtection": false, "stackName": "chat-stack", "parameters": {"A": "b"}}},
		"assembly-Beta": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Beta"}}}}`)
	write("assembly-Beta/manifest.json", `{"version": "36.0.0", "artifacts": {
		"BetaChat": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "BetaChat.template.json"}}}}`)
	got, err := cloudformation.Assembly(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []cloudformation.Stack{
		{ID: "Chat", Name: "chat-stack", Dir: dir, TemplateFile: "Chat.template.json", Parameters: map[string]string{"A": "b"}},
		{ID: "BetaChat", Name: "BetaChat", Dir: filepath.Join(dir, "assembly-Beta"), TemplateFile: "BetaChat.template.json"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, c := range []struct{ manifest, want string }{
		{`{`, "unexpected end of JSON input"},
		{`{"artifacts": {"A": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "../a"}}}}`, `"../a" of stack A is not in the folder`},
		{`{"artifacts": {"A": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}}}`, `"." of A is not in the folder`},
		{`{"artifacts": {"A": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "b"}}}}`, "no such file"},
	} {
		write("manifest.json", c.manifest)
		if _, err := cloudformation.Assembly(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, expected %s", c.manifest, err, c.want)
		}
	}
}

func TestAsset(t *testing.T) {
	template, err := cloudformation.Read("Chat.template.json", "cdk.out", []byte(`{"Resources": {
		"F": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Bucket": {"Fn::Sub": "cdk-${AWS::AccountId}"}, "S3Key": "k"}},
			"Metadata": {"aws:cdk:path": "Chat/F/Resource", "aws:asset:path": "asset.1", "aws:asset:is-bundled": false, "aws:asset:property": "Code"}},
		"Far": {"Type": "AWS::Lambda::Function", "Metadata": {"aws:asset:path": "/srv/far", "aws:asset:property": "Code"}},
		"Image": {"Type": "AWS::Lambda::Function", "Metadata": {"aws:asset:path": "asset.2", "aws:asset:property": "Code.ImageUri"}},
		"Bare": {"Type": "AWS::Lambda::Function"}},
		"Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version"}},
		"Rules": {"CheckBootstrapVersion": {"Assertions": [{"Assert": {"Fn::Not": [{"Fn::Contains": [["1"], {"Ref": "BootstrapVersion"}]}]}}]}}}`),
		cloudformation.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"F": "cdk.out/asset.1", "Far": "/srv/far", "Image": "", "Bare": ""} {
		got, ok := template.Resource(id).Asset()
		if filepath.ToSlash(got) != want || ok != (want != "") {
			t.Errorf("the asset of %s is %q, %t, expected %q", id, got, ok, want)
		}
	}
}
