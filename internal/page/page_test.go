package page

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

// Every file is served with its type and under a policy that allows no other
// source than this one.
func TestFiles(t *testing.T) {
	for path, f := range files {
		r := get(t, http.MethodGet, path)
		if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != f.kind || r.ContentLength == 0 {
			t.Errorf("%s: %s %q", path, r.Status, r.Header.Get("Content-Type"))
		}
		csp := r.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: the policy %q lacks %s", path, csp, want)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") || strings.Contains(csp, "http") {
			t.Errorf("%s: the policy %q lets others in", path, csp)
		}
		if r.Header.Get("X-Content-Type-Options") != "nosniff" || r.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: headers %v", path, r.Header)
		}
		again := get(t, http.MethodGet, path, "If-None-Match", r.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("%s: asked again: %s", path, again.Status)
		}
	}
}

// Nothing else is served, and nothing can be sent.
func TestNothingElse(t *testing.T) {
	for _, path := range []string{"/index.html", "/assets/", "/assets/page.js", "/x", "/../page.go", "/v1/status"} {
		if r := get(t, http.MethodGet, path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, r.Status)
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		if r := get(t, method, "/"); r.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s /: %s", method, r.Status)
		}
	}
}

// Every embedded file is served, every file that one names is there, and none
// names another origin, an inline script or an inline style, which the policy
// would stop silently.
func TestAssetsFitThePolicy(t *testing.T) {
	served := map[string]bool{}
	for _, f := range files {
		served[f.name] = true
	}
	named := regexp.MustCompile(`(?:src|href)="([^"#][^"]*)"|from '\./([^']+)'`)
	daemon := map[string]bool{"v1/status": true, "v1/events": true, "metrics": true}
	err := fs.WalkDir(assets, "assets", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(assets, path)
		if err != nil {
			return err
		}
		text := string(b)
		if !served[d.Name()] {
			t.Errorf("%s is embedded and not served", path)
		}
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			if name := m[1] + m[2]; !served[name] && !daemon[name] {
				t.Errorf("%s names %q, which is not served", path, name)
			}
		}
		for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", " style=", "onclick=", "<style", "javascript:"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s has %q", path, bad)
			}
		}
		if i := strings.Index(strings.ReplaceAll(text, "http://www.w3.org/2000/svg", ""), "//"); strings.Contains(text, "https://") || i >= 0 && strings.HasSuffix(path, ".html") {
			t.Errorf("%s names another origin", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The page can be used by keyboard and by a screen reader: a language, a
// title, a label for each control, live regions, and sections with headings.
func TestAccessible(t *testing.T) {
	b, err := fs.ReadFile(assets, "assets/index.html")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, want := range []string{`<html lang="en">`, "<title>", `name="viewport"`, `role="alert"`, `role="status"`, `class="skip"`, "<main>", "<noscript>"} {
		if !strings.Contains(text, want) {
			t.Errorf("index.html lacks %s", want)
		}
	}
	selects := strings.Count(text, "<select")
	if labelled := len(regexp.MustCompile(`<label>[^<]*<select`).FindAllString(text, -1)); labelled != selects {
		t.Errorf("%d of %d selects have a label", labelled, selects)
	}
	for _, m := range regexp.MustCompile(`aria-labelledby="([^"]+)"`).FindAllStringSubmatch(text, -1) {
		if !strings.Contains(text, `id="`+m[1]+`"`) {
			t.Errorf("nothing has the id %s", m[1])
		}
	}
}
