package dataio

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error says which place of which file cannot be read and why.
type Error struct {
	File   string
	Line   int    // from 1, the header being line 1; 0 for the file as a whole
	Field  int    // which cell of the line, from 1; 0 for the line as a whole
	Column string // the cell's column name, if known
	Reason string
	Err    error // the cause, if another package found it
}

// Error is file:line:cell (column name): reason.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Field > 0 {
		fmt.Fprintf(&b, ":%d", e.Field)
	}
	if e.Column != "" {
		fmt.Fprintf(&b, " (column %q)", e.Column)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	b.WriteString(e.Reason)
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// inFile gives an error about the options its file.
func inFile(err error, name string) error {
	var e *Error
	if errors.As(err, &e) && e.File == "" {
		placed := *e
		placed.File = name
		return &placed
	}
	return err
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// quote shows the beginning of a cell.
func quote(text []byte) string {
	const most = 64
	if len(text) <= most {
		return strconv.Quote(string(text))
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return strconv.Quote(string(text[:cut])) + "..."
}
