// Package id3 adapts golearn's ID3 decision tree (trees.NewID3DecisionTree) as
// "golearn-id3-classifier".
//
// ID3 (Quinlan 1986) splits where the information gain is largest. golearn's
// splits numbers at a threshold and uses each feature once on a path, so a tree
// is as deep as there are features at most. It looks at some thresholds only
// where values repeat in a column. tree-classifier, on gonum, has neither limit.
//
// golearn breaks ties between splits at random, by the order of a map, so two
// fits to the same rows may differ. 10,000 rows of 10 features take about half
// a second.
//
// The package imports learner, learner/golearn/internal, registry and golearn's
// pure Go parts: no cgo.
package id3
