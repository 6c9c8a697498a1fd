package arch_test

import (
	"go/ast"
	"os"
	"slices"
	"strings"
	"testing"
)

// The budgets.
const (
	maxFunctionLines      = 60
	maxFunctionStatements = 40
	longFunctionLines     = 40
	maxLongFunctions      = 8 // per cent of all functions may have more than longFunctionLines
	maxFileLines          = 500
	maxMedianFileLines    = 150 // the median is less
	maxInterfaceMethods   = 6
	maxRequirements       = 13
	minComments           = 10 // per cent of all lines that are not blank
	maxComments           = 20
)

func TestFunctions(t *testing.T) {
	total, long := 0, 0
	for _, s := range product(t) {
		commented := commentLines(s)
		for _, declaration := range s.tree.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok || function.Body == nil {
				continue
			}
			total++
			lines := bodyLines(s, function.Body, commented)
			where := s.fset.Position(function.Pos())
			if lines > longFunctionLines {
				long++
				t.Logf("%s: %s has %d lines", where, function.Name.Name, lines)
			}
			if lines > maxFunctionLines {
				t.Errorf("%s: %s has %d lines, the limit is %d", where, function.Name.Name, lines, maxFunctionLines)
			}
			if n := statements(function.Body); n > maxFunctionStatements {
				t.Errorf("%s: %s has %d statements, the limit is %d", where, function.Name.Name, n, maxFunctionStatements)
			}
		}
	}
	if long*100 > total*maxLongFunctions {
		t.Errorf("%d of %d functions have more than %d lines, the limit is %d %%", long, total, longFunctionLines, maxLongFunctions)
	}
}

// bodyLines counts the lines between the braces that are not comment alone.
func bodyLines(s *source, body *ast.BlockStmt, commented map[int]bool) int {
	n := 0
	for line := s.line(body.Lbrace) + 1; line < s.line(body.Rbrace); line++ {
		if !commented[line] {
			n++
		}
	}
	return n
}

// statements counts as funlen does: each statement of a block or a case, the case itself, and those of function literals.
func statements(body *ast.BlockStmt) int {
	n := 0
	count := func(list []ast.Stmt) {
		for _, statement := range list {
			if _, block := statement.(*ast.BlockStmt); !block {
				n++
			}
		}
	}
	ast.Inspect(body, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.BlockStmt:
			count(node.List)
		case *ast.CaseClause:
			count(node.Body)
		case *ast.CommClause:
			count(node.Body)
		}
		return true
	})
	return n
}

func TestFiles(t *testing.T) {
	var sizes []int
	for _, s := range product(t) {
		sizes = append(sizes, s.lines)
		if s.lines > maxFileLines {
			t.Errorf("%s: %d lines, the limit is %d", s.path, s.lines, maxFileLines)
		}
	}
	slices.Sort(sizes)
	median := sizes[len(sizes)/2]
	t.Logf("%d files, median %d lines, largest %d", len(sizes), median, sizes[len(sizes)-1])
	if median >= maxMedianFileLines {
		t.Errorf("the median file has %d lines, the limit is less than %d", median, maxMedianFileLines)
	}
}

func TestInterfaces(t *testing.T) {
	for _, s := range product(t) {
		ast.Inspect(s.tree, func(node ast.Node) bool {
			if face, ok := node.(*ast.InterfaceType); ok && face.Methods.NumFields() > maxInterfaceMethods {
				t.Errorf("%s: interface of %d methods, the limit is %d",
					s.fset.Position(face.Pos()), face.Methods.NumFields(), maxInterfaceMethods)
			}
			return true
		})
	}
}

// TestRequirements reads go.mod: what the product names itself, without what that brings along.
func TestRequirements(t *testing.T) {
	text, err := os.ReadFile(root + "/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var direct []string
	inBlock := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "require (":
			inBlock = true
		case line == ")":
			inBlock = false
		case strings.HasSuffix(line, "// indirect") || line == "" || strings.HasPrefix(line, "//"):
		case inBlock || strings.HasPrefix(line, "require "):
			direct = append(direct, strings.TrimPrefix(line, "require "))
		}
	}
	if len(direct) > maxRequirements {
		t.Errorf("go.mod: %d direct requirements, the limit is %d: %s", len(direct), maxRequirements, strings.Join(direct, ", "))
	}
}

func TestComments(t *testing.T) {
	comments, all := 0, 0
	for _, s := range product(t) {
		comments += len(commentLines(s))
		for line := range strings.Lines(string(s.text)) {
			if strings.TrimSpace(line) != "" {
				all++
			}
		}
	}
	share := 100 * float64(comments) / float64(all)
	t.Logf("%d of %d lines are comment: %.1f %%", comments, all, share)
	if share < minComments || share > maxComments {
		t.Errorf("%.1f %% of the lines are comment, the limits are %d and %d %%", share, minComments, maxComments)
	}
}

// commentLines are the numbers of the lines that hold comment and nothing else.
func commentLines(s *source) map[int]bool {
	lines := map[int]bool{}
	texts := strings.Split(string(s.text), "\n")
	for _, group := range s.tree.Comments {
		for _, comment := range group.List {
			first, last := s.line(comment.Pos()), s.line(comment.End())
			if !strings.HasPrefix(strings.TrimSpace(texts[first-1]), "/") {
				first++ // it stands behind code
			}
			for line := first; line <= last; line++ {
				lines[line] = true
			}
		}
	}
	return lines
}
