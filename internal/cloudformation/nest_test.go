package cloudformation_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gangway/internal/cloudformation"
)

const outer = `
Parameters: {Table: {Type: String, Default: messages}}
Conditions: {Never: !Equals [a, b]}
Resources:
  Topic: {Type: "AWS::SNS::Topic", Properties: {Name: !Sub "${Back.Outputs.Name}-topic"}}
  Front:
    Type: AWS::CloudFormation::Stack
    DependsOn: Topic
    Properties:
      TemplateURL: sub/front.yaml
      Parameters: {Name: !GetAtt Back.Outputs.Name, Names: [x, !Ref Topic], Plain: 7}
  Back:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: ./back.yaml, Parameters: {Table: !Ref Table}}
  Not: {Type: "AWS::CloudFormation::Stack", Condition: Never, Properties: {TemplateURL: ./nowhere.yaml}}
  Far: {Type: "AWS::CloudFormation::Stack", Properties: {TemplateURL: "https://s3.amazonaws.com/b/t.yaml"}}
  After: {Type: "AWS::SQS::Queue", DependsOn: Front}
Outputs:
  Url: {Value: !GetAtt Front.Outputs.Url}
  Back: {Value: !Join ["+", [!GetAtt Back.Outputs.Name, !GetAtt Back.Outputs.Stack]]}
`

const front = `
Parameters: {Name: {Type: String}, Names: {Type: CommaDelimitedList}, Plain: {Type: Number}, Topic: {Type: String, Default: mine}}
Conditions: {Seven: !Equals [!Ref Plain, "7"]}
Resources:
  Queue: {Type: "AWS::SQS::Queue", Properties: {Name: !Ref Name, First: !Select [1, !Ref Names], Mine: !Ref Topic}}
  Other: {Type: "AWS::SQS::Queue", Condition: Seven, DependsOn: Queue, Properties: {Of: !GetAtt Queue.Arn}}
Outputs: {Url: {Value: !Sub "https://${Queue}/${Name}"}}
`

const back = `
Parameters: {Table: {Type: String, AllowedValues: [messages]}}
Resources:
  Deep: {Type: "AWS::CloudFormation::Stack", Properties: {TemplateURL: deep.yaml, Parameters: {Table: !Ref Table}}}
Outputs: {Name: {Value: !GetAtt Deep.Outputs.Name}, Stack: {Value: !Ref AWS::StackName, Export: {Name: back}}}
`

const deep = `
Parameters: {Table: {Type: String}}
Resources: {T: {Type: "AWS::DynamoDB::Table", Properties: {TableName: !Ref Table}}}
Outputs: {Name: {Value: !GetAtt T.Arn}}
`

func nested(t *testing.T, files map[string]string) (*cloudformation.Template, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cloudformation.Read("app/outer.yaml", dir, []byte(files["outer.yaml"]), cloudformation.Options{
		StackName: "chat", ReadFile: func(path string) ([]byte, error) { return cloudformation.ReadFile(path, 1<<20) },
	})
}

// called knows of resources what they are called.
type called struct{}

func (called) Ref(id string) (any, error) { return "<" + id + ">", nil }

func (called) GetAtt(id, attribute string) (any, error) { return "<" + id + "." + attribute + ">", nil }

// TestNest: nested stacks are part of the one that they are in: names, parameters, outputs, order and conditions
// ("AWS::CloudFormation::Stack" in the template reference).
func TestNest(t *testing.T) {
	read, err := nested(t, map[string]string{"outer.yaml": outer, "sub/front.yaml": front, "back.yaml": back, "deep.yaml": deep})
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, r := range read.Resources {
		order = append(order, r.ID)
	}
	for _, pair := range [][2]string{
		{"BackDeepT", "Topic"}, {"Topic", "FrontQueue"}, {"FrontQueue", "FrontOther"}, {"FrontOther", "After"}, {"BackDeepT", "FrontQueue"},
	} {
		if first, second := slices.Index(order, pair[0]), slices.Index(order, pair[1]); first < 0 || second < first {
			t.Errorf("%s does not come before %s: %v", pair[0], pair[1], order)
		}
	}
	if len(order) != 6 || !slices.Contains(order, "Far") {
		t.Errorf("the resources are %v", order)
	}
	for id, want := range map[string]string{
		"FrontQueue": "map[First:<Topic> Mine:mine Name:<BackDeepT.Arn>]", "FrontOther": "map[Of:<FrontQueue.Arn>]",
		"BackDeepT": "map[TableName:messages]", "Topic": "map[Name:<BackDeepT.Arn>-topic]",
	} {
		got, err := read.Resource(id).Properties(called{})
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s has %v, %v, not %s", id, got, err, want)
		}
	}
	for _, output := range read.Outputs {
		want := map[string]string{"Url": "https://<FrontQueue>/<BackDeepT.Arn>", "Back": "<BackDeepT.Arn>+chat-Back", "BackStack": "chat-Back"}[output.Name]
		if got, err := output.Value(called{}); err != nil || got != want {
			t.Errorf("the output %s is %v, %v, not %q", output.Name, got, err, want)
		}
	}
	if where := read.Resource("FrontQueue"); where.Where.String() != "app/sub/front.yaml:5:3" || filepath.Base(where.Dir()) != "sub" {
		t.Errorf("it is at %s in %s", where.Where, where.Dir())
	}
}

