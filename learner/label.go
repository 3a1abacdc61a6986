package learner

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Label is the name of a class. A label that is written as a finite decimal number is
// that number, in its shortest form: "1", "1.0" and "01" are one label.
// Make one with NewLabel.
type Label string

// NewLabel trims s and brings a number to its shortest form.
func NewLabel(s string) Label {
	s = strings.TrimSpace(s)
	if f, ok := decimal(s); ok {
		return NumberLabel(f)
	}
	return Label(s)
}

// NumberLabel is the label of a finite number.
func NumberLabel(f float64) Label {
	if f == 0 {
		f = 0 // "-0" is "0"
	}
	return Label(strconv.FormatFloat(f, 'g', -1, 64))
}

// Number returns the label as a number, if it is one.
func (l Label) Number() (float64, bool) { return decimal(string(l)) }

// decimal parses a finite decimal number and refuses what strconv accepts
// beyond that (hexadecimal, underscores, "inf", "nan").
func decimal(s string) (float64, bool) {
	if s == "" || strings.Trim(s, "+-.0123456789eE") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
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
		if _, ok := decimal(s); !ok {
			return fmt.Errorf("a label is a string, a number or a boolean, not %.40s", s)
		}
	}
	*l = NewLabel(s)
	return nil
}

// SortLabels sorts labels in place and drops repeated ones: as numbers if all of them are
// numbers, else as text. The first of two classes is the negative one.
func SortLabels(labels []Label) []Label {
	numeric := true
	for _, l := range labels {
		if _, ok := l.Number(); !ok {
			numeric = false
			break
		}
	}
	slices.SortFunc(labels, func(a, b Label) int {
		if numeric {
			fa, _ := a.Number()
			fb, _ := b.Number()
			return cmp.Compare(fa, fb)
		}
		return cmp.Compare(a, b)
	})
	return slices.Compact(labels)
}

// MergeLabels is the sorted union of several class lists, the same whatever
// their order.
func MergeLabels(lists ...[]Label) []Label {
	var all []Label
	for _, l := range lists {
		all = append(all, l...)
	}
	return SortLabels(all)
}
