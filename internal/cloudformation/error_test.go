package cloudformation_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"gangway/internal/cloudformation"
)

// TestMistakes: each is found, with its place and its property.
func TestMistakes(t *testing.T) {
	for _, c := range []struct{ value, want string }{
		{`!Ref Nobody`, `template.yaml:18:14: It.Properties.Value: Ref names "Nobody", which is neither a parameter nor a resource`},
		{`{A: {B: [1, !Ref Nobody]}}`, `template.yaml:18:26: It.Properties.Value.A.B.1: Ref names "Nobody"`},
		{`!GetAtt Nobody.Arn`, `Fn::GetAtt names "Nobody", which is no resource`},
		{`!GetAtt Name.Arn`, `Fn::GetAtt names "Name", which is no resource`},
		{`!GetAtt Api`, `Fn::GetAtt takes Resource.Attribute, not "Api"`},
		{`!GetAtt [Api]`, "Fn::GetAtt takes the names of a resource and of an attribute"},
		{`!GetAtt [Api, [a]]`, "the attribute of Fn::GetAtt must be a string, not a list"},
		{`!Ref Gone`, `Ref names the resource "Gone", which is not made: its condition Fails is false`},
		{`!Ref [a]`, "Ref takes a name, not a list"},
		{`!Foo bar`, "there is no function !Foo"},
		{`{"Fn::Foo": bar}`, "there is no function Fn::Foo"},
		{`{"Fn::Transform": {Name: "AWS::Include"}}`, "Fn::Transform is not supported"},
		{`{"Fn::Sub": a, B: c}`, "Fn::Sub must be the only member of its map"},
		{`!Sub "${Nobody}"`, `Ref names "Nobody"`},
		{`!Sub "${Nobody.Arn}"`, `Fn::GetAtt names "Nobody"`},
		{`!Sub "${ Name }"`, `" Name " is no variable name`},
		{`!Sub "${Words}"`, "a variable of Fn::Sub must be a string, not a list"},
		{`!Sub [a, b]`, "Fn::Sub takes a string, or a list of a string and a map of variables"},
		{`!Join [a]`, "Fn::Join takes 2 arguments, not 1"},
		{`!Join a`, "Fn::Join takes a list of 2 arguments, not a string"},
		{`!Join ["", a]`, "Fn::Join joins a list, not a string"},
		{`!Join ["", [{A: 1}]]`, "each value of Fn::Join must be a string, not a map"},
		{`!Select [3, [a]]`, `Fn::Select cannot select "3" of 1 values`},
		{`!Select [x, [a]]`, `Fn::Select cannot select "x" of 1 values`},
		{`!Select [0, a]`, "Fn::Select selects from a list, not a string"},
		{`!Split ["", a]`, "the delimiter of Fn::Split is empty"},
		{`!Base64 [a]`, "the argument of Fn::Base64 must be a string, not a list"},
		{`!ImportValue a`, `there is no stack that exports "a"`},
		{`!If [Nobody, a, b]`, `there is no condition "Nobody"`},
		{`!If [Holds, a]`, "Fn::If takes a condition and two values"},
		{`!If [!Equals [a, a], b, c]`, "the condition of Fn::If is a name, not a function"},
		{`!Equals [a, b]`, "Fn::Equals can be used in Conditions only"},
		{`!FindInMap [Regions, nowhere, size]`, `the mapping Regions has no value for "nowhere", "size"`},
		{`!FindInMap [Regions, a, b, c]`, "the fourth argument of Fn::FindInMap is a map with DefaultValue"},
		{`!Cidr ["10.0.0.0/24", 3, 8]`, "10.0.0.0/24 has no room for 3 blocks with 8 bits for hosts"},
		{`!Cidr ["10.0.0.0", 3, 8]`, "Fn::Cidr takes a block"},
		{`!Length a`, "Fn::Length counts a list, not a string"},
		{`!ToJsonString a`, "Fn::ToJsonString takes a map or a list, not a string"},
		{`~`, "template.yaml:18:14: It.Properties.Value: has no value: null is not allowed"},
		{`{A: 1, A: 2}`, `template.yaml:18:21: "A" is here for the second time, the first is in line 18`},
		{`{[a]: 1}`, "a key must be a string"},
		{`{<<: 1}`, "<< merges maps only"},
		{strings.Repeat("[", 101) + strings.Repeat("]", 101), "nested deeper than 100"},
		{`{"Fn::ForEach::A": [x, [1], {}], "Fn::ForEach::B": [x]}`, "Fn::ForEach::B takes an identifier, a collection and a map"},
		{`{"Fn::ForEach::A": [x, !Ref Api, {}]}`, "collections are known before resources are made"},
	} {
		_, err := cloudformation.Read("template.yaml", "", []byte(frame(c.value)), cloudformation.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "template.yaml:18") {
			t.Errorf("%s: the error is\n%v, expected\n%s", c.value, err, c.want)
		}
	}
}

