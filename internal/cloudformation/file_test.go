package cloudformation_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gangway/internal/cloudformation"
)

// TestReadFile reads a file, and leaves what has no end.
func TestReadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(path, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := cloudformation.ReadFile(path, 5); err != nil || string(text) != "12345" {
		t.Errorf("read %q, %v", text, err)
	}
	for _, c := range []struct {
		path, want string
		most       int
	}{
		{path, "it is longer than 4 bytes", 4},
		{filepath.Dir(path), "it is no regular file", 4},
		{os.DevNull, "it is no regular file", 4},
	} {
		if _, err := cloudformation.ReadFile(c.path, c.most); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, expected %s", c.path, err, c.want)
		}
	}
	if _, err := cloudformation.ReadFile(path+"x", 5); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: the error is %v", err)
	}
}
