package pca

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("pca", registry.Entry[Params, *PCA]{
		Task: learner.Decomposition, Summary: "Principal components: the directions along which rows differ most, and how far along them each row lies.",
		Reference: "Pearson 1901; Hotelling 1933", New: New,
	})
}

// PCA finds principal components.
type PCA struct {
	params Params
	fitted *fitted // nil before Fit
}

// fitted is what was found.
type fitted struct {
	whiten    bool
	weight    float64 // of all rows
	mean      []float64
	total     float64 // the variance of all features
	variances []float64
	vectors   [][]float64 // components x features

	turned []float64 // features x components: the vectors, scaled if they whiten
}

// New makes an unfitted model; it always can.
func New(p Params, _ learner.Env) (*PCA, error) { return &PCA{params: p}, nil }

// Fit finds the components.
func (m *PCA) Fit(ctx context.Context, train learner.Dataset) error {
	if train.Features == nil && train.Len() > 0 {
		_, cols := train.X.Dims()
		train.Features = make([]string, cols) // the training only counts them
	}
	next := &PCA{params: m.params}
	if err := learner.FitBySums(ctx, next, train); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	*m = *next
	return nil
}

func (f *fitted) encode() []float64 {
	out := append([]float64{model, f.weight}, f.mean...)
	out = append(out, f.total, float64(len(f.variances)))
	out = append(out, f.variances...)
	for _, v := range f.vectors {
		out = append(out, v...)
	}
	return out
}

// SetState makes the model of the last state of a training.
func (m *PCA) SetState(s learner.Schema, state []float64) error {
	cols := len(s.Features)
	if asked, err := asks(state, cols); err != nil || asked != model {
		return fmt.Errorf("pca: this is not the last state of a training for %d features", cols)
	}
	own := slices.Clone(state)
	f := &fitted{whiten: m.params.Whiten, weight: own[1], mean: own[2:][:cols:cols], total: own[2+cols]}
	n, rest := own[3+cols], own[4+cols:]
	if n != math.Trunc(n) || n < 1 || n > float64(cols) || len(rest) != int(n)*(1+cols) {
		return fmt.Errorf("pca: a state of %d numbers has not %v components of %d features", len(state), n, cols)
	}
	f.variances, rest = rest[:int(n):int(n)], rest[int(n):]
	for ; len(rest) > 0; rest = rest[cols:] {
		f.vectors = append(f.vectors, rest[:cols:cols])
	}
	if slices.Min(f.variances) < 0 || f.total < 0 {
		return fmt.Errorf("pca: a state with a negative variance")
	}
	m.set(f)
	return nil
}

// set puts the model into use.
func (m *PCA) set(f *fitted) {
	n := len(f.vectors)
	f.turned = make([]float64, len(f.mean)*n)
	for c, vector := range f.vectors {
		scale := 1.
		if f.whiten {
			if scale = 0; f.variances[c] > 0 {
				scale = 1 / math.Sqrt(f.variances[c])
			}
		}
		for j, v := range vector {
			f.turned[j*n+c] = v * scale
		}
	}
	m.fitted = f
}

// Transform answers how far along each component a row lies from the mean of those it was fitted to, rows x components.
func (m *PCA) Transform(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	if m.fitted == nil {
		return nil, learner.ErrNotFitted
	}
	return m.project(ctx, x, len(m.fitted.vectors))
}

// project answers the first so many components.
func (m *PCA) project(ctx context.Context, x *mat.Dense, components int) (*mat.Dense, error) {
	f := m.fitted
	if err := learner.CheckPredict(x, len(f.mean), learner.Traits{}); err != nil {
		return nil, err
	}
	rows, cols := x.Dims()
	out := mat.NewDense(rows, components, nil)
	poll := learner.NewPoll(ctx, pollBudget)
	for i := range rows {
		if err := poll.Work(cols * components); err != nil {
			return nil, err
		}
		into := out.RawRowView(i)
		for j, v := range x.RawRowView(i) {
			d := v - f.mean[j]
			for c, t := range f.turned[j*len(f.vectors):][:components] {
				into[c] += float64(d * t)
			}
		}
	}
	return out, nil
}

