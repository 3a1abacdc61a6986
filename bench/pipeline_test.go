package bench_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/bench/epoch"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/api"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/registry"
)

// pipelineProcesses starts the two stages as processes with one thread each,
// both with all the rows, and a master in this process.
func pipelineProcesses(b *testing.B, d learner.Dataset, settings map[string]string) (masterURL string) {
	b.Helper()
	var overrides []config.Override
	for field, value := range settings {
		overrides = append(overrides, config.Override{Field: field, Value: value, Source: "the benchmark"})
	}
	cfg, err := config.Load(config.Options{Dir: "pipeline", Catalogue: catalogue.Shipped(), Overrides: overrides})
	if err != nil {
		b.Fatal(err)
	}
	rows := b.TempDir()
	writeRows(b, rows, d, 0, d.Len())
	plan := launcher.Plan{Project: cfg.Project, Dir: cfg.Dir}
	for i, w := range cfg.Workers {
		plan.Workers = append(plan.Workers, launcher.Worker{
			Name: w.Name, Main: filepath.Join(config.WorkersFolder, w.Name), Data: rows, Hash: cfg.WorkerHash(i), Env: []string{"GOMAXPROCS=1"},
		})
	}
	fleet, err := launcher.Process{}.Launch(b.Context(), plan)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := fleet.Stop(context.Background()); err != nil {
			b.Error(err)
		}
	})
	setup := masters.Setup{Config: cfg}
	for _, e := range fleet.Endpoints() {
		setup.Workers = append(setup.Workers, masters.Endpoint{Name: e.Name, URL: e.URL})
	}
	server, err := masters.NewServer(masters.NewPipeline(), setup)
	if err != nil {
		b.Fatal(err)
	}
	server.Start(b.Context())
	master := httptest.NewServer(server)
	b.Cleanup(func() { server.Close(); master.Close() })
	return master.URL
}

// fitPipeline trains, and returns what the fit tells.
func fitPipeline(b *testing.B, url string) (fit api.FitResponse) {
	b.Helper()
	res, err := http.Post(url+api.PathPipelineFit, "", nil)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&fit); err != nil || fit.Pipeline == nil {
		b.Fatalf("status %d: %+v, %v", res.StatusCode, fit, err)
	}
	return fit
}

// BenchmarkPipeline trains two epochs in two stages of one thread each, 16
// micro-batches a step; beside it, the same epochs in one process on one thread. To
// reach: one process takes 1.5 times as long.
func BenchmarkPipeline(b *testing.B) {
	d := epoch.Images(4096)
	url := pipelineProcesses(b, d, map[string]string{"pipeline.max_iter": "2"})
	one, err := registry.New("mlp-classifier", []byte(`{"hidden_layer_sizes": [512, 512], "batch_size": 512, "max_iter": 2}`), learner.Env{Seed: 1, Procs: 1})
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
	b.ReportMetric(100*fit.Pipeline.Bubble, "%idle")
	b.ReportMetric(100*fit.Pipeline.BubbleTheory, "%idle-in-theory")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkPipelineHop is what a micro-batch costs on its way from one stage to
// the other beyond the computing: steps of micro-batches of one row, which
// cross 32 times, beside a bare round trip to another process that carries the same bytes. To reach: 3.
func BenchmarkPipelineHop(b *testing.B) {
	d := epoch.Images(64)
	url := pipelineProcesses(b, d, map[string]string{"pipeline.max_iter": "100", "pipeline.batch_size": "16"})
	bare := startBare(b)
	x := mat.NewDense(1, 512, nil)
	frame, err := wire.Encode(nil, api.MicroBatchFrame{}, wire.Dense("x", x))
	if err != nil {
		b.Fatal(err)
	}
	const hops = 2 * 16
	for b.Loop() {
		fit := fitPipeline(b, url)
		var took []float64
		for i := 1; i < len(fit.Training.Seconds); i++ {
			took = append(took, fit.Training.Seconds[i]-fit.Training.Seconds[i-1])
		}
		computing := 0.0
		for _, w := range fit.Workers {
			computing += w.Seconds / float64(w.Steps)
		}
		trip := medianOf(b, 2000, func() error { _, err := post(bare, frame); return err })
		hop := (median(took) - computing/2) / hops // the stages compute at the same time, at best
		b.ReportMetric(median(took)*1e6, "us/step")
		b.ReportMetric(hop*1e6, "us/hop")
		b.ReportMetric(trip*1e6, "us/round-trip")
		b.ReportMetric(hop/trip, "round-trips/hop")
		b.ReportMetric(0, "ns/op")
	}
}
