// Package dataio reads tables of numbers from CSV files.
//
// A worker's training data is two files, X_train.csv and y_train.csv, as the
// Python package has them: [ReadTraining]. [NewReader] and [NewTargetReader]
// read any features and targets in batches, for files larger than memory;
// [NewRecords] reads records without looking at what they say.
//
// Files are RFC 4180 with a header: UTF-8 (with or without a byte order mark),
// commas, LF or CRLF, fields in double quotes where needed. Columns' names are
// trimmed and lower-cased. What a cell may hold, package cell says; an empty
// one is a missing value. Blank lines at the end are ignored. An error is an
// *[Error] with file, line and cell.
//
// encoding/csv and strconv would do the same in four times the time; the tests and a
// fuzz test compare this reader with them.
//
// The room imports gonum's matrices, the learner contract and internal/cell.
package dataio
