package master_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/distribute/parameterserver/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// heavyLength is the number of parameters of the heavy model: 8 MiB.
const heavyLength = 1 << 20

// heavy is a model with many parameters and nothing else.
type heavy struct{ p []float64 }

func (*heavy) Fit(context.Context, learner.Dataset) error { return nil }
func (*heavy) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	return make([]float64, x.RawMatrix().Rows), nil
}
func (h *heavy) Init(learner.Schema) ([]learner.Block, error) {
	h.p = make([]float64, heavyLength)
	return []learner.Block{{Name: "all", Shape: []int{heavyLength}, Penalised: true}}, nil
}
func (h *heavy) Parameters() []float64 { return slices.Clone(h.p) }
func (h *heavy) SetParameters(p []float64) error {
	h.p = slices.Clone(p)
	return nil
}
func (*heavy) Gradient(context.Context, learner.Step, learner.Dataset, []float64) (loss, weight float64, err error) {
	return 0, 1, nil
}

// weightless is an sgd worker that holds no memory, so that this process holds only the master's. All
// workers answer each step with the same shared vector.
func weightless(t *testing.T, array string, shared []float64, onStep func(step int)) func() http.Handler {
	t.Helper()
	frame := func(w http.ResponseWriter, head any, arrays ...wire.Array) {
		parts, err := wire.EncodeParts(nil, head, arrays...)
		if err != nil {
			t.Error(err)
		}
		size := 0
		for _, p := range parts {
			size += len(p)
		}
		w.Header().Set("Content-Type", wire.ContentTypeFrame)
		w.Header().Set("Content-Length", fmt.Sprint(size))
		for _, p := range parts {
			_, _ = w.Write(p)
		}
	}
	return func() http.Handler {
		mux := http.NewServeMux()
		fit, mode, step := "", parameterserver.Mode(""), 0
		mux.HandleFunc("GET "+api.PathSchema, func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(api.WorkerSchema{Worker: "w", Task: learner.Regression, Features: []string{"a"}, Rows: 1})
		})
		mux.HandleFunc("POST "+parameterserver.PathBegin, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			var head parameterserver.BeginFrame
			if _, err := wire.Decode(body, &head); err != nil {
				t.Error(err)
			}
			fit, mode, step = head.FitID, head.Mode, 0
			frame(w, parameterserver.BeginAnswer{FitID: fit, Rows: 1, Parameters: heavyLength})
		})
		mux.HandleFunc("POST "+parameterserver.PathStep, func(w http.ResponseWriter, r *http.Request) {
			onStep(step)
			_, _ = io.Copy(io.Discard, r.Body)
			frame(w, parameterserver.StepAnswer{FitID: fit, Mode: mode, Step: step, Rows: 1, Loss: 1, Weight: 1}, wire.Vector(array, shared))
			step++
		})
		mux.HandleFunc("POST "+parameterserver.PathEnd, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) })
		return mux
	}
}

// vectorsHeld is the memory in use, in units of the heavy model's parameter vector.
func vectorsHeld() float64 {
	runtime.GC()
	runtime.GC() // what the first took out of pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (8 * heavyLength)
}

// Between two steps the master holds the optimiser's state, the model in service, the model in
// training and one gradient per worker, and nothing else of that size.
func TestParameterServerMemory(t *testing.T) {
	if repeat.UnderRace() {
		t.Skip("instrumented code keeps and allocates more")
	}
	const workers, slack = 3, 0.5 // vectors
	for _, tt := range []struct {
		name, settings, array string
		optimiser             float64 // vectors of state
	}{
		{"full, sgd", "optimiser: sgd, penalty: l1", parameterserver.ArrayGradient, 0},
		{"full, adam", "optimiser: adam", parameterserver.ArrayGradient, 2},
		{"median", "optimiser: momentum, aggregation: median", parameterserver.ArrayGradient, 1},
		{"local", "mode: local, penalty: l1", parameterserver.ArrayUpdate, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reg := &registry.Registry{}
			registry.RegisterIn(reg, "heavy", registry.Entry[struct{}, *heavy]{
				Task: learner.Regression, Summary: "All parameters.", New: func(struct{}, learner.Env) (*heavy, error) { return &heavy{}, nil },
			})
			shared := make([]float64, heavyLength)
			var held float64
			c := &cluster{mastertest.New(t, master.New())}
			var list strings.Builder
			for i := range workers {
				c.Add(fmt.Sprintf("w%d", i+1), weightless(t, tt.array, shared, func(step int) {
					if i == 0 && step == 2 {
						held = vectorsHeld()
					}
				}))
				fmt.Fprintf(&list, "  - {name: w%d}\n", i+1)
			}
			c.Serve("master: parameter-server\nlearner: heavy\nworkers:\n"+list.String()+
				"parameter_server: {max_iter: 4, n_iter_no_change: 0, standardize: false, "+tt.settings+"}\n", reg)
			before := vectorsHeld()
			for serving := range 2 { // at the first fit nothing serves
				c.Fit()
				want := tt.optimiser + float64(serving) + 1 + workers
				if held -= before; held > want+slack {
					t.Errorf("%d serving: %.2f vectors held between steps, want %g", serving, held, want)
				} else {
					t.Logf("%d serving: %.2f vectors held between steps of %g", serving, held, want)
				}
				if after := vectorsHeld() - before; after > 1+slack {
					t.Errorf("%.2f vectors held after the fit, want 1", after)
				}
			}
			runtime.KeepAlive(shared)
		})
	}
}
