package functions_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gangway/internal/functions"
)

// TestCheck: a mistake in the code is told of when it is there, with file and line and without running anything, and that it is
// mended as well.
func TestCheck(t *testing.T) {
	for name, row := range map[string]struct {
		tool, runtime, handler string
		files                  []string
		file, right, wrong     string // one of them, and what is broken in it
		want                   []string
	}{
		"node": {
			"node", "nodejs20.x", "app.handler",
			[]string{"app.js", "#!/usr/bin/env node\nconst x = 1;\nthrow new Error('run');\n"},
			"app.js", "x = 1", "x = ;",
			[]string{"app.js:2", "SyntaxError: Unexpected token ';'"},
		},
		"node, named": {
			"node", "nodejs20.x", "src/app.handler",
			[]string{"src/app.cjs", "require('./lib/a'); require('./lib/data.json')", "src/lib/a/index.js", "require('../app.cjs')\nconst y = 1", "src/lib/data.json", "{}"},
			"src/lib/a/index.js", "y = 1", "y = 1 1",
			[]string{"index.js:2", "SyntaxError"},
		},
		"node, data": {
			"node", "nodejs20.x", "app.handler",
			[]string{"app.js", "require('./data.json')", "data.json", "{}"},
			"data.json", "{}", "{,}",
			[]string{"data.json: SyntaxError"},
		},
		"module": {
			"node", "nodejs20.x", "app.handler",
			[]string{"package.json", `{"type": "module"}`, "app.js", "import { a } from './a.js';\nawait a;\n", "a.js", "export const a = 1;\n"},
			"a.js", "a = 1", "a = ",
			[]string{"a.js:1", "SyntaxError"},
		},
		"python": {
			"python3", "python3.12", "app.handler",
			[]string{"app.py", "raise Exception('run')\ndef handler(event, context):\n  return 1\n"},
			"app.py", "return 1", "return (",
			[]string{"app.py:3", "SyntaxError"},
		},
		"python, named": {
			"python3", "python3.12", "pkg.app.handler",
			[]string{"pkg/app.py", "import os\nfrom . import a\n", "pkg/a.py", "import util.b\n", "util/b.py", "x = 1\n"},
			"util/b.py", "x = 1", "  x = 1",
			[]string{"b.py:1", "IndentationError"},
		},
		"Go": {
			"go", "provided.al2023", "bootstrap",
			[]string{"go.mod", "module f\n\ngo 1.24\n", "main.go", "package main\n\nfunc main() { panic(1) }\n"},
			"main.go", "panic(1)", "pan(1)",
			[]string{"main.go:3:15: undefined: pan"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			need(t, row.tool)
			dir := folder(t, row.files...)
			s := newStand(t, functions.Config{Poll: 20 * time.Millisecond, Check: true, Cache: t.TempDir()},
				functions.Function{Name: "f", Runtime: row.runtime, Handler: row.handler, Dir: dir})
			edit := func(before, after string) {
				path := filepath.Join(dir, row.file)
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				put(t, path, strings.Replace(string(text), before, after, 1))
			}
			if row.tool == "go" {
				s.line("built in", 1) // before it changes
			}
			edit(row.right, row.wrong)
			if said := s.line("the code is wrong as it is now", 1); said.Kind != functions.Notice || said.Function != "f" {
				t.Errorf("%+v", said)
			}
			for _, text := range row.want {
				s.line(text, 1)
			}
			edit(row.wrong, row.right)
			s.line("the code is right again", 1)
			s.close()
			for _, line := range s.logged() {
				if line.Kind == functions.Platform || strings.Contains(line.Text, "run") || strings.Contains(line.Text, "reloaded") {
					t.Errorf("something was run: %+v", line)
				}
			}
		})
	}
}

// TestCheckedAtOnce: what is wrong from the beginning is told of, once for all functions of a file; what is right, is not.
func TestCheckedAtOnce(t *testing.T) {
	right, wrong := nodeFunction(t, "right", "app.js", "exports.handler = async () => 1"), nodeFunction(t, "a", "app.js", "exports.handler = async ( => 1")
	same, none := wrong, right
	same.Name, none.Name, none.Handler = "b", "none", "gone.handler"
	s := newStand(t, functions.Config{Poll: -1, Check: true}, right, wrong, same, none)
	s.line("app.js:1", 1)
	s.line("Cannot find module 'gone'", 1)
	s.ok("right", "1")
	s.close()
	told := 0
	for _, line := range s.logged() {
		if strings.Contains(line.Text, "app.js:1") {
			told++
		}
		if line.Function == "right" && line.Kind == functions.Notice && !strings.Contains(line.Text, "asks for") {
			t.Errorf("%+v", line)
		}
	}
	if told != 1 {
		t.Errorf("it was told %d times: %v", told, s.logged())
	}
}
