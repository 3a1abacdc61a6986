package transport

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/pipes"
)

// serve lets handle answer calls to the host worker, inside a bubble.
func serve(t *testing.T, handle http.HandlerFunc) (c *Client, stop func()) {
	t.Helper()
	var n pipes.Network
	end := n.Serve("worker", handle)
	c = NewOver(1<<20, n.Dial)
	return c, func() {
		c.Close()
		end()
	}
}

// Interim answers, and the parts of a body that are taken, are signs of life; the answer that counts
// comes after them. The header asks for them.
func TestSignsOfLife(t *testing.T) {
	for name, proxied := range map[string]bool{"own connections": false, "http.Transport": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, stop := serve(t, func(w http.ResponseWriter, r *http.Request) {
					if got := r.Header.Get(api.HeaderBeat); got != "10s" {
						t.Errorf("asked for %q", got)
					}
					_, _ = io.Copy(io.Discard, r.Body)
					for range 100 {
						time.Sleep(10 * time.Second)
						w.WriteHeader(http.StatusProcessing)
					}
					_, _ = io.WriteString(w, "done")
				})
				defer stop()
				if proxied { // it goes by http.Transport, which here knows of no proxy
					c.proxy = func(*http.Request) (*url.URL, error) { return &url.URL{}, nil }
					c.http.Proxy = nil
				}
				start, signs := time.Now(), 0
				a, err := c.Do(t.Context(), Request{
					Method: http.MethodPost, URL: "http://worker/fit", Body: []byte(strings.Repeat("x", 3<<20)), Beat: 10 * time.Second,
					Alive: func() { signs++ },
				})
				if err != nil || string(a.Body) != "done" || time.Since(start) != 1000*time.Second {
					t.Fatalf("%v, %v after %v", a, err, time.Since(start))
				}
				if signs < 101 {
					t.Errorf("%d signs of life", signs)
				}
			})
		})
	}
}

// A call is not asked to show life unless somebody looks, and an answer is found behind interim ones all
// the same.
func TestInterimAnswersAreNoAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, stop := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get(api.HeaderBeat) != "" {
				t.Error("asked for signs of life")
			}
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusProcessing)
			w.WriteHeader(http.StatusTeapot)
		})
		defer stop()
		_, err := c.Do(t.Context(), Request{Method: http.MethodGet, URL: "http://worker/"})
		var s *StatusError
		if !errors.As(err, &s) || s.Status != http.StatusTeapot {
			t.Errorf("got %v", err)
		}
	})
}
