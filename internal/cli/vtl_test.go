package cli_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestVTL: what a template makes of its input, and where it is wrong.
func TestVTL(t *testing.T) {
	body := write(t, "message.json", "{\"n\":41}\n")
	event := write(t, "event.json", `{"connectionId":"c1","routeKey":"join","eventType":"CONNECT","stage":"dev","sourceIp":"192.0.2.1",
		"headers":{"X-A":"h"},"query":{"q":"1"},"connectedAt":5,"requestTimeEpoch":7}`)
	several := write(t, "several.json", `{"eventType":"CONNECT","headers":{"X-A":["x","y"]},"query":{"q":["1","2"]}}`)
	for _, c := range []struct{ name, template, args, want string }{
		{"a message of a file", `#set($x = $input.path('$.n') + 1)$x`, "--body " + body, "42"},
		{"a message of the command line", `$input.json('$.a')`, `--body {"a":[1]}`, "[1]"},
		{"an event", `$context.connectionId $context.routeKey $context.stage $input.params('q') $input.params('X-A') $context.connectedAt`, "--event " + event, "c1 join dev 1 h 5"},
		{"an event without anything", `$context.eventType $context.routeKey $context.stage $input.body`, "", "MESSAGE $default test {}"},
		{"parameters with several values", `#foreach($p in ["q","X-A"])$input.params($p)#end $input.params().querystring.q`, "--event " + several, "2y 2"},
		{"stage variables", `$stageVariables.a$stageVariables.b`, "--stage-variable a=1 --stage-variable b=2=3", "12=3"},
		{"a response", `$input.path('$.n') $context.status`, "--response " + body + " --status 404", "41 404"},
		{"only a check", `$input.path('$.n')`, "--check", ""},
	} {
		got := run(t, nil, c.template, append([]string{"vtl"}, strings.Fields(c.args)...)...)
		if got.code != 0 || got.stdout != c.want || got.stderr != "" {
			t.Errorf("%s: %+v, want %q", c.name, got, c.want)
		}
	}
	name := write(t, "t.vtl", "$input.body")
	if got := run(t, nil, "from stdin", "vtl", name, "--body", "-"); got.stdout != "from stdin" {
		t.Errorf("a message of standard input: %+v", got)
	}
}

func TestVTLErrors(t *testing.T) {
	body := write(t, "message.json", "{}")
	broken := write(t, "broken.vtl", "{\n  #if($x) open")
	failing := write(t, "failing.vtl", "a\n $input.nothing()")
	event := func(text string) string { return write(t, "event.json", text) }
	for _, c := range []struct {
		code       int
		args, want string
	}{
		{1, broken, broken + ":2:"},
		{1, broken + " --check", broken + ":2:"},
		{1, failing, failing + ":2:2: "},
		{0, failing + " --check", ""},
		{1, "--body " + filepath.Join(t.TempDir(), "none.json"), "there is no file"},
		{1, "--event " + event(`{"nothing":1}`), `unknown field "nothing"`},
		{1, "--event " + event(`{`), "line 1, column 2"},
		{2, "--event " + event(`{"eventType":"GO"}`), "expected CONNECT, MESSAGE or DISCONNECT"},
		{2, "--event " + event(`{"headers":{"a":"b"}}`), "only CONNECT has"},
		{2, "--event " + event(`{"eventType":"DISCONNECT"}`) + " --body x", "only MESSAGE has"},
		{1, "--event " + event(`{"eventType":"CONNECT","query":{"a":[1]}}`), "expected a string or a list of strings"},
		{2, "--stage-variable a", "expected NAME=VALUE"},
		{2, "--stage-variable a-b=1", "--stage-variable: Invalid stage variable name 'a-b'"},
		{2, "--stage-variable a=b!", "--stage-variable: Invalid value of stage variable 'a'"},
		{2, "--status 9 --response " + body, "expected 100 to 599"},
		{2, "- --body -", "only one of the files can be -"},
		{1, body + ".none", "template: open"},
	} {
		got := run(t, nil, "x", append([]string{"vtl"}, strings.Fields(c.args)...)...)
		if got.code != c.code || !strings.Contains(got.stderr, c.want) || got.stdout != "" {
			t.Errorf("%s: %+v, want %d and %q", c.args, got, c.code, c.want)
		}
	}
}
