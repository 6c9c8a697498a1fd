package serverless_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gangway/internal/serverless"
)

// TestEndlessFiles: what has no end is no file of a service, whoever reads it.
func TestEndlessFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "long.txt"), []byte(strings.Repeat("x", 5<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	asked := false
	own := serverless.Options{ReadFile: func(path string) ([]byte, error) {
		asked = asked || !strings.Contains(filepath.Base(path), ".env")
		return nil, nil
	}}
	for _, o := range []serverless.Options{{}, own} {
		for path, want := range map[string]string{
			os.DevNull: "cannot read " + os.DevNull + ": it is no regular file", dir: "it is no regular file",
			filepath.Join(dir, "long.txt"): "5242880 bytes are more than the 4194304 that are read",
		} {
			_, err := resolved("${file("+path+")}", o)
			wantError(t, err, want)
		}
	}
	if asked {
		t.Error("a file was read that cannot be taken")
	}
	long := serverless.Options{ReadFile: func(string) ([]byte, error) { return make([]byte, 5<<20), nil }}
	_, err := resolved("${file(nowhere.txt)}", long)
	wantError(t, err, "5242880 bytes are more than")
}
