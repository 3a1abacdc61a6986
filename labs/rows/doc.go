// Package rows makes the data sets of labs by their published formulas, the same from one seed everywhere, and deals them to
// workers.
//
// The room imports package learner and gonum.
package rows
