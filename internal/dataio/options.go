package dataio

// Options say how the files of a table are written. The zero value finds everything out.
type Options struct {
	// Target is the column of the target in a file that has all columns: a name, or a position from 1 (-1 is the
	// last). It is empty for a file of features and one of targets.
	Target    string   `json:"target,omitempty"`
	Delimiter string   `json:"delimiter,omitempty"` // of CSV: one character; empty is found out
	Header    string   `json:"header,omitempty"`    // auto (also when empty), yes or no
	Missing   []string `json:"missing,omitempty"`   // cells that stand for a missing value; nil is DefaultMissing
}

// DefaultMissing are the cells that stand for a missing value if nothing else is said. Blanks around a cell do not
// count, and neither does case.
var DefaultMissing = []string{"", "NA", "N/A", "NaN", "null", "?"}
