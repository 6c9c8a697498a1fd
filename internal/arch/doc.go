// Package arch holds the product to its shape. It has no code, only tests: which package may import which (the floors),
// and the budgets for the size of functions, files, interfaces and of the whole.
//
// What counts: the Go files that go into the binary, which are those below cmd and internal, and the example that the
// binary runs as its demo. Test files, generated files and this package do not. The test module is no part of the
// product, but no file of the repository, whatever it is, may name a place on somebody's machine, and no code may sleep.
//
// The tests need nothing but Go: they parse the source and read go.mod, and never build anything. A budget is raised only
// by a commit that says why in docs/decisions.
package arch
