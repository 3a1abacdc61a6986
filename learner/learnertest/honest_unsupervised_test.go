package learnertest

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// middle is the weighted mean of the columns, which two honest learners without targets go by.
type middle struct {
	mean []float64
}

func (m *middle) Fit(ctx context.Context, d learner.Dataset) error {
	if err := learner.CheckFit(d, learner.Clustering, learner.Traits{}); err != nil {
		return err
	}
	_, cols := d.X.Dims()
	mean := make([]float64, cols)
	var weight float64
	for i := range d.Len() {
		if err := ctx.Err(); err != nil {
			return err
		}
		weight += d.Weight(i)
		for j, v := range d.X.RawRowView(i) {
			if math.Abs(v) > 1e150 {
				return &learner.DataError{Row: i, Column: j, Reason: "too large"}
			}
			mean[j] += d.Weight(i) * v
		}
	}
	for j := range mean {
		mean[j] /= weight
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mean = mean
	return nil
}

func (m *middle) check(x *mat.Dense) error {
	if m.mean == nil {
		return learner.ErrNotFitted
	}
	return learner.CheckPredict(x, len(m.mean), learner.Traits{})
}

// halves is a Clusterer: rows below and above the mean of the first column.
type halves struct{ middle }

func (m *halves) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	out := make([]float64, rows)
	for i := range out {
		if x.At(i, 0) > m.mean[0] {
			out[i] = 1
		}
	}
	return out, nil
}

func (m *halves) Clusters() int {
	if m.mean == nil {
		return 0
	}
	return 2
}

// centred is a Transformer: the columns less their means.
type centred struct{ middle }

func (m *centred) Transform(_ context.Context, x *mat.Dense) (*mat.Dense, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	out := mat.DenseCopyOf(x)
	rows, _ := out.Dims()
	for i := range rows {
		for j, v := range m.mean {
			out.RawRowView(i)[j] -= v
		}
	}
	return out, nil
}

func (m *centred) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	out, err := m.Transform(ctx, x)
	if err != nil {
		return nil, err
	}
	return mat.Col(nil, 0, out), nil
}

// halvesWith are halves with some of their methods replaced.
type halvesWith struct {
	halves
	fit      func(m *halves, ctx context.Context, d learner.Dataset) error
	clusters func(m *halves) int
}

func (m *halvesWith) Fit(ctx context.Context, d learner.Dataset) error {
	if m.fit != nil {
		return m.fit(&m.halves, ctx, d)
	}
	return m.halves.Fit(ctx, d)
}

func (m *halvesWith) Clusters() int {
	if m.clusters != nil {
		return m.clusters(&m.halves)
	}
	return m.halves.Clusters()
}

// centredWith is centred with its answers replaced.
type centredWith struct {
	centred
	transform func(m *centred, x *mat.Dense) (*mat.Dense, error)
}

func (m *centredWith) Transform(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	if m.transform != nil {
		return m.transform(&m.centred, x)
	}
	return m.centred.Transform(ctx, x)
}

func clustererRegistry(task learner.Task, of func() *halvesWith) *registry.Registry {
	r := &registry.Registry{}
	registry.RegisterIn(r, "saboteur", registry.Entry[none, *halvesWith]{
		Task: task, Summary: "Finds halves.", New: func(none, learner.Env) (*halvesWith, error) { return of(), nil },
	})
	return r
}

func transformerRegistry(transform func(m *centred, x *mat.Dense) (*mat.Dense, error)) *registry.Registry {
	r := &registry.Registry{}
	registry.RegisterIn(r, "saboteur", registry.Entry[none, *centredWith]{
		Task: learner.Decomposition, Summary: "Centres.",
		New: func(none, learner.Env) (*centredWith, error) { return &centredWith{transform: transform}, nil },
	})
	return r
}

func TestHonestLearnersWithoutTargetsPass(t *testing.T) {
	t.Run("clusterer", func(t *testing.T) {
		Run(t, "saboteur", WithRegistry(clustererRegistry(learner.Clustering, func() *halvesWith { return &halvesWith{} })))
	})
	t.Run("transformer", func(t *testing.T) { Run(t, "saboteur", WithRegistry(transformerRegistry(nil))) })
}

func unsupervisedActs() []act {
	clusterer := func(h halvesWith) *registry.Registry {
		return clustererRegistry(learner.Clustering, func() *halvesWith { return &halvesWith{fit: h.fit, clusters: h.clusters} })
	}
	return []act{
		{check: "targets_are_not_looked_at", what: "leaves rows out by their targets", registry: clusterer(halvesWith{
			fit: func(m *halves, ctx context.Context, d learner.Dataset) error {
				if d.Y != nil && learner.CheckFit(d, learner.Clustering, learner.Traits{}) == nil {
					d = cloneData(d)
					d.Weights = slices.Repeat([]float64{1}, d.Len())
					for i, y := range d.Y {
						if y > 0 {
							d.Weights[i] = 0
						}
					}
				}
				return m.Fit(ctx, d)
			},
		})},
		{check: "capabilities", what: "has clusters and is registered for something else",
			registry: clustererRegistry(learner.Regression, func() *halvesWith { return &halvesWith{} })},
		{check: "clusters", what: "has clusters before Fit", registry: clusterer(halvesWith{clusters: func(*halves) int { return 2 }})},
		{check: "clusters", what: "has fewer than it answers", registry: clusterer(halvesWith{clusters: func(m *halves) int { return min(m.Clusters(), 1) }})},
		{check: "beats_baseline", what: "always answers the same", registry: clusterer(halvesWith{
			fit: func(m *halves, ctx context.Context, d learner.Dataset) error {
				err := m.Fit(ctx, d)
				if err == nil {
					m.mean = slices.Clone(m.mean)
					m.mean[0] = 1e300
				}
				return err
			},
		})},
		{check: "transform", what: "the first is not what Predict answers", registry: transformerRegistry(func(m *centred, x *mat.Dense) (*mat.Dense, error) {
			out, err := m.Transform(background, x)
			if err == nil {
				out.Scale(2, out)
			}
			return out, err
		})},
		{check: "transform", what: "fewer numbers for one row", registry: transformerRegistry(func(m *centred, x *mat.Dense) (*mat.Dense, error) {
			out, err := m.Transform(background, x)
			if err == nil && out.RawMatrix().Rows == 1 {
				out = mat.DenseCopyOf(out.Slice(0, 1, 0, 1))
			}
			return out, err
		})},
	}
}
