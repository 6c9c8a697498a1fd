package registry_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gangway/internal/access"
	"gangway/internal/functions"
	"gangway/internal/gateway"
	"gangway/internal/registry"
	"gangway/internal/sigv4"
)

const (
	region  = "us-east-1"
	account = "111122223333"
	prefix  = "arn:aws:lambda:us-east-1:111122223333:function:"
	all     = "/2015-03-31/functions"
)

var root = sigv4.Key{ID: "GWRTROOT", Secret: "root secret"}

// stand is a registry with a host, behind a listener.
type stand struct {
	*testing.T
	dir     string
	callers *access.Callers
	server  *httptest.Server
}

// newStand opens the registry of a folder.
func newStand(t *testing.T, dir string, edits ...func(*registry.Config)) *stand {
	t.Helper()
	s, err := tryStand(t, dir, edits...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tryStand(t *testing.T, dir string, edits ...func(*registry.Config)) (*stand, error) {
	t.Helper()
	host := functions.New(functions.Config{Region: region, Account: account, Poll: -1})
	t.Cleanup(func() {
		if err := host.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s := &stand{T: t, dir: dir, callers: access.New(root, account)}
	cfg := registry.Config{Dir: dir, Region: region, Account: account, Callers: s.callers, Host: host}
	for _, edit := range edits {
		edit(&cfg)
	}
	opened, err := registry.Open(cfg)
	if err != nil {
		return nil, err
	}
	s.server = httptest.NewServer(opened)
	t.Cleanup(s.server.Close)
	return s, nil
}

// answer is what came back.
type answer struct {
	status int
	code   string // X-Amzn-ErrorType
	header http.Header
	body   []byte
}

// member reads a member of the answer by its path.
func (a *answer) member(path string) any {
	var value any
	if json.Unmarshal(a.body, &value) != nil {
		return nil
	}
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// as calls the registry with a key; one without an id signs nothing.
func (s *stand) as(key sigv4.Key, method, path, body string) *answer {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.server.URL+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	if key.ID != "" {
		sigv4.Sign(r, []byte(body), key, region, "lambda", time.Now())
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.Fatal(err)
	}
	return &answer{response.StatusCode, response.Header.Get("X-Amzn-Errortype"), response.Header, text}
}

func (s *stand) call(method, path, body string) *answer {
	s.Helper()
	return s.as(root, method, path, body)
}

// must is call for what has to have a status.
func (s *stand) must(status int, method, path, body string) *answer {
	s.Helper()
	got := s.call(method, path, body)
	if got.status != status {
		s.Fatalf("%s %s: %d %s, expected %d", method, path, got.status, got.body, status)
	}
	return got
}

// credential adds a caller with a policy.
func (s *stand) credential(name, policy string) sigv4.Key {
	c := gateway.Credential{AccessKey: gateway.AccessKey{AccessKeyID: "GWAK" + name, SecretAccessKey: "secret of " + name}}
	c.Name, c.Policy = name, json.RawMessage(policy)
	s.callers.Replace([]gateway.Credential{c})
	return sigv4.Key{ID: c.AccessKeyID, Secret: c.SecretAccessKey}
}

// zipped is an archive of files by name and text, in the order in which they are given.
func zipped(t *testing.T, files ...string) []byte {
	t.Helper()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err == nil {
			_, err = io.WriteString(f, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

// creation is the body of CreateFunction for a function with this code; members are added, or replace others.
func creation(name string, code []byte, members ...string) string {
	body := map[string]any{
		"FunctionName": name, "Runtime": "python3.12", "Handler": "app.handler", "Role": "arn:aws:iam::111122223333:role/r",
		"Code": map[string]string{"ZipFile": base64.StdEncoding.EncodeToString(code)},
	}
	for i := 0; i < len(members); i += 2 {
		body[members[i]] = json.RawMessage(members[i+1])
	}
	text, _ := json.Marshal(body)
	return string(text)
}

// tree are the files below a folder, with what they hold.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		found[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// python is the code of a function that answers with a word.
func python(t *testing.T, word string) []byte {
	t.Helper()
	return zipped(t, "app.py", fmt.Sprintf("def handler(event, context):\n    return %q\n", word))
}
