package cluster

import (
	"net/http"

	"github.com/gochimera/chimera/internal/rest"
)

// ServeHTTP answers a request, which has an ID from here on: lines of the log say it, and calls to workers that are made for it. The answer
// tells a browser what it may do with it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest.Protect(w.Header())
	s.API.ServeHTTP(w, rest.Identify(w, r))
}
