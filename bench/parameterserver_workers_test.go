package bench_test

import (
	"fmt"
	"os"
	"testing"
	"text/tabwriter"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/registry"
)

// BenchmarkParameterServerWorkers is the time of a step against the number of
// workers, all in one process with the master, on the same rows. At the end it prints a
// table; with CHIMERA_BENCH_PLOT=file.svg (or .png) it also draws it.
func BenchmarkParameterServerWorkers(b *testing.B) {
	d := shapes.Diabetes(1).Select(firstRows(6400))
	var curve plotter.XYs
	for _, n := range []int{1, 2, 4, 8, 16, 32, 64} {
		var steps []float64
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			url := sgdInProcess(b, registry.Default, "sgd-classifier", n, 200, d)
			for b.Loop() {
				steps = append(steps, stepTimes(b, url)...)
			}
			b.ReportMetric(median(steps)*1e6, "us/step")
			b.ReportMetric(0, "ns/op") // of a fit of 200 steps
		})
		if steps != nil { // it may have been left out by the pattern
			curve = append(curve, plotter.XY{X: float64(n), Y: median(steps) * 1e6})
		}
	}
	printWorkers(curve)
	if file := os.Getenv("CHIMERA_BENCH_PLOT"); file != "" {
		if err := drawWorkers(curve, file); err != nil {
			b.Fatal(err)
		}
	}
}

// printWorkers prints the curve as a table.
func printWorkers(curve plotter.XYs) {
	if len(curve) < 2 {
		return
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintf(w, "workers\tus per step\tus per worker\tof %g worker's\t\n", curve[0].X)
	for _, p := range curve {
		_, _ = fmt.Fprintf(w, "%g\t%.0f\t%.1f\t%.2f\t\n", p.X, p.Y, p.Y/p.X, p.Y/curve[0].Y)
	}
	_ = w.Flush() // standard output
}

func drawWorkers(curve plotter.XYs, file string) error {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = "workers", "microseconds per step"
	line, points, err := plotter.NewLinePoints(curve)
	if err != nil {
		return err
	}
	p.Add(line, points)
	return p.Save(14*vg.Centimeter, 9*vg.Centimeter, file)
}
