package mastertest

import (
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/gochimera/chimera/api"
)

// Beats returns a function that lists at which paths a running worker has been asked to show that it is
// alive, sorted.
func Beats(w *Worker) (paths func() []string) {
	var mu sync.Mutex
	asked, inner := map[string]bool{}, w.Server.Config.Handler
	w.Server.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get(api.HeaderBeat) != "" {
			mu.Lock()
			asked[r.URL.Path] = true
			mu.Unlock()
		}
		inner.ServeHTTP(rw, r)
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Sorted(maps.Keys(asked))
	}
}
