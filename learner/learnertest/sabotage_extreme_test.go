package learnertest

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/registry"
)

func extremeActs() []act {
	return []act{
		breaks("extreme_features", "squares them", hooks{proba: func(m model, x *mat.Dense) (*mat.Dense, error) {
			p, err := m.PredictProba(background, x)
			if err == nil && !numeric.IsFinite(x.At(0, 0)*x.At(0, 0)) {
				p.Scale(math.NaN(), p)
			}
			return p, err
		}}),
		{check: "extreme_targets", what: "adds them up", options: []Option{Baseline()}, registry: func() *registry.Registry {
			r := &registry.Registry{}
			registry.RegisterIn(r, "saboteur", registry.Entry[none, *adder]{Task: learner.Regression, Summary: "Adds up.",
				New: func(none, learner.Env) (*adder, error) { return &adder{}, nil }})
			return r
		}()},
	}
}

// adder answers the sum of the targets over their number, which overflows before it is divided.
type adder struct{ mean float64 }

func (a *adder) Fit(_ ctx, d data) error {
	a.mean = 0
	for _, y := range d.Y {
		a.mean += y
	}
	a.mean /= float64(len(d.Y))
	return nil
}

func (a *adder) Predict(_ ctx, x *mat.Dense) ([]float64, error) {
	rows, _ := x.Dims()
	y := make([]float64, rows)
	fill(y, a.mean)
	return y, nil
}
