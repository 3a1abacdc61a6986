package transport_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
)

func TestErrors(t *testing.T) {
	mux := http.NewServeMux()
	reply := func(path string, status int, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}
	reply("/ours", 409, `{"detail":"Not fitted.","code":"not_fitted","status":409}`)
	reply("/starting", 503, `{"detail":"Loading.","code":"starting","status":503}`)
	reply("/python", 500, `{"message":"could not convert string to float: 'x'","details":{"errorCode":500,"errorMessage":"ValueError"}}`)
	reply("/fastapi", 404, `{"detail":"Not Found"}`)
	reply("/validation", 422, `{"detail":[{"type":"missing","loc":["body"],"msg":"Field required"}]}`)
	reply("/text", 500, strings.Repeat("Internal Server Error ", 30))
	reply("/large", 200, strings.Repeat("x", 2000))
	reply("/notjson", 200, `hello`)
	mux.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	server := httptest.NewServer(mux)
	defer server.Close()
	c := transport.New(1000)
	defer c.Close()
	for _, tt := range []struct {
		path      string
		status    int // 0: no answer
		code      api.Code
		says      string
		temporary bool
	}{
		{"/ours", 409, api.CodeNotFitted, "Not fitted.", false},
		{"/starting", 503, api.CodeStarting, "Loading.", true},
		{"/python", 500, "", "could not convert string to float: 'x'", false},
		{"/fastapi", 404, "", "Not Found", false},
		{"/validation", 422, "", "Field required", false},
		{"/text", 500, "", "Internal Server Error", false},
		{"/large", 0, "", "limit of 1000", true},
		{"/abort", 0, "", "closed before the answer", true},
	} {
		t.Run(tt.path, func(t *testing.T) {
			err := c.JSON(t.Context(), http.MethodGet, server.URL+tt.path, nil, nil)
			if err == nil || !strings.Contains(err.Error(), tt.says) || len(err.Error()) > 600 {
				t.Fatalf("got %v", err)
			}
			var s *transport.StatusError
			if errors.As(err, &s) != (tt.status != 0) || (s != nil && (s.Status != tt.status || s.Code() != tt.code)) {
				t.Errorf("got %#v", err)
			}
			if transport.Temporary(err) != tt.temporary {
				t.Errorf("temporary: %v", !tt.temporary)
			}
		})
	}
	t.Run("a deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		err := c.JSON(ctx, http.MethodGet, server.URL+"/hang", nil, nil)
		if !errors.Is(err, transport.ErrTimeout) || transport.Temporary(err) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a cause", func(t *testing.T) {
		because := errors.New("because")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(because)
		if err := c.JSON(ctx, http.MethodGet, server.URL+"/hang", nil, nil); !errors.Is(err, because) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("not JSON", func(t *testing.T) {
		var v struct{}
		if err := c.JSON(t.Context(), http.MethodGet, server.URL+"/notjson", nil, &v); err == nil || !strings.Contains(err.Error(), "cannot be read") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		if err := c.JSON(t.Context(), http.MethodGet, "http://127.0.0.1:1", nil, nil); err == nil || !transport.Temporary(err) {
			t.Errorf("got %v", err)
		}
	})
}

// An answer that is not as it was sent is damage on the way, which another try may mend, and the connection is not used again; so is a
// request that was refused as damaged, or whose header could not be read. What the other side means is not.
func TestDamage(t *testing.T) {
	mux := http.NewServeMux()
	reply := func(path string, status int, digest, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			sent, err := io.ReadAll(r.Body)
			if err != nil || wire.CheckDigest(r.Header, sent) != nil || r.Header.Get(wire.HeaderDigest) == "" || r.Header.Get(wire.HeaderWantDigest) == "" {
				t.Errorf("%s came with %v, %v", path, r.Header, err)
			}
			if digest != "" {
				w.Header().Set(wire.HeaderDigest, digest)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}
	reply("/whole", 200, wire.Digest([]byte(`{"a":1}`)), `{"a":1}`)
	reply("/damaged", 200, wire.Digest([]byte(`{"a":1}`)), `{"a":3}`)
	reply("/refused", 400, "", `{"detail":"Damaged.","code":"damaged_body","status":400}`)
	reply("/unread", 400, "", "400 Bad Request")
	reply("/damaged-problem", 422, wire.Digest([]byte(`{"detail":"No.","code":"starting"}`)), `{"detail":"No.","code":"invalid_request"}`)
	reply("/meant", 422, "", `{"detail":"No.","code":"invalid_request","status":422}`)
	server := httptest.NewServer(mux)
	defer server.Close()
	c := transport.New(1000)
	defer c.Close()
	for path, damaged := range map[string]bool{"/whole": false, "/damaged": true, "/refused": true, "/unread": true, "/damaged-problem": true, "/meant": false} {
		err := c.JSON(t.Context(), http.MethodPost, server.URL+path, map[string]int{"b": 2}, nil)
		if (err == nil) != (path == "/whole") || transport.Damaged(err) != damaged || transport.Temporary(err) != damaged {
			t.Errorf("%s: %v, damaged %t, temporary %t", path, err, transport.Damaged(err), transport.Temporary(err))
		}
	}
}