// InverseTransform answers the rows that lie so far along the components (rows x components): rows x features.
func (m *PCA) InverseTransform(ctx context.Context, z *mat.Dense) (*mat.Dense, error) {
	f := m.fitted
	if f == nil {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(z, len(f.vectors), learner.Traits{}); err != nil {
		return nil, err
	}
	rows, components := z.Dims()
	out := mat.NewDense(rows, len(f.mean), nil)
	poll := learner.NewPoll(ctx, pollBudget)
	for i := range rows {
		if err := poll.Work(len(f.mean) * components); err != nil {
			return nil, err
		}
		into := out.RawRowView(i)
		copy(into, f.mean)
		for c, far := range z.RawRowView(i) {
			if f.whiten {
				far *= math.Sqrt(f.variances[c])
			}
			for j, v := range f.vectors[c] {
				into[j] += float64(far * v)
			}
		}
	}
	return out, nil
}

// Predict answers how far along the first component each row lies.
func (m *PCA) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	if m.fitted == nil {
		return nil, learner.ErrNotFitted
	}
	out, err := m.project(ctx, x, 1)
	if err != nil {
		return nil, err
	}
	return out.RawMatrix().Data, nil
}

// Components are the directions, each of length 1, components x features; nil before Fit.
func (m *PCA) Components() *mat.Dense {
	if m.fitted == nil {
		return nil
	}
	out := mat.NewDense(len(m.fitted.vectors), len(m.fitted.mean), nil)
	for c, v := range m.fitted.vectors {
		out.SetRow(c, v)
	}
	return out
}

// Mean is the mean of the features; nil before Fit.
func (m *PCA) Mean() []float64 {
	if m.fitted == nil {
		return nil
	}
	return slices.Clone(m.fitted.mean)
}

// ExplainedVariance is the variance along each component, with one less than the weight of the rows as its denominator; nil
// before Fit.
func (m *PCA) ExplainedVariance() []float64 {
	if m.fitted == nil {
		return nil
	}
	return slices.Clone(m.fitted.variances)
}

// ExplainedVarianceRatio is that as shares of the variance of all features, 0 where there is none.
func (m *PCA) ExplainedVarianceRatio() []float64 {
	out := m.ExplainedVariance()
	for i := range out {
		if m.fitted.total > 0 {
			out[i] /= m.fitted.total
		}
	}
	return out
}

const snapshotKind = "pca"

// MarshalBinary stores the fitted model; see package snapshot.
func (m *PCA) MarshalBinary() ([]byte, error) {
	f := m.fitted
	if f == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(snapshotKind, 1)
	w.Bool(f.whiten)
	w.Float(f.weight)
	w.Float(f.total)
	w.Floats(f.mean)
	w.Floats(f.variances)
	w.Floats(slices.Concat(f.vectors...))
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (m *PCA) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, snapshotKind, 1)
	if err != nil {
		return err
	}
	whiten := r.Bool()
	f := &fitted{whiten: whiten, weight: r.Float(), total: r.Float(), mean: r.FiniteFloats(), variances: r.FiniteFloats()}
	values := r.FiniteFloats()
	n, cols := len(f.variances), len(f.mean)
	if n == 0 || n > cols || len(values) != n*cols || !(f.weight > 0 && f.total >= 0) || !numeric.IsFinite(f.weight) || !numeric.IsFinite(f.total) {
		r.Failf("%d components of %d features in %d numbers", n, cols, len(values))
	}
	for _, v := range f.variances {
		if v < 0 {
			r.Failf("a variance of %v", v)
		}
	}
	if err := r.Close(); err != nil {
		return err
	}
	for ; len(values) > 0; values = values[cols:] {
		f.vectors = append(f.vectors, values[:cols:cols])
	}
	m.set(f)
	return nil
}

var (
	_ learner.Inverter          = (*PCA)(nil)
	_ learner.VarianceExplainer = (*PCA)(nil)
	_ learner.Summable          = (*PCA)(nil)
	_ learner.Snapshotter       = (*PCA)(nil)
)
