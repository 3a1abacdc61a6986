package stored

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/gochimera/chimera/internal/picture"
	"github.com/gochimera/chimera/models"
)

// MostDrawn is how many losses a picture has at most.
const MostDrawn = 10

// mostPoints is how many points a curve has at most; of more, every second, third, ... is drawn.
const mostPoints = 2000

// colours tell curves apart; those after the last begin anew, dashed.
var colours = []color.Color{
	picture.Bars, picture.Red, color.NRGBA{R: 85, G: 168, B: 104, A: 255}, color.NRGBA{R: 129, G: 114, B: 179, A: 255}, color.NRGBA{R: 221, G: 132, B: 82, A: 255},
}

func styled(i int) draw.LineStyle {
	style := draw.LineStyle{Color: colours[i%len(colours)], Width: vg.Points(1.2)}
	if i >= len(colours) {
		style.Dashes = []vg.Length{vg.Points(3), vg.Points(2)}
	}
	return style
}

// Plot draws the losses of runs over their steps, and the scores that were attached to their models over the times of the fits. The
// format is one of picture.Formats.
func Plot(out io.Writer, format string, runs []*models.Run) error {
	if err := picture.CheckFormat(format); err != nil {
		return err
	}
	var panels []*plot.Plot
	for _, draw := range []func([]*models.Run) (*plot.Plot, error){losses, scores} {
		p, err := draw(runs)
		if err != nil {
			return err
		}
		if p != nil {
			panels = append(panels, p)
		}
	}
	if len(panels) == 0 {
		return errors.New("there is nothing to draw: no fit has losses (those of a parameter server and a pipeline do), " +
			"and no score is attached to a model (chimera score --record does that)")
	}
	return picture.WriteRows(out, format, panels, 1, 9*vg.Centimeter)
}

// losses draws a curve for each run that has losses; nil if none has.
func losses(runs []*models.Run) (*plot.Plot, error) {
	p := picture.NewPlot("loss of each step", "step", "loss")
	p.Legend.Top = true
	drawn := 0
	for _, r := range runs {
		if r.Report == nil || r.Report.Training == nil || len(r.Report.Training.Loss) == 0 || drawn == MostDrawn {
			continue
		}
		var points plotter.XYs
		all := r.Report.Training.Loss
		every := (len(all)-1)/mostPoints + 1
		for i := 0; i < len(all); i += every {
			points = append(points, plotter.XY{X: float64(i + 1), Y: all[i]})
		}
		curve, err := plotter.NewLine(points)
		if err != nil {
			return nil, fmt.Errorf("fit %s: %w", r.ID, err)
		}
		curve.LineStyle = styled(drawn)
		p.Add(curve)
		p.Legend.Add(r.ID, curve)
		drawn++
	}
	if drawn == 0 {
		return nil, nil
	}
	return p, nil
}

// scores draws the main number of each score over the time of its fit, those of the same rows together; nil if there are none.
func scores(runs []*models.Run) (*plot.Plot, error) {
	points, metric := map[string]plotter.XYs{}, ""
	var names []string
	for _, r := range runs {
		for _, s := range r.Scores {
			m, value := models.Main(s.Result)
			if m == "" {
				continue
			}
			if metric == "" {
				metric = m
			}
			name := s.Name
			if m != metric {
				name += " (" + m + ")"
			}
			if points[name] == nil {
				names = append(names, name)
			}
			points[name] = append(points[name], plotter.XY{X: float64(r.Started.Unix()), Y: value})
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	p := picture.NewPlot("scores of held-out rows", "fit", metric)
	p.X.Tick.Marker = plot.TimeTicks{Format: "2006-01-02\n15:04"}
	slices.Sort(names)
	for i, name := range names[:min(len(names), MostDrawn)] {
		xys := points[name]
		slices.SortFunc(xys, func(a, b plotter.XY) int { return int(a.X - b.X) })
		line, dots, err := plotter.NewLinePoints(xys)
		if err != nil {
			return nil, fmt.Errorf("score %s: %w", name, err)
		}
		line.LineStyle = styled(i)
		dots.Color, dots.Shape, dots.Radius = line.Color, draw.CircleGlyph{}, vg.Points(2.5)
		p.Add(line, dots)
		p.Legend.Add(name, line, dots)
	}
	return p, nil
}
