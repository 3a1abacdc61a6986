package learner

import (
	"context"

	"gonum.org/v1/gonum/mat"
)

// Clusterer is an Estimator of the task Clustering: it puts rows into groups that it has found. Predict answers the index of a
// row's cluster, from 0. One that is a Classifier too is not sure of that: its PredictProba returns rows x Clusters()
// probabilities.
type Clusterer interface {
	Estimator
	// Clusters is how many clusters the fitted model has, which may be fewer than were asked for; 0 before Fit.
	Clusters() int
}

// Transformer is an Estimator of the task Decomposition: it says the most of a row's features in a few numbers. Predict
// answers the first of them.
type Transformer interface {
	Estimator
	// Transform returns rows x outputs numbers for rows of x, the more important outputs first. How many there are the
	// fitted model says. Bad rows are the errors of Predict.
	Transform(ctx context.Context, x *mat.Dense) (*mat.Dense, error)
}
