package bench_test

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/telemetry/metrics"
)

// BenchmarkMetrics is the fit of a parameter server and predictions of a row, with metrics of the master and of its workers, beside
// the same without: at most 1.03.
func BenchmarkMetrics(b *testing.B) {
	const steps, predictions = 2000, 400
	d := shapes.Diabetes(1).Select(firstRows(6400))
	without := sgdInProcess(b, registry.Default, "sgd-classifier", 3, steps, d)
	with := measured(b, sgdSetup(b, registry.Default, "sgd-classifier", 3, steps, d, metrics.Instrument()))
	row, err := json.Marshal(map[string]any{"X_pred_columns": d.Features, "X_pred_rows": [][]float64{d.X.RawRowView(0)}})
	if err != nil {
		b.Fatal(err)
	}
	fit := func(url string) float64 {
		_, fit := trainAt(b, url)
		return fit.Training.Seconds[steps-1]
	}
	predict := func(url string) float64 {
		return median(timesOf(b, predictions, func() error {
			_, err := post(url+api.PathsOf("parameter-server").Predict, row)
			return err
		}))
	}
	fit(with)
	fit(without)
	for b.Loop() {
		var fits, plainFits, calls, plainCalls []float64
		for range 11 { // in turns, so that what slows one slows both
			fits, plainFits = append(fits, fit(with)), append(plainFits, fit(without))
			calls, plainCalls = append(calls, predict(with)), append(plainCalls, predict(without))
		}
		b.ReportMetric(median(plainFits)/steps*1e6, "plain-step-us")
		b.ReportMetric(median(plainCalls)*1e6, "plain-predict-us")
		b.ReportMetric(median(fits)/median(plainFits), "step-ratio")
		b.ReportMetric(median(calls)/median(plainCalls), "predict-ratio")
		b.ReportMetric(slices.Min(fits)/slices.Min(plainFits), "best-step-ratio")
		b.ReportMetric(slices.Min(calls)/slices.Min(plainCalls), "best-predict-ratio")
		b.ReportMetric(0, "ns/op") // of all turns
	}
}

// measured serves a parameter server with metrics.
func measured(b *testing.B, setup masters.Setup) (url string) {
	b.Helper()
	names := make([]string, len(setup.Workers))
	for i, w := range setup.Workers {
		names[i] = w.Name
	}
	m := metrics.NewMaster(names)
	setup.Watch, setup.Metrics = append(setup.Watch, m.Watch()), m.Page()
	server, err := masters.NewServer(masters.NewParameterServer(), setup)
	if err != nil {
		b.Fatal(err)
	}
	server.Start(b.Context())
	b.Cleanup(server.Close)
	answers := httptest.NewServer(m.Measure(server))
	b.Cleanup(answers.Close)
	return answers.URL
}
