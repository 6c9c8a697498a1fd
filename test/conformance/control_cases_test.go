package conformance_test

import (
	"bytes"
	"go/scanner"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// casesDocument lists what the control plane must do.
const casesDocument = "../../docs/control-plane-cases.md"

var (
	caseRow    = regexp.MustCompile(`^\| (\d+) \| (.+) \| (.+) \| (.+) \|$`)
	caseNumber = regexp.MustCompile(`\b[Cc]ases? (\d+(?:(?:, | and )\d+)*)`)
	caseFile   = regexp.MustCompile("`([^`]+)`")
)

// TestCasesAreAllTested holds the list of cases and the tests against each other: each case names its source and the files
// that test it, each of these files names the case, and no test names a case that is not in the list.
func TestCasesAreAllTested(t *testing.T) {
	named := namedCases(t)
	text, err := os.ReadFile(casesDocument)
	must(t, err)
	last := 0
	for line := range strings.Lines(string(text)) {
		row := caseRow.FindStringSubmatch(strings.TrimSpace(line))
		if row == nil {
			continue
		}
		number, err := strconv.Atoi(row[1])
		must(t, err)
		if number != last+1 {
			t.Errorf("case %d stands after case %d", number, last)
		}
		last = number
		files := caseFile.FindAllStringSubmatch(row[4], -1)
		if len(files) == 0 {
			t.Errorf("case %d names no file that tests it", number)
		}
		for _, file := range files {
			if !named[file[1]][number] {
				t.Errorf("case %d: %s does not name it", number, file[1])
			}
		}
	}
	const cases = 149
	if last != cases {
		t.Errorf("the list has %d cases, expected %d", last, cases)
	}
	for _, file := range slices.Sorted(maps.Keys(named)) {
		for number := range named[file] {
			if number < 1 || number > last {
				t.Errorf("%s names case %d, which is not in the list", file, number)
			}
		}
	}
}

// namedCases are the numbers that each file of tests names. In a program that is the name of a test or a comment, in a
// script its heading.
func namedCases(t *testing.T) map[string]map[int]bool {
	t.Helper()
	programs, err := filepath.Glob("*_test.go")
	must(t, err)
	scripts, err := filepath.Glob("*/*.txtar")
	must(t, err)
	named := map[string]map[int]bool{}
	for _, file := range slices.Concat(programs, scripts) {
		text, err := os.ReadFile(file)
		must(t, err)
		words := headings(text)
		if filepath.Ext(file) == ".go" {
			words = wordsOf(text, !strings.HasPrefix(file, "control_"))
		}
		name := filepath.ToSlash(file)
		named[name] = map[int]bool{}
		for _, match := range caseNumber.FindAllStringSubmatch(words, -1) {
			for number := range strings.FieldsFuncSeq(match[1], func(r rune) bool { return r < '0' || r > '9' }) {
				n, err := strconv.Atoi(number)
				must(t, err)
				named[name][n] = true
			}
		}
	}
	return named
}

// headings are the lines of a script that begin with '#'.
func headings(script []byte) string {
	var words strings.Builder
	for line := range bytes.Lines(script) {
		if bytes.HasPrefix(line, []byte("#")) {
			words.Write(line)
		}
	}
	return words.String()
}

// wordsOf are the texts of a program, and its comments if they count: its code has cases of another kind.
func wordsOf(program []byte, comments bool) string {
	var words strings.Builder
	files := token.NewFileSet()
	var s scanner.Scanner
	s.Init(files.AddFile("", files.Base(), len(program)), program, nil, scanner.ScanComments)
	for {
		_, kind, text := s.Scan()
		switch {
		case kind == token.EOF:
			return words.String()
		case kind == token.STRING, kind == token.COMMENT && comments:
			words.WriteString(text + "\n")
		}
	}
}
