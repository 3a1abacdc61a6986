package linear

import (
	"context"

	"github.com/gochimera/chimera/learner"
)

// vote is what the rows of a data set say about its classes before any feature
// is looked at. Classes without rows take no part in a fit: nothing is known
// about them that a minimum could be found for.
type vote struct {
	classes, features int
	index             []float64 // of each class among those with rows, or -1
	factor            []float64 // multiplies the weights of each class's rows; nil for 1
	present           int       // how many classes have rows
	only              int       // the class that has them all, or -1
}

// newVote counts the rows of each class. If balanced, the factors give all
// classes that have rows the same total weight.
func newVote(ctx context.Context, d learner.Dataset, balanced bool) (vote, error) {
	_, features := d.X.Dims()
	v := vote{classes: len(d.Classes), features: features, index: make([]float64, len(d.Classes)), only: -1}
	weights := make([]float64, len(d.Classes))
	var total float64
	poll := learner.NewPoll(ctx, 1<<18)
	for i, y := range d.Y {
		if err := poll.Work(1); err != nil {
			return v, err
		}
		weights[int(y)] += d.Weight(i)
		total += d.Weight(i)
	}
	for c, w := range weights {
		v.index[c] = -1
		if w > 0 {
			v.index[c] = float64(v.present)
			v.only = c
			v.present++
		}
	}
	if v.present > 1 {
		v.only = -1
	}
	if balanced {
		v.factor = make([]float64, v.classes)
		for c, w := range weights {
			if w > 0 {
				v.factor[c] = total / (float64(v.present) * w)
			}
		}
	}
	return v, ctx.Err()
}

// outputs is how many functions separate the classes that have rows.
func (v vote) outputs() int {
	if v.classes == 2 {
		return 1
	}
	return v.present
}

// certain is the model that always answers the only class.
func (v vote) certain() functions {
	f := newFunctions(v.classes, v.features)
	switch {
	case v.classes == 2:
		f.intercept[0] = certain * float64(2*v.only-1)
	case v.classes > 2:
		for o := range f.intercept {
			f.intercept[o] = -certain
		}
		f.intercept[v.only] = certain
	}
	return f
}

// spread gives each class its function of those fitted to the classes that
// have rows; the others get one that never wins.
func (v vote) spread(fitted functions) functions {
	f := newFunctions(v.classes, v.features)
	if v.classes == 2 {
		copy(f.coef, fitted.coef)
		copy(f.intercept, fitted.intercept)
		return f
	}
	for c, i := range v.index {
		if i < 0 {
			f.intercept[c] = -certain
			continue
		}
		o := int(i)
		copy(f.coef[c*v.features:(c+1)*v.features], fitted.coef[o*v.features:])
		f.intercept[c] = fitted.intercept[o]
	}
	return f
}
