package scoreplots

import (
	"fmt"
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/gochimera/chimera/internal/picture"
)

// numbered is how many classes a confusion matrix has at most whose cells have their numbers in them.
const numbered = 20

// shares are the rows of a confusion matrix, each divided by its sum; the first is on top.
type shares [][]float64

// Dims is the number of columns and rows.
func (s shares) Dims() (c, r int) { return len(s), len(s) }

// X is the place of a column.
func (s shares) X(c int) float64 { return float64(c) }

// Y is the place of a row from below.
func (s shares) Y(r int) float64 { return float64(r) }

// Z is the share in a cell; rows count from below.
func (s shares) Z(c, r int) float64 { return s[len(s)-1-r][c] }

// blues go from white to blue.
type blues struct{}

// Colors are 64 of them.
func (blues) Colors() []color.Color {
	const n = 64
	list := make([]color.Color, n)
	for i := range list {
		fade := func(to float64) uint8 { return uint8(255 + (to-255)*float64(i)/(n-1)) }
		list[i] = color.NRGBA{R: fade(8), G: fade(70), B: fade(150), A: 255}
	}
	return list
}

// drawConfusion draws the confusion matrix: true classes down, predicted across, the darker the larger a share of the true class.
func (r *Report) drawConfusion(out io.Writer) error {
	m := r.Score.Classification
	n := len(m.Classes)
	part := make(shares, n)
	for i, row := range m.Confusion {
		var sum float64
		for _, v := range row {
			sum += v
		}
		part[i] = make([]float64, n)
		for j, v := range row {
			if sum > 0 {
				part[i][j] = v / sum
			}
		}
	}
	p := picture.NewPlot(fmt.Sprintf("confusion matrix, accuracy %.3f", m.Accuracy), "predicted", "true")
	heat := plotter.NewHeatMap(part, blues{})
	heat.Min, heat.Max = 0, 1
	p.Add(heat)
	if n <= numbered {
		if err := r.addNumbers(p, part); err != nil {
			return err
		}
	}
	across, up := make([]string, n), make([]string, n)
	for i, c := range m.Classes {
		across[i], up[n-1-i] = clip(string(c)), clip(string(c))
	}
	p.NominalX(across...)
	p.NominalY(up...)
	size := max(side, vg.Length(min(n, 60))*0.6*vg.Centimeter)
	return picture.WriteOne(out, "svg", p, size, size)
}

// addNumbers writes the number of rows into each cell.
func (r *Report) addNumbers(p *plot.Plot, part shares) error {
	m := r.Score.Classification
	n := len(m.Classes)
	var cells plotter.XYLabels
	for i, row := range m.Confusion {
		for j, v := range row {
			cells.XYs = append(cells.XYs, plotter.XY{X: float64(j), Y: float64(n - 1 - i)})
			cells.Labels = append(cells.Labels, fmt.Sprintf("%.6g", v))
		}
	}
	labels, err := plotter.NewLabels(cells)
	if err != nil {
		return err
	}
	for k := range labels.TextStyle {
		style := &labels.TextStyle[k]
		style.Font.Variant, style.Font.Size = "Sans", vg.Points(8)
		style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
		if style.Color = picture.Black; part[k/n][k%n] > 0.5 {
			style.Color = color.White
		}
	}
	p.Add(labels)
	return nil
}
