package launcher_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/launcher"
)

// worker answers as a worker must, ready when it has been asked often enough.
func worker(name, hash string, readyAfter int) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/chimera/health", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"status":"ok","node":"`+name+`","config_hash":"`+hash+`"}`)
	})
	asked := 0
	mux.HandleFunc("GET /v1/chimera/ready", func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked <= readyAfter {
			http.Error(w, "loading", http.StatusServiceUnavailable)
		}
	})
	return mux
}

type closerFunc func() error

func (f closerFunc) Close() error { return f() }

// inProcess makes good workers, and counts what it made and what was closed.
type inProcess struct {
	mu           sync.Mutex
	made, closed []string
	spoil        func(ctx context.Context, w launcher.Worker) (http.Handler, error) // of tree2
	closeErr     error
}

func (i *inProcess) launcher() launcher.InProcess {
	return launcher.InProcess{New: func(ctx context.Context, w launcher.Worker, log *slog.Logger) (http.Handler, io.Closer, error) {
		var handler http.Handler = worker(w.Name, "abc", 0)
		var err error
		if w.Name == "tree2" && i.spoil != nil {
			handler, err = i.spoil(ctx, w)
		}
		log.InfoContext(ctx, "made", "data", filepath.Base(w.Data))
		i.mu.Lock()
		defer i.mu.Unlock()
		i.made = append(i.made, w.Name)
		return handler, closerFunc(func() error {
			i.mu.Lock()
			defer i.mu.Unlock()
			i.closed = append(i.closed, w.Name)
			return i.closeErr
		}), err // a worker whose rows cannot be read is to be closed too
	}}
}

func TestInProcess(t *testing.T) {
	j := &journal{}
	p := plan("tree3", "tree1", "tree2")
	p.LogDir, p.Output, p.Observe = t.TempDir(), j, j.observe
	i := &inProcess{}
	i.spoil = func(context.Context, launcher.Worker) (http.Handler, error) { return worker("tree2", "abc", 3), nil }
	fleet := launch(t, i.launcher(), p)
	var names []string
	for _, e := range fleet.Endpoints() {
		names = append(names, e.Name)
		if body, err := fetch(e.URL + "/v1/chimera/health"); err != nil || !strings.Contains(body, e.Name) {
			t.Errorf("%s answers %q, %v", e.Name, body, err)
		}
		if e.Peer != e.URL {
			t.Errorf("%s: its peers are to reach it at %s, want %s", e.Name, e.Peer, e.URL)
		}
	}
	if d := cmp.Diff([]string{"tree3", "tree1", "tree2"}, names); d != "" {
		t.Errorf("endpoints are not in the plan's order:\n%s", d)
	}
	if j.count(launcher.Loading) != 1 || j.count(launcher.Ready) != 3 {
		t.Errorf("events %v", j.events)
	}
	stop(t, fleet)
	stop(t, fleet)
	j.allGone(t)
	if len(i.closed) != 3 {
		t.Errorf("closed %v, want each worker once", i.closed)
	}
	if _, open := <-fleet.Exits(); open {
		t.Error("a worker that was stopped counts as died")
	}
	if kept, err := os.ReadFile(filepath.Join(p.LogDir, "tree1.log")); err != nil || !strings.Contains(string(kept), "msg=made data=tree1") {
		t.Errorf("tree1.log holds %q, %v", kept, err)
	}
	if text := strings.Join(j.lines(), "\n"); !strings.Contains(text, "tree3 | level=INFO msg=made data=tree3") {
		t.Errorf("output %q", text)
	}
}

