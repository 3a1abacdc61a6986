package launcher_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/launcher"
)

// A worker in this program is called without a connection until it stops, which waits for what is under way.
func TestInProcessWithin(t *testing.T) {
	for _, c := range []struct {
		name  string
		heeds bool // the handler ends when its context does
	}{{"a handler that ends in time", false}, {"a handler that is cut off", true}} {
		t.Run(c.name, func(t *testing.T) {
			begun, end := make(chan struct{}), make(chan struct{})
			i := &inProcess{spoil: func(context.Context, launcher.Worker) (http.Handler, error) {
				mux := worker("tree2", "abc", 0)
				mux.HandleFunc("POST /work", func(w http.ResponseWriter, r *http.Request) {
					close(begun)
					if c.heeds {
						<-r.Context().Done()
					} else {
						<-end
					}
					_, _ = io.WriteString(w, "done")
				})
				return mux, nil
			}}
			p := plan("tree2")
			if c.heeds {
				p.StopGrace = time.Nanosecond
			}
			fleet := launch(t, i.launcher(), p)
			e := fleet.Endpoints()[0]
			handler, life := e.Within.Enter()
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/v1/chimera/health", http.NoBody))
			if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), "tree2") || life.Err() != nil {
				t.Errorf("status %d, %q; its life: %v", answer.Code, answer.Body, life.Err())
			}
			answered, ctx := make(chan string), life
			go func() {
				answer := httptest.NewRecorder()
				handler.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodPost, "/work", http.NoBody))
				answered <- answer.Body.String()
			}()
			<-begun
			stopped := make(chan error)
			go func() { stopped <- fleet.Stop(context.Background()) }()
			close(end)
			if got := <-answered; got != "done" {
				t.Errorf("the request under way was answered %q", got)
			}
			if err := <-stopped; (err != nil) != c.heeds {
				t.Errorf("stopping: %v", err)
			}
			if h, _ := e.Within.Enter(); h != nil || life.Err() == nil {
				t.Errorf("the worker has stopped, and can be entered: %v; its life: %v", h != nil, life.Err())
			}
			defer func() {
				if recover() == nil {
					t.Error("a worker that has stopped answers")
				}
			}()
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/v1/chimera/health", http.NoBody))
		})
	}
}
