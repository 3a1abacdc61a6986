package worker_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

// finished makes a model of a fit, without a step.
func finished(t *testing.T, s *httptest.Server, fitID string) {
	t.Helper()
	head := only()
	head.FitID = fitID
	begin(t, s, head)
	request := fmt.Appendf(nil, `{"fit_id": %q, "attempt": 0, "best": false}`, fitID)
	if status, body := raw(t, s, pipeline.PathFinish, "application/json", request); status != http.StatusOK {
		t.Fatalf("finish %s: status %d: %s", fitID, status, body)
	}
}

func commit(t *testing.T, s *httptest.Server, fitID string) {
	t.Helper()
	if status, body := raw(t, s, pipeline.PathCommit, "application/json", fmt.Appendf(nil, `{"fit_id": %q}`, fitID)); status != http.StatusOK {
		t.Fatalf("commit %s: status %d: %s", fitID, status, body)
	}
}

// holds checks which models a stage has.
func holds(t *testing.T, s *httptest.Server, when string, want map[string]bool) {
	t.Helper()
	for fitID, has := range want {
		status, body := post(t, s, pipeline.PathPredict, pipeline.PredictFrame{FitID: fitID}, wire.Dense("x", mat.NewDense(1, 2, []float64{1, 2})))
		if has != (status == http.StatusOK) || !has && status != http.StatusConflict {
			t.Errorf("%s: fit %s predicts with status %d, want a model: %v: %s", when, fitID, status, has, body)
		}
	}
}

// TestModelsBesideEachOther: a model that is restored, or committed late, while another fit is under way
// or has just been finished, leaves that alone; the next commit forgets the old one.
func TestModelsBesideEachOther(t *testing.T) {
	s := stageWorker(t)
	finished(t, s, "f")
	commit(t, s, "f")
	stored := state(t, s)

	finished(t, s, "g")
	if status, body := raw(t, s, pipeline.PathCheckpoint, wire.ContentTypeFrame, stored); status != http.StatusOK {
		t.Fatalf("restore: status %d: %s", status, body)
	}
	holds(t, s, "after a restored model", map[string]bool{"f": true, "g": true})
	commit(t, s, "f")
	holds(t, s, "after a late commit", map[string]bool{"f": true, "g": true})
	commit(t, s, "g")
	holds(t, s, "after the commit", map[string]bool{"f": false, "g": true})

	if status, body := raw(t, s, pipeline.PathCheckpoint, wire.ContentTypeFrame, stored); status != http.StatusOK {
		t.Fatalf("restore: status %d: %s", status, body)
	}
	holds(t, s, "after a restore that comes too late", map[string]bool{"f": true, "g": true})
	finished(t, s, "h")
	finished(t, s, "i")
	commit(t, s, "h")
	holds(t, s, "after the commit of one of two", map[string]bool{"f": false, "g": false, "h": true, "i": true})
	commit(t, s, "i")
	holds(t, s, "after the commit of the other", map[string]bool{"h": false, "i": true})
}

// TestStageServesWithoutRows: a stage that has read no rows takes a stored part and predicts with it, as the one did that
// was trained; where the stages behind are, the prediction says.
func TestStageServesWithoutRows(t *testing.T) {
	s := stageWorker(t)
	finished(t, s, "f")
	x := wire.Dense("x", mat.NewDense(2, 2, []float64{1, 2, 3, 4}))
	_, want := post(t, s, pipeline.PathPredict, pipeline.PredictFrame{FitID: "f"}, x)
	stored := state(t, s)

	spec := node.Spec{Name: "s1", Role: pipeline.Role, Project: "test", Learner: "mlp-classifier", Params: `{"hidden_layer_sizes":[4]}`}
	w, err := node.NewWorker(spec, registry.Default, node.Options{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	other := httptest.NewServer(w)
	t.Cleanup(other.Close)
	if status, body := raw(t, other, pipeline.PathCheckpoint, wire.ContentTypeFrame, stored); status != http.StatusOK {
		t.Fatalf("restore: status %d: %s", status, body)
	}
	commit(t, other, "f")
	if status, got := post(t, other, pipeline.PathPredict, pipeline.PredictFrame{FitID: "f"}, x); status != http.StatusOK || !bytes.Equal(got, want) {
		t.Errorf("status %d: %q, want %q", status, got, want)
	}
	if again := state(t, other); !bytes.Equal(again, stored) {
		t.Error("it hands out another part than it was given")
	}
}

// TestStoredPartIsNotInServiceYet: a part that is restored beside the one in service can be asked, but the stage says that it has the
// other, until it is committed; then the other is forgotten. What is discarded before leaves the other alone.
func TestStoredPartIsNotInServiceYet(t *testing.T) {
	s := stageWorker(t)
	finished(t, s, "f")
	commit(t, s, "f")
	stored := state(t, s)
	finished(t, s, "g")
	commit(t, s, "g")
	restore := func() {
		t.Helper()
		if status, body := raw(t, s, pipeline.PathCheckpoint, wire.ContentTypeFrame, stored); status != http.StatusOK {
			t.Fatalf("restore: status %d: %s", status, body)
		}
		holds(t, s, "restored", map[string]bool{"f": true, "g": true})
	}
	restore()
	if status, body := raw(t, s, pipeline.PathDiscard, "application/json", []byte(`{"fit_id": "f"}`)); status != http.StatusOK {
		t.Fatalf("discard: status %d: %s", status, body)
	}
	holds(t, s, "discarded", map[string]bool{"f": false, "g": true})
	restore()
	restore()
	commit(t, s, "f")
	holds(t, s, "committed", map[string]bool{"f": true, "g": false})
}
