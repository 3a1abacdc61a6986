package dashboard_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/dashboard"
)

var about = dashboard.About{Project: `<b>"mine"</b>`, Kind: "parameter-server", Version: "1.2.3"}

func get(t *testing.T, about dashboard.About, path, tag string) *httptest.ResponseRecorder {
	t.Helper()
	page, err := dashboard.Handler(about)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	r.Header.Set("If-None-Match", tag)
	w := httptest.NewRecorder()
	page.ServeHTTP(w, r)
	return w
}

// The page names its master, escaped, and may load and ask nothing but from it.
func TestPage(t *testing.T) {
	t.Parallel()
	w := get(t, about, "/", "")
	body := w.Body.String()
	for _, part := range []string{
		"<bdi>&lt;b&gt;&#34;mine&#34;&lt;/b&gt;</bdi>", "parameter-server master, chimera 1.2.3",
		`data-predict="/v1/chimera/parameter-server/predict"`, `id="timeline-body"`,
	} {
		if !strings.Contains(body, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
	if strings.Contains(body, "/guide/") {
		t.Error("the page links to a guide that is not there")
	}
	if !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'; ") {
		t.Errorf("its header is %v", w.Header())
	}
	with := about
	with.Guide = true
	if !strings.Contains(get(t, with, "/", "").Body.String(), `<a href="/guide/">`) {
		t.Error("the page does not link to the guide")
	}
}

// A browser that has a file is not sent it again, and one that has another is.
func TestFilesAreSentOnce(t *testing.T) {
	t.Parallel()
	for path, kind := range map[string]string{
		"/": "text/html; charset=utf-8", "/dashboard/main.js": "text/javascript; charset=utf-8", "/dashboard/style.css": "text/css; charset=utf-8",
	} {
		first := get(t, about, path, "")
		if first.Code != http.StatusOK || first.Body.Len() == 0 || first.Header().Get("Content-Type") != kind {
			t.Fatalf("%s: status %d, %d bytes of %s", path, first.Code, first.Body.Len(), first.Header().Get("Content-Type"))
		}
		if again := get(t, about, path, first.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s: sent again: status %d", path, again.Code)
		}
		if other := get(t, about, path, `"another"`); other.Code != http.StatusOK {
			t.Errorf("%s: not sent to who has another: status %d", path, other.Code)
		}
	}
	for _, path := range []string{"/dashboard/", "/dashboard/index.html", "/dashboard/../dashboard.go", "/other"} {
		if w := get(t, about, path, ""); w.Code == http.StatusOK {
			t.Errorf("%s is served", path)
		}
	}
}

// scripts are the texts of the page's files, by their paths at the master.
func scripts(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := fs.WalkDir(os.DirFS("assets"), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join("assets", name))
		texts[dashboard.Prefix+name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

var (
	imported = regexp.MustCompile(`from "\./([^"]+)"`)
	outside  = regexp.MustCompile(`https?://[^"'\s]+`)
)

// What a script imports is there; none reads markup from a text, or names another host.
func TestScripts(t *testing.T) {
	t.Parallel()
	texts := scripts(t)
	for path, text := range texts {
		for _, m := range imported.FindAllStringSubmatch(text, -1) {
			if texts[dashboard.Prefix+m[1]] == "" {
				t.Errorf("%s imports %s, which is not there", path, m[1])
			}
		}
		for _, call := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"} {
			if strings.Contains(text, call) {
				t.Errorf("%s uses %s: names of columns and workers are text, never markup", path, call)
			}
		}
		for _, address := range outside.FindAllString(text, -1) {
			if address != "http://www.w3.org/2000/svg" {
				t.Errorf("%s names another host: %s", path, address)
			}
		}
	}
}

// Each panel of the page has a script that is imported and drawn under its ID.
func TestPanels(t *testing.T) {
	t.Parallel()
	texts := scripts(t)
	page := get(t, about, "/", "").Body.String()
	list := texts[dashboard.Prefix+"panels.js"]
	sections := regexp.MustCompile(`<section id="(\w+)"`).FindAllStringSubmatch(page, -1)
	if len(sections) < 8 {
		t.Fatalf("the page has %d panels", len(sections))
	}
	for _, s := range sections {
		if !strings.Contains(list, `import { `+s[1]+` } from "./`+s[1]+`.js"`) {
			t.Errorf("the panel %s has no script", s[1])
		}
	}
}

// The page listens to every kind of event that there is.
func TestEvents(t *testing.T) {
	t.Parallel()
	stream, state := scripts(t)[dashboard.Prefix+"stream.js"], scripts(t)[dashboard.Prefix+"state.js"]
	for _, e := range api.Events() {
		if !strings.Contains(stream, `"`+e.Kind()+`"`) {
			t.Errorf("stream.js does not listen to %s", e.Kind())
		}
		if !strings.Contains(state, "\n  "+e.Kind()+"(") {
			t.Errorf("state.js does not say what %s changes", e.Kind())
		}
	}
}
