package console_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gangway/internal/console"
)

// policy is what SECURITY.md promises, to the letter.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

var promised = map[string]string{
	"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
	"X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
}

func TestEveryAnswerIsProtected(t *testing.T) {
	s := newStand(t, nil)
	cookie := s.signIn(t, rootKey)
	foreign := ask(http.MethodGet, "/console/", "", "")
	foreign.Host = "evil.test"
	for label, test := range map[string]struct {
		request *http.Request
		status  int
	}{
		"page":        {ask(http.MethodGet, "/console/", "", ""), 200},
		"style":       {ask(http.MethodGet, "/console/app.css", "", ""), 200},
		"redirect":    {ask(http.MethodGet, "/console", "", ""), 308},
		"nothing":     {ask(http.MethodGet, "/console/no/such.js", "", ""), 404},
		"escaped":     {ask(http.MethodGet, "/%63onsole/", "", ""), 404},
		"folder":      {ask(http.MethodGet, "/console/js", "", ""), 404},
		"above":       {ask(http.MethodGet, "/console/../console/static.go", "", ""), 404},
		"method":      {ask(http.MethodPost, "/console/", "", ""), 405},
		"nobody":      {ask(http.MethodGet, "/console/session", "", ""), 401},
		"put":         {ask(http.MethodPut, "/console/session", "", ""), 405},
		"control":     {ask(http.MethodGet, "/console/api/v2/apis", "", cookie), 418},
		"connections": {ask(http.MethodGet, "/console/connections/a/b/c", "", cookie), 418},
		"part":        {ask(http.MethodGet, "/console/connections/a/b", "", cookie), 404},
		"unsocket":    {ask(http.MethodGet, "/console/connect?apiId=a&stage=b", "", cookie, "Origin", "http://"+host), 426},
		"no stage":    {ask(http.MethodGet, "/console/connect?apiId=a", "", cookie, "Origin", "http://"+host), 400},
		"other host":  {foreign, 421},
	} {
		w := s.serve(test.request)
		if w.Code != test.status {
			t.Errorf("%s: got %d %s, want %d", label, w.Code, w.Body, test.status)
		}
		for name, value := range promised {
			if got := w.Header().Values(name); len(got) != 1 || got[0] != value {
				t.Errorf("%s: %s is %q", label, name, got)
			}
		}
		if cache := w.Header().Get("Cache-Control"); cache != "no-store" && cache != "no-cache" {
			t.Errorf("%s: Cache-Control is %q", label, cache)
		}
		if len(w.Header().Values("Access-Control-Allow-Origin")) > 0 {
			t.Errorf("%s: other origins may read the answer", label)
		}
	}
	if to := s.serve(ask(http.MethodGet, "/console", "", "")).Header().Get("Location"); to != "/console/" {
		t.Errorf("redirected to %q", to)
	}
}

// TestFiles makes sure that whatever lies in the folder can be had, whole and compressed, and is not sent twice.
func TestFiles(t *testing.T) {
	s := newStand(t, nil)
	total, files := 0, 0
	err := fs.WalkDir(console.Static, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		want, err := fs.ReadFile(console.Static, name)
		if err != nil {
			return err
		}
		files++
		name = strings.TrimPrefix(name, "static/")
		plain := s.serve(ask(http.MethodGet, "/console/"+name, "", "", "Accept-Encoding", "br, gzip;q=0"))
		if plain.Body.String() != string(want) || plain.Header().Get("Content-Encoding") != "" || plain.Header().Get("Content-Type") == "" {
			t.Errorf("%s: got %d, %d bytes of %d, %v", name, plain.Code, plain.Body.Len(), len(want), plain.Header())
		}
		packed := s.serve(ask(http.MethodGet, "/console/"+name, "", "", "Accept-Encoding", "br, GZIP"))
		total += packed.Body.Len()
		text := packed.Body.String()
		if packed.Header().Get("Content-Encoding") == "gzip" {
			text = unpacked(t, packed.Body)
			if packed.Header().Get("Etag") == plain.Header().Get("Etag") {
				t.Errorf("%s: two variants have one tag", name)
			}
		}
		if text != string(want) || packed.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: what is compressed is something else", name)
		}
		for _, tag := range []string{`"x", ` + packed.Header().Get("Etag"), "W/" + packed.Header().Get("Etag"), "*"} {
			again := s.serve(ask(http.MethodGet, "/console/"+name, "", "", "Accept-Encoding", "gzip", "If-None-Match", tag))
			if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
				t.Errorf("%s, If-None-Match %s: got %d", name, tag, again.Code)
			}
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Fatalf("%d files, %v", files, err)
	}
	t.Logf("%d files, %d bytes compressed", files, total)
	changed := s.serve(ask(http.MethodGet, "/console/", "", "", "If-None-Match", `"another"`))
	if index, _ := fs.ReadFile(console.Static, "static/index.html"); changed.Code != http.StatusOK || changed.Body.String() != string(index) {
		t.Errorf("the index: got %d %s", changed.Code, changed.Body)
	}
	if kind := changed.Header().Get("Content-Type"); kind != "text/html; charset=utf-8" {
		t.Errorf("the index is %s", kind)
	}
}

func unpacked(t *testing.T, from io.Reader) string {
	t.Helper()
	reader, err := gzip.NewReader(from)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestNothingFromElsewhere looks for what the policy would forbid anyway, so that it is found before a browser does.
func TestNothingFromElsewhere(t *testing.T) {
	index, err := fs.ReadFile(console.Static, "static/index.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"http://", "https://", "style=", "onclick=", "<style", "javascript:"} {
		if strings.Contains(string(index), bad) {
			t.Errorf("index.html has %q", bad)
		}
	}
}

// TestPlain: markup is made in one place, of elements and texts; nothing is evaluated, nothing fetched from elsewhere, and no module
// needs one that needs it.
func TestPlain(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|javascript:|setAttribute\('style'`)
	imported := regexp.MustCompile(`from '(\.[^']*)'`)
	needs := map[string][]string{}
	err := fs.WalkDir(os.DirFS("static"), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".js" {
			return err
		}
		text, err := os.ReadFile(filepath.Join("static", name))
		if found := forbidden.Find(text); found != nil {
			t.Errorf("%s: %s", name, found)
		}
		if lines := bytes.Count(text, []byte("\n")); lines > 300 {
			t.Errorf("%s has %d lines, the limit is 300", name, lines)
		}
		for _, match := range imported.FindAllSubmatch(text, -1) {
			needs[name] = append(needs[name], path.Join(path.Dir(name), string(match[1])))
		}
		return err
	})
	if err != nil || len(needs) < 20 {
		t.Fatalf("%d modules, %v", len(needs), err)
	}
	var walk func(name string, way []string)
	done := map[string]bool{}
	walk = func(name string, way []string) {
		if slices.Contains(way, name) {
			t.Errorf("a circle: %v", append(way, name))
			return
		}
		for _, next := range needs[name] {
			if !done[next] {
				walk(next, append(slices.Clone(way), name))
			}
		}
		done[name] = true
	}
	for name := range needs {
		walk(name, nil)
	}
}
