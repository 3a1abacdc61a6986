package docker

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"

	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/launching"
)

// An engine that follows a log may miss a line and pass it on only with the next one. The log is then
// followed anew, from where the reading was.
func TestLogIsFollowedAnew(t *testing.T) {
	var asked atomic.Int32
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := stdcopy.NewStdWriter(w, stdcopy.Stdout)
		line := func(second int64, text string) {
			if _, err := out.Write([]byte(time.Unix(second, 0).UTC().Format(time.RFC3339Nano) + " " + text + "\n")); err != nil {
				t.Error(err)
			}
			w.(http.Flusher).Flush()
		}
		if asked.Add(1) == 1 {
			line(1, "loading")
		} else {
			if got, want := r.FormValue("since"), "1.000000001"; got != want {
				t.Errorf("it is followed since %q, want %q", got, want)
			}
			line(2, handshake.Announcement("http://172.17.0.2:80", true))
		}
		<-r.Context().Done()
	}))
	t.Cleanup(engine.Close)
	api, err := client.NewClientWithOpts(client.WithHost("tcp://"+engine.Listener.Addr().String()), client.WithVersion("1.41"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })

	printed := make(lineWriter, 10)
	discard := slog.New(slog.DiscardHandler)
	plan := launcher.Plan{Log: discard, Workers: []launcher.Worker{{Name: "tree1"}}, Output: printed}
	f := &fleet{
		launch: &launch{Plan: plan, engine: &Engine{api: api}}, Launching: launching.New(t.Context(), plan, launcher.NewFleet(1, launcher.FleetParts{})),
	}
	m := &member{Member: f.Members[0], inbox: make(chan events.Message, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.tend(ctx, m)
	}()
	m.inbox <- events.Message{Action: events.ActionStart, Actor: events.Actor{ID: "abc"}}
	if got, want := <-printed, "tree1 | loading\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	if err := m.Announcement.Await(ctx, time.Hour); err != nil {
		t.Error(err)
	}
	cancel()
	<-ended
	if len(printed) > 0 {
		t.Errorf("printed %q again", <-printed)
	}
}

// lineWriter hands on what is written to it.
type lineWriter chan string

func (w lineWriter) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}
