// Package shipped links the learners of this module that need neither cgo nor another library, for what the command line does
// with a stored model itself.
package shipped

import (
	_ "github.com/gochimera/chimera/learner/adaboost" // boosted small trees
	_ "github.com/gochimera/chimera/learner/bayes"    // naive Bayes
	_ "github.com/gochimera/chimera/learner/boosting" // boosted trees
	_ "github.com/gochimera/chimera/learner/dummy"    // baselines
	_ "github.com/gochimera/chimera/learner/forest"   // forests
	_ "github.com/gochimera/chimera/learner/kmeans"   // clusters around means
	_ "github.com/gochimera/chimera/learner/knn"      // nearest neighbours
	_ "github.com/gochimera/chimera/learner/linear"   // linear models
	_ "github.com/gochimera/chimera/learner/mixture"  // mixtures of normal distributions
	_ "github.com/gochimera/chimera/learner/mlp"      // networks
	_ "github.com/gochimera/chimera/learner/pca"      // principal components
	_ "github.com/gochimera/chimera/learner/sgd"      // linear models by gradients
	_ "github.com/gochimera/chimera/learner/tree"     // trees
)
