package main

import (
	"errors"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	canvas "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The size of one set's panel.
const (
	width  = 11 * vg.Centimeter
	height = 8 * vg.Centimeter
)

// draw draws the sets beside each other: the metric on the held-out rows against the number of workers.
func draw(file string, sets []set) (err error) {
	panels := [][]*plot.Plot{nil}
	for _, s := range sets {
		p, err := s.panel()
		if err != nil {
			return err
		}
		panels[0] = append(panels[0], p)
	}
	svg := vgsvg.New(vg.Length(len(sets))*width, height)
	const pad = 0.3 * vg.Centimeter
	tiles := canvas.Tiles{Rows: 1, Cols: len(sets), PadX: pad, PadTop: pad, PadBottom: pad, PadLeft: pad, PadRight: pad}
	for i, c := range plot.Align(panels, tiles, canvas.New(svg))[0] {
		panels[0][i].Draw(c)
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = svg.WriteTo(f)
	return err
}

// panel is the picture of one set.
func (s *set) panel() (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = s.name, "workers", s.metric
	p.Legend.Left = true
	var member, ensemble plotter.XYs
	for i, at := range s.points {
		member = append(member, plotter.XY{X: float64(i + 1), Y: at.member})
		ensemble = append(ensemble, plotter.XY{X: float64(i + 1), Y: at.ensemble})
	}
	return p, plotutil.AddLinePoints(p, "one worker", member, "ensemble", ensemble)
}
