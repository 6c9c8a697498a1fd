package vtl

import "slices"

// quickSource is how long a template may be that is more than text and still quick.
const quickSource = 4 << 10

// Quick says whether the template renders in the time that it takes to copy what it prints, and less than a microsecond for each
// reference, as long as the variables do not take more: it is mere text; or has 4 KB at most and nothing but text, references to
// variables and their properties, and #if with comparisons of these and of literals, joined by &&, || and !. What repeats, calls,
// calculates or keeps something is not quick.
func (t *Template) Quick() bool {
	if _, ok := t.Static(); ok {
		return true
	}
	return len(t.source) <= quickSource && areQuick(t.body)
}

func areQuick(nodes []node) bool {
	return !slices.ContainsFunc(nodes, func(n node) bool { return !isQuick(n) })
}

// isQuick is about a statement or an expression. It recurses as deep as the parser lets them nest.
func isQuick(part any) bool {
	switch part := part.(type) {
	case literalText, hidden, constant, boolean:
		return true
	case *reference:
		return !slices.ContainsFunc(part.path, func(step access) bool {
			_, ok := step.(property)
			return !ok
		})
	case *condition:
		return !slices.ContainsFunc(part.branches, func(b branch) bool { return !isQuick(b.when) || !areQuick(b.body) }) &&
			areQuick(part.otherwise)
	case *comparison:
		return isQuick(part.first) && !slices.ContainsFunc(part.rest, func(l link) bool { return !isQuick(l.right) })
	case *logic:
		return !slices.ContainsFunc(part.terms, func(term expr) bool { return !isQuick(term) })
	case negation:
		return isQuick(part.of)
	case affirmation:
		return isQuick(part.of)
	default:
		return false
	}
}
