package transport_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gochimera/chimera/internal/transport"
)

// A body in parts arrives as one, small or large, also when its connection
// turns out to be closed and it is sent again.
func TestParts(t *testing.T) {
	server, _ := echo(t)
	c := transport.New(1 << 30)
	defer c.Close()
	for _, size := range []int{0, 1, 100, 20_000, 3_000_000} {
		parts := [][]byte{[]byte("begin "), bytes.Repeat([]byte("ab"), size), nil, []byte(" end")}
		want := bytes.Join(parts, nil)
		for range 2 { // the second time on a connection that the server has closed
			r := transport.Request{Method: http.MethodPost, URL: server.URL, Parts: parts}
			a, err := c.Do(t.Context(), r)
			if err != nil || !bytes.Equal(a.Body, want) || r.Size() != len(want) {
				t.Fatalf("%d bytes of %d, %v", len(a.Body), len(want), err)
			}
			server.CloseClientConnections()
		}
	}
}

// Read takes the body of a good answer whether or not its length is known
// before, within the limit, and nothing of any other answer.
func TestRead(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/known", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "500")
		_, _ = io.WriteString(w, strings.Repeat("k", 500))
	})
	mux.HandleFunc("/unknown", func(w http.ResponseWriter, _ *http.Request) {
		for range 5 {
			_, _ = io.WriteString(w, strings.Repeat("u", 100))
			_ = http.NewResponseController(w).Flush()
		}
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "2000")
		_, _ = io.WriteString(w, strings.Repeat("l", 2000))
	})
	mux.HandleFunc("/wrong", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "wrong", http.StatusTeapot) })
	server := httptest.NewServer(mux)
	defer server.Close()
	c := transport.New(1000)
	defer c.Close()
	refused := errors.New("refused")
	for _, tt := range []struct {
		path string
		err  error // of the reader
		want string
	}{
		{"/known", nil, "500 k, <nil>"},
		{"/unknown", nil, "500 u, <nil>"},
		{"/known", refused, "500 k, refused"},
		{"/large", nil, "not read, the answer has 2000 bytes, more than the limit of 1000"},
		{"/wrong", nil, "not read, HTTP 418 wrong"},
		{"/known", nil, "500 k, <nil>"}, // and the connection is good again
	} {
		seen := "not read"
		_, err := c.Do(t.Context(), transport.Request{Method: http.MethodGet, URL: server.URL + tt.path, Read: func(body io.Reader, length int64) error {
			b := make([]byte, length)
			if _, err := io.ReadFull(body, b); err != nil {
				return err
			}
			seen = fmt.Sprint(strings.Count(string(b), string(b[0])), " ", string(b[0]))
			return tt.err
		}})
		if got := fmt.Sprintf("%s, %v", seen, err); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.path, got, tt.want)
		}
	}
}

// A content type cannot smuggle another header in.
func TestContentTypeOfTwoLines(t *testing.T) {
	c := transport.New(1000)
	defer c.Close()
	if _, err := c.Do(t.Context(), transport.Request{Method: http.MethodPost, URL: "http://127.0.0.1:1", ContentType: "a\r\nb: c"}); err == nil ||
		!strings.Contains(err.Error(), "two lines") {
		t.Error(err)
	}
}
