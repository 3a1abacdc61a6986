//go:build unix

package chaos

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/gochimera/chimera/internal/wire"
)

// Each fault of the wire does what it says, at the call that it names, and at no other.
func TestProxyStrikes(t *testing.T) {
	frame, err := wire.Encode(nil, nil, wire.Vector("x", []float64{1, 2, 3}))
	if err != nil {
		t.Fatal(err)
	}
	const lost, damaged, whole = "lost", "damaged", "whole"
	for name, c := range map[string]struct {
		fault    fault
		want     []string // of each call
		received []string // by the worker
	}{
		"none":               {fault{Kind: drop, At: 9, Calls: 1}, []string{whole, whole}, []string{whole, whole}},
		"drop":               {fault{Kind: drop, At: 1, Calls: 2}, []string{lost, lost, whole}, []string{whole}},
		"drop of an answer":  {fault{Kind: drop, At: 2, Calls: 1, Late: true}, []string{whole, lost, whole}, []string{whole, whole, whole}},
		"cut":                {fault{Kind: cut, At: 2, Calls: 1, Late: true}, []string{whole, lost, whole}, []string{whole, whole, whole}},
		"corrupt":            {fault{Kind: corrupt, At: 2, Calls: 1}, []string{whole, whole, whole}, []string{whole, damaged, whole}},
		"a corrupted answer": {fault{Kind: corrupt, At: 1, Calls: 1, Late: true}, []string{damaged, whole}, []string{whole, whole}},
	} {
		t.Run(name, func(t *testing.T) {
			var received []string
			state := func(body []byte, err error) string {
				if err != nil {
					return lost
				}
				if _, err := wire.Decode(body, nil); err != nil {
					return damaged
				}
				return whole
			}
			worker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				received = append(received, state(io.ReadAll(r.Body)))
				w.Header().Set("Content-Type", wire.ContentTypeFrame)
				_, _ = w.Write(frame) // the test's client reads it
			}))
			defer worker.Close()
			strikes := 0
			p, err := newProxy(t.Context(), worker.URL, func(fault) { strikes++ })
			if err != nil {
				t.Fatal(err)
			}
			defer p.close()
			p.set([]fault{c.fault})
			client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			var got []string
			for range c.want {
				res, err := client.Post(p.url, wire.ContentTypeFrame, bytes.NewReader(frame))
				if err != nil {
					got = append(got, lost)
					continue
				}
				got = append(got, state(io.ReadAll(res.Body)))
				_ = res.Body.Close() // it was only read
			}
			if !slices.Equal(got, c.want) || !slices.Equal(received, c.received) {
				t.Errorf("the caller saw %v, want %v; the worker %v, want %v", got, c.want, received, c.received)
			}
			if want := c.fault.Calls; name != "none" && strikes != want {
				t.Errorf("struck %d times, want %d", strikes, want)
			}
		})
	}
}
