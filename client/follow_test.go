package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
)

// master is an aggregation master whose fit "2" produces the given events and ends in the given state.
// The events of an earlier fit come first.
func master(t *testing.T, state api.FitState, events ...api.Event) (c *client.Client, cancelled chan struct{}) {
	t.Helper()
	cancelled = make(chan struct{}, 1)
	mux := http.NewServeMux()
	answer := func(pattern string, v any) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			if err := json.NewEncoder(w).Encode(v); err != nil {
				t.Error(err)
			}
		})
	}
	answer("GET "+api.PathStatus, api.MasterStatus{Master: "aggregation"})
	answer("POST "+api.PathsOf("aggregation").Fit, api.FitResponse{Fit: "started", FitID: "2"})
	answer("GET "+api.PathFit, api.FitJob{FitID: "2", State: state, Error: "no rows", Result: &api.FitResponse{Fit: "ok", FitID: "2"}})
	mux.HandleFunc("DELETE "+api.PathFit, func(w http.ResponseWriter, _ *http.Request) {
		cancelled <- struct{}{}
		_, _ = w.Write([]byte("{}"))
	})
	mux.HandleFunc("GET "+api.PathFitEvents, func(w http.ResponseWriter, r *http.Request) {
		for i, e := range append([]api.Event{api.FitStartedEvent{FitID: "1"}, api.FitCommittedEvent{FitID: "1"}}, events...) {
			text, err := json.Marshal(e)
			if err != nil {
				t.Error(err)
			}
			_, _ = fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", i+1, e.Kind(), text)
		}
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c, err := client.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, cancelled
}

func TestFollowFit(t *testing.T) {
	c, _ := master(t, api.FitSucceeded, api.FitStartedEvent{FitID: "2"}, api.WorkerFittedEvent{FitID: "2", Done: 1, Total: 1}, api.FitCommittedEvent{FitID: "2"})
	var kinds []string
	result, err := c.FollowFit(t.Context(), func(e client.Event) { kinds = append(kinds, e.Kind) })
	if err != nil || result.FitID != "2" {
		t.Fatalf("%+v, %v", result, err)
	}
	if want := []string{"fit_started", "worker_fitted", "fit_committed"}; !slices.Equal(kinds, want) {
		t.Errorf("events %v, want %v, and none of the fit before", kinds, want)
	}
}

func TestFollowFitThatFails(t *testing.T) {
	c, _ := master(t, api.FitFailed, api.FitStartedEvent{FitID: "2"}, api.FitFailedEvent{FitID: "2", Reason: "no rows"})
	_, err := c.FollowFit(t.Context(), func(client.Event) {})
	var failed *client.FitError
	if !errors.As(err, &failed) || err.Error() != "no rows" || failed.Job.FitID != "2" {
		t.Errorf("got %v", err)
	}
}

// Cancelling the wait cancels the fit.
func TestFollowFitCancels(t *testing.T) {
	c, cancelled := master(t, api.FitRunning, api.FitStartedEvent{FitID: "2"})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := c.FollowFit(ctx, func(client.Event) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-cancelled
}

// If the master has too many listeners, the client polls the job instead; cancelling the wait then
// cancels the fit too.
func TestFollowFitWithoutEvents(t *testing.T) {
	var asked atomic.Int32
	stop := context.CancelFunc(func() {})
	cancelled := make(chan struct{}, 1)
	mux := http.NewServeMux()
	answer := func(pattern string, status int, v func() any) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			if err := json.NewEncoder(w).Encode(v()); err != nil {
				t.Error(err)
			}
		})
	}
	full := api.NewProblem(api.CodeTooManyListeners, "Full.")
	answer("GET "+api.PathStatus, http.StatusOK, func() any { return api.MasterStatus{Master: "aggregation"} })
	answer("POST "+api.PathsOf("aggregation").Fit, http.StatusAccepted, func() any { return api.FitResponse{FitID: "2"} })
	answer("GET "+api.PathFitEvents, full.Status, func() any { return full })
	answer("GET "+api.PathFit, http.StatusOK, func() any {
		stop()
		if asked.Add(1) < 3 {
			return api.FitJob{FitID: "2", State: api.FitRunning}
		}
		return api.FitJob{FitID: "2", State: api.FitSucceeded, Result: &api.FitResponse{FitID: "2"}}
	})
	answer("DELETE "+api.PathFit, http.StatusAccepted, func() any {
		cancelled <- struct{}{}
		return struct{}{}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	c, err := client.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if result, err := c.FollowFit(t.Context(), nil); err != nil || result.FitID != "2" {
		t.Errorf("%+v, %v", result, err)
	}
	asked.Store(0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stop = cancel
	if _, err := c.FollowFit(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-cancelled
}

// flaky is a master whose fit "2" has events that go on, but whose streams of events do not: each sends those after Last-Event-ID, as
// many as are given, and ends.
type flaky struct {
	*httptest.Server
	each      int           // events of a stream
	lines     []string      // the events as they are sent
	last      string        // the last fit when all of them have been sent
	asking    func()        // called when somebody asks for the job
	cancelled chan struct{} // a fit was

	streams atomic.Int32
	over    atomic.Bool // the fit has ended
}

func newFlaky(t *testing.T, each int, events ...api.Event) (*flaky, *client.Client) {
	t.Helper()
	f := &flaky{each: each, last: "2", asking: func() {}, cancelled: make(chan struct{}, 1)}
	for i, e := range events {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		f.lines = append(f.lines, fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", i+1, e.Kind(), text))
	}
	mux := http.NewServeMux()
	answer := func(pattern string, v func() any) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			if err := json.NewEncoder(w).Encode(v()); err != nil {
				t.Error(err)
			}
		})
	}
	answer("GET "+api.PathStatus, func() any { return api.MasterStatus{Master: "aggregation"} })
	answer("POST "+api.PathsOf("aggregation").Fit, func() any { return api.FitResponse{Fit: "started", FitID: "2"} })
	answer("GET "+api.PathFit, func() any {
		f.asking()
		if f.over.Load() {
			return api.FitJob{FitID: f.last, State: api.FitSucceeded, Result: &api.FitResponse{FitID: "2"}}
		}
		return api.FitJob{FitID: "2", State: api.FitRunning}
	})
	answer("DELETE "+api.PathFit, func() any {
		f.cancelled <- struct{}{}
		return struct{}{}
	})
	mux.HandleFunc("GET "+api.PathFitEvents, func(w http.ResponseWriter, r *http.Request) {
		f.streams.Add(1)
		after, _ := strconv.Atoi(r.Header.Get("Last-Event-ID"))
		last := min(after+f.each, len(f.lines))
		for _, line := range f.lines[after:last] {
			_, _ = w.Write([]byte(line))
		}
		f.over.Store(last == len(f.lines))
	})
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	c, err := client.New(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return f, c
}

// A stream of events that ends is no failure of the fit: the next one goes on behind the last event that has come.
func TestFollowFitGoesOn(t *testing.T) {
	f, c := newFlaky(t, 1, api.FitStartedEvent{FitID: "2"}, api.WorkerFittedEvent{FitID: "2", Done: 1, Total: 2},
		api.WorkerFittedEvent{FitID: "2", Done: 2, Total: 2}, api.FitCommittedEvent{FitID: "2"})
	var seen []int
	result, err := c.FollowFit(t.Context(), func(e client.Event) { seen = append(seen, e.Seq) })
	if err != nil || result.FitID != "2" {
		t.Fatalf("%+v, %v", result, err)
	}
	if want := []int{1, 2, 3, 4}; !slices.Equal(seen, want) || f.streams.Load() != 4 {
		t.Errorf("events %v in %d streams, want each once, one a stream", seen, f.streams.Load())
	}
}

// A fit whose last events nobody sends any more has ended all the same.
func TestFollowFitWithoutItsEnd(t *testing.T) {
	_, c := newFlaky(t, 2, api.FitStartedEvent{FitID: "2"}, api.WorkerFittedEvent{FitID: "2", Done: 1, Total: 2})
	if result, err := c.FollowFit(t.Context(), func(client.Event) {}); err != nil || result.FitID != "2" {
		t.Errorf("%+v, %v", result, err)
	}
}

// Another fit has begun before the events of this one could be read on.
func TestFollowFitAfterAnotherHasBegun(t *testing.T) {
	f, c := newFlaky(t, 1, api.FitStartedEvent{FitID: "2"}, api.FitStartedEvent{FitID: "3"})
	f.last = "3"
	var seen []int
	_, err := c.FollowFit(t.Context(), func(e client.Event) { seen = append(seen, e.Seq) })
	if err == nil || !strings.Contains(err.Error(), "another fit has begun") || !slices.Equal(seen, []int{1}) {
		t.Errorf("events %v and %v, want those of fit 2, and that its result is lost", seen, err)
	}
}

// Between two streams, cancelling the wait cancels the fit too.
func TestFollowFitCancelsBetweenStreams(t *testing.T) {
	f, c := newFlaky(t, 0, api.FitStartedEvent{FitID: "2"})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.asking = cancel
	if _, err := c.FollowFit(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-f.cancelled
}

// Events that cannot be read are done without.
func TestFollowFitWithUnreadableEvents(t *testing.T) {
	f, c := newFlaky(t, 2, api.FitStartedEvent{FitID: "2"}, api.FitCommittedEvent{FitID: "2"})
	f.lines[1] = "id: x\n\n"
	if result, err := c.FollowFit(t.Context(), func(client.Event) {}); err != nil || result.FitID != "2" || f.streams.Load() != 1 {
		t.Errorf("%+v, %v, after %d streams", result, err, f.streams.Load())
	}
}

// A master that is gone is said to be so: nobody knows how the fit ends.
func TestFollowFitOfAMasterThatGoes(t *testing.T) {
	f, c := newFlaky(t, 1, api.FitStartedEvent{FitID: "2"}, api.FitCommittedEvent{FitID: "2"})
	var gone *client.UnreachableError
	if _, err := c.FollowFit(t.Context(), func(client.Event) { _ = f.Listener.Close(); f.CloseClientConnections() }); !errors.As(err, &gone) {
		t.Errorf("got %v", err)
	}
}

// An event is as large as the parts of thousands of workers in a step are together.
func TestLargeEvents(t *testing.T) {
	reason := strings.Repeat("no rows, ", 300_000)
	c, _ := master(t, api.FitFailed, api.FitStartedEvent{FitID: "2"}, api.FitFailedEvent{FitID: "2", Reason: reason})
	err := c.Events(t.Context(), func(e client.Event) bool {
		failed, is := e.Event.(api.FitFailedEvent)
		if is && failed.Reason != reason {
			t.Errorf("an event of %d bytes, want %d", len(failed.Reason), len(reason))
		}
		return !is
	})
	if err != nil {
		t.Error(err)
	}
}

func TestNobodyAnswers(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c, err := client.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var gone *client.UnreachableError
	if _, err := c.FollowFit(t.Context(), nil); !errors.As(err, &gone) || gone.URL != server.URL {
		t.Errorf("got %v", err)
	}
}
