package functions_test

import (
	"strings"
	"testing"
	"time"

	"gangway/internal/functions"
)

// nodeFunction has the files, the first of which has the handler.
func nodeFunction(t *testing.T, name string, files ...string) functions.Function {
	t.Helper()
	need(t, "node")
	module, _, _ := strings.Cut(files[0], ".")
	return functions.Function{
		Name: name, Runtime: "nodejs20.x", Handler: module + ".handler", Dir: folder(t, files...), Timeout: 20 * time.Second,
		Environment: map[string]string{"WHO": name},
	}
}

func TestNodeHandlers(t *testing.T) {
	for name, row := range map[string]struct{ file, code, want string }{
		"async":        {"app.js", `exports.handler = async (event) => ({ got: event.a, who: process.env.WHO })`, `{"got":1,"who":"async"}`},
		"module":       {"app.mjs", `import fs from 'node:fs'; export const handler = async (e) => [e.a, typeof fs.statSync]`, `[1,"function"]`},
		"commonjs":     {"src/deep/app.cjs", `module.exports = { handler: async () => __dirname.split('/').pop() }`, `"deep"`},
		"top-level":    {"app.mjs", `const x = await Promise.resolve(3); export async function handler() { return x }`, `3`},
		"callback":     {"app.js", `exports.handler = (e, c, callback) => setTimeout(() => callback(null, 'late'), 1)`, `"late"`},
		"loop":         {"app.js", `exports.handler = (e, c, callback) => { let n = 0; setTimeout(() => { n.x = 1 }, 20); callback(null, 'waited') }`, `"waited"`},
		"no wait":      {"app.js", `exports.handler = (e, c, callback) => { c.callbackWaitsForEmptyEventLoop = false; setInterval(() => {}, 1e6); callback(null, 1) }`, `1`},
		"succeed":      {"app.js", `exports.handler = (e, c) => { c.succeed('yes') }`, `"yes"`},
		"done":         {"app.js", `exports.handler = (e, c) => { c.done(null, 'done') }`, `"done"`},
		"undefined":    {"app.js", `exports.handler = async () => {}`, `null`},
		"plain return": {"app.js", `exports.handler = () => 'ignored'`, `null`},
		"unicode":      {"app.js", `exports.handler = async (e) => 'grüße ' + e.u`, `"grüße ✓"`},
		"context": {
			"app.js",
			`exports.handler = async (e, c) => [c.functionName, c.memoryLimitInMB, c.functionVersion, c.awsRequestId.length,
			  c.getRemainingTimeInMillis() > 1000 && c.getRemainingTimeInMillis() <= 20000, c.invokedFunctionArn.split(':')[6], c.logGroupName]`,
			`["context","128","$LATEST",36,true,"context","/aws/lambda/context"]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			name := strings.ReplaceAll(name, " ", "-")
			s := newStand(t, functions.Config{}, nodeFunction(t, name, row.file, row.code))
			for range 2 {
				if got := s.ok(name, `{"a":1,"u":"✓"}`); got != row.want {
					t.Errorf("%s, not %s", got, row.want)
				}
			}
		})
	}
}

func TestNodeErrors(t *testing.T) {
	for name, row := range map[string]struct{ file, code, kind, message, place string }{
		"throws":    {"app.js", "\n\nexports.handler = async () => { throw new RangeError('too far') }", "RangeError", "too far", "app.js:3"},
		"string":    {"app.js", "exports.handler = async () => { throw 'words' }", "string", "words", ""},
		"callback":  {"app.js", "exports.handler = (e, c, cb) => cb(new TypeError('called back'))", "TypeError", "called back", "app.js:1"},
		"fail":      {"app.js", "exports.handler = (e, c) => c.fail(new Error('failed'))", "Error", "failed", "app.js:1"},
		"circular":  {"app.js", "exports.handler = async () => { const a = {}; a.a = a; return a }", "TypeError", "circular", ""},
		"rejection": {"app.js", "exports.handler = () => new Promise(() => { Promise.reject(new Error('lost')) })", "Runtime.UnhandledPromiseRejection", "Error: lost", "app.js:1"},
		"uncaught":  {"app.js", "exports.handler = () => new Promise(() => setTimeout(() => { nothing() }, 1))", "ReferenceError", "nothing is not defined", "app.js:1"},
		"exit":      {"app.js", "exports.handler = async () => process.exit(3)", "Runtime.ExitError", "exit status 3", ""},
		"never":     {"app.js", "exports.handler = () => new Promise(() => {})", "Runtime.NodeJsExit", "never settled", ""},
		"syntax":    {"app.js", "\nexports.handler = async () => {{", "Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected end of input", "app.js:2"},
		"syntax2":   {"app.mjs", "\n\nexport const handler = async () => 1 2", "Runtime.UserCodeSyntaxError", "SyntaxError: ", "app.mjs:3"},
		"import":    {"app.js", "\nrequire('not-there')\n", "Runtime.ImportModuleError", "Cannot find module 'not-there'", "app.js:2"},
		"import2":   {"app.mjs", "\nimport 'not-there'\n", "Runtime.ImportModuleError", "Cannot find package 'not-there'", "app.mjs"},
		"load":      {"app.js", "const a = undefined\na.b\n", "TypeError", "reading 'b'", "app.js:2"},
		"missing":   {"app.js", "exports.handle = async () => 1", "Runtime.HandlerNotFound", "app.handler is undefined or not exported", "app.js"},
		"no-module": {"app.txt", "", "Runtime.ImportModuleError", "Cannot find module 'app'", ""},
		"value":     {"app.js", "exports.handler = 1", "Runtime.HandlerNotFound", "app.handler is not a function", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, functions.Config{}, nodeFunction(t, name, row.file, row.code))
			for try := 1; try <= 2; try++ {
				got := s.invoke(name, "{}")
				said := got.said()
				if got.failed() != "Unhandled" || said.ErrorType != row.kind || !strings.Contains(said.ErrorMessage, row.message) {
					t.Errorf("%s", got.body)
				}
				contains(t, strings.Join(said.Trace, "\n")+said.ErrorMessage, row.place)
				s.line(row.message, try)
				s.line("REPORT", try)
			}
		})
	}
}

func TestNodeLog(t *testing.T) {
	s := newStand(t, functions.Config{}, nodeFunction(t, "log", "app.js",
		`console.log('loaded'); exports.handler = async () => { console.log('a %d', 1, { b: 2 }); console.error('bad'); process.stdout.write('raw') }`))
	id := s.invoke("log", "{}").header.Get("X-Amzn-Requestid")
	if line := s.line("a 1 { b: 2 }", 1); line.RequestID != id || line.Stderr || !strings.HasSuffix(line.Text, "\t"+id+"\tINFO\ta 1 { b: 2 }") {
		t.Errorf("%+v", line)
	}
	if line := s.line("\tERROR\tbad", 1); line.RequestID != id || !line.Stderr {
		t.Errorf("%+v", line)
	}
	if line := s.line("raw", 1); line.RequestID != id {
		t.Errorf("%+v", line)
	}
	s.line("loaded", 1)
}

// TestNodeLogAtTheEnd: more than a pipe holds is written before the process ends, and before END.
func TestNodeLogAtTheEnd(t *testing.T) {
	const lines = 2000
	code := `exports.handler = async (leave) => {
	  for (let i = 1; i <= 2000; i++) { console.log('x'.repeat(1000)); process.stdout.write('y\n') }
	  console.log('the last'); if (leave) process.exit(3) }`
	s := newStand(t, functions.Config{}, nodeFunction(t, "log", "app.js", code))
	for try, event := range []string{"true", "false"} {
		id := s.invoke("log", event).header.Get("X-Amzn-Requestid")
		s.line("END RequestId: "+id, 1)
		var text strings.Builder
		for _, line := range s.logged() {
			if line.RequestID == id && line.Kind == functions.Output {
				text.WriteString(line.Text[max(len(line.Text)-8, 0):] + " ")
			}
		}
		if want := strings.Repeat("xxxxxxxx y ", lines) + "the last "; text.String() != want {
			t.Errorf("try %d: %d bytes of %d", try, text.Len(), len(want))
		}
		s.line("END", try+1)
	}
}

func TestNodeVersion(t *testing.T) {
	old, deprecated := nodeFunction(t, "old", "app.js", "exports.handler = async () => 1"), nodeFunction(t, "new", "app.js", "exports.handler = (a, b, c) => c(null, 1)")
	old.Runtime, deprecated.Runtime = "nodejs8.10", "nodejs24.x"
	other := old
	other.Name = "other"
	s := newStand(t, functions.Config{}, old, other, deprecated)
	s.ok("old", "{}")
	s.ok("other", "{}")
	if line := s.line("asks for nodejs8.10 and runs with Node.js", 1); line.Kind != functions.Notice {
		t.Errorf("%+v", line)
	}
	if said := s.invoke("new", "{}").said(); said.ErrorType != "Runtime.CallbackHandlerDeprecated" {
		t.Errorf("%+v", said)
	}
	s.close()
	count := 0
	for _, line := range s.logged() {
		if strings.Contains(line.Text, "asks for nodejs8.10") {
			count++
		}
	}
	if count != 1 {
		t.Errorf("said %d times", count)
	}
}

func TestNodeTypeScript(t *testing.T) {
	s := newStand(t, functions.Config{}, nodeFunction(t, "ts", "app.ts", "export const handler = async (e: { a: number }): Promise<number> => e.a\n"))
	got := s.invoke("ts", `{"a":7}`)
	if got.body != "7" && !strings.Contains(got.said().ErrorMessage, "is TypeScript: that needs Node.js 22.6 or newer") {
		t.Errorf("%s", got.body)
	}
}

func TestNodeInlineAndLayers(t *testing.T) {
	need(t, "node")
	inline := functions.Function{Name: "inline", Runtime: "nodejs20.x", Handler: "index.handler", Inline: "exports.handler = async () => require('shared')"}
	inline.Layers = []string{
		folder(t, "nodejs/node_modules/shared/index.js", "module.exports = 'first'"),
		folder(t, "nodejs/node_modules/shared/index.js", "module.exports = 'second'"),
	}
	module := functions.Function{Name: "module", Runtime: "nodejs20.x", Handler: "index.handler", Inline: "export const handler = async () => 2"}
	s := newStand(t, functions.Config{}, inline, module)
	if got := s.ok("inline", "{}"); got != `"second"` {
		t.Errorf("%s", got)
	}
	if got := s.ok("module", "{}"); got != "2" {
		t.Errorf("%s", got)
	}
}

func TestNodeReload(t *testing.T) {
	f := nodeFunction(t, "edit", "app.js", "exports.handler = async () => require('./lib/text')", "lib/text.js", "module.exports = 'old'")
	s := newStand(t, functions.Config{Poll: time.Millisecond}, f)
	if got := s.ok("edit", "{}"); got != `"old"` {
		t.Errorf("%s", got)
	}
	put(t, f.Dir+"/lib/text.js", "module.exports = 'newer'")
	s.line("reloaded", 1)
	if got := s.ok("edit", "{}"); got != `"newer"` && got != `{}` {
		t.Errorf("%s", got)
	}
}

func TestNodeMemory(t *testing.T) {
	f := nodeFunction(t, "greedy", "app.js", "const all = []; exports.handler = async () => { for (;;) all.push(new Array(1e5).fill(1).map(String)) }")
	s := newStand(t, functions.Config{}, f)
	if got := s.invoke("greedy", "{}"); got.failed() == "" || got.said().ErrorType != "Runtime.ExitError" {
		t.Errorf("%s", got.body)
	}
	s.line("heap out of memory", 1)
}

func TestMissingInterpreter(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	s := newStand(
		t, functions.Config{},
		functions.Function{Name: "js", Runtime: "nodejs22.x", Handler: "index.handler", Inline: "1"},
		functions.Function{Name: "py", Runtime: "python3.12", Handler: "index.handler", Inline: "1"},
	)
	for name, want := range map[string]string{"js": "needs Node.js (nodejs22.x): there is no node on the PATH", "py": "needs Python 3 (python3.12)"} {
		got := s.invoke(name, "{}")
		if said := got.said(); said.ErrorType != "Runtime.InterpreterMissing" || !strings.Contains(said.ErrorMessage, want) {
			t.Errorf("%s", got.body)
		}
		s.line(want, 1)
	}
}
