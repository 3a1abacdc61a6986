package rest

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gochimera/chimera/internal/wire"
)

func zipped(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A compressed body is what it says when it is decoded, also to the limits.
func TestContentCodings(t *testing.T) {
	plain := rowsOf(1000, 3)
	good := zipped(t, plain)
	bomb := zipped(t, bytes.Repeat([]byte(" "), 1<<20)) // a kilobyte
	for _, c := range []struct {
		name, coding string
		body         []byte
		status       int
	}{
		{"none", "", plain, 200},
		{"identity", "identity", plain, 200},
		{"gzip", "gzip", good, 200},
		{"in other letters", "GZIP", good, 200},
		{"an older name", "x-gzip", good, 200},
		{"larger than allowed once it is decoded", "gzip", bomb, http.StatusRequestEntityTooLarge},
		{"cut short", "gzip", good[:len(good)-9], http.StatusBadRequest},
		{"damaged", "gzip", append(bytes.Clone(good[:len(good)-8]), 0, 0, 0, 0, 0, 0, 0, 0), http.StatusBadRequest},
		{"not gzip", "gzip", plain, http.StatusBadRequest},
		{"gzip that is not said to be", "", good, http.StatusBadRequest},
		{"another one", "deflate", good, http.StatusUnsupportedMediaType},
		{"two of them", "gzip, gzip", zipped(t, good), http.StatusUnsupportedMediaType},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNodeWithMemory(Limits{MaxBody: 100_000})
			close(n.letGo)
			r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(c.body))
			r.Host = "localhost"
			if c.coding != "" {
				r.Header.Set("Content-Encoding", c.coding)
			}
			w := httptest.NewRecorder()
			n.ServeHTTP(w, r)
			if w.Code != c.status {
				t.Errorf("status %d, want %d: %s", w.Code, c.status, w.Body)
			}
			if c.status == http.StatusUnsupportedMediaType && w.Header().Get("Accept-Encoding") != "gzip" {
				t.Error("nothing says which codings are understood")
			}
		})
	}
}

// A body may be as large as the limit, and not a byte larger, whether its length is known or not.
func TestTheLimitIsExact(t *testing.T) {
	body := rowsOf(200_000, 5)
	for _, known := range []bool{true, false} {
		for beyond, status := range map[int]int{0: 200, 1: http.StatusRequestEntityTooLarge} {
			n := newNodeWithMemory(Limits{MaxBody: int64(len(body) - beyond)})
			close(n.letGo)
			if w := n.send(body, known); w.Code != status {
				t.Errorf("length known: %t, %d beyond: status %d: %s", known, beyond, w.Code, w.Body)
			}
		}
	}
}

// A body with the digest of another is refused as damaged; digests that are unknown do not matter. Who wants one gets one.
func TestDigests(t *testing.T) {
	n := newNodeWithMemory(Limits{})
	close(n.letGo)
	body := rowsOf(10, 1)
	for digest, status := range map[string]int{
		"": 200, wire.Digest(body): 200, "sha-512=:AAAA:": 200, "md5=:AAAA:, " + wire.Digest(body): 200,
		wire.Digest(body[1:]): 400, "md5=:AAAA:, " + wire.Digest(nil): 400,
	} {
		r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
		r.Host = "localhost"
		r.Header.Set(wire.HeaderWantDigest, wire.WantDigest)
		r.Header.Set(wire.HeaderDigest, digest)
		w := httptest.NewRecorder()
		n.ServeHTTP(w, r)
		if w.Code != status || status == 400 && !strings.Contains(w.Body.String(), "damaged_body") {
			t.Errorf("%q: status %d: %s", digest, w.Code, w.Body)
		}
		if got := w.Header().Get(wire.HeaderDigest); status == 200 && got != wire.Digest(w.Body.Bytes()) {
			t.Errorf("the answer's digest is %q", got)
		}
	}
	if got := n.send(body, true).Header().Get(wire.HeaderDigest); got != "" {
		t.Errorf("nobody wanted the digest %q", got)
	}
}
