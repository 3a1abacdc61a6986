package scoreplots

import (
	"fmt"
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/gochimera/chimera/internal/picture"
)

// The size of a picture, and how many classes have a line in it.
const (
	side      = 12 * vg.Centimeter
	mostLines = 10
)

// curve is a line of a picture.
type curve struct {
	name   string
	x, y   []float64
	dots   bool
	stairs bool // y stays until the next x, so that the area below is the average precision
}

// drawCurves draws a line per class on the unit square, and a dashed one beside them.
func (r *Report) drawCurves(out io.Writer, title, x, y string, of func(Curves) curve, beside plotter.XYs) error {
	p := picture.NewPlot(title, x, y)
	if more := len(r.Classes) - mostLines; more > 0 {
		p.Title.Text += fmt.Sprintf(" (without %d more classes)", more)
	}
	if err := addDashed(p, beside); err != nil {
		return err
	}
	colours := picture.Colours()
	for i, class := range r.Classes[:min(len(r.Classes), mostLines)] {
		c := of(class)
		var points plotter.XYs
		for k := range c.x {
			points = append(points, plotter.XY{X: c.x[k], Y: c.y[k]})
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		line.Color, dots.Color, dots.Radius = colours[i], colours[i], vg.Points(2.5)
		if c.stairs {
			line.StepStyle = plotter.PostStep
		}
		p.Add(line)
		if c.dots {
			p.Add(dots)
		}
		p.Legend.Add(c.name, line)
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1.02
	return picture.WriteOne(out, "svg", p, side, side)
}

func addDashed(p *plot.Plot, points plotter.XYs) error {
	if points == nil {
		return nil
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return err
	}
	line.Color, line.Dashes = picture.Grey, []vg.Length{vg.Points(3), vg.Points(3)}
	p.Add(line)
	return nil
}

// diagonal is what chance, or a perfect model, does.
var diagonal = plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}}

func (r *Report) drawROC(out io.Writer) error {
	return r.drawCurves(out, "ROC", "false positive rate", "true positive rate", func(c Curves) curve {
		return curve{name: fmt.Sprintf("%s: AUC %.3f", clip(string(c.Class)), c.ROC.AUC), x: c.ROC.FPR, y: c.ROC.TPR}
	}, diagonal)
}

func (r *Report) drawPrecisionRecall(out io.Writer) error {
	return r.drawCurves(out, "precision and recall", "recall", "precision", func(c Curves) curve {
		return curve{
			name: fmt.Sprintf("%s: average precision %.3f", clip(string(c.Class)), c.PrecisionRecall.Average),
			x:    c.PrecisionRecall.Recall, y: c.PrecisionRecall.Precision, stairs: true,
		}
	}, nil)
}

func (r *Report) drawCalibration(out io.Writer) error {
	return r.drawCurves(out, "calibration", "mean predicted probability", "share of the rows", func(c Curves) curve {
		return curve{
			name: fmt.Sprintf("%s: Brier %.3f", clip(string(c.Class)), c.Calibration.Brier), x: c.Calibration.Predicted, y: c.Calibration.True, dots: true,
		}
	}, diagonal)
}

// drawPredicted draws what is predicted by what is true; a perfect model is on the dashed line.
func (r *Report) drawPredicted(out io.Writer) error {
	s := r.Regression
	low, high := s.True[0], s.True[0]
	for i := range s.True {
		low, high = min(low, s.True[i], s.Predicted[i]), max(high, s.True[i], s.Predicted[i])
	}
	return scatter(out, fmt.Sprintf("R2 %.3f", r.Score.Regression.R2), "true", "predicted", s.True, s.Predicted, plotter.XYs{{X: low, Y: low}, {X: high, Y: high}})
}

// drawResiduals draws how far each prediction is off.
func (r *Report) drawResiduals(out io.Writer) error {
	s := r.Regression
	off := make([]float64, len(s.True))
	low, high := s.Predicted[0], s.Predicted[0]
	for i, p := range s.Predicted {
		off[i] = s.True[i] - p
		low, high = min(low, p), max(high, p)
	}
	title := fmt.Sprintf("residuals: mean %.4g, sd %.4g", s.Mean, s.Std)
	return scatter(out, title, "predicted", "true - predicted", s.Predicted, off, plotter.XYs{{X: low}, {X: high}})
}

func scatter(out io.Writer, title, x, y string, xs, ys []float64, beside plotter.XYs) error {
	p := picture.NewPlot(title, x, y)
	if err := addDashed(p, beside); err != nil {
		return err
	}
	var points plotter.XYs
	for i := range xs {
		points = append(points, plotter.XY{X: xs[i], Y: ys[i]})
	}
	dots, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	dots.Color, dots.Radius = color.NRGBA{R: 76, G: 114, B: 176, A: 150}, vg.Points(1.8)
	p.Add(dots)
	return picture.WriteOne(out, "svg", p, side, side)
}

// clip shortens a name that would leave no room for the picture.
func clip(name string) string {
	const most = 24
	letters := []rune(name)
	if len(letters) <= most {
		return name
	}
	return string(letters[:most-1]) + "…"
}
