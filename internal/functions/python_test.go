package functions_test

import (
	"strings"
	"testing"
	"time"

	"gangway/internal/functions"
)

func pythonFunction(t *testing.T, name string, files ...string) functions.Function {
	t.Helper()
	need(t, "python3")
	module, _, _ := strings.Cut(files[0], ".")
	return functions.Function{
		Name: name, Runtime: "python3.11", Handler: strings.ReplaceAll(module, "/", ".") + ".handler", Dir: folder(t, files...), Timeout: 20 * time.Second,
	}
}

func TestPythonHandlers(t *testing.T) {
	for name, row := range map[string]struct{ file, code, want string }{
		"plain":   {"app.py", "def handler(event, context):\n    return {'got': event['a']}", `{"got": 1}`},
		"package": {"pkg/mod.py", "def handler(event, context):\n    return __name__", `"pkg.mod"`},
		"none":    {"app.py", "def handler(event, context):\n    pass", `null`},
		"decimal": {"app.py", "from decimal import Decimal\ndef handler(event, context):\n    return [Decimal('1'), Decimal('1.5')]", `[1, 1.5]`},
		"unicode": {"app.py", "def handler(event, context):\n    print('grüße')\n    return event['u'] == '✓'", `true`},
		"context": {
			"app.py",
			"def handler(event, c):\n    return [c.function_name, c.memory_limit_in_mb, c.function_version, len(c.aws_request_id)," +
				" 1000 < c.get_remaining_time_in_millis() <= 20000, c.invoked_function_arn.split(':')[6], c.log_group_name]",
			`["context", "128", "$LATEST", 36, true, "context", "/aws/lambda/context"]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, functions.Config{}, pythonFunction(t, name, row.file, row.code))
			for range 2 {
				if got := s.ok(name, `{"a":1,"u":"✓"}`); got != row.want {
					t.Errorf("%s, not %s", got, row.want)
				}
			}
		})
	}
}

// TestPythonShadows: a module beside the handler may have the name of one that the runtime needs.
func TestPythonShadows(t *testing.T) {
	for _, name := range []string{"socket", "json", "traceback", "logging", "stringprep", "ast", "tokenize"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := pythonFunction(
				t, name, "app.py", "def handler(event, context):\n    return event + [][1]\n", name+".py", "raise RuntimeError('not this one')\n",
			)
			f.Environment = map[string]string{"PYTHONPATH": f.Dir}
			if said := newStand(t, functions.Config{}, f).invoke(name, "1").said(); said.ErrorType != "IndexError" || len(said.StackTrace) != 1 {
				t.Errorf("%+v", said)
			}
		})
	}
}

func TestPythonPath(t *testing.T) {
	f := pythonFunction(
		t, "path", "app.py",
		"import os, sys, mine\ndef handler(event, context):\n    return [os.environ['PYTHONPATH'], sys.path[0], 'GANGWAY_PYTHONPATH' in os.environ]\n",
	)
	own := folder(t, "mine.py", "")
	f.Environment = map[string]string{"PYTHONPATH": own}
	if got, want := newStand(t, functions.Config{}, f).ok("path", "{}"), `["`+own+`", "`+f.Dir+`", false]`; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

func TestPythonErrors(t *testing.T) {
	for name, row := range map[string]struct{ file, code, kind, message, place string }{
		"raises":  {"app.py", "def handler(event, context):\n    raise KeyError('gone')", "KeyError", "'gone'", `app.py", line 2, in handler`},
		"value":   {"app.py", "def handler(event, context):\n    return {1, 2}", "Runtime.MarshalError", "Unable to marshal response: Object of type set is not JSON serializable", ""},
		"exit":    {"app.py", "import sys\ndef handler(event, context):\n    sys.exit(5)", "Runtime.ExitError", "exit status 5", ""},
		"syntax":  {"app.py", "\ndef handler(event context):\n    pass", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app': invalid syntax", `app.py", line 2`},
		"import":  {"app.py", "\nimport not_there\n", "Runtime.ImportModuleError", "Unable to import module 'app': No module named 'not_there'", `app.py", line 2`},
		"load":    {"app.py", "\n\n1 / 0\n", "ZeroDivisionError", "division by zero", `app.py", line 3`},
		"missing": {"app.py", "def handle(event, context): pass", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'", ""},
		"module":  {"app.txt", "", "Runtime.ImportModuleError", "Unable to import module 'app': No module named 'app'", ""},
		"memory":  {"app.py", "def handler(event, context):\n    return len(bytearray(1 << 30))", "MemoryError", "", "line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, functions.Config{}, pythonFunction(t, name, row.file, row.code))
			for try := 1; try <= 2; try++ {
				got := s.invoke(name, "{}")
				said := got.said()
				if got.failed() != "Unhandled" || said.ErrorType != row.kind || !strings.Contains(said.ErrorMessage, row.message) {
					t.Errorf("%s", got.body)
				}
				contains(t, strings.Join(said.StackTrace, "\n")+said.ErrorMessage, row.place)
				s.line(row.message, try)
				s.line("REPORT", try)
			}
		})
	}
}

func TestPythonLog(t *testing.T) {
	s := newStand(t, functions.Config{}, pythonFunction(t, "log", "app.py",
		"import logging, sys\nprint('loaded')\ndef handler(event, context):\n    print('plain', 1)\n    logging.warning('careful %d', 2)\n    print('bad', file=sys.stderr)\n"))
	id := s.invoke("log", "{}").header.Get("X-Amzn-Requestid")
	if line := s.line("plain 1", 1); line.RequestID != id || line.Text != "plain 1" {
		t.Errorf("%+v", line)
	}
	if line := s.line("careful 2", 1); !strings.HasPrefix(line.Text, "[WARNING]\t20") || !strings.HasSuffix(line.Text, "Z\t"+id+"\tcareful 2") {
		t.Errorf("%+v", line)
	}
	if line := s.line("bad", 1); line.RequestID != id || !line.Stderr {
		t.Errorf("%+v", line)
	}
	s.line("loaded", 1)
}

func TestPythonInlineAndLayers(t *testing.T) {
	need(t, "python3")
	s := newStand(t, functions.Config{}, functions.Function{
		Name: "inline", Runtime: "python3.11", Handler: "index.handler", Inline: "import shared\ndef handler(e, c):\n    return shared.text",
		Layers: []string{folder(t, "python/shared.py", "text = 'layer'")},
	})
	if got := s.ok("inline", "{}"); got != `"layer"` {
		t.Errorf("%s", got)
	}
}
