package arch_test

import (
	"bytes"
	"go/ast"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

// TestPackageComments wants a manual for each package, in one place.
func TestPackageComments(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range product(t) {
		documented[s.folder()] = documented[s.folder()] || s.tree.Doc != nil
	}
	for folder, ok := range documented {
		if !ok {
			t.Errorf("%s: no file has a package comment; the limit is 0 packages without", folder)
		}
	}
}

// TestExportedComments wants a comment for whatever another package can name.
func TestExportedComments(t *testing.T) {
	for _, s := range product(t) {
		missing := func(name *ast.Ident) {
			t.Errorf("%s: exported %s has no comment; the limit is 0 without", s.fset.Position(name.Pos()), name.Name)
		}
		for _, declaration := range s.tree.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
					missing(d.Name)
				}
			case *ast.GenDecl:
				for _, name := range undocumented(d) {
					missing(name)
				}
			}
		}
	}
}

// exportedReceiver says whether a function is no method, or one of an exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	exported := true
	ast.Inspect(d.Recv.List[0].Type, func(node ast.Node) bool {
		if name, ok := node.(*ast.Ident); ok {
			exported = name.IsExported()
			return false
		}
		_, list := node.(*ast.IndexListExpr)
		return exported && !list
	})
	return exported
}

// undocumented are the exported names of a declaration that neither it nor their own line documents.
func undocumented(d *ast.GenDecl) []*ast.Ident {
	var names []*ast.Ident
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() && spec.Doc == nil && (d.Doc == nil || d.Lparen.IsValid()) {
				names = append(names, spec.Name)
			}
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				if name.IsExported() && spec.Doc == nil && spec.Comment == nil && d.Doc == nil {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// TestNoSleep wants tests, and all else, to wait for what they wait for.
func TestNoSleep(t *testing.T) {
	for _, s := range goFiles(t) {
		ast.Inspect(s.tree, func(node ast.Node) bool {
			selector, ok := node.(*ast.SelectorExpr)
			if !ok || selector.Sel.Name != "Sleep" {
				return true
			}
			if of, ok := selector.X.(*ast.Ident); ok && of.Name == "time" {
				t.Errorf("%s: time.Sleep: wait for an event or use testing/synctest; the limit is 0", position(s, selector.Pos()))
			}
			return true
		})
	}
}

func position(s *source, p token.Pos) token.Position { return s.fset.Position(p) }

// Names of places that exist on one machine only. The patterns are put together so that they do not match themselves.
var (
	ownPlace     = regexp.MustCompile(`(^|[^A-Za-z0-9_.~/}*-])/(work|root|home|tmp|Users)` + `/[A-Za-z0-9_.]`)
	besideFolder = []byte("../" + "shared")
)

// TestNoPlaces makes sure that the repository speaks for itself wherever it lies.
func TestNoPlaces(t *testing.T) {
	walk(t, func(path string, text []byte) {
		if bytes.IndexByte(text, 0) >= 0 {
			return // no text
		}
		number := 0
		for line := range bytes.Lines(text) {
			number++
			if place := ownPlace.Find(line); place != nil {
				t.Errorf("%s:%d: names a place on one machine, %q; the limit is 0", path, number, bytes.TrimSpace(place))
			}
			if bytes.Contains(line, besideFolder) && !strings.HasPrefix(path, ".ci/") {
				t.Errorf("%s:%d: names a folder outside the repository; the limit is 0 outside .ci", path, number)
			}
		}
	})
}
