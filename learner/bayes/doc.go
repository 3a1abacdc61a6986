// Package bayes has naive Bayes classifiers: within a class, features are
// taken to be independent (Maron 1961; Duda and Hart 1973).
//
//   - "gaussian-nb": every feature is normal, with a mean and a variance per class,
//   - "bernoulli-nb": features are yes or no,
//   - "multinomial-nb": features are counts, or shares of a whole, such as
//     words in a text.
//
// "qda-classifier" is what is left of "gaussian-nb" without that: features are normal together, with covariances of
// each class.
//
// Parameters and defaults are scikit-learn's, but that an alpha below 1e-10
// counts as 1e-10: scikit-learn takes it as it is since 1.4, unless force_alpha
// is False. A row of weight k counts as k rows. A class of the schema that has
// no rows, or only rows of weight 0, has probability 0 and is never predicted. A
// row so unlikely that no class can explain it to within what a float holds is
// answered with the prior probabilities.
//
// All of them learn from sums over rows that are anywhere (learner.Summable), in one round; Fit is the same with all rows
// at hand, and gives the same bits. The sums are exact, so that a mean and a variance are rounded once.
//
// The package imports learner, learner/exact, learner/numeric, learner/snapshot, registry and gonum.
package bayes
