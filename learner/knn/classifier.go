package knn

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("knn-classifier", registry.Entry[Params, *Classifier]{
		Task: learner.Classification, Summary: "Vote of the nearest rows' classes.",
		Reference: "Cover and Hart 1967; kd-tree: Friedman, Bentley and Finkel 1977", New: NewClassifier,
	})
}

// Classifier answers the class with the largest share of the neighbours; of
// classes with equal shares, the first.
type Classifier struct {
	params Params
	procs  int
	model  *model // nil before Fit
}

// NewClassifier makes an unfitted classifier. The error is a *learner.ParamError.
func NewClassifier(p Params, env learner.Env) (*Classifier, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return &Classifier{params: p, procs: max(env.Procs, 1)}, nil
}

// Fit stores the rows.
func (c *Classifier) Fit(ctx context.Context, train learner.Dataset) error {
	m, err := fit(ctx, c.params, learner.Classification, train)
	if err != nil {
		return err
	}
	c.model = m
	return nil
}

// Predict answers a class index for each row of x.
func (c *Classifier) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	proba, err := c.PredictProba(ctx, x)
	if err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	classes := make([]float64, rows)
	for i := range classes {
		p := proba.RawRowView(i)
		best := 0
		for k, v := range p {
			if v > p[best] {
				best = k
			}
		}
		classes[i] = float64(best)
	}
	return classes, nil
}

// PredictProba answers each class's share of the neighbours' weights: rows x
// classes.
func (c *Classifier) PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	if err := c.model.ready(x); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	proba := mat.NewDense(rows, len(c.model.schema.Classes), nil)
	err := c.model.each(ctx, x, c.procs, func(row int, voices []voice) { shares(proba.RawRowView(row), voices) })
	if err != nil {
		return nil, err
	}
	return proba, nil
}

// shares adds the voices up, class by class, and divides by their sum.
func shares(into []float64, voices []voice) {
	var sum float64
	for _, v := range voices {
		into[int(v.target)] += v.weight
		sum += v.weight
	}
	for k := range into {
		into[k] /= sum
	}
}

// MarshalBinary stores the fitted model; see package snapshot.
func (c *Classifier) MarshalBinary() ([]byte, error) { return c.model.marshal(classifierKind) }

// UnmarshalBinary reads what MarshalBinary stored. The model predicts with
// the parameters it was fitted with; the next Fit uses the learner's own.
func (c *Classifier) UnmarshalBinary(data []byte) error {
	m, err := unmarshal(data, classifierKind)
	if err != nil {
		return err
	}
	c.model = m
	return nil
}

var (
	_ learner.Classifier  = (*Classifier)(nil)
	_ learner.Snapshotter = (*Classifier)(nil)
)
