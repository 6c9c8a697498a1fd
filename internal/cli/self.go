package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// self is how a user calls this program, so that what it prints can be pasted.
func self() string {
	path, err := os.Executable()
	if err != nil {
		return "gangway"
	}
	if strings.Contains(filepath.ToSlash(path), "/go-build") {
		if _, err := os.Stat(filepath.Join("cmd", "gangway", "main.go")); err == nil {
			return "go run ./cmd/gangway"
		}
	}
	if found, err := exec.LookPath("gangway"); err == nil && sameFile(found, path) {
		return "gangway"
	}
	return word(path)
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// word quotes a text for a shell if it needs it.
func word(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:=@%+,", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return quote(text)
}
