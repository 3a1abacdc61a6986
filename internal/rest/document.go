package rest

import (
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// documents are the API's OpenAPI documents, rendered when they are first asked for, and again when what they describe has changed.
type documents struct {
	mu     sync.Mutex
	change func(*huma.OpenAPI) (changed bool) // nil if they never change
	files  map[string][]byte                  // nil until the first request
}

// OnDocument sets a function that brings the OpenAPI document up to date before it is shown, and reports whether that has
// changed anything. It may change descriptions and examples: requests are answered meanwhile. It never runs twice at the same time.
func (a *API) OnDocument(change func(doc *huma.OpenAPI) (changed bool)) { a.documents.change = change }

// mountDocuments serves the documents: huma would render them once and for all.
func (a *API) mountDocuments() {
	for _, name := range []string{"openapi.json", "openapi.yaml", "openapi-3.0.json", "openapi-3.0.yaml"} {
		kind := "application/openapi+" + name[len(name)-4:]
		a.Handle("GET /"+name, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, err := a.document(name)
			if err != nil {
				a.log.ErrorContext(r.Context(), "an OpenAPI document cannot be written; this is a bug", "document", name, "error", err)
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(text) // the reader may be gone
		}))
	}
}

// document is the current text of a document.
func (a *API) document(name string) (text []byte, err error) {
	d := &a.documents
	d.mu.Lock()
	defer d.mu.Unlock()
	changed := d.change != nil && d.change(a.Huma.OpenAPI())
	if changed || d.files == nil {
		d.files = map[string][]byte{}
	}
	if d.files[name] == nil {
		if d.files[name], err = a.render(name); err != nil {
			delete(d.files, name)
		}
	}
	return d.files[name], err
}
