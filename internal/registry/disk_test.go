package registry_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/registry"
)

// TestHostileArchives: nothing of them is left, neither outside of the folder nor in it.
func TestHostileArchives(t *testing.T) {
	above := t.TempDir()
	s := newStand(t, filepath.Join(above, "functions"))
	for name, archive := range map[string][]byte{
		"a path upwards":       zipped(t, "app.py", "x", "../../out.py", "x"),
		"a path upwards later": zipped(t, "a/../../out.py", "x"),
		"an absolute path":     zipped(t, "/out.py", "x"),
		"a backslash":          zipped(t, `..\out.py`, "x"),
		"a file twice":         zipped(t, "app.py", "x", "app.py", "y"),
		"a file as a folder":   zipped(t, "app.py", "x", "app.py/out.py", "y"),
		"a folder as a file":   zipped(t, "app.py/out.py", "y", "app.py", "x"),
		"a link":               special(t, "link", "/etc", fs.ModeSymlink|0o777),
		"a pipe":               special(t, "pipe", "", fs.ModeNamedPipe|0o666),
		"a device":             special(t, "device", "", fs.ModeDevice|0o666),
		"nothing":              zipped(t),
		"no archive":           []byte("PK\x03\x04 and so on"),
		"an empty one":         {},
		"a part of one":        python(t, "one")[:60],
		"another content":      bytes.Replace(stored(t, "content", 7), []byte("content"), []byte("CONTENT"), 1),
		"too large by word":    stored(t, "x", 251<<20),
		"larger than its word": swollen(t),
		"too many folders":     folders(t, 2000, 60),
		"too deep folders":     folders(t, 1, 65),
	} {
		got := s.call("POST", all, creation("evil", archive))
		if got.status != http.StatusBadRequest || got.code != "InvalidParameterValueException" {
			t.Errorf("%s: %d %.200s", name, got.status, got.body)
		}
		if left := tree(t, above); len(left) > 0 {
			t.Errorf("%s: left on disk: %v", name, left)
		}
	}
	if got := s.call("GET", all+"/evil", ""); got.status != http.StatusNotFound {
		t.Errorf("after all that: %d %s", got.status, got.body)
	}
	if _, err := os.Stat("/out.py"); err == nil {
		t.Error("a file was written to the root folder")
	}
}