// TestWrongTemplates: what is wrong around the values.
func TestWrongTemplates(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "template.yaml: the template is empty"},
		{"# nothing", "template.yaml: the template is empty"},
		{"a", "template.yaml:1:1: a template is a map with Resources, not a string"},
		{"{}", "template.yaml: the template has no resources"},
		{"[*nobody]", "template.yaml: no YAML: unknown anchor 'nobody' referenced"},
		{"Resources:\n  A: [a\n", "no YAML: did not find expected ',' or ']'"},
		{`"1` + "\t" + `2`, "no YAML"},
		{"Resources: {A: {Type: B}}\n---\nb: c", "template.yaml:2: a template is one document, here is a second one"},
		{"AWSTemplateFormatVersion: 2020-01-01\nResources: {A: {Type: B}}", "template.yaml:1:27: the only version"},
		{"Resources: {A: {Type: B, Properties: !Ref AWS::Region}}", "template.yaml:1:38: A.Properties: the properties must be a map"},
		{"Resources: [a]", "template.yaml:1:1: Resources: the section must be a map, not a list"},
		{"Resources: {A: {Type: B}}\nResource: {}", "template.yaml:2:1: Resource: a template has no section Resource"},
		{"Transform: Mine\nResources: {A: {Type: B}}", `template.yaml:1:12: Transform: the transform "Mine" is not supported`},
		{"Globals: {}\nResources: {A: {Type: B}}", "Globals need the transform AWS::Serverless-2016-10-31"},
		{"Resources: {A: b}", "template.yaml:1:13: A: a resource is a map with a Type, not a string"},
		{"Resources: {A: {}}", "template.yaml:1:13: A: the resource has no Type"},
		{"Resources: {A: {Type: B, Propertys: {}}}", "template.yaml:1:26: A: a resource has no attribute Propertys"},
		{"Resources: {A: {Type: B, Properties: [1]}}", "template.yaml:1:38: A.Properties: the properties must be a map, not a list"},
		{"Resources: {A-b: {Type: B}}", "A-b: a logical id has letters and digits only"},
		{"Resources: {A: {Type: B, DependsOn: C}}", `template.yaml:1:13: A.DependsOn: the resource depends on "C", which is no resource`},
		{"Resources: {A: {Type: B, DependsOn: {C: D}}}", "DependsOn takes the logical ids of resources, not a map"},
		{"Resources: {A: {Type: B, Condition: C}}", `template.yaml:1:37: A: there is no condition "C"`},
		{"Resources: {A: {Type: B, Condition: [C]}}", "the condition of a resource is a name, not a list"},
		{"Resources: {A: {Type: B, DependsOn: A}}", "resources depend on each other in a circle: A -> A"},
		{
			"Resources: {A: {Type: B, Properties: {X: !Ref C}}, C: {Type: B, DependsOn: D}, D: {Type: B, Properties: {Y: !Sub '${A.Arn}'}}}",
			"template.yaml:1:13: A: resources depend on each other in a circle: A -> C -> D -> A",
		},
		{"Conditions: {C: !Condition D, D: !Not [!Condition C]}\nResources: {A: {Type: B}}", `Conditions.D: the condition "C" depends on itself`},
		{"Conditions: {C: yes}\nResources: {A: {Type: B}}", "Conditions.C: a condition is one of Fn::And"},
		{"Conditions: {C: !Equals [!Ref A, b]}\nResources: {A: {Type: B}}", `Ref names "A", which is no parameter: conditions are decided before`},
		{"Conditions: {C: !And [!Equals [a, b]]}\nResources: {A: {Type: B}}", "Fn::And takes a list of 2 to 10 conditions"},
		{"Conditions: {C: !Join ['', [a]]}\nResources: {A: {Type: B}}", "Fn::Join is no condition"},
		{"Mappings: {M: {a: b}}\nResources: {A: {Type: B}}", "template.yaml:1:16: Mappings.M: a must be a map of names to values"},
		{"Mappings: {M: [a]}\nResources: {A: {Type: B}}", "Mappings.M: a mapping must be a map of maps"},
		{"Resources: {A: {Type: B}}\nOutputs: {O: {Description: d}}", "template.yaml:2:11: Outputs.O: an output is a map with a Value"},
		{"Resources: {A: {Type: B}}\nOutputs: {O: {Value: !Ref C}}", `template.yaml:2:22: Outputs.O.Value: Ref names "C"`},
		{"Resources: {A: {Type: B}}\nOutputs: {O: {Value: a, Export: {Name: !Ref A}}}", "the name of an export is known before resources are made"},
		{"Resources: {A: {Type: B, Properties: {X: !Length [a]}}}", "Fn::Length needs the transform AWS::LanguageExtensions"},
		{"Resources: {A: {Type: B, Properties: {'Fn::ForEach::X': [a]}}}", "Fn::ForEach::X needs the transform AWS::LanguageExtensions"},
		{"Resources: {A: {Type: B, Properties: {X: !FindInMap [a, b, c, {DefaultValue: d}]}}}", "DefaultValue of Fn::FindInMap needs the transform"},
		{`{"Resources": {"A": {"Type": "B", "Type": "C"}}}`, `template.yaml:1:35: "Type" is here for the second time`},
		{`{"Resources": {"A": {"Type": "B"},}`, "no YAML"},
		{strings.Repeat(" ", 1_000_001), "the template has 1000001 bytes, the limit is 1000000"},
	} {
		_, err := cloudformation.Read("template.yaml", "", []byte(c.text), cloudformation.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.90s: the error is\n%v, expected\n%s", c.text, err, c.want)
		}
	}
}

