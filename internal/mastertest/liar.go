package mastertest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gochimera/chimera/internal/wire"
)

// LieAt has a worker answer the requests to a path with lies: what it would say in truth, changed. Answers may be JSON, or frames without
// arrays. It lasts until the worker is started anew; a worker has one lie at a time.
func LieAt[A any](t *testing.T, w *Worker, path string, lie func(*A)) {
	t.Helper()
	lying := liar(func(honest http.Handler, rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path {
			honest.ServeHTTP(rw, r)
			return
		}
		answer := httptest.NewRecorder()
		honest.ServeHTTP(answer, r)
		var truth A
		body := answer.Body.Bytes()
		frame := answer.Header().Get("Content-Type") == wire.ContentTypeFrame
		var err error
		if frame {
			_, err = wire.Decode(body, &truth)
		} else {
			err = json.Unmarshal(body, &truth)
		}
		if err == nil && answer.Code == http.StatusOK {
			lie(&truth)
			if frame {
				body, err = wire.Encode(nil, truth)
			} else {
				body, err = json.Marshal(truth)
			}
		}
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		header := answer.Header()
		header.Del("Content-Length")
		header.Del("Content-Digest")
		for name, values := range header {
			rw.Header()[name] = values
		}
		rw.WriteHeader(answer.Code)
		_, _ = rw.Write(body) // the master may have gone
	})
	w.liar.Store(&lying)
}

// Instead has a worker's requests answered by a function, which may ask the worker. It lasts until the worker is started anew, and
// ends a lie.
func (w *Worker) Instead(answer func(honest http.Handler, rw http.ResponseWriter, r *http.Request)) {
	instead := liar(answer)
	w.liar.Store(&instead)
}
