package bench_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/registry"
)

// BenchmarkBoostingProcesses grows 100 trees of 31 leaves over two worker processes of one thread each, with half of
// the rows of diabetes each, and beside it in one process with two threads, whose model has the same bits. To reach: 1.15 times as long.
func BenchmarkBoostingProcesses(b *testing.B) {
	d := shapes.Diabetes(1)
	setup := processes(b, "summation", nil, func(i, n int, dir string) {
		writeRows(b, dir, d, d.Len()*i/n, d.Len()*(i+1)/n)
	})
	url := serve(b, masters.NewSummation(), setup)
	one, err := registry.New("boosting-classifier", []byte(`{}`), learner.Env{Procs: 2})
	if err != nil {
		b.Fatal(err)
	}
	var over, alone []float64
	for b.Loop() {
		for range 3 {
			over = append(over, timesOf(b, 1, func() error { return fitSums(url) })...)
			start := time.Now()
			if err := one.Fit(b.Context(), d); err != nil {
				b.Fatal(err)
			}
			alone = append(alone, time.Since(start).Seconds())
		}
	}
	b.ReportMetric(median(over)*1e3, "processes-ms")
	b.ReportMetric(median(alone)*1e3, "one-process-ms")
	b.ReportMetric(median(over)/median(alone), "ratio")
	b.ReportMetric(0, "ns/op")
}

// fitSums fits at a master.
func fitSums(url string) error {
	res, err := http.Post(url+api.PathsOf("summation").Fit, "", nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var fit api.FitResponse
	if err := json.NewDecoder(res.Body).Decode(&fit); err != nil || fit.Training == nil {
		return fmt.Errorf("status %d: %+v, %w", res.StatusCode, fit, err)
	}
	return nil
}
