package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one thing that is wrong with a configuration.
type Error struct {
	File    string // chimera.yaml's path, or the environment variable or flag that gave it
	Line    int    // from 1; 0 if File is not a file
	Column  int    // from 1, in characters; 0 if File is not a file
	Field   string // for example "workers[1].port"; "" if it is about the whole file
	Problem string // what is wrong
	Hint    string // what to do about it; may be empty

	// Linked means that this program does not know the name of a master or a
	// launcher, and that one which links the project's own packages may.
	Linked bool
}

// Error is one line: the place, the field, the problem, the hint.
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
		}
		b.WriteString(": ")
	}
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Problem)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Errors is everything that is wrong with a configuration: the file's problems by
// position, then those of variables and flags by name. It is never empty when
// it is returned.
type Errors []*Error

// Error has one line per problem.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the problems one by one.
func (e Errors) Unwrap() []error {
	list := make([]error, len(e))
	for i, one := range e {
		list[i] = one
	}
	return list
}

// sorted orders the problems and drops repeated ones: a bad default is found
// once for every worker that inherits it.
func (e Errors) sorted() Errors {
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(
			compareBool(a.Line == 0, b.Line == 0),
			strings.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
		)
	})
	seen := map[Error]bool{}
	return slices.DeleteFunc(e, func(one *Error) bool {
		again := seen[*one]
		seen[*one] = true
		return again
	})
}

// compareBool puts false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}
