package registry_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
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
		"another content":      bytes.Replace(stored(t, "app.py", "content", 7), []byte("content"), []byte("CONTENT"), 1),
		"too large by word":    stored(t, "app.py", "x", 251<<20),
		"larger than its word": swollen(t),
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
func stored(t *testing.T, name, text string, size uint64) []byte {
	t.Helper()
	header := &zip.FileHeader{
		Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(text)), CompressedSize64: uint64(len(text)), UncompressedSize64: size,
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
	if got := len(tree(t, filepath.Join(dir, "echo"))); got != 5 {
		t.Errorf("%d files, expected a definition and two codes, of which one may still be at work", got)
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
	for _, left := range []string{"begun/.new-1/app.py", "begun/" + strings.Repeat("0", 64) + ".zip", "echo/.new-2"} {
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

// TestDamage: what cannot be believed is not served, and it is said where it is.
func TestDamage(t *testing.T) {
	for name, damage := range map[string]func(path string, text []byte) []byte{
		"no JSON":       func(_ string, text []byte) []byte { return text[:len(text)/2] },
		"another name":  func(_ string, text []byte) []byte { return bytes.Replace(text, []byte(`"echo"`), []byte(`"other"`), 1) },
		"a path as sum": func(_ string, _ []byte) []byte { return []byte(`{"Name":"echo","Sum":"../../x"}`) },
		"another sum": func(_ string, text []byte) []byte {
			return bytes.Replace(text, []byte(`"Sum":"`), []byte(`"Sum":"`+hex.EncodeToString([]byte("0"))), 1)
		},
	} {
		dir := t.TempDir()
		s := newStand(t, dir)
		s.must(http.StatusCreated, "POST", all, creation("echo", python(t, "one")))
		path := filepath.Join(dir, "echo", "function.json")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, damage(path, text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := tryStand(t, dir); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	dir := t.TempDir()
	s := newStand(t, dir)
	s.must(http.StatusCreated, "POST", all, creation("echo", python(t, "one")))
	for path, text := range tree(t, dir) {
		if strings.HasSuffix(path, ".zip") {
			if err := os.WriteFile(filepath.Join(dir, path), []byte(text[1:]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := tryStand(t, dir); err == nil || !strings.Contains(err.Error(), ".zip") {
		t.Errorf("a damaged archive: got %v", err)
	}
}

// TestLargeUploads: more of them come than are read at a time, and all are served.
func TestLargeUploads(t *testing.T) {
	s := newStand(t, t.TempDir())
	code := stored(t, "app.py", strings.Repeat("#", 2<<20), 2<<20)
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
