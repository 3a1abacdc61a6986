// Package dataio reads tables of typed cells from files.
//
// A worker's training data is a table that has the target among its columns, or two files, X_train.csv and
// y_train.csv, as the Python package has them: [ReadTraining]. [Open] walks through a file of any size, row by row as
// it is written ([Source.Next], with [Source.Line]) or in typed batches ([Source.ReadBatch]); [Source.Format] says what
// was found out about how it is written. [NewRecords] reads records without looking at what they say.
//
// CSV is RFC 4180: UTF-8 (with or without a byte order mark), LF or CRLF, fields in double quotes where needed,
// blanks around them. [Options] say what separates fields and whether there is a header; what they do not say is found
// out from the first lines. Where these leave doubt about the header, that is an error, but for the pair: its files
// have one. Columns' names are trimmed and lower-cased; without a header they are x1, x2, ... Blank lines at the end
// are ignored. An error is an *[Error] with file, line and cell.
//
// JSON lines are one object a line. Text is UTF-8, or UTF-16 with a byte order mark, and may be compressed by gzip; what a
// file holds shows in its content, not in its name. Parquet and zstd are read by programs that link
// github.com/gochimera/chimera/formats/parquet and /zstd, which register themselves ([RegisterFormat]).
//
// A cell is missing (Options.Missing), a number, or a text; true and false, in whatever case, are the numbers 1 and 0.
// A target is read from its text: as a number of a regression, or as a label, for which one rule holds everywhere
// (package learner).
//
// encoding/csv and strconv would do the same in four times the time; the tests and a
// fuzz test compare this reader with them.
//
// The room imports gonum's matrices, jsontext, the encodings of x/text, the learner contract, prepare/table and internal/{cell,suggest}.
package dataio