// TestAllMistakes: Read does not stop at the first.
func TestAllMistakes(t *testing.T) {
	_, err := cloudformation.Read("t.yaml", "", []byte(`
Parameters:
  Needed: {Type: String}
  Also: {Type: Number}
Resources:
  A:
    Type: X
    Properties: {P: !Ref B, Q: !GetAtt C.D, R: !Ref Needed}
  E: {Type: Y, Condition: F}
Outputs:
  O: {Value: !Ref G}
`), cloudformation.Options{Parameters: map[string]string{"Strange": "1"}})
	want := []string{
		"t.yaml:3:3: Parameters: these parameters need a value: Needed, Also",
		"t.yaml: Parameters: the template has no parameter Strange",
		`t.yaml:9:27: E: there is no condition "F"`,
		`t.yaml:8:21: A.Properties.P: Ref names "B", which is neither a parameter nor a resource`,
		`t.yaml:8:32: A.Properties.Q: Fn::GetAtt names "C", which is no resource`,
		`t.yaml:11:14: Outputs.O.Value: Ref names "G", which is neither a parameter nor a resource`,
	}
	if err == nil || err.Error() != strings.Join(want, "\n") {
		t.Fatalf("the mistakes are\n%v\nexpected\n%s", err, strings.Join(want, "\n"))
	}
	var one *cloudformation.Error
	if !errors.As(err, &one) || one.Where.Line != 3 || one.Path != "Parameters" {
		t.Errorf("the first is %+v", one)
	}
}

func TestPosition(t *testing.T) {
	for want, p := range map[string]cloudformation.Position{
		"t.yaml":     {File: "t.yaml"},
		"t.yaml:3":   {File: "t.yaml", Line: 3},
		"t.yaml:3:4": {File: "t.yaml", Line: 3, Column: 4},
	} {
		if got := fmt.Sprint(p); got != want {
			t.Errorf("%+v is %s, expected %s", p, got, want)
		}
	}
}

// TestBombs: a small text that makes much of itself is refused.
func TestBombs(t *testing.T) {
	aliases := "Resources: {A: {Type: B, Properties: {a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]"
	text := "Resources: {A: {Type: B, Properties: {X: " + strings.Repeat("!Sub ['${a}${a}${a}', {a: ", 30) + "xyz" + strings.Repeat("}]", 30) + "}}}"
	variables := `"x"`
	for i := range 9 {
		aliases += fmt.Sprintf(", a%d: &a%d [%s]", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 9), ", "))
	}
	for range 30 {
		variables = `{"Fn::Sub": ["${a}${a}${a}${a}", {"a": ` + variables + `}]}`
	}
	loops := `{"A": {"Type": "B"}}`
	for i := range 12 {
		loops = fmt.Sprintf(`{"Fn::ForEach::L%d": ["I%d", [1,2,3,4,5,6,7,8,9], %s]}`, i, i, loops)
	}
	list := "Mappings: {M: {a: {b: [" + strings.Repeat("x,", 10000) + "x]}}}\nResources:\n"
	for i := range 500 {
		list += fmt.Sprintf("  R%d: {Type: B, Properties: {A: !FindInMap [M, a, b], B: !Ref R%d}}\n", i, i+1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"aliases":   {aliases + "}}}", "the aliases stand for more than"},
		"itself":    {"Resources: {A: {Type: B, Properties: &a {X: *a}}}", "nested deeper than 100"},
		"text":      {strings.ReplaceAll(text, "[]", ""), "bytes of text of itself"},
		"variables": {`{"Resources": {"A": {"Type": "B", "Properties": {"X": ` + variables + `}}}}`, "bytes of text of itself"},
		"loops":     {`{"Transform": "AWS::LanguageExtensions", "Resources": ` + loops + `}`, "here for the second time"},
		"lists":     {list, `Ref names "R500"`},
		"brackets":  {strings.Repeat("[", 900_000), "template.yaml"},
		"objects":   {strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000), "nested deeper than 100"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := cloudformation.Read("template.yaml", "", []byte(c.text), cloudformation.Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is\n%.300v, expected\n%s", err, c.want)
			}
		})
	}
}
