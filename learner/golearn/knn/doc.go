// Package knn adapts golearn's linear search for nearest neighbours
// (knn.NewKnnClassifier with "euclidean" and "linear") as
// "golearn-knn-classifier" and "golearn-knn-regressor".
//
// The rule is Fix and Hodges (1951): the class with the most of the
// n_neighbors nearest training rows, or the mean of their targets. Of classes
// with equally many the first is answered; if there are fewer rows than
// n_neighbors, all are asked.
//
// # How golearn is asked
//
// golearn's classifier breaks ties between classes by the order of a map, so
// the same row could be answered differently each time; it does not report votes; its
// regressor breaks ties between rows in the same way; its kd-tree returns wrong
// neighbours. What it does reliably is to find the one nearest row. So each
// training row is a class of its own, and golearn is asked n_neighbors times,
// with the rows it has answered moved out of the way. That makes probabilities and regression possible,
// and every answer depends on its row alone.
//
// It is slow: each neighbour costs a pass over the training rows and a sort of
// them, a good millisecond for 10,000 rows of 10 features. Distances are computed in single
// precision: values beyond 1e15 in size are refused, and squared distances that
// agree in seven digits count as equal. knn-classifier and knn-regressor, on
// gonum, have neither limit.
//
// The package needs cgo, for golearn's distance loop; without it there is
// nothing in here and the learners are not registered. It imports learner,
// learner/golearn/internal, learner/snapshot, registry and golearn.
package knn
