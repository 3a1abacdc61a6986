// Package bayes adapts golearn's Bernoulli naive Bayes
// (naive.NewBernoulliNBClassifier) as "golearn-bernoulli-nb-classifier".
//
// Each feature is turned into a bit, true above the parameter binarize, and
// the bits are taken as independent given the class (Manning, Raghavan,
// Schuetze 2008, section 13.3). golearn smooths a bit's probability in a class
// as (rows with it + 1) / (rows + 1), where bernoulli-nb, on gonum, and
// scikit-learn divide by rows + 2.
//
// golearn gives no probabilities, and breaks ties between classes at random. So
// what it learned is read out of its model, which has no public way short of a
// file, and answers are computed from that. Of equally likely classes the first is
// answered. Equal rows give equal bits.
//
// The package imports learner, learner/golearn/internal, learner/snapshot,
// registry and golearn's pure Go parts: no cgo.
package bayes
