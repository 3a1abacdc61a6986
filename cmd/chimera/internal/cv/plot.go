package cv

import (
	"fmt"
	"io"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/gochimera/chimera/internal/picture"
)

// Plot draws each fold's value, fold by fold, with the mean as a line and one standard deviation on both sides of it
// dashed.
func (r *Report) Plot(out io.Writer, format string) error {
	estimate := r.Metrics[r.Metric]
	p := picture.NewPlot(fmt.Sprintf("%s: %.4f, sd %.4f", r.how(), estimate.Mean, estimate.SD), "fold", r.Metric)
	var points plotter.XYs
	for i, f := range r.Results {
		if f.Err == nil {
			points = append(points, plotter.XY{X: float64(i + 1), Y: f.Values[r.Metric]})
		}
	}
	if len(points) == 0 {
		return fmt.Errorf("there is nothing to draw: no fold has a %s", r.Metric)
	}
	scatter, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	scatter.Color, scatter.Shape, scatter.Radius = picture.Bars, draw.CircleGlyph{}, vg.Points(2.5)
	end := float64(len(r.Results)) + 0.5
	for _, level := range []float64{-1, 0, 1} {
		y := estimate.Mean + level*estimate.SD
		line, err := plotter.NewLine(plotter.XYs{{X: 0.5, Y: y}, {X: end, Y: y}})
		if err != nil {
			return err
		}
		line.Color = picture.Black
		if level != 0 {
			line.Color, line.Dashes = picture.Grey, []vg.Length{vg.Points(3), vg.Points(3)}
		}
		p.Add(line)
	}
	p.Add(scatter)
	p.X.Min, p.X.Max = 0.5, end
	return picture.WriteOne(out, format, p, 14*vg.Centimeter, 8*vg.Centimeter)
}