// TestNestNot: where files of this machine are not to be read, none is.
func TestNestNot(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "in.yaml"), []byte("Resources: {T: {Type: 'AWS::SNS::Topic'}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "Resources:\n  In: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: in.yaml}}\n"
	read, err := cloudformation.Read("t.yaml", dir, []byte(text), cloudformation.Options{})
	if err != nil || len(read.Resources) != 1 || read.Resources[0].ID != "In" {
		t.Errorf("got %v, %v", read, err)
	}
}

// TestNestMistakes: each mistake is told of by the file that has it.
func TestNestMistakes(t *testing.T) {
	const one = "Resources:\n  In: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: in.yaml}}\n"
	const plain = "Resources: {T: {Type: 'AWS::SNS::Topic'}}\n"
	for name, row := range map[string]struct{ outer, inner, want string }{
		"not there":           {one, "", "app/outer.yaml:2:3: In.Properties: "},
		"no YAML":             {one, "Resources: [", "app/in.yaml:1"},
		"a wrong reference":   {one, "Resources: {T: {Type: 'AWS::SNS::Topic', Properties: {Name: !Ref Nobody}}}", "app/in.yaml:1"},
		"no value":            {one, "Parameters: {A: {Type: String}}\n" + plain, "app/in.yaml:1:13: Parameters: these parameters need a value: A"},
		"no such parameter":   {strings.Replace(one, "in.yaml", "in.yaml, Parameters: {B: 1}", 1), plain, "app/in.yaml: Parameters: the template has no parameter B"},
		"no such output":      {one + "Outputs: {A: {Value: !GetAtt In.Outputs.A}}\n", plain, "of which there are only outputs here"},
		"within itself":       {one, one, "app/in.yaml:2:3: In.Properties: stacks are in each other in a circle: in.yaml, which has in.yaml"},
		"within the first":    {one, strings.Replace(one, "in.yaml", "outer.yaml", 1), "in a circle: outer.yaml, which has in.yaml, which has outer.yaml"},
		"a circle":            {one + "  Out: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: in.yaml, Parameters: {A: !GetAtt Out.Outputs.A}}}\n", plain, "in a circle"},
		"two of a name":       {one + "  InT: {Type: 'AWS::SNS::Topic'}\n", plain, "would be called as one that there is: InT"},
		"a condition on what": {strings.Replace(one, "in.yaml", "in.yaml, Parameters: {A: !Ref T}", 1) + "  T: {Type: 'AWS::SNS::Topic'}\n", "Parameters: {A: {Type: String}}\nConditions: {C: !Equals [!Ref A, x]}\n" + plain, "the parameter A depends on a resource of the stack around this one"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"outer.yaml": row.outer}
			if row.inner != "" {
				files["in.yaml"] = row.inner
			}
			if _, err := nested(t, files); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("the error is %v, not %s", err, row.want)
			}
		})
	}
}

// TestNestDepth: stacks within stacks have an end, without a circle too.
func TestNestDepth(t *testing.T) {
	files := map[string]string{"outer.yaml": "Resources: {N: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: n1.yaml}}}"}
	for i := range 7 {
		files[fmt.Sprintf("n%d.yaml", i)] = fmt.Sprintf("Resources: {N: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: n%d.yaml}}}", i+1)
	}
	if _, err := nested(t, files); err == nil || !strings.Contains(err.Error(), "app/n5.yaml:1:13: N.Properties: there are stacks in stacks deeper than 5") {
		t.Errorf("got %v", err)
	}
}

// TestNestOnce: a file is read once, however many stacks are made of it.
func TestNestOnce(t *testing.T) {
	text := "Resources:\n"
	for i := range 190 {
		text += fmt.Sprintf("  N%d: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: n.yaml, Parameters: {P: !GetAtt N%d.Outputs.O}}}\n", i, i+1)
	}
	text += "  N190: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: n.yaml, Parameters: {P: last}}}\n"
	reads := 0
	read, err := cloudformation.Read("t.yaml", "/", []byte(text), cloudformation.Options{StackName: "chat", ReadFile: func(string) ([]byte, error) {
		reads++
		return []byte("Parameters: {P: {Type: String}}\nResources: {T: {Type: 'AWS::SNS::Topic', Properties: {Name: !Ref P}}}\nOutputs: {O: {Value: !Ref P}}\n"), nil
	}})
	if err != nil || len(read.Resources) != 191 || reads != 1 {
		t.Fatalf("read %d times: %v", reads, err)
	}
	if got, err := read.Resource("N0T").Properties(called{}); err != nil || fmt.Sprint(got) != "map[Name:last]" {
		t.Errorf("got %v, %v", got, err)
	}
}
