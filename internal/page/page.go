package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"time"
)

//go:embed assets
var assets embed.FS

// policy lets the page load its own files and ask its own origin, and no more.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// files are the paths that are served, with the name below assets and the
// type.
var files = map[string]struct{ name, kind string }{
	"/":          {"index.html", "text/html; charset=utf-8"},
	"/page.css":  {"page.css", "text/css; charset=utf-8"},
	"/page.js":   {"page.js", "text/javascript; charset=utf-8"},
	"/icon.svg":  {"icon.svg", "image/svg+xml"},
	"/parse.js":  {"parse.js", "text/javascript; charset=utf-8"},
	"/render.js": {"render.js", "text/javascript; charset=utf-8"},
}

// Handler serves the page at / and its files beside it; any other path is not
// found.
func Handler() http.Handler {
	served := map[string]asset{}
	for at, f := range files {
		content, err := assets.ReadFile(path.Join("assets", f.name))
		if err != nil {
			panic(err) // the binary lacks its own file: the test of this package fails
		}
		sum := sha256.Sum256(content)
		served[at] = asset{content, f.kind, `"` + hex.EncodeToString(sum[:8]) + `"`}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := served[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "this page can only be read", http.StatusMethodNotAllowed)
			return
		}
		a.serve(w, r)
	})
}

type asset struct {
	content []byte
	kind    string
	tag     string
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache") // ask each time, so that an upgrade shows; the tag saves the transfer
	h.Set("ETag", a.tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.content))
}
