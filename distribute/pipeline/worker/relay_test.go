package worker_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
)

// firstStage is a stage with a model, and the one behind it is behind.
func firstStage(t *testing.T, behind http.HandlerFunc) *httptest.Server {
	t.Helper()
	next := httptest.NewServer(behind)
	t.Cleanup(next.Close)
	s, head := stageWorker(t), only()
	head.Stages, head.To, head.Next = 2, 1, &pipeline.Peer{Worker: "s2", URL: next.URL}
	begin(t, s, head)
	if status, body := raw(t, s, pipeline.PathFinish, "application/json", []byte(`{"fit_id":"f","attempt":0,"best":false}`)); status != http.StatusOK {
		t.Fatalf("finish: status %d: %s", status, body)
	}
	return s
}

// What the last stage answers goes back to the master as it is: a stage on the
// way neither decodes it nor encodes it again. What no stage knows is still in it.
func TestAPredictionGoesBackAsItCame(t *testing.T) {
	answer, err := wire.Encode(nil, map[string]any{"later": "a field of a newer release", "fit_id": "f"}, wire.Vector("other", []float64{1, 2, 3}))
	if err != nil {
		t.Fatal(err)
	}
	var came int
	s := firstStage(t, func(w http.ResponseWriter, _ *http.Request) {
		came++
		w.Header().Set("Content-Type", wire.ContentTypeFrame)
		_, _ = w.Write(answer)
	})
	x := wire.Array{Name: "x", Shape: []int{2, 2}, Data: []float64{1, 2, 3, 4}}
	status, body := post(t, s, pipeline.PathPredict, pipeline.PredictFrame{FitID: "f"}, x)
	if status != http.StatusOK || !bytes.Equal(body, answer) || came != 1 {
		t.Errorf("status %d after %d requests: %q, want %q", status, came, body, answer)
	}
}

// What is no frame is not handed on: the stage that sent it is named.
func TestAPredictionThatIsNoFrame(t *testing.T) {
	s := firstStage(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "hello") })
	x := wire.Array{Name: "x", Shape: []int{1, 2}, Data: []float64{1, 2}}
	status, body := post(t, s, pipeline.PathPredict, pipeline.PredictFrame{FitID: "f"}, x)
	if text := string(body); status < 400 || !strings.Contains(text, "Worker s2") || !strings.Contains(text, string(api.CodeWorkersFailed)) {
		t.Errorf("status %d: %s", status, text)
	}
}

// A frame that was damaged on its way to the next stage, or back, is sent once more; one that is damaged again names that stage.
func TestADamagedPredictionIsAskedForAgain(t *testing.T) {
	whole, err := wire.Encode(nil, api.PredictedFrame{FitID: "f"}, wire.Vector("y", []float64{1, 2}))
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-1] ^= 1
	x := wire.Array{Name: "x", Shape: []int{2, 2}, Data: []float64{1, 2, 3, 4}}
	for _, c := range []struct {
		name    string
		answers [][]byte // nil: it refuses what came, as damaged
		status  int
	}{
		{"the answer", [][]byte{damaged, whole}, http.StatusOK},
		{"the request", [][]byte{nil, whole}, http.StatusOK},
		{"every answer", [][]byte{damaged, damaged}, http.StatusBadGateway},
	} {
		t.Run(c.name, func(t *testing.T) {
			came := 0
			s := firstStage(t, func(w http.ResponseWriter, _ *http.Request) {
				answer := c.answers[came]
				came++
				if answer == nil {
					rest.WriteProblem(w, api.NewProblem(api.CodeDamaged, "Damaged."))
					return
				}
				w.Header().Set("Content-Type", wire.ContentTypeFrame)
				_, _ = w.Write(answer)
			})
			status, body := post(t, s, pipeline.PathPredict, pipeline.PredictFrame{FitID: "f"}, x)
			if status != c.status || came != 2 || (status == http.StatusOK) != bytes.Equal(body, whole) ||
				status != http.StatusOK && !strings.Contains(string(body), "Worker s2") {
				t.Errorf("status %d after %d requests: %.300q", status, came, body)
			}
		})
	}
}

// The stage itself refuses such neighbours, at a begin and for a prediction, and says whom.
func TestStageRefusesStrangers(t *testing.T) {
	s, head := stageWorker(t), only()
	head.Stages, head.To = 2, 1
	head.Next = &pipeline.Peer{Worker: "s2", URL: "http://192.0.2.1:80"}
	parameters := wire.Vector("parameters", make([]float64, 12))
	state := pipeline.State{Version: pipeline.StateVersion, Begin: head}
	if status, answer := post(t, s, pipeline.PathCheckpoint, state, parameters); status != http.StatusOK {
		t.Fatalf("restore: status %d: %s", status, answer)
	}
	predict := pipeline.PredictFrame{FitID: head.FitID, Next: []pipeline.Peer{*head.Next}}
	for path, body := range map[string]any{pipeline.PathBegin: head, pipeline.PathPredict: predict} {
		status, answer := post(t, s, path, body, wire.Array{Name: "x", Shape: []int{1, 2}, Data: []float64{1, 2}})
		if text := string(answer); status != http.StatusUnprocessableEntity || !strings.Contains(text, "neighbour s2 at http://192.0.2.1:80") {
			t.Errorf("%s: status %d: %s", path, status, text)
		}
	}
}
