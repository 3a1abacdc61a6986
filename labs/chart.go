package labs

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/gochimera/chimera/internal/picture"
)

// curve is a line of a chart.
type curve struct {
	name   string // of its legend; none if empty
	xy     plotter.XYs
	colour color.Color // nil is the next one of picture.Colours
	dashed bool
}

// lines is a chart of lines over one another, the first on top.
func lines(title, x, y string, curves ...curve) (*plot.Plot, error) {
	p := picture.NewPlot(title, x, y)
	p.Legend.Top = true
	var drawn []*plotter.Line
	for i, c := range curves {
		line, err := plotter.NewLine(c.xy)
		if err != nil {
			return nil, fmt.Errorf("drawing %s: %w", c.name, err)
		}
		line.Width, line.Color = vg.Points(1.5), c.colour
		if c.colour == nil {
			line.Color = picture.Colours()[i%len(picture.Colours())]
		}
		if c.dashed {
			line.Dashes = []vg.Length{vg.Points(5), vg.Points(4)}
		}
		if c.name != "" {
			p.Legend.Add(c.name, line)
		}
		drawn = append(drawn, line)
	}
	for i := range drawn {
		p.Add(drawn[len(drawn)-1-i])
	}
	return p, nil
}

// group is a series of bars, one for each name below the axis.
type group struct {
	name   string
	values plotter.Values
	colour color.Color // nil is the next one of picture.Colours
}

// grouped is a chart of bars, those of each name beside one another.
func grouped(title, y string, names []string, groups ...group) (*plot.Plot, error) {
	p := picture.NewPlot(title, "", y)
	p.Legend.Top = true
	p.NominalX(names...)
	p.Y.Min = 0
	const width = 10
	for i, g := range groups {
		bars, err := plotter.NewBarChart(g.values, vg.Points(width))
		if err != nil {
			return nil, fmt.Errorf("drawing %s: %w", g.name, err)
		}
		bars.Color, bars.LineStyle.Width = g.colour, 0
		if g.colour == nil {
			bars.Color = picture.Colours()[i%len(picture.Colours())]
		}
		bars.Offset = vg.Points(width) * vg.Length(float64(i)-float64(len(groups)-1)/2)
		p.Add(bars)
		p.Legend.Add(g.name, bars)
	}
	return p, nil
}
