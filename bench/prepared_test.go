package bench_test

import (
	"net/http/httptest"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/linear"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/prepare/table"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// aggregated serves a fitted aggregation of one logistic regression in this process, with what chimera.yaml says of preparation.
func aggregated(b *testing.B, prepare string, d learner.Dataset) (predictURL string) {
	b.Helper()
	const name = "logistic-regression"
	yaml := "project: bench\nworkers:\n  - {name: w1, learner: " + name + "}\n" + prepare + "\n"
	cfg, err := config.Parse("chimera.yaml", []byte(yaml), config.Options{Catalogue: registry.Default})
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	writeRows(b, dir, d, 0, d.Len())
	spec := workers.Spec{Name: "w1", Role: workers.ModelRole, Project: "bench", Learner: name}
	worker, err := workers.New(spec, registry.Default, workers.Options{Data: dir, Procs: 1})
	if err == nil {
		err = worker.Load(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(worker)
	b.Cleanup(server.Close)
	url := serve(b, masters.NewAggregation(), masters.Setup{Config: cfg, Registry: registry.Default, Workers: []masters.Endpoint{{Name: "w1", URL: server.URL}}})
	paths := api.PathsOf("aggregation")
	if _, err := post(url+paths.Fit, nil); err != nil {
		b.Fatal(err)
	}
	return url + paths.Predict
}

// BenchmarkPreparedPredict predicts 10,000 x 21 cells, which the preparation imputes and scales, beside the same rows as they are.
func BenchmarkPreparedPredict(b *testing.B) {
	data := shapes.Diabetes(1).Select(firstRows(10_000))
	prepared, plain := aggregated(b, "prepare: {impute: mean, scale: standard}", data), aggregated(b, "prepare: none", data)
	body, err := wire.EncodePredict(nil, table.Rows{Columns: data.Features, X: mat.DenseCopyOf(data.X)})
	if err != nil {
		b.Fatal(err)
	}
	compare(b, "as-they-are",
		func() error { _, err := post(prepared, body); return err },
		func() error { _, err := post(plain, body); return err })
}
