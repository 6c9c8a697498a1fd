package serverless_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"gangway/internal/serverless"
)

var files = map[string]string{
	"a.yml":      "b: {c: from a file, v: '${self:custom.n}'}\nlist: [x, {y: z}]\nloop: ${file(a.yml):loop}",
	"a.json":     "{\n\t\"b\": {\"c\": \"\\ud83d\\ude00\", \"n\": 1.5, \"t\": true, \"z\": null}}",
	"words.txt":  "some words",
	"bad.yml":    "x: y\na: b: c",
	"bad.json":   "{\"a\": \n5,}",
	"more.json":  "{} {}",
	"deep.json":  strings.Repeat("[", 100),
	".env.stage": "A=1\nexport B = \"two $A\\nlines\" # why\nC='$A'\nD=${A}${B_}# no\nnothing\nE=`x`\nF=\"open\nPATH=no",
}

func readFiles(path string) ([]byte, error) {
	if path, err := filepath.Rel("dir", path); err == nil {
		if text, ok := files[path]; ok {
			return []byte(text), nil
		}
	}
	if strings.HasSuffix(path, "denied.yml") {
		return nil, errors.New("denied")
	}
	return nil, fs.ErrNotExist
}

var options = serverless.Options{
	Stage: "stage", Region: "eu-west-1", Account: "123456789012", ReadFile: readFiles,
	Params: map[string]string{"given": "by hand"}, Flags: map[string]string{"color": "red"},
	Values: map[string]string{"ssm:/a/b": "secret", "cf(us-west-2):net.Id": "west", "cf:net.Id": "here", "vault:x": "plugin"},
	Environment: func(name string) (string, bool) {
		value, ok := map[string]string{"HOME": "/home", "EMPTY": "", "PATH": "/bin"}[name]
		return value, ok
	},
}

// resolved is a variable of the environment of a function, as the template has it.
func resolved(text string, o serverless.Options) (string, error) {
	service := "service: chat\nuseDotenv: true\nprovider: {name: aws, runtime: nodejs22.x}\n" +
		"custom:\n  n: 5\n  s: text\n  list: [a, b]\n  map: {k: v}\n  nil: null\n  t: true\n  loop: ${self:custom.loop2}\n" +
		"  loop2: x${self:custom.loop}\n  part: {whole: '${self:custom.part}'}\n  broken: ${env:NOPE}\n  short: !Ref WebsocketsApi\n" +
		"params: {stage: {p: of the stage}, default: {p: of all, q: default}}\nstages: {default: {params: {r: version 4}}}\n" +
		"functions:\n  echo:\n    handler: a.b\n    environment:\n      V: " + text + "\n    events: [{websocket: $connect}]\n"
	made, err := serverless.Read("serverless.yml", "dir", []byte(service), o)
	if err != nil {
		return "", err
	}
	var template struct {
		Resources map[string]struct {
			Properties struct {
				Environment struct{ Variables map[string]json.RawMessage }
			}
		}
	}
	if err := json.Unmarshal(made.Text(), &template); err != nil {
		return "", err
	}
	return string(template.Resources["EchoLambdaFunction"].Properties.Environment.Variables["V"]), nil
}

func TestVariables(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"plain", `"plain"`},
		{"${self:custom.n}", `"5"`},
		{"a${self:custom.n}b${self:custom.s}", `"a5btext"`},
		{"${self:custom.list.1}", `"b"`},
		{"${self:custom.t}", `"true"`},
		{"${self:custom.short}", `{"Ref":"WebsocketsApi"}`},
		{"${self:custom.nil, 'nothing'}", `"nothing"`},
		{"${self:custom.nope, null}", ``},
		{"${self:custom.nope, 1.50}", `"1.5"`},
		{"${self:custom.nope, false}", `"false"`},
		{"${opt:stage}/${opt:region}/${opt:color}/${opt:s}", `"stage/eu-west-1/red/stage"`},
		{"${sls:stage} ${sls:instanceId}", `"stage gangway"`},
		{"${aws:accountId} ${aws:region}", `"123456789012 eu-west-1"`},
		{"${env:HOME}${env:EMPTY}", `"/home"`},
		{"${env:NOPE, 'fallback'}", `"fallback"`},
		{"${env:A} ${env:C} ${env:D} ${env:E} ${env:PATH}", `"1 $A 1 x /bin"`},
		{"${env:B}", `"two 1\nlines"`},
		{"${param:given} ${param:p} ${param:q} ${param:r}", `"by hand of the stage default version 4"`},
		{"${file(a.yml):b.c}", `"from a file"`},
		{"${file(./a.yml):b.v}", `"5"`},
		{"${file(a.yml):list.1.y}", `"z"`},
		{"${file('a.json'):b.c}", `"😀"`},
		{"${file(a.json):b.n} ${file(a.json):b.t}", `"1.5 true"`},
		{"${file(words.txt)}", `"some words"`},
		{"${file(none.yml), 'no file'}", `"no file"`},
		{"${file(words.txt):a, 'no member'}", `"no member"`},
		{"${strToBool(TRUE)} ${strToBool(0)}", `"true false"`},
		{"${strToBool(${self:custom.t})}", `"true"`},
		{"${ssm:/a/b} ${cf(us-west-2):net.Id} ${cf(eu-west-1):net.Id} ${vault:x}", `"secret west here plugin"`},
		{"${ssm:/other, 'here'}", `"here"`},
		{"${opt:none, ${self:custom.s}}", `"text"`},
		{"${opt:none, ${opt:none, 'deep'}}", `"deep"`},
		{"${opt:none, ${opt:none}, 'after'}", `"after"`},
		{"${self:custom.${opt:none, 's'}}", `"text"`},
		{`'${AWS::Region} ${Name} ${!a} $ { ${}'`, `"${AWS::Region} ${Name} ${!a} $ { ${}"`},
		{`'\${self:custom.n}'`, `"${self:custom.n}"`},
		{`'a\${self:custom.n}${self:custom.n}'`, `"a${self:custom.n}5"`},
		{`'${opt:none, "${self:custom.n}"}'`, `"${self:custom.n}"`},
	} {
		t.Run(test.text, func(t *testing.T) {
			got, err := resolved(test.text, options)
			if err != nil || got != test.want {
				t.Errorf("%s (%v), want %s", got, err, test.want)
			}
		})
	}
}

