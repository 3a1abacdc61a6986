package bench_test

import (
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/registry"
)

// BenchmarkListeners is a fit of 2,000 steps with 100 clients that listen to its events, beside the same fit with none:
// at most 1.1. Every second one reads nothing of what it is sent.
func BenchmarkListeners(b *testing.B) {
	const steps, listeners = 2000, 100
	d := shapes.Diabetes(1).Select(firstRows(6400))
	url := sgdInProcess(b, registry.Default, "sgd-classifier", 3, steps, d)
	fit := func() float64 {
		_, fit := trainAt(b, url)
		if fit.Training.Steps != steps {
			b.Fatalf("the fit ended after %d steps", fit.Training.Steps)
		}
		return fit.Training.Seconds[steps-1]
	}
	fit()
	for b.Loop() {
		var without, with []float64
		for range 7 { // in turns, so that what slows one slows both
			without = append(without, fit())
			leave := listen(b, url, listeners)
			with = append(with, fit())
			leave()
		}
		b.ReportMetric(median(with)*1e3, "ours-ms")
		b.ReportMetric(median(without)*1e3, "alone-ms")
		b.ReportMetric(median(with)/median(without), "ratio")
		b.ReportMetric(0, "ns/op") // of all turns
	}
}

// listen has so many clients listen to a master's events, of which every second one reads them, until leave is called.
func listen(b *testing.B, masterURL string, n int) (leave func()) {
	b.Helper()
	transport := &http.Transport{}
	client := &http.Client{Transport: transport}
	var readers sync.WaitGroup
	var bodies []io.Closer
	for i := range n {
		res, err := client.Get(masterURL + api.PathFitEvents)
		if err != nil {
			b.Fatal(err)
		}
		if res.StatusCode != http.StatusOK {
			b.Fatalf("listener %d was answered %s", i, res.Status)
		}
		bodies = append(bodies, res.Body)
		if i%2 == 0 {
			readers.Go(func() { _, _ = io.Copy(io.Discard, res.Body) }) // it ends when it leaves
		}
	}
	return func() {
		for _, body := range bodies {
			_ = body.Close() // nobody wants the rest
		}
		readers.Wait()
		transport.CloseIdleConnections()
	}
}
