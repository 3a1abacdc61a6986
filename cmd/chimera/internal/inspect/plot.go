package inspect

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/gochimera/chimera/internal/picture"
)

// A picture of columns.
const (
	beside     = 2   // panels
	mostPanels = 120 // further columns are left out, which would fill the memory
)

// Plot draws a histogram a column as SVG, that of the target first: numbers in bins of one width, categories
// by how frequent they are.
func (r *Report) Plot(out io.Writer) error {
	if r.Rows == 0 {
		return errors.New("there are no rows to draw")
	}
	var panels []*plot.Plot
	for _, h := range r.histograms[:min(len(r.histograms), mostPanels)] {
		p, err := h.draw()
		if err != nil {
			return fmt.Errorf("drawing %s: %w", h.name, err)
		}
		panels = append(panels, p)
	}
	return picture.Write(out, "svg", panels, beside)
}

func (h histogram) draw() (*plot.Plot, error) {
	if len(h.values) == 0 {
		return h.drawCategories()
	}
	p := picture.NewPanel(clip(h.name), "rows")
	p.X.Tick.Marker = plot.TickerFunc(numberTicks)
	edges, counts := bins(h.values, mostBins)
	bars := &plotter.Histogram{FillColor: picture.Bars}
	for i, n := range counts {
		bars.Bins = append(bars.Bins, plotter.HistogramBin{Min: edges[i], Max: edges[i+1], Weight: n})
	}
	p.Add(bars)
	return p, nil
}

// drawCategories draws lying bars, the most frequent category at the top.
func (h histogram) drawCategories() (*plot.Plot, error) {
	p := picture.NewPanel(clip(h.name), "")
	var lengths plotter.Values
	var names []string
	if h.others > 0 {
		lengths, names = append(lengths, float64(h.others)), append(names, "others")
	}
	for _, f := range slices.Backward(h.labels) {
		lengths, names = append(lengths, float64(f.Rows)), append(names, clip(string(f.Value)))
	}
	if len(lengths) == 0 {
		return p, nil // all cells are missing
	}
	bars, err := plotter.NewBarChart(lengths, vg.Points(min(12, 60/float64(len(lengths)))))
	if err != nil {
		return nil, err
	}
	bars.Horizontal, bars.Color, bars.LineStyle.Width = true, picture.Bars, 0
	p.Add(bars)
	p.NominalY(names...)
	p.Y.Tick.Label.Font.Size = vg.Points(7)
	p.X.Min = 0
	p.X.Tick.Marker = plot.TickerFunc(numberTicks)
	return p, nil
}

// numberTicks labels at most four numbers, which have room beside each other.
func numberTicks(low, high float64) []plot.Tick {
	const most = 4
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	labelled := 0
	for _, t := range ticks {
		if !t.IsMinor() {
			labelled++
		}
	}
	every := (labelled + most - 1) / most
	n := 0
	for i, t := range ticks {
		if t.IsMinor() {
			continue
		}
		if ticks[i].Label = ""; n%every == 0 {
			ticks[i].Label = number(t.Value)
		}
		n++
	}
	return ticks
}
