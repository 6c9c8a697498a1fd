package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.." // of the repository, seen from here
	module = "gangway/"
)

// source is a parsed Go file.
type source struct {
	path  string // from the root of the repository, with slashes
	text  []byte
	lines int
	tree  *ast.File
	fset  *token.FileSet
}

// folder is where a file is: what its package is called by, as in "internal/gateway".
func (s *source) folder() string {
	folder, _ := filepath.Split(s.path)
	return strings.TrimSuffix(folder, "/")
}

// isTest says whether a file is compiled for tests only.
func (s *source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// imports are the paths a file imports.
func (s *source) imports() []string {
	paths := make([]string, len(s.tree.Imports))
	for i, spec := range s.tree.Imports {
		paths[i], _ = strconv.Unquote(spec.Path.Value) // the parser has checked it
	}
	return paths
}

func (s *source) line(p token.Pos) int { return s.fset.Position(p).Line }

// walk visits the files of the repository, by their path from its root.
func walk(t *testing.T, visit func(path string, text []byte)) {
	t.Helper()
	skipped := []string{".git", "bin", "gangway-data", "node_modules"}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(skipped, entry.Name()):
			return filepath.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(name), text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// goFiles are all Go files of the repository but generated ones.
func goFiles(t *testing.T) []*source {
	t.Helper()
	var files []*source
	walk(t, func(path string, text []byte) {
		if !strings.HasSuffix(path, ".go") || strings.Contains(path, "/testdata/") {
			return
		}
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, path, text, parser.ParseComments)
		if err != nil {
			t.Errorf("cannot read: %v", err)
			return
		}
		if !ast.IsGenerated(tree) {
			lines := strings.Count(string(text), "\n")
			files = append(files, &source{path, text, lines, tree, fset})
		}
	})
	return files
}

// outside are the folders of the product that are not below internal or cmd.
var outside = []string{"examples/chat", "gangwaytest"}

// product are the files that go into the binary.
func product(t *testing.T) []*source {
	t.Helper()
	files := goFiles(t)
	files = slices.DeleteFunc(files, func(s *source) bool {
		ours := strings.HasPrefix(s.path, "cmd/") || strings.HasPrefix(s.path, "internal/") || slices.Contains(outside, s.folder())
		return !ours || s.isTest() || s.folder() == "internal/arch"
	})
	if len(files) == 0 {
		t.Fatal("no file of the product found: the tests look in the wrong place")
	}
	return files
}
