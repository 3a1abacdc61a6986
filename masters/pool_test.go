package masters

import (
	"log/slog"
	"testing"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/transport"
)

// Workers may reach each other by other addresses than the master reaches them by.
func TestPeers(t *testing.T) {
	p := newPool([]Endpoint{
		{Name: "w1", URL: "http://127.0.0.1:20001", Peer: "http://w1:80"},
		{Name: "w2", URL: "http://127.0.0.1:20002"},
	}, transport.New(1<<20), time.Second, 0, nil, slog.New(slog.DiscardHandler), func(api.Event) {})
	defer p.close()
	for i, want := range []string{"http://w1:80", "http://127.0.0.1:20002"} {
		if got := p.members[i].peer; got != want {
			t.Errorf("the peers of %s are to reach it at %q, want %q", p.members[i].name, got, want)
		}
	}
}
