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

// Centered is a Clusterer whose clusters have centers.
type Centered interface {
	Clusterer
	// Centers are clusters x features; nil before Fit.
	Centers() *mat.Dense
	// ClusterWeights says how much the rows that the model was fitted to weigh in each cluster; nil before Fit.
	ClusterWeights() []float64
}

// Denser is a Clusterer that knows how probable rows are.
type Denser interface {
	Clusterer
	// LogDensity returns the logarithm of the density of each row of x; their mean is the log-likelihood of a row. Bad rows
	// are the errors of Predict.
	LogDensity(ctx context.Context, x *mat.Dense) ([]float64, error)
}

// Transformer is an Estimator of the task Decomposition: it says the most of a row's features in a few numbers. Predict
// answers the first of them.
type Transformer interface {
	Estimator
	// Transform returns rows x outputs numbers for rows of x, the more important outputs first. How many there are the
	// fitted model says. Bad rows are the errors of Predict.
	Transform(ctx context.Context, x *mat.Dense) (*mat.Dense, error)
}

// Inverter is a Transformer that can go back.
type Inverter interface {
	Transformer
	// InverseTransform returns for rows of z, which Transform has made (rows x outputs), the rows x features that are
	// nearest to those it made them of.
	InverseTransform(ctx context.Context, z *mat.Dense) (*mat.Dense, error)
}

// VarianceExplainer is a Transformer that knows how much each of its outputs tells.
type VarianceExplainer interface {
	Transformer
	// ExplainedVarianceRatio is each output's share of the variance of all features of the rows that the model was fitted
	// to; nil before Fit.
	ExplainedVarianceRatio() []float64
}
