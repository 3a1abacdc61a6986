package picture

import (
	"fmt"
	"image/color"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Grey is the colour of what is beside the matter, such as deviations.
var Grey color.Color = color.NRGBA{R: 140, G: 140, B: 140, A: 255}

// FormatOf is the format of a picture with this file name.
func FormatOf(file string) (string, error) {
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(file)), ".")
	if !slices.Contains(Formats(), format) {
		return "", fmt.Errorf("want a name that ends in .%s, got %q", strings.Join(Formats(), ", ."), file)
	}
	return format, nil
}

// NewPlot begins a picture of one plot, with two measured axes.
func NewPlot(title, x, y string) *plot.Plot {
	p := NewPanel(title, y)
	p.X.Label.Text, p.Y.Tick.Marker = x, plot.DefaultTicks{}
	for _, style := range []*draw.TextStyle{&p.X.Label.TextStyle, &p.Legend.TextStyle} {
		style.Font.Variant, style.Font.Size = "Sans", vg.Points(9)
	}
	return p
}

// WriteOne draws one plot as a picture of this size. The format is one of Formats.
func WriteOne(out io.Writer, format string, p *plot.Plot, width, height vg.Length) error {
	if err := CheckFormat(format); err != nil {
		return err
	}
	canvas, err := draw.NewFormattedCanvas(width, height, format)
	if err != nil {
		return err
	}
	p.Draw(draw.Crop(draw.New(canvas), margin, -margin, margin, -margin))
	_, err = canvas.WriteTo(out)
	return err
}
