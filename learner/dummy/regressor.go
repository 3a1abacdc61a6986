package dummy

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("dummy-regressor", registry.Entry[RegressorParams, *Regressor]{
		Task: learner.Regression, Summary: "Baseline that answers one number, whatever the features.",
		Traits: traits, New: NewRegressor,
	})
}

// RegressorParams are the parameters of dummy-regressor.
type RegressorParams struct {
	Strategy string  `json:"strategy" default:"mean" validate:"oneof=mean median quantile constant"`
	Quantile float64 `json:"quantile" default:"0.5" validate:"gte=0,lte=1"`
	Constant float64 `json:"constant" default:"0"`
}

// Regressor answers one number.
type Regressor struct {
	params RegressorParams
	width  int
	fitted bool
	value  float64
}

// NewRegressor makes an unfitted regressor.
func NewRegressor(p RegressorParams, _ learner.Env) (*Regressor, error) {
	return &Regressor{params: p}, nil
}

// traits of both learners: what is not looked at may be missing.
var traits = learner.Traits{AllowsMissing: true, KeepsScale: true, Ordinals: true}

// pollRows is how many rows go by between two looks at the context.
const pollRows = 1 << 14

// Fit computes the number.
func (m *Regressor) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Regression, traits); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var value float64
	var err error
	switch m.params.Strategy {
	case "median":
		value, err = quantile(ctx, train, 0.5)
	case "quantile":
		value, err = quantile(ctx, train, m.params.Quantile)
	case "constant":
		value = m.params.Constant
	default:
		value, err = mean(ctx, train)
	}
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	_, m.width = train.X.Dims()
	m.value, m.fitted = value, true
	return nil
}

// mean is the weighted mean of the targets. It is updated row by row, which
// cannot overflow where the targets do not.
func mean(ctx context.Context, d learner.Dataset) (float64, error) {
	poll := learner.NewPoll(ctx, pollRows)
	var value, weight float64
	for i, y := range d.Y {
		if err := poll.Work(1); err != nil {
			return 0, err
		}
		w := d.Weight(i)
		if w == 0 {
			continue
		}
		weight += w
		share := w / weight
		value = (1-share)*value + share*y
	}
	return value, nil
}

// target is a value of y, and what the rows that have it weigh.
type target struct{ y, weight float64 }

// quantile is the q-quantile of the targets. If the rows of each value weigh a
// whole number, it is that with linear interpolation (Hyndman and Fan 1996,
// definition 7), as if each row were there as often as it weighs: the value at
// position q (W-1), counted from 0, where W is the sum of the weights. Weights
// that are not whole count no rows. The quantile is then the least target that,
// with those below it, weighs q W, however large W is (Hyndman and Fan's
// definition 1, which is scikit-learn's with weights).
func quantile(ctx context.Context, d learner.Dataset, q float64) (float64, error) {
	targets, err := targetsOf(ctx, d)
	if err != nil {
		return 0, err
	}
	var total float64
	whole := true
	for _, t := range targets {
		total += t.weight
		whole = whole && isWhole(t.weight)
	}
	at := func(reached func(weight float64) bool) float64 { // the first target up to which the weight is enough
		var sum float64
		for _, t := range targets {
			sum += t.weight
			if reached(sum) {
				return t.y
			}
		}
		return targets[len(targets)-1].y
	}
	rounding := roundingShare * total
	if !whole {
		return at(func(weight float64) bool { return weight >= q*total-rounding }), nil
	}
	on := func(position float64) float64 { // the value that the position falls on
		return at(func(weight float64) bool { return weight > position+rounding })
	}
	position := q * (total - 1)
	first := math.Floor(position + rounding)
	share := max(position-first, 0)
	low := on(first)
	if share == 0 {
		return low, nil
	}
	return (1-share)*low + share*on(first+1), nil
}

// roundingShare is by how much sums of weights may be off: ten weights of 0.1
// add up to a little less than 1.
const roundingShare = 1e-12

func isWhole(weight float64) bool {
	nearest := math.Round(weight)
	return nearest >= 1 && math.Abs(weight-nearest) <= roundingShare*nearest
}

// targetsOf is the values of the targets that weigh anything, in ascending order.
func targetsOf(ctx context.Context, d learner.Dataset) ([]target, error) {
	poll := learner.NewPoll(ctx, pollRows)
	var targets []target
	for i, y := range d.Y {
		if err := poll.Work(1); err != nil {
			return nil, err
		}
		if w := d.Weight(i); w > 0 {
			targets = append(targets, target{y, w})
		}
	}
	slices.SortFunc(targets, func(a, b target) int { return cmp.Compare(a.y, b.y) })
	distinct := targets[:0]
	for _, t := range targets {
		if last := len(distinct) - 1; last >= 0 && distinct[last].y == t.y {
			distinct[last].weight += t.weight
		} else {
			distinct = append(distinct, t)
		}
	}
	return distinct, nil
}

// Predict answers the number for each row of x.
func (m *Regressor) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	if !m.fitted {
		return nil, learner.ErrNotFitted
	}
	return constantFor(x, m.width, m.value)
}

func constantFor(x *mat.Dense, width int, value float64) ([]float64, error) {
	if err := learner.CheckPredict(x, width, traits); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	return slices.Repeat([]float64{value}, rows), nil
}

// MarshalBinary stores the fitted model; see package snapshot.
func (m *Regressor) MarshalBinary() ([]byte, error) {
	if !m.fitted {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(regressorKind, snapshotVersion)
	w.Int(m.width)
	w.Floats([]float64{m.value})
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Regressor) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, regressorKind, snapshotVersion)
	if err != nil {
		return err
	}
	width, values := r.Count(widthLimit), r.FiniteFloats()
	if len(values) != 1 {
		r.Failf("%d values instead of one", len(values))
	}
	if err := r.Close(); err != nil {
		return err
	}
	m.width, m.value, m.fitted = width, values[0], true
	return nil
}

var (
	_ learner.Estimator   = (*Regressor)(nil)
	_ learner.Snapshotter = (*Regressor)(nil)
)
