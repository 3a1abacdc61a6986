// Package datafile walks through a data set as it is written, row by row, and notes everything that is wrong
// with its form: rows of another width, targets that are missing, cells that nobody can read.
//
// A data set is one file with a column that is the target, or a file of features and one of targets. How the
// files are written, package dataio finds out. Columns are named, or counted from 1; -1 is the last.
package datafile
