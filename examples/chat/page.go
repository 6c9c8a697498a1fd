package chat

import (
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"strings"
)

//go:embed page
var pages embed.FS

// pagePolicy lets the page load what comes with it, and open sockets.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// servePage serves the page to chat on, and config.json, which tells it where to connect.
func (b *Backend) servePage(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "expected GET", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	if r.URL.Path == "/config.json" {
		w.Header().Set("Content-Type", "application/json")
		config := map[string]string{"url": "ws" + strings.TrimPrefix(b.Endpoint, "http")}
		if err := json.NewEncoder(w).Encode(config); err != nil && b.Log != nil {
			b.Log.Warn("answer failed", "error", err)
		}
		return
	}
	files, err := fs.Sub(pages, "page")
	if err != nil {
		http.Error(w, "no pages", http.StatusInternalServerError)
		return
	}
	http.FileServerFS(files).ServeHTTP(w, r)
}
