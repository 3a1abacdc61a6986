package inspect

import (
	"errors"
	"fmt"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/gochimera/chimera/cmd/chimera/internal/picture"
)

// A picture of columns.
const (
	beside     = 3   // panels
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
	p := picture.NewPanel(clip(h.name), "rows")
	if len(h.values) > 0 {
		edges, counts := bins(h.values, mostBins)
		bars := &plotter.Histogram{FillColor: picture.Bars}
		for i, n := range counts {
			bars.Bins = append(bars.Bins, plotter.HistogramBin{Min: edges[i], Max: edges[i+1], Weight: n})
		}
		p.Add(bars)
		return p, nil
	}
	var heights plotter.Values
	var names []string
	for _, f := range h.labels {
		heights, names = append(heights, float64(f.Rows)), append(names, cut(string(f.Value), 14))
	}
	if h.others > 0 {
		heights, names = append(heights, float64(h.others)), append(names, "others")
	}
	if len(heights) == 0 {
		return p, nil // all cells are missing
	}
	bars, err := plotter.NewBarChart(heights, vg.Points(max(3, 90/float64(len(heights)))))
	if err != nil {
		return nil, err
	}
	bars.Color, bars.LineStyle.Width = picture.Bars, 0
	p.Add(bars)
	p.NominalX(names...)
	p.X.Tick.Label.Rotation, p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = 0.8, draw.XRight, draw.YTop
	p.Y.Min = 0
	return p, nil
}
