package forest

import "github.com/gochimera/chimera/learner"

// classWeights is what class_weight makes of the weights that a tree grows
// from: those of its bootstrap, or nil for the data set's own. As in
// scikit-learn, balanced goes by the classes of the whole data set, and
// balanced_subsample by those that the tree has drawn.
func classWeights(train learner.Dataset, p ClassifierParams) func(weights []float64) []float64 {
	if p.ClassWeight != "balanced" && p.ClassWeight != "balanced_subsample" {
		return func(weights []float64) []float64 { return weights }
	}
	whole := learner.Balanced(train.Y, train.Weights, len(train.Classes))
	if !p.Bootstrap {
		return func([]float64) []float64 { return whole } // trees only read it
	}
	if p.ClassWeight == "balanced_subsample" {
		return func(weights []float64) []float64 { return learner.Balanced(train.Y, weights, len(train.Classes)) }
	}
	factor := make([]float64, len(train.Classes))
	for i, c := range train.Y {
		if w := train.Weight(i); w > 0 {
			factor[int(c)] = whole[i] / w
		}
	}
	return func(weights []float64) []float64 {
		for i, c := range train.Y {
			weights[i] *= factor[int(c)] // 0 for a row that is never drawn
		}
		return weights
	}
}
