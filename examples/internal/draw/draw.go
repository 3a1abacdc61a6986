// Package draw draws the losses of trainings. It is apart from compare, so that
// an example that draws nothing downloads and compiles no plotting.
package draw

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"

	"github.com/gochimera/chimera/examples/internal/compare"
)

// Curve is a training to draw.
type Curve struct {
	Name string
	Of   *compare.Trained
}

// Loss draws the loss of each step of one training.
func Loss(file string, t *compare.Trained) error {
	return Losses(file, "step", nil, Curve{"mean loss", t})
}

// Losses draws the loss of trainings, against at, or against the step if at is nil.
// Of a fit that reports no losses, such as an ensemble's, it marks the end: at
// is then asked for step -1.
func Losses(file, axis string, at func(*compare.Trained, int) float64, curves ...Curve) error {
	if at == nil {
		at = func(_ *compare.Trained, step int) float64 { return float64(step + 1) }
	}
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = axis, "mean loss"
	// top right, and each name behind its line: a viewer's font may be wider than the one that was measured
	p.Legend.Top, p.Legend.Left, p.Legend.XOffs = true, true, 6*vg.Centimeter
	low, high := math.Inf(1), math.Inf(-1)
	for _, c := range curves {
		if tr := c.Of.Fit.Training; tr != nil {
			low, high = min(low, slices.Min(tr.Loss)), max(high, slices.Max(tr.Loss))
		}
	}
	if low > 0 {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
	for i, c := range curves {
		var line plotter.XYs
		style := plotutil.Dashes(0)
		if tr := c.Of.Fit.Training; tr != nil {
			for step, loss := range tr.Loss {
				line = append(line, plotter.XY{X: at(c.Of, step), Y: loss})
			}
		} else {
			done := at(c.Of, -1)
			line, style = plotter.XYs{{X: done, Y: low}, {X: done, Y: high}}, plotutil.Dashes(1)
		}
		l, err := plotter.NewLine(line)
		if err != nil {
			return fmt.Errorf("drawing %s: %w", c.Name, err)
		}
		l.Color, l.Width, l.Dashes = plotutil.Color(i), vg.Points(1.5), style
		p.Add(l)
		p.Legend.Add(c.Name, l)
	}
	if err := p.Save(14*vg.Centimeter, 9*vg.Centimeter, file); err != nil {
		return fmt.Errorf("drawing %s: %w", file, err)
	}
	return nil
}
