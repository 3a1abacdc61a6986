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
	if v, ok := boolean(text); ok {
		return v, true
	}
	switch string(text) {
	case "NaN", "nan", "NA", "N/A", "n/a", "<NA>", "NULL", "null", "None":
		return math.NaN(), true
	}
	return spelled(text)
}

// Float reads text as Value does, except that it knows no words for a missing value: those are markers, which
// package cell keeps in a Missing.
func Float(text []byte) (v float64, ok bool) {
	text = bytes.TrimSpace(text)
	if v, n := Number(text); n > 0 && n == len(text) {
		return v, true
	}
	if len(text) == 0 || len(text) > maxText {
		return 0, false
	}
	if v, ok := boolean(text); ok {
		return v, true
	}
	return spelled(text)
}

// boolean reads true and false in whatever case.
func boolean(text []byte) (v float64, ok bool) {
	switch {
	case bytes.EqualFold(text, []byte("true")):
		return 1, true
	case bytes.EqualFold(text, []byte("false")):
		return 0, true
	}
	return 0, false
}

// spelled reads a number in a spelling that JSON does not have: +1, .5, 007, inf.
func spelled(text []byte) (v float64, ok bool) {
	if c := text[0]; c-'0' > 9 && c|0x20 != 'i' && c != '+' && c != '-' && c != '.' {
		return 0, false // as most texts are
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
