// Package cell says what one value of a table means, so that a CSV file and a
// JSON body are read alike: numbers, booleans, missing values, and the names of
// columns.
//
// It imports the standard library only.
package cell
