package compare

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/gochimera/chimera/internal/picture"
)

// panel is one number of each way.
type panel struct {
	title string
	of    func(Result) float64
	error func(Result) float64 // one standard deviation; nil without
}

// Plot draws four panels of bars: the metric, the time of the fit, the bytes and the waiting of each way. The format is one of
// picture.Formats.
func (r *Report) Plot(out io.Writer, format string) error {
	done := slices.DeleteFunc(slices.Clone(r.Results), func(w Result) bool { return len(w.Metrics) == 0 })
	if len(done) == 0 {
		return fmt.Errorf("there is nothing to draw: no fit has a %s", r.Metric)
	}
	most := 0.0
	for _, w := range done {
		most = max(most, float64(w.Cost.Bytes()))
	}
	unit, name := unitOf(most)
	metric := func(w Result) Estimate { return w.Metrics[r.Metric] }
	panels := []panel{
		{
			fmt.Sprintf("%s on %d held-out rows", r.Metric, r.Test),
			func(w Result) float64 { return metric(w).Mean }, func(w Result) float64 { return metric(w).SD },
		},
		{"time of the fit, seconds", func(w Result) float64 { return w.Cost.Seconds }, nil},
		{"sent, " + name, func(w Result) float64 { return float64(w.Cost.Bytes()) / unit }, nil},
		{"waiting of all workers, seconds", func(w Result) float64 { return w.Cost.Waiting }, nil},
	}
	plots := make([]*plot.Plot, len(panels))
	for i, p := range panels {
		var err error
		if plots[i], err = p.draw(done); err != nil {
			return fmt.Errorf("drawing %s: %w", p.title, err)
		}
	}
	return picture.Write(out, format, plots, 2)
}

// draw draws the panel: lying bars, the first on top, with their numbers.
func (p panel) draw(results []Result) (*plot.Plot, error) {
	drawn := picture.NewPlot(p.title, "", "")
	var lengths plotter.Values
	var names []string
	var numbers plotter.XYLabels
	for i, w := range slices.Backward(results) {
		v := p.of(w)
		lengths, names = append(lengths, v), append(names, w.Way)
		numbers.XYs = append(numbers.XYs, plotter.XY{X: max(v, 0), Y: float64(len(results) - 1 - i)})
		numbers.Labels = append(numbers.Labels, " "+strconv.FormatFloat(v, 'g', 3, 64))
	}
	bars, err := plotter.NewBarChart(lengths, vg.Points(11))
	if err != nil {
		return nil, err
	}
	bars.Horizontal, bars.Color, bars.LineStyle.Width = true, picture.Bars, 0
	labels, err := plotter.NewLabels(numbers)
	if err != nil {
		return nil, err
	}
	for i := range labels.TextStyle {
		style := &labels.TextStyle[i]
		style.Font.Variant, style.Font.Size, style.YAlign = "Sans", vg.Points(8), draw.YCenter
	}
	drawn.Add(bars, labels)
	for i, w := range slices.Backward(results) {
		if p.error == nil || p.error(w) == 0 {
			continue
		}
		y := float64(len(results)-1-i) - 0.3
		line, err := plotter.NewLine(plotter.XYs{{X: p.of(w) - p.error(w), Y: y}, {X: p.of(w) + p.error(w), Y: y}})
		if err != nil {
			return nil, err
		}
		drawn.Add(line)
	}
	drawn.NominalY(names...)
	drawn.Y.Min, drawn.Y.Max = -0.6, float64(len(results))-0.4
	drawn.X.Max *= 1.2 // room for the numbers
	return drawn, nil
}
