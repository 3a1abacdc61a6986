package learnertest

import (
	"context"
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/registry"
)

// Numbers at either end of what a float64 holds: a fit refuses them by an error, or the model
// predicts as for any others.
var extremeChecks = []check{
	{name: "extreme_targets", of: registry.Estimator, waived: numberless, run: extremeTargets},
	{name: "extreme_features", of: registry.Estimator, run: extremeFeatures},
}

func numberless(s *subject) string {
	if s.info.Task != learner.Regression {
		return string(s.info.Task)
	}
	return ""
}

const extremeRows = 40

// extremes are near the largest and the smallest float64, and where squares end.
var extremes = []float64{1.6e308, 1e150, 1e-150, math.SmallestNonzeroFloat64}

func extremeTargets(k *trial) {
	few := k.main().train.Select(upTo(min(extremeRows, k.subject.rows)))
	for _, v := range extremes {
		for _, spread := range []struct {
			what string
			of   func(i int) float64
		}{
			{"all targets %v", func(int) float64 { return v }},
			{"targets of +-%v", func(i int) float64 { return v * float64(1-2*(i%2)) }},
			{"targets of %v among others", func(i int) float64 {
				if i%5 == 0 {
					return v
				}
				return few.Y[i]
			}},
		} {
			d := cloneData(few)
			for i := range d.Y {
				d.Y[i] = spread.of(i)
				if k.subject.counts {
					d.Y[i] = math.Abs(d.Y[i])
				}
			}
			var largest float64
			for _, y := range d.Y {
				largest = max(largest, math.Abs(y))
			}
			k.extreme(d, largest, fmt.Sprintf(spread.what, v))
		}
	}
}

func extremeFeatures(k *trial) {
	few := k.main().train.Select(upTo(min(extremeRows, k.subject.rows)))
	for _, v := range extremes {
		d := cloneData(few)
		for i := range d.Len() {
			d.X.Set(i, 0, v*math.Copysign(1, d.X.At(i, 0)))
			if k.subject.nonNegative {
				d.X.Set(i, 0, v*float64(i%2))
			}
		}
		k.extreme(d, math.Inf(1), fmt.Sprintf("a feature of +-%v", v))
		d = cloneData(d)
		for i := range d.Len() {
			for j := range width {
				if d.X.At(i, j) != 0 {
					d.X.Set(i, j, v*math.Copysign(1, d.X.At(i, j)))
				}
			}
		}
		k.extreme(d, math.Inf(1), fmt.Sprintf("all features +-%v", v))
	}
}

// extreme asserts that a fit to d is refused by an error, or gives possible answers for its rows: those
// of a regressor are finite and, as in sensible, not far beyond the largest target. A linear answer to
// an extreme feature is itself extreme: so largest is infinite there.
func (k *trial) extreme(d learner.Dataset, largest float64, what string) {
	k.Helper()
	m := k.model()
	if err := m.Fit(context.Background(), d); err != nil {
		k.asserted++
		return
	}
	if k.subject.info.Task != learner.Regression {
		k.sensible(m, d, d.X, what)
		return
	}
	for i, p := range k.ask(m, d.X).predicted {
		if !numeric.IsFinite(p) || math.Abs(p)/4-1 > largest { // a quarter, since four times the largest overflows
			k.check(false, "%s: row %d: Predict answers %v, the targets are up to %v", what, i, p, largest)
			return
		}
	}
	k.asserted++
}
