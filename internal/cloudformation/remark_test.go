package cloudformation_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gangway/internal/cloudformation"
)

// TestLookups: what CloudFormation would look up elsewhere is passed on as it stands, and a note says so at its place.
func TestLookups(t *testing.T) {
	template := read(t, `
Parameters:
  Table: {Type: AWS::SSM::Parameter::Value<String>, Default: /chat/table}
  Given: {Type: AWS::SSM::Parameter::Value<String>, Default: /chat/given}
  BootstrapVersion: {Type: AWS::SSM::Parameter::Value<String>, Default: /cdk-bootstrap/version}
  Path: {Type: String, Default: /chat/key}
Resources:
  Secret: {Type: AWS::SecretsManager::Secret}
  Handler:
    Type: AWS::Lambda::Function
    Properties:
      Environment:
        Variables:
          TABLE: !Ref Table
          GIVEN: !Ref Given
          AGAIN: !Sub "x${Table}"
          KEY: !Sub "{{resolve:ssm:${Path}:1}}"
          PASSWORD: !Join ["", ["{{resolve:secretsmanager:", !Ref Secret, ":SecretString}}"]]
          BRACES: "{{resolved}}"
      Layers: ["a", "{{resolve:ssm-secure:/chat/layer}}"]
`, cloudformation.Options{Parameters: map[string]string{"Given": "mine"}})
	var notes []string
	for _, n := range template.Notes {
		notes = append(notes, n.Where.String()+" "+n.Text)
	}
	const so = "is not looked up: it is passed on as it stands; put the Ref of a parameter in its place, and give that a value"
	want := []string{
		`template.yaml:3:3 the parameter Table is not looked up in Systems Manager: its value is its default "/chat/table", which is ` +
			"only the name there; give Table a value",
		"template.yaml:17:16 Handler.Environment.Variables.KEY: {{resolve:ssm:/chat/key:1}} " + so,
		"template.yaml:18:33 Handler.Environment.Variables.PASSWORD: {{resolve:secretsmanager:…}} " + so,
		"template.yaml:20:21 Handler.Layers.1: {{resolve:ssm-secure:/chat/layer}} " + so,
	}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("the notes (-want +got):\n%s", diff)
	}
}

// A value that stands for many is told once, and what is told has an end.
func TestManyLookups(t *testing.T) {
	text := "Resources:\n  It: {Type: A, Properties: {V: &a [\"{{resolve:ssm:" + strings.Repeat("é", 200) + "}}\"], W: [*a, *a]}}\n"
	for i := range 300 {
		text += fmt.Sprintf("  R%d: {Type: A, Properties: {V: \"{{resolve:ssm:/a}}\"}}\n", i)
	}
	notes := read(t, text, cloudformation.Options{}).Notes
	if len(notes) != 100 || len(notes[0].Text) > 500 {
		t.Errorf("%d notes, the first is %s", len(notes), notes[0].Text)
	}
}

// TestPolicies: source "DeletionPolicy attribute" and "UpdateReplacePolicy attribute", CloudFormation template reference.
func TestPolicies(t *testing.T) {
	template := read(t, `
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Parameters: {Keep: {Type: String, Default: Retain}}
Resources:
  None: {Type: A}
  Kept: {Type: A, DeletionPolicy: Retain}
  Except: {Type: A, DeletionPolicy: RetainExceptOnCreate, UpdateReplacePolicy: Retain}
  Gone: {Type: A, DeletionPolicy: Delete, UpdateReplacePolicy: Snapshot}
  Asked: {Type: A, DeletionPolicy: !Ref Keep}
  Chat:
    Type: AWS::Serverless::WebSocketApi
    DeletionPolicy: Retain
    Properties: {RouteSelectionExpression: a, StageName: s, Routes: {$default: {FunctionArn: "arn:aws:lambda:us-east-1:1:function:f"}}}
`, cloudformation.Options{})
	kept := map[string]string{"Kept": "Retain/Delete", "Except": "Retain/Retain", "Asked": "Retain/Delete"}
	for _, r := range template.Resources {
		want := kept[r.ID]
		switch {
		case strings.Contains(r.Type, "ApiGatewayV2"): // all that the transform makes of one
			want = "Retain/Delete"
		case want == "":
			want = "Delete/Delete"
		}
		if got := string(r.DeletionPolicy + "/" + r.UpdateReplacePolicy); got != want && !strings.HasPrefix(r.Type, "AWS::Lambda") {
			t.Errorf("the policies of %s are %s, expected %s", r.ID, got, want)
		}
	}
	for written, want := range map[string]string{
		"Keep": "t.yaml:2:41: It.DeletionPolicy: expected one of Delete, Retain, RetainExceptOnCreate, Snapshot", "[Retain]": "expected one of",
		"!Ref It": "what becomes of an object is known before resources are made",
	} {
		_, err := cloudformation.Read("t.yaml", "", []byte("Resources:\n  It: {Type: AWS::A::B, DeletionPolicy: "+written+"}\n"), cloudformation.Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("DeletionPolicy %s: the error is %v, expected %s", written, err, want)
		}
	}
}
