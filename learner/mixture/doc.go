// Package mixture has "gaussian-mixture": rows that come from one of several normal distributions, which are found with the
// probabilities that each row comes from each (Dempster, Laird and Rubin, "Maximum likelihood from incomplete data via the
// EM algorithm", 1977).
//
// It learns from sums over rows (learner.Summable): rows may lie anywhere, and any number of workers finds the mixture of
// one process, to the last bit. A training goes through these phases:
//
//   - kmeans: clusters, as package kmeans finds them; each row belongs to one of them,
//   - hard: the weights, means and covariances of the clusters, with which the mixture begins,
//   - em: in each round the probabilities of each row's components, and of these the next weights, means and covariances.
//
// If means_init, weights_init and precisions_init are all given, a training begins with em. What a row adds are products of
// its probabilities and its differences from the means so far, which are added up exactly; the next covariances come
// from these sums without cancellation.
//
// Parameters and the rule that ends the training are scikit-learn's. From an equal beginning both take the same steps.
//
// The package imports learner, learner/exact, learner/kmeans, learner/numeric, learner/snapshot, registry and gonum.
package mixture
