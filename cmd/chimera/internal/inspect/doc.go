// Package inspect says what is in a data set before anything is trained on it: what each column is and will
// become, what is missing, what repeats, what gives the target away, and everything that stops a training.
//
// Rows stream through in one pass, and memory is bounded whatever their number: distinct values are counted
// up to a limit per column, quartiles beyond that limit are those of a random sample, and repeated rows are
// looked for among the first rows only. The report says where a limit was met.
//
// What is suspected and what is known are apart: problems are what no training can get past, advice is all
// else, each with the flag or the setting that mends it.
package inspect
