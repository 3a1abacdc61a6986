package tune

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

// mostDrawn is how many candidates a picture has at most, the best ones.
const mostDrawn = 60

// Plot draws means with a standard deviation on both sides: over the values of the one parameter if it is a number, else over
// the candidates from the best on. The best is red.
func (r *Report) Plot(out io.Writer, format string) error {
	entries := slices.DeleteFunc(slices.Clone(r.Entries), func(e Entry) bool { return e.Failed || e.Rung < len(r.Rungs) })
	if len(entries) == 0 {
		return fmt.Errorf("there is nothing to draw: no candidate has a %s", r.Metric)
	}
	places, over := r.places(entries)
	if over == "" {
		entries = entries[:min(len(entries), mostDrawn)]
	}
	title := fmt.Sprintf("%d-fold cross-validation of %d candidates; best: %s", r.Folds, len(r.Entries), describe(r.space.Params, entries[0].candidate))
	p := picture.NewPlot(title, over, r.Metric)
	var means errorPoints
	for i, e := range entries {
		x := float64(e.Rank)
		if over != "" {
			x = places[i]
		}
		means.XYs = append(means.XYs, plotter.XY{X: x, Y: e.Estimate.Mean})
		means.YErrors = append(means.YErrors, struct{ Low, High float64 }{e.Estimate.SD, e.Estimate.SD})
	}
	best := plotter.XYs{means.XYs[0]}
	if over == "" {
		p.X.Label.Text = "rank"
	} else {
		logarithmic(p, places)
	}
	bars, err := plotter.NewYErrorBars(means)
	if err != nil {
		return err
	}
	bars.Color = picture.Grey
	points, err := plotter.NewScatter(means)
	if err != nil {
		return err
	}
	points.Color, points.Shape, points.Radius = picture.Bars, draw.CircleGlyph{}, vg.Points(2.5)
	top, err := plotter.NewScatter(best)
	if err != nil {
		return err
	}
	top.Color, top.Shape, top.Radius = picture.Red, draw.CircleGlyph{}, vg.Points(3.5)
	p.Add(bars, points, top)
	return picture.WriteOne(out, format, p, 14*vg.Centimeter, 9*vg.Centimeter)
}

type errorPoints struct {
	plotter.XYs
	plotter.YErrors
}

// places are the candidates' places on an axis of the one parameter, and its name; no name if there are more parameters, or
// values that are no numbers.
func (r *Report) places(entries []Entry) ([]float64, string) {
	if len(r.Names) != 1 {
		return nil, ""
	}
	var places []float64
	for _, e := range entries {
		v, err := strconv.ParseFloat(e.candidate[0], 64)
		if err != nil {
			return nil, ""
		}
		places = append(places, v)
	}
	return places, r.Names[0]
}

// logarithmic makes the axis one of orders of magnitude if the values span more than one.
func logarithmic(p *plot.Plot, values []float64) {
	if low, high := slices.Min(values), slices.Max(values); low > 0 && high/low > 20 {
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
}
