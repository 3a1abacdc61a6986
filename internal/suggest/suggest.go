// Package suggest finds the names that a mistyped one may stand for.
package suggest

import (
	"cmp"
	"slices"
	"strings"
)

// Closest returns up to three candidates that word may be a misspelling of, the
// nearest first. Case is ignored.
func Closest(word string, candidates []string) []string {
	type near struct {
		name     string
		distance int
	}
	var found []near
	w := strings.ToLower(word)
	for _, c := range candidates {
		l := strings.ToLower(c)
		d := distance(w, l)
		if w != "" && (strings.HasPrefix(l, w) || strings.HasSuffix(l, w)) {
			d = min(d, 2)
		}
		if d <= max(2, len(c)/3) {
			found = append(found, near{c, d})
		}
	}
	slices.SortFunc(found, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), strings.Compare(a.name, b.name))
	})
	var names []string
	for _, f := range found[:min(3, len(found))] {
		names = append(names, f.name)
	}
	return names
}

// Hint is a clause to end an error with: `; did you mean "a" or "b"?`, or the
// list of what is allowed, or nothing.
func Hint(word string, candidates []string) string {
	if near := Closest(word, candidates); len(near) > 0 {
		return `; did you mean "` + strings.Join(near, `" or "`) + `"?`
	}
	if len(candidates) == 0 || len(candidates) > 12 {
		return ""
	}
	sorted := slices.Sorted(slices.Values(candidates))
	return "; one of " + strings.Join(sorted, ", ")
}

// distance counts the insertions, deletions, replacements and swaps of neighbours
// between a and b (optimal string alignment, Damerau 1964).
func distance(a, b string) int {
	ra, rb := []rune(a), []rune(b)
	before, last, row := make([]int, len(rb)+1), make([]int, len(rb)+1), make([]int, len(rb)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(ra); i++ {
		row[0] = i
		for j := 1; j <= len(rb); j++ {
			cost := 1
			if ra[i-1] == rb[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && ra[i-1] == rb[j-2] && ra[i-2] == rb[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(rb)]
}
