// Package cart adapts golearn's CART decision trees
// (trees.NewDecisionTreeClassifier, NewDecisionTreeRegressor) as
// "golearn-cart-classifier" and "golearn-cart-regressor".
//
// CART is from Breiman, Friedman, Olshen, Stone (1984). golearn's recomputes the
// impurity of both sides at every threshold, so its time grows with the square
// of the rows: 10,000 rows of 10 features take 20 to 60 seconds, and it cannot
// be interrupted. So more than max_rows rows are refused. tree-classifier and
// tree-regressor, on gonum, do the same for millions of rows, and know
// probabilities, which golearn's CART does not.
//
// The trees do not depend on chance: equal rows in equal order give equal bits.
//
// The package imports learner, learner/golearn/internal, learner/snapshot,
// registry and golearn's pure Go parts: no cgo.
package cart
