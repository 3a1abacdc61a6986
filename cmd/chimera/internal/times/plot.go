package times

import (
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/gochimera/chimera/internal/picture"
)

// Formats are those of pictures, as file names end.
func Formats() []string { return picture.Formats() }

// mostPanels bounds a picture: a master has about ten endpoints, and thousands would fill the memory.
const mostPanels = 50

// Plot draws a histogram per endpoint, the calls to all nodes together, on one axis of time. The
// black line is the median, the red one the 95th percentile. The format is one of
// Formats.
func (l *Log) Plot(out io.Writer, format string) error {
	if err := picture.CheckFormat(format); err != nil {
		return err
	}
	panels := l.panels()
	if len(panels) > mostPanels {
		return fmt.Errorf("it has %d endpoints, and a picture at most %d", len(panels), mostPanels)
	}
	first, end := span(panels)
	plots := make([]*plot.Plot, len(panels))
	for i, p := range panels {
		var err error
		if plots[i], err = p.draw(first, end); err != nil {
			return fmt.Errorf("drawing %s %s: %w", p.node, p.path, err)
		}
	}
	return picture.Write(out, format, plots, 1)
}

// draw draws the panel on an axis of the given bins.
func (p panel) draw(first, end int) (*plot.Plot, error) {
	drawn := picture.NewPanel(p.title(), "calls")
	drawn.X.Tick.Marker = plot.TickerFunc(timeTicks)

	bars := &plotter.Histogram{FillColor: picture.Bars}
	most := 0
	for i, n := range p.counts(first, end) {
		most = max(most, n)
		if n > 0 {
			bars.Bins = append(bars.Bins, plotter.HistogramBin{Min: edge(first + i), Max: edge(first + i + 1), Weight: float64(n)})
		}
	}
	drawn.Add(bars)
	for _, mark := range []struct {
		quantile float64
		color    color.Color
	}{{0.5, picture.Black}, {0.95, picture.Red}} {
		x := math.Log10(max(quantile(mark.quantile, p.seconds), shortest))
		upright, err := plotter.NewLine(plotter.XYs{{X: x, Y: 0}, {X: x, Y: float64(most)}})
		if err != nil {
			return nil, err
		}
		upright.Color, upright.Width = mark.color, vg.Points(1)
		drawn.Add(upright)
	}
	drawn.X.Min, drawn.X.Max, drawn.Y.Min, drawn.Y.Max = edge(first), edge(end), 0, float64(most)
	return drawn, nil
}

// timeTicks marks logarithms of seconds: decades with their latency, and their
// multiples without.
func timeTicks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for decade := math.Floor(low); decade <= high; decade++ {
		for i := 1.0; i < 10; i++ {
			tick := plot.Tick{Value: decade + math.Log10(i)}
			if i == 1 {
				tick.Label = duration(math.Pow(10, decade))
			}
			if tick.Value >= low && tick.Value <= high {
				ticks = append(ticks, tick)
			}
		}
	}
	return ticks
}
