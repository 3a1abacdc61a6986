package node

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gochimera/chimera/api"
)

// recorded notes what is written to it, with the header at that time.
type recorded struct {
	header http.Header
	said   []string
}

func (r *recorded) Header() http.Header { return r.header }
func (r *recorded) WriteHeader(status int) {
	r.said = append(r.said, fmt.Sprint(status, len(r.header)))
}

func (r *recorded) Write(p []byte) (int, error) {
	r.said = append(r.said, string(p))
	return len(p), nil
}

// While a handler works, interim answers are sent as often as the caller wishes; none after the answer
// has begun, or after the handler has ended without one. The header that the handler sets meanwhile
// comes with the answer.
func TestBeating(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(w http.ResponseWriter)
		want   []string
	}{
		{"a status", func(w http.ResponseWriter) { w.WriteHeader(http.StatusConflict) }, []string{"102 0", "102 0", "102 0", "409 1"}},
		{"a body", func(w http.ResponseWriter) { _, _ = io.WriteString(w, "done") }, []string{"102 0", "102 0", "102 0", "done"}},
		{"nothing", func(http.ResponseWriter) {}, []string{"102 0", "102 0", "102 0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				to := &recorded{header: http.Header{}}
				b := newBeating(to, 10*time.Second)
				b.Header().Set("Content-Type", "text/plain")
				time.Sleep(35 * time.Second)
				tt.answer(b)
				b.end()
				time.Sleep(time.Hour)
				if !slices.Equal(to.said, tt.want) || to.header.Get("Content-Type") != "text/plain" {
					t.Errorf("%q, %v", to.said, to.header)
				}
			})
		})
	}
}

// Only a caller that asks for them, and can read them, gets interim answers, and not too many.
func TestBeatOf(t *testing.T) {
	for _, tt := range []struct {
		value, proto string
		want         time.Duration
	}{
		{"", "HTTP/1.1", 0},
		{"10s", "HTTP/1.1", 10 * time.Second},
		{"10s", "HTTP/1.0", 0},
		{"1ns", "HTTP/1.1", shortestBeat},
		{"-1s", "HTTP/1.1", 0},
		{"soon", "HTTP/1.1", 0},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", http.NoBody)
		r.Header.Set(api.HeaderBeat, tt.value)
		r.Proto = tt.proto
		r.ProtoMajor, r.ProtoMinor, _ = http.ParseHTTPVersion(tt.proto)
		if got := beatOf(r); got != tt.want {
			t.Errorf("%q over %s: %v, want %v", tt.value, tt.proto, got, tt.want)
		}
	}
}
