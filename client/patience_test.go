package client

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/pipes"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/transport"
)

// A request that came too early is sent again after as long as the master says, a bounded number of times; what it was refused
// for otherwise is said at once.
func TestPatience(t *testing.T) {
	const always = 1000
	for name, tt := range map[string]struct {
		code    api.Code
		refused int // requests
		after   int // seconds
		sent    int
		took    time.Duration
		fails   bool
	}{
		"at once":        {sent: 1},
		"the third time": {code: api.CodeTooManyRequests, refused: 2, after: 7, sent: 3, took: 14 * time.Second},
		"never":          {code: api.CodeTooManyRequests, refused: always, after: 3, sent: 5, took: 12 * time.Second, fails: true},
		"too long":       {code: api.CodeTooManyRequests, refused: always, after: 3600, sent: 1, fails: true},
		"another reason": {code: api.CodeStarting, refused: always, after: 1, sent: 1, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				var network pipes.Network
				stop := network.Serve("master", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					if sent++; sent > tt.refused {
						_, _ = w.Write([]byte("{}"))
						return
					}
					w.Header().Set("Retry-After", strconv.Itoa(tt.after))
					rest.WriteProblem(w, api.NewProblem(tt.code, "Not now."))
				}))
				c := &Client{base: "http://master", http: transport.NewOver(maxAnswer, network.Dial)}
				defer stop()
				defer c.Close()
				start := time.Now()
				_, err := c.Job(t.Context())
				var p *Problem
				if tt.fails != (errors.As(err, &p) && p.Code == tt.code) || !tt.fails && err != nil {
					t.Errorf("got %v", err)
				}
				if took := time.Since(start); sent != tt.sent || took != tt.took {
					t.Errorf("sent %d times in %s, want %d in %s", sent, took, tt.sent, tt.took)
				}
			})
		})
	}
}

// Who gives up while the client waits is told why it waited.
func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p := api.NewProblem(api.CodeTooManyRequests, "Not now.")
		start := time.Now()
		_, err := patient(ctx, func() (int, error) {
			return 0, &transport.StatusError{Status: p.Status, Problem: p, After: 20 * time.Second}
		})
		var s *transport.StatusError
		if !errors.As(err, &s) || time.Since(start) != time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}
