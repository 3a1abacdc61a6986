package cluster_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/workers"
)

// A worker that is up, but does not hold the model in service and cannot be given it, counts as missing,
// and the master says why.
func TestNotReadyWithoutTheModel(t *testing.T) {
	t.Parallel()
	c := mastertest.Start(t, master.New(), nil, "mean", "aggregation: {quorum: 3}", mastertest.Three()...)
	c.Fit()
	dir := t.TempDir()
	shard := mastertest.Three()[1]
	mastertest.Write(t, dir+"/X_train.csv", shard.X)
	mastertest.Write(t, dir+"/y_train.csv", shard.Y)
	another := workers.Spec{Name: "w2", Role: workers.ModelRole, Project: "test", Learner: "mean", ConfigHash: "another"}
	w := c.Workers[1]
	w.Kill()
	c.Server.WorkerExited("w2", "killed by the test")
	w.Make = mastertest.Made(t, another, c.Registry(), dir)
	w.Start(t)
	for {
		status, body := c.Send(http.MethodGet, api.PathReady, "", "")
		if status != http.StatusServiceUnavailable {
			t.Fatalf("status %d: %s", status, body)
		}
		p := mastertest.Decode[api.Problem](t, body)
		if len(p.Workers) != 1 || p.Workers[0].Worker != "w2" || !strings.Contains(p.Detail, "2 of 3 workers") {
			t.Fatalf("got %s", body)
		}
		if p.Workers[0].Code == api.CodeOutdated && strings.Contains(p.Detail, "fit again to use it") {
			break
		}
	}
	c.Fit()
	if status, body := c.Send(http.MethodGet, api.PathReady, "", ""); status != http.StatusOK {
		t.Errorf("after another fit: status %d: %s", status, body)
	}
}

// Before the first fit, a worker only has to be up.
func TestReadyBeforeTheFirstFit(t *testing.T) {
	t.Parallel()
	c := mastertest.Start(t, master.New(), nil, "mean", "aggregation: {quorum: 3}", mastertest.Three()...)
	if status, body := c.Send(http.MethodGet, api.PathReady, "", ""); status != http.StatusOK {
		t.Errorf("with all: status %d: %s", status, body)
	}
	c.Workers[0].Kill()
	c.Server.WorkerExited("w1", "killed by the test")
	if status, body := c.Send(http.MethodGet, api.PathReady, "", ""); status != http.StatusServiceUnavailable ||
		!strings.Contains(body, "2 of 3 workers are up; the quorum is 3. Not ready: w1: down: ") {
		t.Errorf("without one: status %d: %s", status, body)
	}
}
