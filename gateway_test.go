package chimera

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
)

// A master that is not there yet says so, when to ask again, and what it says of every answer to a browser.
func TestBeforeTheMasterIsThere(t *testing.T) {
	w := httptest.NewRecorder()
	(&gateway{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
	h := w.Header()
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), string(api.CodeStarting)) || h.Get("Retry-After") != "1" {
		t.Errorf("answered %d %v %s", w.Code, h, w.Body)
	}
	if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") ||
		h.Get(api.HeaderRequest) == "" {
		t.Errorf("the header is %v", h)
	}
}
