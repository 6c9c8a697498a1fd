package functions_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gangway/internal/functions"
)

// source is a Go function without any library.
const source = `package main

import (
	"io"
	"net/http"
	"os"
	"strings"
)

func main() {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(base + "next")
		if err != nil {
			os.Exit(1)
		}
		_, _ = io.Copy(io.Discard, next.Body)
		id := next.Header.Get("Lambda-Runtime-Aws-Request-Id")
		_, _ = http.Post(base+id+"/response", "application/json", strings.NewReader("ANSWER"))
	}
}
`

func TestGoSource(t *testing.T) {
	need(t, "go")
	t.Setenv("GOOS", "plan9") // as where functions are built to be uploaded
	module := folder(t, "go.mod", "module fn\n\ngo 1.21\n", "cmd/fn/main.go", strings.Replace(source, "ANSWER", "1", 1))
	dir := filepath.Join(module, "cmd", "fn")
	s := newStand(
		t, functions.Config{Poll: time.Millisecond, Cache: t.TempDir()},
		functions.Function{Name: "source", Runtime: "provided.al2023", Dir: dir, Timeout: 20 * time.Second},
	)
	if got := s.ok("source", "{}"); got != "1" {
		t.Errorf("%s", got)
	}
	s.line("building "+dir, 1)
	put(t, filepath.Join(dir, "main.go"), strings.Replace(source, `"ANSWER"`, "answer", 1))
	s.line("reloaded", 1)
	got := s.invoke("source", "{}")
	if said := got.said(); said.ErrorType != "Runtime.BuildFailed" || !strings.Contains(said.ErrorMessage, "main.go:19:") || len(said.StackTrace) == 0 {
		t.Errorf("%s", got.body)
	}
	s.line("undefined: answer", 1)
	put(t, filepath.Join(dir, "main.go"), strings.Replace(source, "ANSWER", "22", 1))
	s.line("reloaded", 2)
	if got := s.ok("source", "{}"); got != "22" {
		t.Errorf("%s", got)
	}
	put(t, filepath.Join(module, "other", "other.go"), "package other\n")
	s.line("reloaded", 3)
}
