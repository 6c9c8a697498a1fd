package cloudformation_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gangway/internal/cloudformation"
)

// TestParameters: source "Parameters", CloudFormation template reference.
func TestParameters(t *testing.T) {
	for _, c := range []struct {
		declared, given string
		want            any
		refused         string
	}{
		{"{Type: String, Default: a}", "", "a", ""},
		{"{Type: String, Default: a}", "b", "b", ""},
		{"{Type: String, Default: 012}", "", "012", ""},
		{"{Type: String, Default: true}", "", "true", ""},
		{"{Type: Number, Default: 1.50}", "", "1.50", ""},
		{"{Type: Number}", "-3", "-3", ""},
		{"{Type: Number}", "three", nil, `the value "three" is no number`},
		{"{Type: Number}", "0x10", nil, `the value "0x10" is no number`},
		{"{Type: Number, MinValue: 2}", "1.5", nil, "is less than MinValue 2"},
		{"{Type: Number, MaxValue: 2}", "3", nil, "is more than MaxValue 2"},
		{"{Type: String, MinLength: 2}", "é", nil, "is less than MinLength 2"},
		{"{Type: String, MaxLength: 2}", "abc", nil, "is more than MaxLength 2"},
		{"{Type: String, AllowedValues: [a, 1, true]}", "true", "true", ""},
		{"{Type: String, AllowedValues: [a, b]}", "c", nil, `the value "c" is none of AllowedValues: a, b`},
		{"{Type: String, AllowedPattern: '[a-z]+'}", "abc", "abc", ""},
		{
			"{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: small letters}", "abc1", nil,
			`the value "abc1" does not match AllowedPattern [a-z]+: small letters`,
		},
		{"{Type: String, AllowedPattern: '(?=a)a'}", "b", "b", ""},
		{"{Type: String, NoEcho: true, MinLength: 9}", "secret", nil, "t.yaml:2:3: Parameters.P: the value is less than MinLength 9"},
		{"{Type: CommaDelimitedList}", "a, b ,c", []any{"a", "b", "c"}, ""},
		{"{Type: CommaDelimitedList, AllowedValues: [a, b]}", "a,c", nil, `the value "c" is none of AllowedValues`},
		{"{Type: List<Number>, Default: '1,2'}", "", []any{"1", "2"}, ""},
		{"{Type: List<Number>}", "1,x", nil, `the value "x" is no number`},
		{"{Type: 'List<AWS::EC2::Subnet::Id>'}", "s-1,s-2", []any{"s-1", "s-2"}, ""},
		{"{Type: 'AWS::SSM::Parameter::Value<String>', Default: /cdk-bootstrap/version}", "", "/cdk-bootstrap/version", ""},
		{"{Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: 'a,b'}", "", []any{"a", "b"}, ""},
		{"{Default: a}", "", nil, "the parameter has no Type"},
		{"{Type: String, Default: [a]}", "", nil, "the default must be a string, not a list"},
		{"a", "", nil, "a parameter is a map with a Type, not a string"},
		{"{Type: String}", strings.Repeat("x", 4097), nil, "the value has 4097 bytes, the limit is 4096"},
	} {
		o := cloudformation.Options{}
		if c.given != "" {
			o.Parameters = map[string]string{"P": c.given}
		}
		text := "Parameters:\n  P: " + c.declared + "\nResources: {It: {Type: A, Properties: {Value: !Ref P}}}\n"
		template, err := cloudformation.Read("t.yaml", "", []byte(text), o)
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) || !strings.HasPrefix(err.Error(), "t.yaml:2:") {
				t.Errorf("%s with %.20q: the error is %v, expected %s", c.declared, c.given, err, c.refused)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s with %q: %v", c.declared, c.given, err)
			continue
		}
		if diff := cmp.Diff(c.want, properties(t, template, "It")["Value"]); diff != "" {
			t.Errorf("%s with %q (-want +got):\n%s", c.declared, c.given, diff)
		}
	}
}

// TestConditions has a template whose resources say which conditions hold.
// Source: "Condition functions", CloudFormation template reference.
func TestConditions(t *testing.T) {
	for condition, want := range map[string]bool{
		"!Equals [a, a]":                                            true,
		"!Equals [1, '1']":                                          true,
		"!Equals [true, 'true']":                                    true,
		"!Equals [1.0, 1]":                                          false,
		"!Equals [a, !Ref Env]":                                     false,
		"!Equals [prod, !Ref Env]":                                  true,
		"!Equals [[a, {b: c}], [a, {b: c}]]":                        true,
		"!Equals [[a, {b: c}], [a, {b: d}]]":                        false,
		"!Equals [[a], a]":                                          false,
		"!Not [!Equals [a, b]]":                                     true,
		"!And [!Equals [a, a], !Condition Prod]":                    true,
		"!And [!Condition Prod, !Not [{Condition: Prod}]]":          false,
		"!Or [!Equals [a, b], {Condition: Prod}]":                   true,
		"!Or [!Equals [a, b], !Equals [b, a]]":                      false,
		"{Condition: Prod}":                                         true,
		"!Equals [!Select [0, !Split ['-', !Ref AWS::Region]], us]": true,
		"!Equals [!FindInMap [M, !Ref Env, x], y]":                  true,
		"!Equals [!Join ['', [pro, d]], !Sub '${Env}']":             true,
	} {
		text := `
Parameters: {Env: {Type: String, Default: prod}}
Mappings: {M: {prod: {x: y}}}
Conditions:
  It: ` + condition + `
  Prod: !Equals [!Ref Env, prod]
Resources:
  First: {Type: A, Condition: It}
  Second: {Type: A, DependsOn: First, Properties: {X: !If [It, !GetAtt First.Arn, none]}}
Outputs:
  O: {Value: !If [It, !Ref First, none], Condition: It}
`
		template := read(t, text, cloudformation.Options{})
		if got := template.Resource("First") != nil; got != want {
			t.Errorf("%s is %t", condition, got)
		}
		if got := len(template.Outputs) == 1; got != want {
			t.Errorf("%s: the output is there: %t", condition, got)
		}
		x := map[bool]string{true: "First/Arn", false: "none"}[want]
		if got := properties(t, template, "Second")["X"]; got != x {
			t.Errorf("%s: X is %v, expected %s", condition, got, x)
		}
		if got := len(template.Resource("Second").DependsOn) == 1; got != want {
			t.Errorf("%s: the dependency is kept: %t", condition, got)
		}
	}
}
