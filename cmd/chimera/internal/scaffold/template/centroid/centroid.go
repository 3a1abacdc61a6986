// Package centroid is a learner of your own: the nearest centroid classifier
// (Tibshirani, Hastie, Narasimhan and Chu 2002, without their shrinkage). A class is the
// mean of its rows, and a row is of the class whose mean is nearest.
package centroid

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("nearest-centroid", registry.Entry[Params, *Classifier]{
		Task: learner.Classification, Summary: "The class whose mean is nearest.", Reference: "Tibshirani et al. 2002", New: New,
	})
}

// Params are what chimera.yaml may say under params:. The tags are the
// default, the limits and the documentation.
type Params struct {
	Norm float64 `json:"norm" default:"2" validate:"gte=1" doc:"how distance is measured: 1 is Manhattan, 2 Euclidean"`
}

// Classifier learns one centroid per class.
type Classifier struct {
	params    Params
	features  int
	centroids [][]float64 // one per class; nil for a class without rows
}

// New makes a classifier that has learned nothing yet.
func New(p Params, _ learner.Env) (*Classifier, error) { return &Classifier{params: p}, nil }

// Fit computes the centroids.
func (c *Classifier) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Classification, learner.Traits{}); err != nil {
		return err
	}
	rows, features := train.X.Dims()
	centroids, weights := make([][]float64, len(train.Classes)), make([]float64, len(train.Classes))
	poll := learner.NewPoll(ctx, 1<<16) // checks now and then whether the fit was cancelled
	for i := range rows {
		if err := poll.Work(features); err != nil {
			return err
		}
		class, weight := int(train.Y[i]), train.Weight(i)
		if weight == 0 {
			continue
		}
		if centroids[class] == nil {
			centroids[class] = make([]float64, features)
		}
		weights[class] += weight // and the mean moves towards the row, by its share
		for j, v := range train.X.RawRowView(i) {
			centroids[class][j] += weight / weights[class] * (v - centroids[class][j])
		}
	}
	if err := ctx.Err(); err != nil {
		return err // a cancelled fit keeps the old model
	}
	c.features, c.centroids = features, centroids
	return nil
}

// Predict returns the index of the nearest class, the first one if several are equally near.
func (c *Classifier) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	if c.centroids == nil {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, c.features, learner.Traits{}); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	nearest := make([]float64, rows)
	poll := learner.NewPoll(ctx, 1<<16)
	for i := range nearest {
		if err := poll.Work(len(c.centroids) * c.features); err != nil {
			return nil, err
		}
		least := math.Inf(1)
		for class, centroid := range c.centroids {
			if centroid == nil {
				continue
			}
			if d := floats.Distance(x.RawRowView(i), centroid, c.params.Norm); d < least {
				least, nearest[i] = d, float64(class)
			}
		}
	}
	return nearest, nil
}
