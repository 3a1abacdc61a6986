package node_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/internal/pipes"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

// slowBody comes piece by piece, with a pause before each.
type slowBody struct {
	left  []byte
	piece int
	pause time.Duration
}

func (b *slowBody) Read(p []byte) (int, error) {
	if len(b.left) == 0 {
		return 0, io.EOF
	}
	time.Sleep(b.pause)
	n := copy(p, b.left[:min(b.piece, len(b.left))])
	b.left = b.left[n:]
	return n, nil
}

// A frame that may be larger than other bodies, a stored model, has the time of a body for each mebibyte, and not in all.
func TestALargeFrameMayTakeItsTime(t *testing.T) {
	type none struct{}
	restore := endpoint.PostFrame[none, none]("/v1/chimera/part", "Take a part back")
	parts, err := wire.EncodeParts(nil, none{}, wire.Array{Name: "part", Shape: []int{1 << 18}, Data: make([]float64, 1<<18)})
	if err != nil {
		t.Fatal(err)
	}
	frame := bytes.Join(parts, nil)
	for _, tt := range []struct {
		name   string
		body   slowBody
		limit  int64 // for other bodies
		status int
	}{
		{"flows", slowBody{frame, 16 << 10, time.Second / 2}, 1 << 20, http.StatusOK}, // 32 s for each mebibyte, 64 s in all
		{"trickles", slowBody{frame, 16 << 10, time.Second}, 1 << 20, http.StatusRequestTimeout},
		{"is as large as any other", slowBody{frame, 16 << 10, time.Second / 2}, 4 << 20, http.StatusRequestTimeout},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := node.Options{Limits: rest.Limits{MaxBody: tt.limit, BodyTimeout: time.Minute}}
				n, err := node.New(node.Spec{Name: "w1", Role: "worker"}, registry.Info{}, nil, o, "Stores.")
				if err != nil {
					t.Fatal(err)
				}
				node.Handle(n, restore, func(context.Context, none, []node.Array) (none, []node.Array, error) {
					return none{}, nil, nil
				}, node.Largest(1<<30))
				var network pipes.Network
				stop := network.Serve("w1", n)
				transport := &http.Transport{DialContext: network.Dial}
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://w1"+restore.Path, &tt.body)
				if err != nil {
					t.Fatal(err)
				}
				r.ContentLength = int64(len(frame))
				r.Header.Set("Content-Type", wire.ContentTypeFrame)
				res, err := transport.RoundTrip(r)
				var text []byte
				if err == nil {
					text, _ = io.ReadAll(res.Body)
					_ = res.Body.Close()
				}
				transport.CloseIdleConnections()
				stop()
				time.Sleep(time.Hour) // in the bubble: the sender's goroutine notices the end at its next piece
				switch {
				case err != nil && tt.status == http.StatusOK: // who is refused may notice first that nobody reads on
					t.Error(err)
				case err == nil && res.StatusCode != tt.status:
					t.Errorf("status %d, want %d: %.300s", res.StatusCode, tt.status, strings.ToValidUTF8(string(text), "?"))
				}
			})
		})
	}
}
