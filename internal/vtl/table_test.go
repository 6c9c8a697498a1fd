package vtl_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gangway/internal/vtl"
)

// A line of a table in testdata:
//
//	%% what the group shows, with its source
//	%vars {"a": 1}
//	template ⇒ output
//	template ⇒! part of the error
//
// ⏎ is a line end, ␍ a carriage return and ⇥ a tab. A template that begins with ≠ is one that Apache Velocity renders in
// another way, which its group explains.
type tableCase struct {
	group, vars, template, want string
	fails, differs              bool
	where                       string
}

func readTables(tb testing.TB) []tableCase {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.table")
	if err != nil || len(files) == 0 {
		tb.Fatal("no tables", err)
	}
	controls := strings.NewReplacer("⏎", "\n", "␍", "\r", "⇥", "\t")
	var cases []tableCase
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		var c tableCase
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSuffix(line, "\n")
			switch {
			case strings.HasPrefix(line, "%% "):
				c.group, c.vars = line[3:], ""
			case strings.HasPrefix(line, "%vars "):
				c.vars = line[6:]
			case line == "":
			default:
				template, want, ok := strings.Cut(line, " ⇒")
				if !ok {
					tb.Fatalf("%s: %s: no ⇒", file, line)
				}
				c.template, c.differs = strings.CutPrefix(controls.Replace(template), "≠")
				c.want, c.fails = strings.CutPrefix(want, "! ")
				c.want = strings.TrimPrefix(controls.Replace(c.want), " ")
				c.where = filepath.Base(file) + ", " + c.group
				cases = append(cases, c)
			}
		}
	}
	return cases
}

// render is the output of a template, or the error of reading or rendering it.
func render(tb testing.TB, template, vars string) (string, error) {
	tb.Helper()
	parsed, err := vtl.Parse(template)
	if err != nil {
		return "", err
	}
	known := document(tb, vars)
	if known == nil {
		known = names{}
	}
	known["util"] = vtl.Util{}
	out, err := parsed.Append(nil, known, vtl.Limits{})
	return string(out), err
}

func TestTables(t *testing.T) {
	cases := readTables(t)
	for _, c := range cases {
		got, err := render(t, c.template, c.vars)
		switch {
		case c.fails && err == nil:
			t.Errorf("%s: %q rendered %q, want the error %q", c.where, c.template, got, c.want)
		case c.fails && !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %q\n got %v\nwant %s", c.where, c.template, err, c.want)
		case !c.fails && err != nil:
			t.Errorf("%s: %q: %v", c.where, c.template, err)
		case !c.fails && got != c.want:
			t.Errorf("%s: %q\n got %q\nwant %q", c.where, c.template, got, c.want)
		}
		if syntax, ok := errors.AsType[*vtl.SyntaxError](err); ok && (syntax.Line < 1 || syntax.Column < 1) {
			t.Errorf("%s: %q: the error is at line %d, column %d", c.where, c.template, syntax.Line, syntax.Column)
		}
	}
	t.Logf("%d cases", len(cases))
	if len(cases) < 250 {
		t.Errorf("%d cases, want 250 at least", len(cases))
	}
}