func TestVariableMistakes(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"${self:custom.strang}", `custom has no "strang"`},
		{"${self:custm.n}", `it has no "custm"; did you mean "custom"?`},
		{"${self:custom.list.2}", `custom.list has no "2"`},
		{"${self:custom.n.x}", `custom.n has no "x"`},
		{"${self:custom.nil}", "self:custom.nil has no value"},
		{"${self:custom.loop}", "leads back to itself"},
		{"${self:custom.part}", "leads back to what it is part of"},
		{"${self:custom.broken, 'no way out'}", "serverless.yml:14:11: ${env:NOPE}"},
		{"x${self:custom.map}", "is a mapping, which cannot stand within a text"},
		{"x${self:custom.list}", "is a list, which cannot"},
		{"x${self:custom.nope, null}", "is nothing, which cannot"},
		{"'${self:}'", "must follow the colon"},
		{"${opt:none}", `the option "none" was not given`},
		{"${sls:other}", "there is stage and instanceId"},
		{"${aws:username}", `write \${aws:username}`},
		{"${env:NOPE}", "environment variable NOPE is not set"},
		{"${param:none}", `"none" is not set for stage`},
		{"${file(none.yml)}", "there is no file none.yml"},
		{"${file():a}", "file wants a path"},
		{"${file(a.js)}", "would have to be run"},
		{"${file(denied.yml)}", "cannot read denied.yml"},
		{"${file(bad.yml)}", "bad.yml:2"},
		{"${file(bad.json)}", "bad.json:2"},
		{"${file(more.json)}", "more after the end"},
		{"${file(deep.json)}", "levels within each other"},
		{"${file(a.yml):loop}", "leads back to itself"},
		{"${strToBool(maybe)}", "strToBool takes"},
		{"${strToBool()}", "strToBool"},
		{"${ssm:/other}", "give a value for \"ssm:/other\", or a fallback as in ${ssm:/other, 'value'}"},
		{"${sefl:custom.n}", `there is no source "sefl"; did you mean "self"?`},
		{"${self:custom.n", "no closing brace"},
		{"${self:custom.n, ", "no closing brace"},
		{"${self:custom.n, word}", `"word" is neither a source nor a value`},
		{"${self:custom.n, 'open}", "a quote is not closed"},
		{"${self:custom.n, 'a' b}", `'b' where "," or "}" should be`},
		{"${file(a.yml}", "a parenthesis is not closed"},
		{"${file('a.yml' b)}", `where "," or ")" should be`},
		{strings.Repeat("${self:", 12) + strings.Repeat("}", 12), "variables within each other"},
	} {
		t.Run(test.text, func(t *testing.T) {
			_, err := resolved(test.text, options)
			wantError(t, err, test.want)
		})
	}
}

// TestLimits wants a small text that stands for a large one to be refused.
func TestLimits(t *testing.T) {
	doubling := func(line string) string {
		text := with("custom:\n")
		for i := range 60 {
			text += fmt.Sprintf("  a%d: "+line+"\n", i, i+1)
		}
		return text + "  a60: some text\n"
	}
	needed := "resources: {Conditions: '${self:custom.a0}'}\n"
	deep := with("custom: " + strings.Repeat("[", 70) + strings.Repeat("]", 70))
	aliases := "a: &a0 [x, x]\n"
	for i := range 40 {
		aliases += fmt.Sprintf("b%d: &a%d [*a%[3]d, *a%[3]d]\n", i, i+1, i)
	}
	chain := with("custom:\n")
	for i := range 200 {
		chain += fmt.Sprintf("  a%d: ${self:custom.a%d}\n", i, i+1)
	}
	for name, test := range map[string]struct{ text, want string }{
		"texts":   {doubling("${self:custom.a%[2]d}${self:custom.a%[2]d}") + needed, "bytes"},
		"lists":   {doubling("['${self:custom.a%[2]d}', '${self:custom.a%[2]d}']") + needed, "values"},
		"depth":   {deep, "levels"},
		"aliases": {aliases, "values"},
		"itself":  {"a: &a [*a]", "levels"},
		"chain":   {chain + "  a200: x\n" + needed, "lead to one another"},
		"bytes":   {strings.Repeat("#", 5<<20), "bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := serverless.Read("serverless.yml", ".", []byte(test.text), serverless.Options{})
			wantError(t, err, test.want)
		})
	}
}
