// Package formats links every format and compression of training files that has a reader of its own: Parquet and zstd.
// CSV and JSON lines, plain or compressed by gzip, are read without it.
//
// A program reads what it links. The folders in this one hold one format each, so that a worker links no more than its
// files need; each is named after what it reads. The command line links all.
package formats

import (
	_ "github.com/gochimera/chimera/formats/parquet" // registers itself
	_ "github.com/gochimera/chimera/formats/zstd"    // registers itself
)
