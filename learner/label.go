package learner

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Label is the name of a class. A label that is written as a decimal number is that number, in its
// shortest form: "1", "1.0" and "01" are one label. Labels are exact: 9007199254740993 is not
// 9007199254740992, though a float64 holds only the latter. Make one with NewLabel.
type Label string

// NewLabel trims s and brings a number to its shortest form.
func NewLabel(s string) Label {
	s = strings.TrimSpace(s)
	d, ok := parseDecimal(s)
	if !ok {
		return Label(s)
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && !math.IsInf(f, 0) {
		if shortest := NumberLabel(f); shortest.stands(d) {
			return shortest
		}
	}
	return Label(d.String())
}

// stands reports whether l is written as the number d.
func (l Label) stands(d decimalNumber) bool {
	own, ok := parseDecimal(string(l))
	return ok && own == d
}

// NumberLabel is the label of a finite number. It has an exponent where JSON has one (below 1e-6, and from 1e21
// on), so that class 1234567 is called so everywhere, not 1.234567e+06.
func NumberLabel(f float64) Label {
	switch size := math.Abs(f); {
	case size == 0:
		return "0" // -0 too
	case size < 1e-6 || size >= 1e21:
		return Label(strconv.FormatFloat(f, 'e', -1, 64))
	}
	return Label(strconv.FormatFloat(f, 'f', -1, 64))
}

// Number returns the label as a number, if it is one that a float64 can tell from all others.
func (l Label) Number() (float64, bool) {
	if len(l) <= surelyExact && strings.Trim(string(l), "+-.0123456789") == "" {
		f, err := strconv.ParseFloat(string(l), 64)
		return f, err == nil
	}
	d, ok := parseDecimal(string(l))
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(l), 64)
	return f, err == nil && NumberLabel(f).stands(d)
}

// surelyExact is how many decimal digits a float64 always keeps.
const surelyExact = 15

// Whole reports whether the label is a number, of any size, and whether that is a whole one.
func (l Label) Whole() (whole, number bool) {
	d, ok := parseDecimal(string(l))
	return ok && d.isWhole(), ok
}

// Target is the label as the target of a regression: the float64 nearest to a number, or 1 and 0 for
// true and false. ok is false for anything else.
func (l Label) Target() (v float64, ok bool) {
	if is, ok := l.Bool(); ok {
		if is {
			return 1, true
		}
		return 0, true
	}
	if _, ok := parseDecimal(string(l)); !ok {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(l), 64)
	return v, err == nil && !math.IsInf(v, 0)
}

// MarshalJSON writes a number for a numeric label and a string for any other.
func (l Label) MarshalJSON() ([]byte, error) {
	if f, ok := l.Number(); ok {
		return json.Marshal(f)
	}
	return json.Marshal(string(l))
}

// UnmarshalJSON reads a string, a number or a boolean, and nothing else.
func (l *Label) UnmarshalJSON(b []byte) error {
	s := string(b)
	switch {
	case s != "" && s[0] == '"':
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	case s == "true", s == "false":
	default:
		if f, err := strconv.ParseFloat(s, 64); err != nil || math.IsInf(f, 0) || !isDecimal(s) {
			return fmt.Errorf("a label is a string, a number or a boolean, not %.40s", s)
		}
	}
	*l = NewLabel(s)
	return nil
}

// SortLabels sorts labels in place and drops repeated ones: as numbers if all of them are
// numbers, else as text. The first of two classes is the negative one.
func SortLabels(labels []Label) []Label {
	numbers := make(map[Label]decimalNumber, len(labels))
	for _, l := range labels {
		d, ok := parseDecimal(string(l))
		if !ok {
			slices.Sort(labels)
			return slices.Compact(labels)
		}
		numbers[l] = d
	}
	slices.SortFunc(labels, func(a, b Label) int { return numbers[a].compare(numbers[b]) })
	return slices.Compact(labels)
}

func isDecimal(s string) bool {
	_, ok := parseDecimal(s)
	return ok
}
