package docs

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/gochimera/chimera/internal/suggest"
)

//go:embed *.md pictures/*.svg layout.html guide.css
var files embed.FS

// Root is the path at which the guide is to be mounted.
const Root = "/guide/"

// What a browser may do with the guide: nothing but show it, and send its form back.
const (
	pagePolicy    = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	picturePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
)

// Handler serves the guide below [Root], with a policy; what every answer of a master tells a browser beside that (rest.Protect) is not its part.
// The pages are rendered when the first one is asked for.
func Handler() http.Handler {
	return &handler{load: sync.OnceValues(func() (*site, error) {
		book, err := read(files)
		if err != nil {
			return nil, err
		}
		layout, err := template.ParseFS(files, "layout.html")
		if err != nil {
			return nil, err
		}
		return &site{book, layout}, nil
	})}
}

type handler struct {
	load func() (*site, error)
}

// site is the guide, ready to be shown.
type site struct {
	*book
	layout *template.Template
}

// view is what the layout shows: a page, what a search found, or that there is no such page.
type view struct {
	Title    string
	Page     *page
	Before   *page
	After    *page
	Pages    []*page
	Query    string
	Found    []finding
	Searched bool
	Missing  string
	Near     []*page
}

// ServeHTTP answers a request for a page, a picture, the style sheet, or a search.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", pagePolicy)
	header.Set("Cache-Control", "no-cache") // the next program at this address may be another version
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "The guide can only be read: GET or HEAD.", http.StatusMethodNotAllowed)
		return
	}
	s, err := h.load()
	if err != nil { // a test renders all pages
		http.Error(w, "The guide cannot be shown; this is a bug: "+err.Error(), http.StatusInternalServerError)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, Root)
	switch base, isPage := strings.CutSuffix(name, ".md"); {
	case isPage && s.find(base) != nil:
		http.Redirect(w, r, Root+s.find(base).Address(), http.StatusMovedPermanently)
	case name == "guide.css" || path.Ext(name) == ".svg":
		s.file(w, r, name)
	case name == "" && r.URL.Query().Has("q"):
		query := tidy(r.URL.Query().Get("q"))
		s.show(w, http.StatusOK, &view{Title: "Search", Query: query, Searched: true, Found: s.search(query)})
	case s.find(name) != nil:
		s.show(w, http.StatusOK, s.view(s.find(name)))
	default:
		s.missing(w, name)
	}
}

// view is a page with its neighbours in the reading order.
func (s *site) view(p *page) *view {
	v := &view{Title: p.Title, Page: p}
	if p.number > 0 {
		v.Before = s.pages[p.number-1]
	}
	if p.number+1 < len(s.pages) {
		v.After = s.pages[p.number+1]
	}
	return v
}

// missing says that there is no such page, and which there are of similar names.
func (s *site) missing(w http.ResponseWriter, name string) {
	name = tidy(name)
	v := &view{Title: "There is no such page", Missing: name}
	var names []string
	for _, p := range s.pages {
		names = append(names, p.Name)
	}
	for _, near := range suggest.Closest(name, names) {
		v.Near = append(v.Near, s.find(near))
	}
	if v.Near == nil {
		v.Found = s.search(strings.Map(blankPunctuation, name))
	}
	s.show(w, http.StatusNotFound, v)
}

// show writes a page, whole or not at all.
func (s *site) show(w http.ResponseWriter, status int, v *view) {
	v.Pages = s.pages
	var out bytes.Buffer
	if err := s.layout.Execute(&out, v); err != nil {
		http.Error(w, "The page cannot be shown; this is a bug: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // the reader may be gone
}

// file answers with a picture or the style sheet.
func (s *site) file(w http.ResponseWriter, r *http.Request, name string) {
	text, err := fs.ReadFile(files, name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		s.missing(w, name)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	kind := "text/css; charset=utf-8"
	if path.Ext(name) == ".svg" {
		kind = "image/svg+xml"
		w.Header().Set("Content-Security-Policy", picturePolicy)
	}
	w.Header().Set("Content-Type", kind)
	if r.Method == http.MethodGet {
		_, _ = w.Write(text) // the reader may be gone
	}
}
