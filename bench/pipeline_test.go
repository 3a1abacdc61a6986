package bench_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/bench/epoch"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/registry"
)

// stageProcesses starts the two stages as processes, both with all the rows,
// and a master in this process.
func stageProcesses(b *testing.B, d learner.Dataset, settings map[string]string) (masterURL string) {
	b.Helper()
	setup := processes(b, "pipeline", settings, func(_, _ int, dir string) { writeRows(b, dir, d, 0, d.Len()) })
	return serve(b, masters.NewPipeline(), setup)
}

// fitPipeline trains, and returns the report of the fit.
func fitPipeline(b *testing.B, url string) (fit api.FitResponse) {
	b.Helper()
	res, err := http.Post(url+api.PathsOf("pipeline").Fit, "", nil)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&fit); err != nil || fit.Pipeline == nil {
		b.Fatalf("status %d: %+v, %v", res.StatusCode, fit, err)
	}
	return fit
}

// BenchmarkPipeline trains four epochs in two stages of one thread each, 16
// micro-batches per step; beside it, the same epochs in one process on one thread. To
// reach: one process takes 1.5 times as long.
func BenchmarkPipeline(b *testing.B) {
	d := epoch.Images(8192)
	url := stageProcesses(b, d, map[string]string{"pipeline.max_iter": "4"})
	one, err := registry.New("mlp-classifier", []byte(`{"hidden_layer_sizes": [512, 32, 512, 512], "batch_size": 8192, "max_iter": 4}`),
		learner.Env{Seed: 1, Procs: 1})
	if err != nil {
		b.Fatal(err)
	}
	var fit api.FitResponse
	var stages, alone float64
	for b.Loop() {
		fit = fitPipeline(b, url)
		stages += fit.Training.Seconds[len(fit.Training.Seconds)-1]
		start := time.Now()
		if err := one.Fit(b.Context(), d); err != nil {
			b.Fatal(err)
		}
		alone += time.Since(start).Seconds()
	}
	b.ReportMetric(stages*1e3/float64(b.N), "ours-ms")
	b.ReportMetric(alone*1e3/float64(b.N), "one-thread-ms")
	b.ReportMetric(alone/stages, "times-as-fast")
	for i, w := range fit.Workers {
		b.ReportMetric(w.Seconds*1e3, fmt.Sprintf("stage%d-ms", i+1))
	}
	b.ReportMetric(100*fit.Pipeline.Bubble, "%idle")
	b.ReportMetric(100*fit.Pipeline.BubbleTheory, "%idle-in-theory")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkPipelineHop is what a micro-batch costs on its way from one stage to
// the other beyond the computing: steps of micro-batches of one row, which
// cross 32 times, beside a bare round trip to another process that carries the same bytes. To reach: 3.
func BenchmarkPipelineHop(b *testing.B) {
	d := epoch.Images(64)
	url := stageProcesses(b, d, map[string]string{"pipeline.max_iter": "100", "pipeline.batch_size": "16"})
	frame, err := wire.Encode(nil, pipeline.MicroBatchFrame{}, wire.Dense("x", mat.NewDense(1, 32, nil)))
	if err != nil {
		b.Fatal(err)
	}
	bare := caller(startBare(b), frame, nil)
	const hops = 2 * 16
	for b.Loop() {
		fit := fitPipeline(b, url)
		var took []float64
		for i := 1; i < len(fit.Training.Seconds); i++ {
			took = append(took, fit.Training.Seconds[i]-fit.Training.Seconds[i-1])
		}
		computing := 0.0 // of the slower stage: the other computes meanwhile, at best
		for _, w := range fit.Workers {
			computing = max(computing, w.Seconds/float64(w.Steps))
		}
		trip := median(timesOf(b, 2000, bare))
		hop := (median(took) - computing) / hops
		b.ReportMetric(median(took)*1e6, "us/step")
		b.ReportMetric(hop*1e6, "us/hop")
		b.ReportMetric(trip*1e6, "us/round-trip")
		b.ReportMetric(hop/trip, "round-trips/hop")
		b.ReportMetric(0, "ns/op")
	}
}
