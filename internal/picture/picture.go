// Package picture draws panels of one look into files: the histograms of several commands.
//
// The room imports the standard library and gonum.
package picture

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Formats are those of pictures, as file names end.
func Formats() []string { return []string{"svg", "png", "pdf"} }

// CheckFormat is the error for a format that is none of Formats.
func CheckFormat(format string) error {
	if !slices.Contains(Formats(), format) {
		return fmt.Errorf("a picture is %s, not %q", strings.Join(Formats(), ", "), format)
	}
	return nil
}

// The height of a panel, and the width of a row of them.
const (
	panelHeight = 4 * vg.Centimeter
	rowWidth    = 17 * vg.Centimeter
	margin      = 0.3 * vg.Centimeter
)

// The colours of panels.
var (
	Bars  color.Color = color.NRGBA{R: 76, G: 114, B: 176, A: 255}
	Black color.Color = color.NRGBA{A: 255}
	Red   color.Color = color.NRGBA{R: 196, G: 78, B: 82, A: 255}
)

// NewPanel begins a panel; what goes up is counted, in whole numbers.
func NewPanel(title, counted string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.Y.Label.Text = title, counted
	for _, style := range []*draw.TextStyle{&p.Title.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Y.Label.TextStyle} {
		style.Font.Variant, style.Font.Size = "Sans", vg.Points(9)
	}
	p.Y.Tick.Marker = plot.TickerFunc(countTicks)
	return p
}

// Write draws panels row by row, so many beside each other, their axes in line. The format is one of Formats.
func Write(out io.Writer, format string, panels []*plot.Plot, columns int) error {
	return WriteRows(out, format, panels, columns, panelHeight)
}

// WriteRows is Write with panels of this height.
func WriteRows(out io.Writer, format string, panels []*plot.Plot, columns int, height vg.Length) error {
	if err := CheckFormat(format); err != nil {
		return err
	}
	rows := (len(panels) + columns - 1) / columns
	grid := make([][]*plot.Plot, rows)
	for i := range grid {
		grid[i] = make([]*plot.Plot, columns)
		copy(grid[i], panels[i*columns:min((i+1)*columns, len(panels))])
	}
	canvas, err := draw.NewFormattedCanvas(rowWidth, vg.Length(rows)*height, format)
	if err != nil {
		return err
	}
	tiles := draw.Tiles{Rows: rows, Cols: columns, PadX: margin, PadY: margin, PadLeft: margin, PadRight: margin, PadTop: margin, PadBottom: margin}
	for i, line := range plot.Align(grid, tiles, draw.New(canvas)) {
		for j, c := range line {
			if grid[i][j] != nil {
				grid[i][j].Draw(c)
			}
		}
	}
	_, err = canvas.WriteTo(out)
	return err
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

// Colours tell up to ten lines apart.
func Colours() []color.Color {
	var list []color.Color
	for _, c := range [][3]uint8{
		{76, 114, 176}, {221, 132, 82}, {85, 168, 104}, {196, 78, 82}, {129, 114, 179}, {147, 120, 96}, {218, 139, 195}, {140, 140, 140}, {204, 185, 116},
		{100, 181, 205},
	} {
		list = append(list, color.NRGBA{R: c[0], G: c[1], B: c[2], A: 255})
	}
	return list
}