// special is an archive of one entry with a mode.
func special(t *testing.T, name, text string, mode fs.FileMode) []byte {
	t.Helper()
	header := &zip.FileHeader{Name: name}
	header.SetMode(mode)
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	f, err := w.CreateHeader(header)
	if err == nil {
		_, err = io.WriteString(f, text)
	}
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

// stored is an archive of one entry that is said to be so large.
func stored(t *testing.T, text string, size uint64) []byte {
	t.Helper()
	header := &zip.FileHeader{
		Name: "app.py", Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(text)), CompressedSize64: uint64(len(text)), UncompressedSize64: size,
	}
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	f, err := w.CreateRaw(header)
	if err == nil {
		_, err = io.WriteString(f, text)
	}
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

// swollen is an archive of 300 MB of zeros that is said to hold 10 bytes.
func swollen(t *testing.T) []byte {
	t.Helper()
	var honest bytes.Buffer
	w := zip.NewWriter(&honest)
	f, err := w.Create("zeros")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(f, zeros{}, 300<<20); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(honest.Bytes()), int64(honest.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	liar := zip.NewWriter(&archive)
	header := r.File[0].FileHeader
	header.UncompressedSize64 = 10
	raw, err := r.File[0].OpenRaw()
	if err != nil {
		t.Fatal(err)
	}
	to, err := liar.CreateRaw(&header)
	if err == nil {
		_, err = io.Copy(to, raw)
	}
	if err != nil || liar.Close() != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

type zeros struct{}

// Read implements io.Reader.
func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestTooLarge: what is beyond Lambda's quotas is refused before it is unpacked.
func TestTooLarge(t *testing.T) {
	s := newStand(t, t.TempDir())
	for name, body := range map[string]string{
		"an archive": `{"FunctionName":"big","Code":{"ZipFile":"` + base64.StdEncoding.EncodeToString(make([]byte, 50<<20+1)) + `"},` +
			`"Runtime":"python3.12","Handler":"a.b","Role":"arn:aws:iam::111122223333:role/r"}`,
		"a request": `{"FunctionName":"big","Description":"` + strings.Repeat("x", 70167211) + `"}`,
	} {
		if got := s.call("POST", all, body); got.status != http.StatusRequestEntityTooLarge || got.code != "RequestEntityTooLargeException" {
			t.Errorf("%s: %d %s %.200s", name, got.status, got.code, got.body)
		}
	}
	if got := s.call("PUT", all+"/big/configuration", `{"Description":"`+strings.Repeat("x", 1<<20)+`"}`); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a request without code: %d", got.status)
	}
}

// TestRestart: all functions are there again as they were, with the code that was uploaded.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	s := newStand(t, dir)
	s.must(http.StatusCreated, "POST", all, creation("echo", python(t, "one"), "Tags", `{"team":"a"}`, "Environment", `{"Variables":{"AA":"b"}}`))
	s.must(http.StatusCreated, "POST", all, creation("other", python(t, "other")))
	s.must(http.StatusOK, "PUT", all+"/echo/code", `{"ZipFile":"`+base64.StdEncoding.EncodeToString(python(t, "two"))+`"}`)
	s.must(http.StatusOK, "PUT", "/2017-10-31/functions/echo/concurrency", `{"ReservedConcurrentExecutions":3}`)
	s.must(http.StatusCreated, "POST", all+"/echo/policy", `{"StatementId":"b","Action":"lambda:*","Principal":"*"}`)
	before := s.must(http.StatusOK, "GET", all+"/echo", "")
	policy := s.must(http.StatusOK, "GET", all+"/echo/policy", "")
	if got := len(tree(t, filepath.Join(dir, "echo"))); got != 3 {
		t.Errorf("%d files, expected a definition and a code, as nothing of the one before is at work", got)
	}
	for path := range tree(t, dir) {
		if filepath.Base(path) != "app.py" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// What a killed process may have left: a creation that was not finished, and a write.
	for _, left := range []string{"begun/.unfinished", "begun/.new-1/app.py", "begun/" + strings.Repeat("0", 64) + ".zip", "echo/.new-2"} {
		place := filepath.Join(dir, left)
		if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(place, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := newStand(t, dir)
	if after := again.must(http.StatusOK, "GET", all+"/echo", ""); !bytes.Equal(after.body, before.body) {
		t.Errorf("after a restart %s, before %s", after.body, before.body)
	}
	if after := again.must(http.StatusOK, "GET", all+"/echo/policy", ""); !bytes.Equal(after.body, policy.body) {
		t.Errorf("after a restart %s, before %s", after.body, policy.body)
	}
	files := tree(t, dir)
	if len(files) != 6 {
		t.Errorf("on disk are %v", files)
	}
	for path, text := range files {
		if filepath.Base(path) == "app.py" && !strings.Contains(text, "return") {
			t.Errorf("%s is still %q", path, text)
		}
	}
}

// folders is an archive of so many entries in folders of their own, each so deep.
func folders(t *testing.T, entries, deep int) []byte {
	t.Helper()
	var files []string
	for i := range entries {
		files = append(files, fmt.Sprint(i, "/")+strings.Repeat("a/", deep-1), "")
	}
	return zipped(t, files...)
}

// TestDamage: what cannot be believed is not served, it is said why, and all else is served as ever. Nothing is lost.
func TestDamage(t *testing.T) {
	definition := func(edit func(text []byte) []byte) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			path := filepath.Join(dir, "echo", "function.json")
			text, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, edit(text), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, damage := range map[string]func(t *testing.T, dir string){
		"no JSON":       definition(func(text []byte) []byte { return text[:len(text)/2] }),
		"another name":  definition(func(text []byte) []byte { return bytes.Replace(text, []byte(`"echo"`), []byte(`"other"`), 1) }),
		"a path as sum": definition(func([]byte) []byte { return []byte(`{"Name":"echo","Sum":"../../x"}`) }),
		"another sum": definition(func(text []byte) []byte {
			return bytes.Replace(text, []byte(`"Sum":"`), []byte(`"Sum":"`+hex.EncodeToString([]byte("0"))), 1)
		}),
		"no definition": func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(filepath.Join(dir, "echo", "function.json")); err != nil {
				t.Fatal(err)
			}
		},
		"an archive": func(t *testing.T, dir string) {
			t.Helper()
			for path, text := range tree(t, filepath.Join(dir, "echo")) {
				if strings.HasSuffix(path, ".zip") {
					if err := os.WriteFile(filepath.Join(dir, "echo", path), []byte(text[1:]), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := newStand(t, dir)
			s.must(http.StatusCreated, "POST", all, creation("echo", python(t, "one")))
			s.must(http.StatusCreated, "POST", all, creation("sound", python(t, "two")))
			damage(t, dir)
			before := tree(t, filepath.Join(dir, "echo"))
			again := newStand(t, dir)
			again.must(http.StatusOK, "GET", all+"/sound", "")
			for _, r := range [][2]string{{"GET", all + "/echo"}, {"POST", all + "/echo/invocations"}, {"GET", all + "/echo/policy"}} {
				got := again.call(r[0], r[1], "")
				if got.status != http.StatusServiceUnavailable || got.code != "ServiceException" || !strings.Contains(string(got.body), "damaged") {
					t.Errorf("%s %s: %d %s", r[0], r[1], got.status, got.body)
				}
			}
			if got := again.call("POST", all, creation("echo", python(t, "one"))); got.status != http.StatusConflict {
				t.Errorf("a creation over it: %d %s", got.status, got.body)
			}
			again.must(http.StatusNoContent, "DELETE", all+"/echo", "")
			aside, _ := filepath.Glob(filepath.Join(dir, ".damaged-echo-*"))
			if len(aside) != 1 || !maps.Equal(tree(t, aside[0]), before) {
				t.Errorf("after its end, set aside is %q", aside)
			}
			again.must(http.StatusNotFound, "GET", all+"/echo", "")
			again.must(http.StatusCreated, "POST", all, creation("echo", python(t, "one")))
			newStand(t, dir).must(http.StatusOK, "GET", all+"/echo", "")
		})
	}
}

// TestForeignFolders: what is no function's is left alone.
func TestForeignFolders(t *testing.T) {
	dir := t.TempDir()
	notes := filepath.Join(dir, "my notes", "todo.txt")
	if err := os.MkdirAll(filepath.Dir(notes), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(notes, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	newStand(t, dir).must(http.StatusCreated, "POST", all, creation("echo", python(t, "one")))
	newStand(t, dir).must(http.StatusOK, "GET", all+"/echo", "")
	if _, err := os.Stat(notes); err != nil {
		t.Error(err)
	}
}

// TestFull: code for which there is no room is refused as such, and what could not be written is not left.
func TestFull(t *testing.T) {
	dir := t.TempDir()
	full := false
	s := newStand(t, dir, func(c *registry.Config) { c.Room = func(uint64) bool { return !full } })
	s.must(http.StatusCreated, "POST", all, creation("echo", python(t, "one")))
	before := tree(t, dir)
	full = true
	update := `{"ZipFile":"` + base64.StdEncoding.EncodeToString(python(t, "two")) + `"}`
	for _, got := range []*answer{s.call("POST", all, creation("other", python(t, "two"))), s.call("PUT", all+"/echo/code", update)} {
		if got.status != http.StatusBadRequest || got.code != "CodeStorageExceededException" {
			t.Errorf("without room: %d %s", got.status, got.body)
		}
	}
	full = false
	sum := sha256.Sum256(python(t, "two"))
	place := filepath.Join(dir, "echo", hex.EncodeToString(sum[:])) + ".zip" // a folder where the archive has to be written
	if err := os.MkdirAll(filepath.Join(place, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got := s.call("PUT", all+"/echo/code", update); got.status != http.StatusInternalServerError || got.code != "ServiceException" {
		t.Errorf("with no place to write to: %d %s", got.status, got.body)
	}
	if after := tree(t, dir); !maps.Equal(after, before) {
		t.Errorf("left are %v", after)
	}
	s.must(http.StatusOK, "PUT", all+"/echo/code", update)
}

// TestSealed: what is in the environment of functions cannot be read without the key.
func TestSealed(t *testing.T) {
	dir := t.TempDir()
	key := func(b byte) func(*registry.Config) {
		return func(c *registry.Config) { c.Key = bytes.Repeat([]byte{b}, 32) }
	}
	secrets := func() (n int) {
		for _, text := range tree(t, dir) {
			n += strings.Count(text, "hunter2")
		}
		return n
	}
	s := newStand(t, dir) // as before there was a key
	made := s.must(http.StatusCreated, "POST", all, creation("echo", python(t, "one"), "Environment", `{"Variables":{"PASSWORD":"hunter2"}}`))
	if secrets() == 0 || made.member("Environment.Variables.PASSWORD") != "hunter2" {
		t.Fatalf("made was %s", made.body)
	}
	for range 2 {
		s = newStand(t, dir, key(1))
		if got := s.must(http.StatusOK, "GET", all+"/echo/configuration", ""); got.member("Environment.Variables.PASSWORD") != "hunter2" {
			t.Errorf("got %s", got.body)
		}
		s.must(http.StatusOK, "PUT", all+"/echo/configuration", `{"Timeout":9}`)
		if secrets() > 0 {
			t.Errorf("on disk are %v", tree(t, dir))
		}
	}
	for name, edit := range map[string]func(*registry.Config){"another key": key(2), "no key": func(*registry.Config) {}} {
		if got := newStand(t, dir, edit).call("GET", all+"/echo", ""); got.status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

// TestReplacedAtWork: an invocation comes to its end with the code that it began with, however often that is replaced; then the code goes.
func TestReplacedAtWork(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("SKIPPED: no python3")
	}
	dir, gate := t.TempDir(), t.TempDir()
	s := newStand(t, dir)
	code := zipped(t, "later.py", "word = 'old'\n", "app.py", `import os, time
def handler(event, context):
    open(event + "/begun", "w").close()
    while not os.path.exists(event + "/go"):
        time.sleep(0.005)
    import later
    return later.word
`)
	s.must(http.StatusCreated, "POST", all, creation("echo", code, "Timeout", "60"))
	done := make(chan *answer, 1)
	go func() { done <- s.call("POST", all+"/echo/invocations", strconv.Quote(gate)) }()
	until(t, "the invocation to begin", func() bool { _, err := os.Stat(filepath.Join(gate, "begun")); return err == nil })
	for _, word := range []string{"two", "three", "four"} {
		s.must(http.StatusOK, "PUT", all+"/echo/code", `{"ZipFile":"`+base64.StdEncoding.EncodeToString(python(t, word))+`"}`)
	}
	if err := os.WriteFile(filepath.Join(gate, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := <-done; string(got.body) != `"old"` {
		t.Errorf("the invocation ended with %s", got.body)
	}
	wantResult(s, "echo", `"four"`)
	until(t, "the old code to go", func() bool { return len(tree(t, filepath.Join(dir, "echo"))) == 3 })
}

// until waits for something that no event tells of.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	late := time.After(time.Minute)
	for !so() {
		select {
		case <-late:
			t.Fatalf("waited in vain for %s", what)
		case <-time.After(time.Millisecond):
		}
	}
}

// TestLargeUploads: more of them come than are read at a time, and all are served.
func TestLargeUploads(t *testing.T) {
	s := newStand(t, t.TempDir())
	code := stored(t, strings.Repeat("#", 2<<20), 2<<20)
	var running sync.WaitGroup
	for i := range 5 {
		body := creation(fmt.Sprint("echo", i), code)
		running.Go(func() {
			if got := s.call("POST", all, body); got.status != http.StatusCreated {
				t.Errorf("the upload %d: %d %s", i, got.status, got.body)
			}
		})
	}
	running.Wait()
	if list := s.must(http.StatusOK, "GET", all+"/", ""); len(list.member("Functions").([]any)) != 5 {
		t.Errorf("there are %s", list.body)
	}
}
