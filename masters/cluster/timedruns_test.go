package cluster_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/masters/cluster"
)

// The time log has each call of a fit with its worker and its run, whichever fit it is; a prediction belongs to no run.
func TestTheTimeLogKnowsWorkersAndRuns(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "chimera_time")
	log, err := cluster.OpenTimeLog(file + ".log")
	if err != nil {
		t.Fatal(err)
	}
	c := mastertest.New(t, master.New())
	c.Adjust = func(s *cluster.Setup) { s.TimeLog = log }
	c.Workers = mastertest.Start(t, master.New(), nil, "mean", "", mastertest.Three()...).Workers
	c.Serve("launcher: external\nworkers:\n"+c.External(), c.Registry())
	first, second := c.Fit().FitID, c.Fit().FitID
	c.Predict(`{"X_pred_columns":["a","b"],"X_pred_rows":[[1,2]]}`)
	c.Stop()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}

	text, err := os.ReadFile(file + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	type call struct{ Node, Worker, Path, Run string }
	got := map[call]int{}
	for line := range strings.Lines(string(text)) {
		var one call
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(one.Path, "/fit") || strings.HasSuffix(one.Path, "/predict") {
			got[one]++
		}
	}
	want := map[call]int{{Node: "master", Path: "/v1/chimera/aggregation/predict"}: 1}
	for _, run := range []string{first, second} {
		want[call{"master", "", "/v1/chimera/aggregation/fit", run}] = 1
		for _, worker := range []string{"w1", "w2", "w3"} {
			want[call{"worker", worker, "/v1/chimera/model/fit", run}] = 1
			want[call{Node: "worker", Worker: worker, Path: "/v1/chimera/model/predict"}] = 1
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}
