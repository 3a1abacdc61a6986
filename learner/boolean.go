package learner

import (
	"slices"
	"strings"
)

// Labels that are booleans. Python writes True, JSON true, a spreadsheet TRUE: in a column that holds
// nothing else these are one label, true. Beside other labels they stay as they are written, since
// there they may be words like any other.

// Bool is the boolean that the label writes, in whatever spelling.
func (l Label) Bool() (value, ok bool) {
	switch {
	case strings.EqualFold(string(l), "true"):
		return true, true
	case strings.EqualFold(string(l), "false"):
		return false, true
	}
	return false, false
}

// booleans reports whether there are labels and all of them are booleans.
func booleans(labels []Label) bool {
	return len(labels) > 0 && !slices.ContainsFunc(labels, func(l Label) bool {
		_, ok := l.Bool()
		return !ok
	})
}

// Spelled are the labels of one column in the same order, in one spelling each: if all of them are
// booleans, as true and false.
func Spelled(labels []Label) []Label {
	if !booleans(labels) {
		return labels
	}
	out := make([]Label, len(labels))
	for i, l := range labels {
		out[i] = Label(strings.ToLower(string(l)))
	}
	return out
}

// MergeLabels is the sorted union of several columns' class lists, the same whatever their order. A
// column of booleans takes on the spelling of a column that has other labels too.
func MergeLabels(lists ...[]Label) []Label {
	var all, mixed []Label
	for _, l := range lists {
		if !booleans(l) {
			mixed = append(mixed, l...)
		}
	}
	all = slices.Clone(mixed)
	for _, l := range lists {
		if !booleans(l) {
			continue
		}
		for _, label := range Spelled(l) {
			if at := IndexLabel(mixed, label); at >= 0 {
				label = mixed[at]
			}
			all = append(all, label)
		}
	}
	return SortLabels(all)
}

// IndexLabel is where a label is among classes: the one that is written the same, or else, for a
// boolean, the only spelling of it that is among them. It is -1 if there is none.
func IndexLabel(classes []Label, label Label) int {
	if at := slices.Index(classes, label); at >= 0 {
		return at
	}
	want, ok := label.Bool()
	if !ok {
		return -1
	}
	found := -1
	for i, c := range classes {
		is, ok := c.Bool()
		if !ok || is != want || found >= 0 && classes[found] == c {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = i
	}
	return found
}
