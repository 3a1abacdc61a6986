package cell

import (
	"bytes"
	"math"
	"strconv"
)

// Value reads the whole of text as the value of a cell, blanks around it aside:
// a decimal number; true or false, in whatever case, as 1 or 0; or, as NaN,
// one of the words for a missing value that pandas knows. ok is false for
// anything else, and for the empty text, whose meaning is the caller's to say.
// "inf" and a number too large are an infinity, with ok.
func Value(text []byte) (v float64, ok bool) {
	text = bytes.TrimSpace(text)
	if v, n := Number(text); n > 0 && n == len(text) {
		return v, true
	}
	if len(text) == 0 || len(text) > maxText {
		return 0, false
	}
	switch {
	case bytes.EqualFold(text, []byte("true")):
		return 1, true
	case bytes.EqualFold(text, []byte("false")):
		return 0, true
	}
	switch string(text) {
	case "NaN", "nan", "NA", "N/A", "n/a", "<NA>", "NULL", "null", "None":
		return math.NaN(), true
	}
	for _, c := range text { // strconv also knows hexadecimal and underscores; a table does not
		if c == '_' || c|0x20 == 'x' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(string(text), 64)
	return v, err == nil || math.IsInf(v, 0)
}

// maxText is longer than any number that a program writes; longer
// text cannot be a number.
const maxText = 2048
