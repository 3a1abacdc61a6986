// Package bagging adapts golearn's bagging (meta.BaggedModel) of its ID3 trees
// as "golearn-bagged-id3-classifier".
//
// Each tree grows on a bootstrap of the rows (Breiman 1996) and, if
// max_features is given, on features drawn once for the whole tree (the random
// subspace method, Ho 1998); the trees vote. Probabilities are shares of the
// votes. forest-classifier, on gonum, draws features at every split and
// averages the leaves' probabilities.
//
// golearn draws from the global generator, so no seed makes two fits equal.
//
// # Two faults of golearn's that the adapter works around
//
// The bootstrap is a view of the rows in which some of golearn's reads see the rows drawn and others
// the rows as they were, so that the first split of a tree is made on values
// beside the classes of other rows. So each tree here gets a copy of its
// bootstrap. And the trees grow in goroutines of golearn's, where a panic would
// end the process; here each recovers from its own.
//
// The package imports learner, learner/golearn/internal, registry and golearn's
// pure Go parts: no cgo.
package bagging
