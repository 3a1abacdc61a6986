package dataio

import (
	"strconv"
	"strings"

	"github.com/gochimera/chimera/internal/cell"
)

// Options say how the files of a table are written. The zero value finds everything out.
type Options struct {
	// Target is the column of the target in a file that has all columns: a name, or a position from 1 (-1 is the
	// last). It is empty for a file of features and one of targets.
	Target    string   `json:"target,omitempty"`
	Delimiter string   `json:"delimiter,omitempty"` // of CSV: one character, or its name (Delimiters); empty is found out
	Header    string   `json:"header,omitempty"`    // of CSV: auto (also when empty), yes or no
	Missing   []string `json:"missing,omitzero"`    // cells that stand for a missing value; nil is DefaultMissing, an empty list is none
}

// DefaultMissing are the cells that stand for a missing value if nothing else is said. Blanks around a cell do not
// count, and neither does case, but for None, which is a missing value only as Python writes it. An empty cell is
// missing whatever is said.
var DefaultMissing = cell.DefaultMissing

// The words of Options.Header.
const (
	HeaderAuto = "auto" // found out, and an error in doubt
	HeaderYes  = "yes"
	HeaderNo   = "no" // columns are x1, x2, ...
)

// Delimiters are the names that Options.Delimiter knows besides the characters themselves. Blanks are any number of
// blanks and tabs.
var Delimiters = map[string]byte{"comma": ',', "semicolon": ';', "tab": '\t', "pipe": '|', "blanks": blank, `\t`: '\t'}

// Check says what is wrong with the options.
func (o Options) Check() error {
	if _, err := o.delimiter(); err != nil {
		return err
	}
	switch o.Header {
	case "", HeaderAuto, HeaderYes, HeaderNo:
		return nil
	}
	return &Error{Reason: "header: want auto, yes or no, not " + strconv.Quote(o.Header)}
}

// delimiter is the delimiter that is set; 0 is none.
func (o Options) delimiter() (byte, error) {
	if o.Delimiter == "" {
		return 0, nil
	}
	if c, ok := Delimiters[o.Delimiter]; ok {
		return c, nil
	}
	c := o.Delimiter[0]
	if len(o.Delimiter) > 1 || c >= 0x80 || c|0x20 >= 'a' && c|0x20 <= 'z' || strings.IndexByte("0123456789+-.\"\n\r\x00", c) >= 0 {
		return 0, &Error{Reason: "delimiter: want one ASCII character that no number and no word has, or one of comma, semicolon, tab, pipe, blanks, not " +
			strconv.Quote(o.Delimiter)}
	}
	return c, nil
}

// delimiterName is what a sentence calls a delimiter.
func delimiterName(c byte) string {
	for _, name := range []string{"comma", "semicolon", "tab", "pipe"} {
		if Delimiters[name] == c {
			return name
		}
	}
	if c == blank {
		return "blank"
	}
	return strconv.Quote(string(rune(c)))
}
