package rest

import (
	"net/http"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/logs"
)

// Identify gives a request to a master its ID, which its answer has too: the one that its caller gives, if that can be one, else a new one.
// It returns the request, whose context says it.
func Identify(w http.ResponseWriter, r *http.Request) *http.Request {
	id := r.Header.Get(api.HeaderRequest)
	if !logs.IsRequestID(id) {
		id = logs.NewRequestID()
	}
	w.Header().Set(api.HeaderRequest, id)
	return r.WithContext(logs.WithRequest(r.Context(), id))
}
