package masterstest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
)

// damager changes one byte of the next body that fits, on its way to a worker or back, as a bad cable or a proxy would.
type damager struct {
	handler http.Handler
	path    atomic.Pointer[string] // damage the answer of this path; nil for none
	back    atomic.Bool            // the answer, or else the request
	done    atomic.Int64           // how many were damaged
}

// next has the next request to a path that ends so, or its answer, damaged.
func (d *damager) next(path string, back bool) {
	d.back.Store(back)
	d.path.Store(&path)
}

// ServeHTTP hands a request on, and the answer back.
func (d *damager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := d.path.Load()
	if path == nil || !strings.HasSuffix(r.URL.Path, *path) || !d.path.CompareAndSwap(path, nil) {
		d.handler.ServeHTTP(w, r)
		return
	}
	d.done.Add(1)
	if !d.back.Load() {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(damaged(body)))
		d.handler.ServeHTTP(w, r)
		return
	}
	answer := httptest.NewRecorder()
	d.handler.ServeHTTP(answer, r)
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(damaged(answer.Body.Bytes())) // the master may have gone
}

// damaged is a body with another letter in its first word, so that JSON stays JSON: of a schema, the name of a column or the like.
func damaged(body []byte) []byte {
	out := bytes.Clone(body)
	at := bytes.Index(out, []byte(`"features":["`))
	if at < 0 {
		at = len(out) - 1
	} else {
		at += len(`"features":["`)
	}
	out[at] ^= 1
	return out
}
