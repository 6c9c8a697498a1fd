package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed static
var static embed.FS

// types are the kinds of files that there are.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".json": "application/json",
	".svg":  "image/svg+xml",
	".png":  "image/png",
	".ico":  "image/x-icon",
	".txt":  "text/plain; charset=utf-8",
}

// page is a file that browsers get.
type page struct {
	kind   string
	plain  variant
	packed func() variant // compressed; made when it is asked for first
}

// variant is the text of a file in one of its encodings, each with a tag of its own (RFC 9110 section 8.8.3).
type variant struct {
	text     []byte
	tag      string
	encoding string
}

// pages are the files of the folder static, by their path below it.
func pages(files fs.FS) map[string]*page {
	found := map[string]*page{}
	_ = fs.WalkDir(files, "static", func(name string, entry fs.DirEntry, err error) error { // what is embedded can be read
		kind, known := types[path.Ext(name)]
		if err != nil || entry.IsDir() || !known {
			return err
		}
		text, err := fs.ReadFile(files, name)
		found[strings.TrimPrefix(name, "static/")] = newPage(kind, text)
		return err
	})
	found[""] = found["index.html"]
	return found
}

func newPage(kind string, text []byte) *page {
	sum := sha256.Sum256(text)
	tag := hex.EncodeToString(sum[:16])
	plain := variant{text, strconv.Quote(tag), ""}
	return &page{kind, plain, sync.OnceValue(func() variant {
		var packed bytes.Buffer
		writer, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression) // a level that there is
		_, _ = writer.Write(text)                                       // memory takes everything
		_ = writer.Close()
		if packed.Len() >= len(text) {
			return plain
		}
		return variant{packed.Bytes(), strconv.Quote(tag + "-gzip"), "gzip"}
	})}
}

// servePage hands out a file. A browser that has it asks whether it still is the same, and is told so.
func (c *Console) servePage(w http.ResponseWriter, r *http.Request, name string) error {
	p := c.pages[name]
	if p == nil {
		return errNotFound
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return refuse(http.StatusMethodNotAllowed, "Method not allowed", "Allow", "GET, HEAD")
	}
	v := p.plain
	if takesGzip(r.Header.Values("Accept-Encoding")) {
		v = p.packed()
	}
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	header.Set("Vary", "Accept-Encoding")
	header.Set("ETag", v.tag)
	if hasTag(r.Header.Values("If-None-Match"), v.tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	header.Set("Content-Type", p.kind)
	header.Set("Content-Length", strconv.Itoa(len(v.text)))
	if v.encoding != "" {
		header.Set("Content-Encoding", v.encoding)
	}
	_, _ = w.Write(v.text) // net/http leaves it out of the answer to HEAD
	return nil
}

// takesGzip reads Accept-Encoding (RFC 9110 section 12.5.3).
func takesGzip(lines []string) bool {
	for item := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		coding, weight, _ := strings.Cut(item, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		_, q, weighted := strings.Cut(weight, "=")
		value, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		return !weighted || err == nil && value > 0
	}
	return false
}

// hasTag reads If-None-Match (RFC 9110 section 13.1.2), which compares weakly.
func hasTag(lines []string, tag string) bool {
	for item := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		if item = strings.TrimSpace(item); item == "*" || strings.TrimPrefix(item, "W/") == tag {
			return true
		}
	}
	return false
}
