// Package executable has the real program for tests that run it in a process of its own: [Build] makes it, once for all tests of a
// package, and a [Screen] keeps what it prints. How it is started, and what it is asked, is each test's own.
package executable

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// built is the program, made at the first call.
var built = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("GANGWAY_BINARY"); path != "" {
		return filepath.Abs(path)
	}
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "gangway").Output()
	if err != nil {
		return "", err
	}
	if folder, err = os.MkdirTemp("", "gangway-test-"); err != nil {
		return "", err
	}
	path := filepath.Join(folder, "gangway")
	build := exec.Command("go", "build", "-o", path, "./cmd/gangway")
	build.Dir = string(bytes.TrimSpace(root))
	if out, err := build.CombinedOutput(); err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

var folder string // of what was built; [Main] removes it

// Build is the path of the program: that in GANGWAY_BINARY, or one that is built from this tree. The package's TestMain must be
// [Main].
func Build() (path string, err error) { return built() }

// Main runs the tests of a package, and removes what was built for them.
func Main(m *testing.M) {
	code := m.Run()
	if folder != "" {
		_ = os.RemoveAll(folder) // what stays behind is in a folder for what is thrown away
	}
	os.Exit(code)
}

// A Screen is what a program has printed. It may be used by many goroutines at once.
type Screen struct {
	begun chan struct{} // closed by the first words

	mu   sync.Mutex // guards text
	text bytes.Buffer
}

// NewScreen makes an empty one.
func NewScreen() *Screen { return &Screen{begun: make(chan struct{})} }

// Write implements [io.Writer].
func (s *Screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.text.Len() == 0 && len(p) > 0 {
		close(s.begun)
	}
	return s.text.Write(p)
}

// Begun is closed when something has been printed.
func (s *Screen) Begun() <-chan struct{} { return s.begun }

// String is all that was printed so far.
func (s *Screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
