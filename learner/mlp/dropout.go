package mlp

import "fmt"

// dropout sets values to 0 in training, and lets the others make up for it.
type dropout struct {
	size int
	rate float64
}

// NewDropout is the layer that in training sets each of size values to 0 with
// probability rate and multiplies the others by 1 / (1 - rate); in prediction it does
// nothing (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout",
// 2014, in the form of its section 10). Which values, is a function of the run's
// seed, the step, the layer, the row's id and the unit.
func NewDropout(rate float64, size int) (Layer, error) {
	if !(rate >= 0 && rate < 1) {
		return nil, fmt.Errorf("the dropout rate must be in [0, 1), not %v", rate)
	}
	return dropout{size: size, rate: rate}, nil
}

// Spec describes the layer.
func (d dropout) Spec() Spec {
	return Spec{Name: "dropout", In: d.size, Out: d.size, Cost: 2 * float64(d.size)}
}

// Init has nothing to do.
func (d dropout) Init(uint64, []float64) {}

// Forward drops values if this is training.
func (d dropout) Forward(p *Pass, _ []float64) {
	rows, _ := p.X.Dims()
	for i := range rows {
		x, out := p.X.RawRowView(i), p.Out.RawRowView(i)
		if p.Train {
			d.drop(p.rowSeed(i), out, x)
		} else {
			copy(out, x)
		}
	}
}

// Backward drops the same places of the gradient.
func (d dropout) Backward(p *Pass, _, _ []float64) {
	if p.DX == nil {
		return
	}
	rows, _ := p.DX.Dims()
	for i := range rows {
		d.drop(p.rowSeed(i), p.DX.RawRowView(i), p.DOut.RawRowView(i))
	}
}

func (d dropout) drop(seed uint64, to, from []float64) {
	scale := 1 / (1 - d.rate)
	for unit, v := range from {
		to[unit] = 0
		if uniform(seed, unit) >= d.rate {
			to[unit] = scale * v
		}
	}
}

var _ Layer = dropout{}
