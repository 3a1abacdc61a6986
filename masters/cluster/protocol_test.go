package cluster_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/workers"
)

// speaking is a worker that says in its schema that it speaks a version of the
// protocol; 0 is one that says none.
func speaking(version *atomic.Int64, worker http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != api.PathSchema {
			worker.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		worker.ServeHTTP(answer, r)
		old, said := fmt.Sprintf(`"protocol":%d`, api.Protocol), fmt.Sprintf(`"protocol":%d`, version.Load())
		if version.Load() == 0 {
			old, said = old+",", ""
		}
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		_, _ = w.Write(bytes.Replace(answer.Body.Bytes(), []byte(old), []byte(said), 1))
	})
}

// newCluster is a master with one worker that speaks a version of the protocol.
func newCluster(t *testing.T, version *atomic.Int64) *mastertest.Cluster {
	t.Helper()
	c, dir := mastertest.New(t, master.New()), t.TempDir()
	mastertest.Write(t, filepath.Join(dir, "X_train.csv"), "a\n1\n2\n")
	mastertest.Write(t, filepath.Join(dir, "y_train.csv"), "y\n1\n3\n")
	spec := workers.Spec{Name: "w1", Role: workers.ModelRole, Project: "test", Learner: "mean"}
	made := mastertest.Made(t, spec, c.Registry(), dir)
	c.Add(spec.Name, func() http.Handler { return speaking(version, made()) })
	c.Serve("workers: [{name: w1, learner: mean}]\n", c.Registry())
	return c
}

// refusal is what is said of a worker of a newer protocol.
var refusal = []string{"worker w1", fmt.Sprintf("version %d", api.Protocol+1), fmt.Sprintf("version %d:", api.Protocol), "release of Chimera"}

// A worker of an older protocol, or that names none, takes part in a fit; one of
// a newer protocol is refused with a sentence that says what to do.
func TestANewerProtocolIsRefusedAtAFit(t *testing.T) {
	for _, version := range []int64{0, api.Protocol, api.Protocol + 1} {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			var speaks atomic.Int64
			speaks.Store(version)
			c := newCluster(t, &speaks)
			status, body := c.Post(c.Paths().Fit, "")
			if version <= api.Protocol {
				if status != http.StatusOK {
					t.Errorf("%d: %s", status, body)
				}
				return
			}
			if status < 400 {
				t.Errorf("%d: %s", status, body)
			}
			says(t, body, refusal)
		})
	}
}

// A worker that comes back with a newer protocol after a fit is not caught up.
func TestANewerProtocolIsNotCaughtUp(t *testing.T) {
	var speaks atomic.Int64
	speaks.Store(api.Protocol)
	c := newCluster(t, &speaks)
	c.Fit()
	speaks.Store(api.Protocol + 1)
	err := c.Kind.CatchUp(t.Context(), c.Server.Members[0])
	if err == nil {
		t.Fatal("no error")
	}
	says(t, err.Error(), refusal)
	speaks.Store(0)
	if err := c.Kind.CatchUp(t.Context(), c.Server.Members[0]); err != nil {
		t.Error(err)
	}
}

func says(t *testing.T, text string, wanted []string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("%s does not say %q", text, want)
		}
	}
}
