// Package prepare makes numbers of a table: it imputes missing cells, encodes categories and scales
// numbers, in the way that all workers of a fit have agreed on.
//
// A fit asks every worker for a [Summary] of its rows ([Summarise]), merges the summaries in the order of the
// workers and makes one [Preparation] of them ([Agree]), which goes to all workers and becomes part of the
// model. It is what one process would have made of the rows of all workers: counts, categories and modes
// exactly, moments rounded once, quantiles exactly up to a number of distinct values and beyond that within
// the stated error of their sketch.
//
// The room knows tables (package prepare/table) and nothing of learners: what those need of their rows, their
// traits say.
package prepare
