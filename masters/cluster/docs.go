package cluster

import (
	"net/http"

	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"
)

// mountDocs serves the API's documentation at /docs, and the guide if the program has one. The page and its scripts are part
// of the binary, so it works offline.
func (s *Server) mountDocs() {
	page := v5emb.NewWithConfig(swgui.Config{ShowTopBar: false})(s.Huma.OpenAPI().Info.Title, "/openapi.json", "/docs/")
	s.Handle("GET /docs/", page)
	root := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/docs/"
		page.ServeHTTP(w, r)
	})
	s.Handle("GET /docs", root)
	s.Handle("GET /redoc", root) // the Python package serves a second page there
	if s.setup.Guide != nil {
		s.Handle("GET /guide/", s.setup.Guide)
	}
}
