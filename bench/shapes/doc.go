// Package shapes generates large training sets by seed, in the shape of real
// ones: as many rows and columns, as many distinct values, a like balance of
// classes. Times measured on them carry over; scores do not.
//
// It is for benchmarks. It imports learner and gonum.
package shapes
