// Package prepare makes numbers of a table: it imputes missing cells, encodes categories and scales
// numbers, in the way that all workers of a fit have agreed on.
//
// A fit asks every worker for a [Summary] of its rows ([Summarise]), merges the summaries in the order of the
// workers and makes one [Preparation] of them ([Agree]), which goes to all workers and becomes part of the
// model. It is what one process would have made of the rows of all workers, to the bit: counts, categories and modes
// are exact, moments are rounded once (package learner/exact), quantiles are exact up to [MostValues] distinct numbers and
// beyond that within the stated error of [Values], which does not depend on how the rows are split either.
//
// What is done with a column follows from its [Settings], and, where those are auto, from the [Needs] of the
// learners. A missing cell is filled first; then categories are counted, and numbers are scaled, as in a pipeline of scikit-learn
// whose first step is SimpleImputer: the mode has the rows that it fills.
//
// Names of features: see [Preparation.Features].
//
// The room knows tables (package prepare/table) and nothing of learners: what those need of their rows, their
// traits say.
package prepare
