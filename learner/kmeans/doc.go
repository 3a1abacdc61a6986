// Package kmeans has "kmeans": clusters whose rows are nearer to their own mean than to that of any other (Lloyd,
// "Least squares quantization in PCM", 1957 and 1982), begun from rows that k-means|| draws (Bahmani et al., "Scalable
// k-means++", 2012).
//
// It learns from sums over rows (learner.Summable): rows may lie anywhere, and any number of workers finds the clusters
// of one process, to the last bit. A training goes through these phases, of which each asks all rows once:
//
//   - moments: the mean of the rows, and how many different rows there are, by probabilistic counting (Flajolet and
//     Martin 1985),
//   - spread and draw, five times each: how far rows are from the candidates so far, then more candidates, each row with
//     a probability in proportion to its squared distance. A row is drawn by a hash of its values, so it is drawn
//     wherever it lies, and equal rows are drawn together,
//   - count: the weight of the rows that are nearest to each candidate. From the candidates with these weights k-means++
//     (Arthur and Vassilvitskii 2007) chooses where clusters begin,
//   - lloyd: each cluster's mean becomes its center. A center that no row is nearest to is replaced by a row far from its
//     center (refill); where rows have fewer different values than there should be clusters, there are fewer clusters,
//   - finish: the inertia of the last centers, and the weights of their clusters.
//
// Sums have room for the drawn rows: each falls into one of several slots, by its hash, and its values are what is
// added there. A slot that two different rows have fallen into says so, and is left out.
//
// Parameters and the rule that ends the training are scikit-learn's. From equal centers both take the same steps.
//
// The package imports learner, learner/exact, learner/numeric, learner/snapshot, registry and gonum.
package kmeans
