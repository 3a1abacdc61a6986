package times

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Formats are those of pictures, as file names end.
func Formats() []string { return []string{"svg", "png", "pdf"} }

// The picture: panels one below the other.
const (
	panelWidth  = 17 * vg.Centimeter
	panelHeight = 4 * vg.Centimeter
	mostPanels  = 50 // a master has about ten endpoints; a picture of thousands would fill the memory
)

var (
	barColor    = color.NRGBA{R: 76, G: 114, B: 176, A: 255}
	medianColor = color.NRGBA{A: 255}
	p95Color    = color.NRGBA{R: 196, G: 78, B: 82, A: 255}
)

// Plot draws a histogram per endpoint, the calls to all nodes together, on one axis of time. The
// black line is the median, the red one the 95th percentile. The format is one of
// Formats.
func (l *Log) Plot(out io.Writer, format string) error {
	if !slices.Contains(Formats(), format) {
		return fmt.Errorf("a picture is %s, not %q", strings.Join(Formats(), ", "), format)
	}
	panels := l.panels()
	if len(panels) > mostPanels {
		return fmt.Errorf("it has %d endpoints, and a picture at most %d", len(panels), mostPanels)
	}
	first, end := span(panels)
	plots := make([][]*plot.Plot, len(panels))
	for i, p := range panels {
		drawn, err := p.draw(first, end)
		if err != nil {
			return fmt.Errorf("drawing %s %s: %w", p.node, p.path, err)
		}
		plots[i] = []*plot.Plot{drawn}
	}
	canvas, err := draw.NewFormattedCanvas(panelWidth, vg.Length(len(panels))*panelHeight, format)
	if err != nil {
		return err
	}
	const margin = 0.3 * vg.Centimeter
	tiles := draw.Tiles{Rows: len(plots), Cols: 1, PadX: margin, PadY: margin, PadLeft: margin, PadRight: margin, PadTop: margin, PadBottom: margin}
	for i, c := range plot.Align(plots, tiles, draw.New(canvas)) {
		plots[i][0].Draw(c[0])
	}
	_, err = canvas.WriteTo(out)
	return err
}

// draw draws the panel on an axis of the given bins.
func (p panel) draw(first, end int) (*plot.Plot, error) {
	drawn := plot.New()
	drawn.Title.Text = p.title()
	drawn.Y.Label.Text = "calls"
	for _, style := range []*draw.TextStyle{&drawn.Title.TextStyle, &drawn.X.Tick.Label, &drawn.Y.Tick.Label, &drawn.Y.Label.TextStyle} {
		style.Font.Variant, style.Font.Size = "Sans", vg.Points(9)
	}
	drawn.X.Tick.Marker, drawn.Y.Tick.Marker = plot.TickerFunc(timeTicks), plot.TickerFunc(countTicks)

	bars := &plotter.Histogram{FillColor: barColor}
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
	}{{0.5, medianColor}, {0.95, p95Color}} {
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

// countTicks marks whole numbers only.
func countTicks(low, high float64) []plot.Tick {
	ticks := slices.DeleteFunc(plot.DefaultTicks{}.Ticks(low, high), func(t plot.Tick) bool { return t.Value != math.Trunc(t.Value) })
	for i, t := range ticks {
		if !t.IsMinor() {
			ticks[i].Label = strconv.FormatFloat(t.Value, 'f', -1, 64)
		}
	}
	return ticks
}