func TestInProcessFailures(t *testing.T) {
	bad := errors.New("X_train.csv:3: not a number")
	var (
		hash     *launcher.ConfigHashError
		notReady *launcher.NotReadyError
	)
	tests := []struct {
		name    string
		spoil   func(context.Context, launcher.Worker) (http.Handler, error)
		timeout time.Duration
		want    any
		says    []string
	}{
		{name: "cannot be made", spoil: func(context.Context, launcher.Worker) (http.Handler, error) { return nil, bad },
			says: []string{"worker tree2: X_train.csv:3: not a number"}},
		{name: "is nothing", spoil: func(context.Context, launcher.Worker) (http.Handler, error) { return nil, nil },
			says: []string{"worker tree2: its factory made no handler"}},
		{name: "was generated from another configuration", spoil: func(context.Context, launcher.Worker) (http.Handler,
			error) {
			return worker("tree2", "xyz", 0), nil
		},
			want: &hash, says: []string{"tree2", "go generate"}},
		{name: "is no worker", spoil: func(context.Context, launcher.Worker) (http.Handler, error) { return http.NotFoundHandler(), nil },
			says: []string{"worker tree2", "/v1/chimera/health answered 404"}},
		{name: "never has its data", spoil: func(context.Context, launcher.Worker) (http.Handler, error) {
			return worker("tree2", "abc", 1<<30), nil
		}, timeout: time.Second, want: &notReady, says: []string{"worker tree2 was not ready within 1s", "answered 503 Service Unavailable: loading"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := &journal{}
			p := plan("tree1", "tree2", "tree3")
			p.Observe, p.ReadyTimeout = j.observe, tt.timeout
			i := &inProcess{spoil: tt.spoil}
			_, err := i.launcher().Launch(t.Context(), p)
			if err == nil {
				t.Fatal("no error")
			}
			if tt.want != nil {
				wantError(t, err, tt.want)
			}
			contains(t, err, tt.says...)
			j.allGone(t)
			if len(i.closed) != len(i.made) {
				t.Errorf("made %v, closed %v", i.made, i.closed)
			}
		})
	}
}

func TestInProcessPortInUse(t *testing.T) {
	p := plan("tree1", "tree2")
	_, p.Workers[1].Port = listen(t)
	_, err := (&inProcess{}).launcher().Launch(t.Context(), p)
	if err == nil {
		t.Fatal("no error")
	}
	contains(t, err, "worker tree2 (port ", "listen tcp")
}

func TestInProcessCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	i := &inProcess{spoil: func(ctx context.Context, _ launcher.Worker) (http.Handler, error) {
		cancel() // while it loads
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	if _, err := i.launcher().Launch(ctx, plan("tree1", "tree2")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if len(i.closed) != len(i.made) {
		t.Errorf("made %v, closed %v", i.made, i.closed)
	}
}

// A request under way ends by its context when Stop's patience does.
func TestInProcessCutsOff(t *testing.T) {
	i := &inProcess{closeErr: errors.New("disk full")}
	i.spoil = func(context.Context, launcher.Worker) (http.Handler, error) {
		mux := worker("tree2", "abc", 0)
		mux.HandleFunc("GET /hold", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})
		return mux, nil
	}
	fleet := launch(t, i.launcher(), plan("tree1", "tree2"))
	conn := hold(t, fleet.Endpoints()[1].URL)
	err := fleet.Stop(ended())
	untilClosed(t, conn)
	if err == nil {
		t.Fatal("no error")
	}
	contains(t, err, "worker tree2 had requests under way", "ending worker tree1: disk full")
}

// A client's spare connection, on which no request has begun, does not hold Stop up.
func TestInProcessIgnoresSilentConnections(t *testing.T) {
	p := plan("tree1")
	p.StopGrace = time.Hour
	fleet := launch(t, (&inProcess{}).launcher(), p)
	conn := dial(t, fleet.Endpoints()[0].URL)
	stop(t, fleet)
	untilClosed(t, conn)
}

func TestInProcessNeedsAFactory(t *testing.T) {
	_, err := launcher.InProcess{}.Launch(t.Context(), plan("tree1"))
	var bad *launcher.PlanError
	wantError(t, err, &bad)
}
