// Package dashboard is the page that a master shows at its root: who works for
// it, how the fit goes, what it has fitted, and a row to predict. The page, its
// style and its scripts are part of the binary, and it asks nobody but the
// master: what it shows are the answers and events that any client gets.
package dashboard

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/gochimera/chimera/api"
)

//go:embed assets
var embedded embed.FS

// About is what the page says of the master before it has asked.
type About struct {
	Project, Kind, Version string
	Guide                  bool // whether the master serves the guide, to which the panels link
}

// Prefix is the path of the page's files.
const Prefix = "/dashboard/"

// policy lets the page load its own files and ask its own master, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page at "/", and its files beneath Prefix. What every answer of a master tells a browser (rest.Protect) is not its
// part, but for the policy.
func Handler(about About) (http.Handler, error) {
	page, err := render(about)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", content("text/html; charset=utf-8", page))
	files, err := fs.Sub(embedded, "assets")
	if err != nil {
		return nil, err
	}
	err = fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || path.Ext(name) == ".html" {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if err == nil {
			mux.Handle("GET "+Prefix+name, content(mediaType(name), text))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return mux, nil
}

// render writes the page. Package html/template would do it too, but the linker keeps every method of a program that
// links it, because a template may call any by its name: half as much again for one that serves a model.
func render(about About) ([]byte, error) {
	page, err := embedded.ReadFile("assets/index.html")
	if err != nil {
		return nil, err
	}
	paths := api.PathsOf(about.Kind)
	guide := ""
	if about.Guide {
		guide = `<a href="/guide/">Guide</a>`
	}
	var sections strings.Builder
	for _, p := range panels {
		sections.WriteString(p.section(about.Guide))
	}
	return []byte(strings.NewReplacer(
		"@project@", html.EscapeString(about.Project), "@kind@", html.EscapeString(about.Kind), "@version@", html.EscapeString(about.Version),
		"@fit@", html.EscapeString(paths.Fit), "@predict@", html.EscapeString(paths.Predict), "@score@", html.EscapeString(paths.Score),
		"@guide@", guide, "@panels@", sections.String(),
	).Replace(string(page))), nil
}

// mediaType is a file's. The system's own table may lack some.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	default:
		return mime.TypeByExtension(path.Ext(name))
	}
}

// content serves bytes that never change while the program runs, but may with the next one: a browser asks every
// time, and is told if it has them.
func content(mediaType string, body []byte) http.Handler {
	sum := sha256.Sum256(body)
	tag := fmt.Sprintf("%q", base64.RawURLEncoding.EncodeToString(sum[:12]))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", mediaType)
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write(body) // fails only if the browser has left
	})
}
