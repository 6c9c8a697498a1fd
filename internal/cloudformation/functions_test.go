package cloudformation_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gangway/internal/cloudformation"
)

// frame is a template with a value in it; what stands around the value is there for it to refer to.
func frame(value string) string {
	return `
Transform: AWS::LanguageExtensions
Parameters:
  Name: {Type: String, Default: chat}
  Count: {Type: Number, Default: 3}
  Words: {Type: CommaDelimitedList, Default: "a, b,c"}
Mappings:
  Regions: {us-east-1: {size: large, zones: [x, y]}, eu-west-1: {size: small}}
Conditions:
  Holds: !Equals [!Ref Name, chat]
  Fails: !Not [!Condition Holds]
Resources:
  Api: {Type: AWS::ApiGatewayV2::Api}
  Gone: {Type: AWS::SQS::Queue, Condition: Fails}
  It:
    Type: Custom::It
    Properties:
      Value: ` + strings.ReplaceAll(value, "\n", "\n        ") + "\n"
}

// TestFunctions has one case or more for each function, its short and its long form.
// Source: the page of each function in "Intrinsic function reference", CloudFormation template reference.
func TestFunctions(t *testing.T) {
	for _, c := range []struct {
		value string
		want  any // nil: the property is left out
	}{
		{`!Ref Name`, "chat"},
		{`{Ref: Name}`, "chat"},
		{`{"Ref": "Api"}`, "ref-Api"},
		{`!Ref Count`, "3"},
		{`!Ref Words`, []any{"a", "b", "c"}},
		{`!Ref AWS::Region`, "us-east-1"},
		{`!Ref AWS::AccountId`, "000000000000"},
		{`!Ref AWS::Partition`, "aws"},
		{`!Ref AWS::StackName`, "gangway"},
		{`!Ref AWS::NotificationARNs`, []any{}},
		{`!Ref AWS::NoValue`, nil},
		{`[1, !Ref AWS::NoValue, 2]`, []any{int64(1), int64(2)}},
		{`{A: !Ref AWS::NoValue, B: 1}`, map[string]any{"B": int64(1)}},

		{`!GetAtt Api.ApiEndpoint`, "Api/ApiEndpoint"},
		{`!GetAtt [Api, ApiEndpoint]`, "Api/ApiEndpoint"},
		{`{"Fn::GetAtt": ["Api", "Outputs.Url"]}`, "Api/Outputs.Url"},
		{`{"Fn::GetAtt": [Api, !Ref Name]}`, "Api/chat"},
		{`!GetAtt Api.List`, []any{"one-Api", "two-Api"}},

		{`!Sub "${Name}-${AWS::Region}"`, "chat-us-east-1"},
		{`!Sub "wss://${Api}.${Api.Domain.Name}/${!Literal}"`, "wss://ref-Api.Api/Domain.Name/${Literal}"},
		{`{"Fn::Sub": ["${Own}/${Name}", {"Own": {"Ref": "Api"}}]}`, "ref-Api/chat"},
		{`!Sub ["${Name}", {Name: own}]`, "own"},
		{`!Sub "$x ${ and $"`, "$x ${ and $"},
		{`!Sub ""`, ""},
		{`!Sub "${Count}"`, "3"},

		{`!Join ["/", [integrations, !Ref Api]]`, "integrations/ref-Api"},
		{`!Join [":", [a, !Ref AWS::NoValue, 1.10, true]]`, "a:1.10:true"},
		{`!Join [",", !Ref Words]`, "a,b,c"},
		{`!Join ["+", !GetAtt Api.List]`, "one-Api+two-Api"},
		{`{"Fn::Join": ["", []]}`, ""},

		{`!If [Holds, yes, no]`, true},
		{`!If [Fails, !Ref Nobody, {A: 1}]`, map[string]any{"A": int64(1)}},
		{`!If [Fails, 1, !Ref AWS::NoValue]`, nil},

		{`!FindInMap [Regions, !Ref AWS::Region, size]`, "large"},
		{`!FindInMap [Regions, us-east-1, zones]`, []any{"x", "y"}},
		{`!FindInMap [Regions, nowhere, size, {DefaultValue: medium}]`, "medium"},

		{`!Select [1, [a, b]]`, "b"},
		{`!Select ["0", !Ref Words]`, "a"},
		{`!Select [0, !GetAZs ""]`, "us-east-1a"},
		{`{"Fn::GetAZs": "eu-west-1"}`, []any{"eu-west-1a", "eu-west-1b", "eu-west-1c"}},
		{`!Split ["|", "a||c|"]`, []any{"a", "", "c", ""}},
		{`!Base64 "AWS CloudFormation"`, "QVdTIENsb3VkRm9ybWF0aW9u"},
		{`{"Fn::Base64": !Sub "${Name}"}`, "Y2hhdA=="},
		{`!ImportValue other-url`, "imported other-url"},
		{`{"Fn::ImportValue": {"Fn::Sub": "${Name}-url"}}`, "imported chat-url"},
		{`!Cidr ["192.168.0.0/24", 6, 5]`, []any{
			"192.168.0.0/27", "192.168.0.32/27", "192.168.0.64/27", "192.168.0.96/27", "192.168.0.128/27", "192.168.0.160/27",
		}},
		{`!Select [1, !Cidr ["2001:db8::/56", 2, 64]]`, "2001:db8:0:1::/64"},
		{`{"Fn::Length": [1, 2, 3]}`, int64(3)},
		{`!Length {Ref: Words}`, int64(3)},
		{
			`{"Fn::ToJsonString": {"key1": "value1", "key2": {"Ref": "Name"}, "n": 1.50, "é\"": [true]}}`,
			`{"key1":"value1","key2":"chat","n":1.50,"é\"":[true]}`,
		},
		{`!ToJsonString [!Ref Api]`, `["ref-Api"]`},

		// A single member that is no function is data, as the condition of a policy is.
		{`{Condition: Holds}`, map[string]any{"Condition": "Holds"}},
		{
			`{Condition: {Bool: {"aws:SecureTransport": "true"}}}`,
			map[string]any{"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "true"}}},
		},
		{`{Ref: Name, Other: 1}`, map[string]any{"Ref": "Name", "Other": int64(1)}},
	} {
		o := cloudformation.Options{Import: func(name string) (string, error) { return "imported " + name, nil }}
		template, err := cloudformation.Read("template.yaml", "", []byte(frame(c.value)), o)
		if err != nil {
			t.Errorf("%s: %v", c.value, err)
			continue
		}
		got := properties(t, template, "It")
		if diff := cmp.Diff(c.want, got["Value"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.value, diff)
		}
		if _, there := got["Value"]; there != (c.want != nil) {
			t.Errorf("%s: the property is there: %t", c.value, there)
		}
	}
}

// TestScalars: what YAML and JSON write is what a property gets.
func TestScalars(t *testing.T) {
	for _, c := range []struct {
		value string
		want  any
	}{
		{"12", int64(12)},
		{"-7", int64(-7)},
		{"50.5", 50.5},
		{"1.10", "1.10"},
		{"50.0", "50.0"},
		{"12345678901234567890", "12345678901234567890"},
		{"000000000000", "000000000000"},
		{"0123", "0123"},
		{"0x1F", "0x1F"},
		{"1_000", "1_000"},
		{"1e5", "1e5"},
		{"+5", "+5"},
		{".5", ".5"},
		{"2010-09-09", "2010-09-09"},
		{"2012-10-17T00:00:00Z", "2012-10-17T00:00:00Z"},
		{"12:30:45", "12:30:45"},
		{"true", true},
		{"No", false},
		{"on", true},
		{"y", "y"},
		{`"true"`, "true"},
		{`'12'`, "12"},
		{"!!str 12", "12"},
		{"=", "="},
		{"|\n  a\n  b", "a\nb\n"},
		{".inf", ".inf"},
	} {
		got := properties(t, read(t, frame(c.value), cloudformation.Options{}), "It")
		if diff := cmp.Diff(c.want, got["Value"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.value, diff)
		}
	}
}

func TestJSON(t *testing.T) {
	template := read(t, `{
	"AWSTemplateFormatVersion": "2010-09-09",
	"Resources": {
		"It": {"Type": "Custom::It", "Properties": {
			"Text": "tab\tslash\/ \ud83d\ude00", "Account": 123456789012, "Rate": 1.0, "Big": 1e3,
			"Sub": {"Fn::Sub": "${AWS::Region}"}, "Ref": {"Ref": "Api"}}},
		"Api": {"Type": "AWS::ApiGatewayV2::Api"}
	}
}`, cloudformation.Options{})
	want := map[string]any{
		"Text": "tab\tslash/ 😀", "Account": int64(123456789012), "Rate": "1.0", "Big": "1e3", "Sub": "us-east-1", "Ref": "ref-Api",
	}
	if diff := cmp.Diff(want, properties(t, template, "It")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if where := template.Resource("It").Where.String(); where != "template.yaml:4:3" {
		t.Errorf("the resource is at %s", where)
	}
}

func TestAnchorsAndMergeKeys(t *testing.T) {
	got := properties(t, read(t, `
Resources:
  First: {Type: A, Properties: &all {A: 1, B: {C: &c [1, 2]}}}
  It:
    Type: A
    Properties:
      <<: *all
      A: own
      D: *c
  Third:
    Type: A
    Properties:
      <<: [{X: 1}, {X: 2, Y: 2}]
`, cloudformation.Options{}), "It")
	list := []any{int64(1), int64(2)}
	if diff := cmp.Diff(map[string]any{"A": "own", "D": list, "B": map[string]any{"C": list}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestForEach: source "Fn::ForEach", CloudFormation template reference.
func TestForEach(t *testing.T) {
	template := read(t, forEach, cloudformation.Options{})
	want := map[string]any{"Name": "gangway-One", "Self": "One", "Kinda1": "One/a-1", "Kindb2": "One/b-2"}
	if diff := cmp.Diff(want, properties(t, template, "TopicOne")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if ids(template) != "TopicOne" {
		t.Errorf("the resources are %s", ids(template))
	}
	if got, err := template.Outputs[0].Value(made{}); got != "TopicOne/TopicName" || template.Outputs[0].Name != "OutOne" {
		t.Errorf("the output %s is %v, %v", template.Outputs[0].Name, got, err)
	}
}

const forEach = `
Transform: [AWS::LanguageExtensions]
Parameters:
  Kinds: {Type: CommaDelimitedList, Default: 'a-1,b-2'}
Conditions:
  Fn::ForEach::Each: [Name, [One, Two], {'Is${Name}': !Equals ['${Name}', One]}]
Resources:
  Fn::ForEach::Topics:
    - Name
    - [One, Two]
    - 'Topic${Name}':
        Type: AWS::SNS::Topic
        Condition: 'Is${Name}'
        Properties:
          Name: !Sub '${AWS::StackName}-${Name}'
          Self: !Ref Name
          Fn::ForEach::Inner: [Kind, !Ref Kinds, {'Kind&{Kind}': '${Name}/${Kind}'}]
Outputs:
  Fn::ForEach::Out: [Name, [One], {'Out${Name}': {Value: !GetAtt 'Topic${Name}.TopicName'}}]
`

// nowhere knows no resource, and some by values that templates do not have.
type nowhere struct{}

var errNowhere = errors.New("nowhere to be found")

func (nowhere) Ref(string) (any, error) { return nil, errNowhere }

func (nowhere) GetAtt(_, attribute string) (any, error) {
	if attribute == "Odd" {
		return struct{}{}, nil
	}
	return "a.b", nil
}

func TestValuesThatDoNotFit(t *testing.T) {
	for _, c := range []struct{ value, want string }{
		{`!Sub "${Api}"`, "nowhere to be found"},
		{`{A: [!Ref Api]}`, "It.Properties.Value.A.0: nowhere to be found"},
		{`!GetAtt Api.Odd`, "a value of type struct {} cannot stand in a template"},
		{`!Select [2, !Split [".", !GetAtt Api.a.b]]`, `Fn::Select cannot select "2" of 2 values`},
		{`!Join ["", !GetAtt Api.a]`, "Fn::Join joins a list, not a string"},
	} {
		_, err := read(t, frame(c.value), cloudformation.Options{}).Resource("It").Properties(nowhere{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "template.yaml:18:") {
			t.Errorf("%s: the error is %v, expected %s", c.value, err, c.want)
		}
	}
	r := read(t, frame("!Ref Api"), cloudformation.Options{}).Resource("It")
	if _, err := r.Properties(nowhere{}); !errors.Is(err, errNowhere) {
		t.Errorf("the error is %v", err)
	}
	if _, err := r.Properties(nil); err == nil || !strings.Contains(err.Error(), "Api is not made yet") {
		t.Errorf("without values the error is %v", err)
	}
}

// many knows values of all types that [cloudformation.Values] may give.
type many struct{}

func (many) Ref(string) (any, error) { return "a", nil }

func (many) GetAtt(_, attribute string) (any, error) {
	return map[string]any{
		"Int": 1, "Int64": int64(2), "Float": 1.5, "Bool": true, "Number": json.Number("007"), "Strings": []string{"a", "b"},
		"Map": map[string]any{"b": []any{1, "x"}, "a": nil}, "Deep": map[string]any{"b": []any{1, "x"}, "a": 1.25},
	}[attribute], nil
}

func TestTypesOfValues(t *testing.T) {
	for value, want := range map[string]any{
		"!GetAtt Api.Int":                            int64(1),
		"!GetAtt Api.Int64":                          int64(2),
		"!GetAtt Api.Float":                          1.5,
		"!GetAtt Api.Bool":                           true,
		"!GetAtt Api.Number":                         "007",
		"!GetAtt Api.Strings":                        []any{"a", "b"},
		"!GetAtt Api.Deep":                           map[string]any{"a": 1.25, "b": []any{int64(1), "x"}},
		"!Sub '${Api.Int} ${Api.Float} ${Api.Bool}'": "1 1.5 true",
		"!ToJsonString [!GetAtt Api.Deep]":           `[{"a":1.25,"b":[1,"x"]}]`,
	} {
		got, err := read(t, frame(value), cloudformation.Options{}).Resource("It").Properties(many{})
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		if diff := cmp.Diff(want, got["Value"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", value, diff)
		}
	}
	_, err := read(t, frame("!GetAtt Api.Map"), cloudformation.Options{}).Resource("It").Properties(many{})
	if err == nil || !strings.Contains(err.Error(), "cannot stand in a template") {
		t.Errorf("of a map with nil the error is %v", err)
	}
}
