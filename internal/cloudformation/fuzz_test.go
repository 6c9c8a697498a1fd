package cloudformation_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gangway/internal/cloudformation"
)

// FuzzRead reads anything: it does not panic, it takes no longer than the limits allow, and what is read has properties.
func FuzzRead(f *testing.F) {
	for _, folder := range []string{"testdata/sam", "testdata/refused"} {
		files, err := filepath.Glob(folder + "/*.yaml")
		if err != nil || len(files) == 0 {
			f.Fatalf("no seeds in %s: %v", folder, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	f.Add(chat)
	f.Add(forEach)
	f.Add(frame(`!Sub ["${Own}/${Name}/${!x}", {Own: !Join ["", [!Ref Api, !Select [0, !Split [",", "a,b"]]]]}]`))
	f.Add(`{"Resources": {"A": {"Type": "B", "Properties": {"X": {"Fn::If": ["C", {"Ref": "AWS::NoValue"}, 1]}}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		// The slowest that the limits allow takes 2 s by itself; a machine has others to serve.
		watch := time.AfterFunc(time.Minute, func() { panic("no end: " + text) })
		defer watch.Stop()
		template, err := cloudformation.Read("t.yaml", ".", []byte(text), cloudformation.Options{})
		if (err == nil) != (template != nil) {
			t.Fatalf("template %v, error %v", template, err)
		}
		if err != nil {
			return
		}
		made := map[string]bool{}
		for _, r := range template.Resources {
			for _, id := range append(r.References(), r.DependsOn...) {
				if !made[id] {
					t.Fatalf("%s needs %s, which comes later", r.ID, id)
				}
			}
			made[r.ID] = true
			if p, err := r.Properties(nowhere{}); (p == nil) != (err != nil) {
				t.Fatalf("the properties of %s are %v and %v", r.ID, p, err)
			}
		}
		for _, o := range template.Outputs {
			if v, err := o.Value(nowhere{}); err != nil && v != nil {
				t.Fatalf("the output %s is %v and %v", o.Name, v, err)
			}
		}
	})
}

// large is a template of many resources that refer to each other.
func large(resources int) string {
	var b strings.Builder
	b.WriteString("AWSTemplateFormatVersion: 2010-09-09\nParameters: {Env: {Type: String, Default: dev}}\nResources:\n")
	b.WriteString("  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: chat, ProtocolType: WEBSOCKET}}\n")
	for i := range resources / 2 {
		fmt.Fprintf(&b, `  Integration%d:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub 'arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Env}-%d/invocations'
  Route%d:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: route%d
      Target: !Join ['/', [integrations, !Ref Integration%d]]
`, i, i, i, i, i)
	}
	return b.String()
}

func BenchmarkRead(b *testing.B) {
	text := []byte(large(300))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cloudformation.Read("t.yaml", "", text, cloudformation.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProperties(b *testing.B) {
	template, err := cloudformation.Read("t.yaml", "", []byte(large(300)), cloudformation.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, r := range template.Resources {
			if _, err := r.Properties(made{}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
