package explanation

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/internal/picture"
)

// The sizes of pictures.
const (
	width     = 15 * vg.Centimeter
	barHeight = 0.55 * vg.Centimeter
	mostBars  = 40 // the further ones are left out, and the title says so
	mostLines = 10
)

// bar is a bar of a picture.
type bar struct {
	name          string
	length, error float64
}

// PlotImportances draws the importances of columns as bars, the largest on top. The format is one of picture.Formats.
func PlotImportances(out io.Writer, format string, a *client.Importances) error {
	var bars []bar
	for _, j := range sorted(len(a.Columns), func(j int) float64 { return a.Columns[j].Importance }) {
		bars = append(bars, bar{name: a.Columns[j].Column, length: a.Columns[j].Importance})
	}
	return drawBars(out, format, "feature importances, summed per column", "importance", bars)
}

// PlotPermutation draws by how much the model needs each column as bars, with one standard deviation on both sides.
func PlotPermutation(out io.Writer, format string, a *client.PermutationImportances) error {
	var bars []bar
	for _, j := range sorted(len(a.Columns), func(j int) float64 { return a.Columns[j].Mean }) {
		bars = append(bars, bar{name: a.Columns[j].Column, length: a.Columns[j].Mean, error: a.Columns[j].Std})
	}
	return drawBars(out, format, fmt.Sprintf("permutation importance, %s %.4f", a.Metric, a.Baseline), "by how much "+a.Metric+" is worse", bars)
}

// PlotCoefficients draws the coefficients for features as the learner sees them as bars. Of several outputs, a bar is the largest
// coefficient, whatever its sign, and the title says so.
func PlotCoefficients(out io.Writer, format string, a *client.LinearCoefficients) error {
	if a.Model == nil {
		return errors.New("there is nothing to draw: the workers' models have no mean; --json has each one's")
	}
	title := "coefficients, for features as the learner sees them"
	var bars []bar
	for j, f := range a.Features {
		b := bar{name: f.Feature}
		for _, line := range a.Model.Coef {
			if v := line[j]; abs(v) > abs(b.length) {
				b.length = v
			}
		}
		bars = append(bars, b)
	}
	if len(a.Model.Coef) > 1 {
		title = fmt.Sprintf("largest coefficients of %d classes, for features as the learner sees them", len(a.Model.Coef))
	}
	slices.SortStableFunc(bars, func(a, b bar) int {
		switch {
		case abs(a.length) > abs(b.length):
			return -1
		case abs(a.length) < abs(b.length):
			return 1
		default:
			return 0
		}
	})
	return drawBars(out, format, title, "coefficient", bars)
}

func abs(v float64) float64 { return max(v, -v) }

// drawBars draws lying bars, the first on top.
func drawBars(out io.Writer, format, title, x string, bars []bar) error {
	if len(bars) == 0 {
		return errors.New("there is nothing to draw: the model has no columns")
	}
	if n := len(bars) - mostBars; n > 0 {
		title += fmt.Sprintf(" (without %d more)", n)
		bars = bars[:mostBars]
	}
	p := picture.NewPlot(title, x, "")
	var lengths plotter.Values
	var names []string
	for _, b := range slices.Backward(bars) {
		lengths, names = append(lengths, b.length), append(names, clip(b.name))
	}
	drawn, err := plotter.NewBarChart(lengths, 0.7*barHeight)
	if err != nil {
		return err
	}
	drawn.Horizontal, drawn.Color, drawn.LineStyle.Width = true, picture.Bars, 0
	p.Add(drawn)
	for i, b := range slices.Backward(bars) {
		y := float64(len(bars) - 1 - i)
		if b.error > 0 {
			if err := addLine(p, plotter.XYs{{X: b.length - b.error, Y: y}, {X: b.length + b.error, Y: y}}, picture.Black); err != nil {
				return err
			}
		}
	}
	if err := addLine(p, plotter.XYs{{X: 0, Y: -0.5}, {X: 0, Y: float64(len(bars)) - 0.5}}, picture.Grey); err != nil {
		return err
	}
	p.NominalY(names...)
	return picture.WriteOne(out, format, p, width, vg.Length(len(bars))*barHeight+2.5*vg.Centimeter)
}

func addLine(p *plot.Plot, points plotter.XYs, c color.Color) error {
	line, err := plotter.NewLine(points)
	if err != nil {
		return err
	}
	line.Color = c
	p.Add(line)
	return nil
}

// clip shortens a name that would leave no room for its bar.
func clip(name string) string {
	const most = 32
	letters := []rune(name)
	if len(letters) <= most {
		return name
	}
	return string(letters[:most-1]) + "…"
}

// PlotDependence draws the mean answer by the values of the column: a line per class, or one, and for categories points.
func PlotDependence(out io.Writer, format string, a *client.PartialDependence) error {
	y := "mean prediction"
	if a.Classes != nil {
		y = "mean probability"
	}
	p := picture.NewPlot(fmt.Sprintf("partial dependence, %d rows", a.Rows), a.Column, y)
	lines := min(len(a.Average), mostLines)
	if more := len(a.Average) - lines; more > 0 {
		p.Title.Text += fmt.Sprintf(" (without %d more classes)", more)
	}
	colours := picture.Colours()
	for o, name := range answers(a)[:lines] {
		var points plotter.XYs
		for k, v := range a.Average[o] {
			x := float64(k)
			if a.Categories == nil {
				x = a.Values[k]
			}
			points = append(points, plotter.XY{X: x, Y: v})
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		line.Color, dots.Color, dots.Radius = colours[o], colours[o], vg.Points(2)
		if a.Categories == nil && len(points) > 1 {
			p.Add(line)
		}
		if a.Categories != nil || len(points) <= 30 {
			p.Add(dots)
		}
		if a.Classes != nil {
			p.Legend.Add(clip(name), line)
		}
	}
	p.Legend.Top = true
	if a.Categories != nil {
		var names []string
		for _, c := range a.Categories {
			names = append(names, clip(string(c)))
		}
		p.NominalX(names...)
	}
	return picture.WriteOne(out, format, p, width, 9*vg.Centimeter)
}
