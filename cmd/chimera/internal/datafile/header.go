package datafile

import (
	"slices"

	"github.com/gochimera/chimera/internal/cell"
)

// Header are names of columns as a file can have them in its first line: a name that is a number, as pandas gives
// to columns without names, would be taken for a cell of a row, and gets an x in front of it. renamed are those.
func Header(columns ...Column) (names, renamed []string) {
	names = make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Written
	}
	for i, name := range names {
		if _, number := cell.Float([]byte(name)); !number {
			continue
		}
		renamed = append(renamed, name)
		for names[i] = "x" + name; taken(names, i); {
			names[i] = "x" + names[i]
		}
	}
	return names, renamed
}

// taken reports whether another column has the name, in whatever case.
func taken(names []string, at int) bool {
	is := func(name string) bool { return cell.Name(name) == cell.Name(names[at]) }
	return slices.ContainsFunc(names[:at], is) || slices.ContainsFunc(names[at+1:], is)
}
