package bench_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
	"text/tabwriter"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/internal/picture"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// BenchmarkScaling is the time of a step against the number of workers, all in one process with the master: 22 parameters and 6400 rows, the
// same with ten times the rows, and 100,000 parameters. To these it fits what a step costs, a stepCosts, tries that on twice and on four times as many workers
// as it was fitted to, and says what it means for up to 10,000 of them, each on a machine of its own. With CHIMERA_BENCH_PLOT=file.svg (or
// .png, .pdf) it also draws both.
func BenchmarkScaling(b *testing.B) {
	upTo64 := []int{1, 2, 4, 8, 16, 32, 64}
	few, many := shapes.Diabetes(1).Select(firstRows(6400)), shapes.Diabetes(1).Select(firstRows(64_000))
	small := stepsWith(b, "small", registry.Default, "sgd-classifier", 22, 200, few, upTo64...)
	all := append(stepsWith(b, "rows", registry.Default, "sgd-classifier", 22, 50, many, 1, 2, 8), small...)
	reg, wideParameters := &registry.Registry{}, 100_000
	registry.RegisterIn(reg, "wide", registry.Entry[struct{}, *wide]{
		Task: learner.Classification, Summary: "A benchmark's.",
		New: func(struct{}, learner.Env) (*wide, error) { return &wide{make([]float64, wideParameters)}, nil },
	})
	all = append(all, stepsWith(b, "parameters", reg, "wide", wideParameters, 20, few, 1, 4, 16, 64)...)
	beyond := stepsWith(b, "small", registry.Default, "sgd-classifier", 22, 200, few, 128, 256)
	if len(small) < len(upTo64) || len(beyond) < 2 {
		return // some were left out by the pattern
	}
	costs, err := fitCosts(all, runtime.GOMAXPROCS(0))
	if err != nil {
		b.Fatal(err)
	}
	printSteps(costs, append(small, beyond...))
	if file := os.Getenv("CHIMERA_BENCH_PLOT"); file != "" {
		if err := drawScaling(file, costs, append(small, beyond...)); err != nil {
			b.Fatal(err)
		}
	}
}

// stepsWith is the median time of a step with each number of workers, which the rows are dealt to.
func stepsWith(
	b *testing.B, name string, reg *registry.Registry, learnerName string, parameters, steps int, d learner.Dataset, workers ...int,
) (all []stepTime) {
	b.Helper()
	for _, n := range workers {
		var took []float64
		b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
			url := sgdInProcess(b, reg, learnerName, n, steps, d)
			stepTimes(b, url)
			for b.Loop() {
				took = append(took, stepTimes(b, url)...)
			}
			b.ReportMetric(median(took)*1e6, "us/step")
			b.ReportMetric(0, "ns/op") // of a fit
		})
		if took != nil {
			rows := d.Len()
			if learnerName == "wide" {
				rows = 0 // it does not look at them
			}
			all = append(all, stepTime{float64(n), work{parameters, rows}, median(took)})
		}
	}
	return all
}

// onPaper are the sums that are drawn up to 10,000 workers: of rows of 21 features, and 22 parameters.
var onPaper = []struct {
	name string
	work
}{{"a million rows", work{22, 1e6}}, {"a hundred million rows", work{22, 1e8}}, {"ten thousand million rows", work{22, 1e10}}}

// printSteps prints what steps cost, how well that tells those that were measured, and what follows from it.
func printSteps(c stepCosts, steps []stepTime) {
	fmt.Printf("a step: %.0f us, %.1f us a worker, %.2f ns a parameter and worker, %.1f ns a row; %.1f processors\n",
		c.fixed*1e6, c.worker*1e6, c.parameter*1e9, c.row*1e9, c.processors)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "workers\tus per step\tus per worker\tby the model\tmeasured by model\t")
	for _, s := range steps {
		model := c.here(s)
		_, _ = fmt.Fprintf(w, "%g\t%.0f\t%.1f\t%.0f\t%.2f\t\n", s.workers, s.seconds*1e6, s.seconds*1e6/s.workers, model*1e6, s.seconds/model)
	}
	_, _ = fmt.Fprintln(w, "on paper\trows\tms with 1\tms with 100\tms with 1,000\tms with 10,000\tbest with\tms\ttimes as fast\t")
	for _, p := range onPaper {
		at := func(n float64) float64 { return c.apart(n, p.work, datacentre) }
		best := c.best(p.work, datacentre)
		_, _ = fmt.Fprintf(w, "\t%g\t%.3g\t%.3g\t%.3g\t%.3g\t%.0f\t%.3g\t%.0f\t\n", float64(p.rows), at(1)*1e3, at(100)*1e3, at(1000)*1e3, at(10_000)*1e3,
			best, at(best)*1e3, at(1)/at(best))
	}
	_ = w.Flush() // standard output
}

// drawScaling draws what was measured, and the model of it, beside what it means for up to 10,000 workers.
func drawScaling(file string, c stepCosts, steps []stepTime) error {
	here := logarithmic("in one process", "workers", "milliseconds a step")
	var points plotter.XYs
	for _, s := range steps {
		points = append(points, plotter.XY{X: s.workers, Y: s.seconds * 1e3})
	}
	scatter, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	scatter.GlyphStyle = draw.GlyphStyle{Color: picture.Colours()[0], Radius: vg.Points(3), Shape: draw.CircleGlyph{}}
	here.Add(scatter)
	here.Y.Min, here.Y.Max = 0.1, 20
	here.Legend.Add("measured", scatter)
	fitted := steps[0]
	if err := addCurve(here, "the model", 1, 256, func(n float64) float64 {
		fitted.workers = n
		return c.here(fitted) * 1e3
	}); err != nil {
		return err
	}
	paper := logarithmic("on paper, a machine for each worker", "workers", "milliseconds a step")
	for i, p := range onPaper {
		if err := addCurve(paper, p.name, i, 10_000, func(n float64) float64 { return c.apart(n, p.work, datacentre) * 1e3 }); err != nil {
			return err
		}
	}
	format, err := picture.FormatOf(file)
	if err != nil {
		return err
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := picture.WriteRows(out, format, []*plot.Plot{here, paper}, 2, 7*vg.Centimeter); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}

// logarithmic is a chart both of whose axes are.
func logarithmic(title, x, y string) *plot.Plot {
	p := picture.NewPlot(title, x, y)
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.TickerFunc(decades), plot.TickerFunc(decades)
	p.Legend.Top, p.Legend.Left = true, true
	return p
}

// decades are the powers of ten.
func decades(low, high float64) []plot.Tick {
	return slices.DeleteFunc(plot.LogTicks{Prec: -1}.Ticks(low, high), plot.Tick.IsMinor)
}

// addCurve draws a function of the number of workers.
func addCurve(p *plot.Plot, name string, colour, most int, f func(n float64) float64) error {
	var xy plotter.XYs
	for n := 1.0; n <= float64(most); n *= 1.3 {
		xy = append(xy, plotter.XY{X: n, Y: f(n)})
	}
	xy = append(xy, plotter.XY{X: float64(most), Y: f(float64(most))})
	line, err := plotter.NewLine(xy)
	if err != nil {
		return err
	}
	line.Width, line.Color = vg.Points(1.5), picture.Colours()[colour]
	p.Add(line)
	p.Legend.Add(name, line)
	return nil
}
