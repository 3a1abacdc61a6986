package inference

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/internal/dataio"
)

// RefusedError is a row of a file that the model cannot use.
type RefusedError struct {
	At      *dataio.Error   // the place in the file, and why
	Problem *client.Problem // the master's answer, whose own place is one in the request
}

// Error is file:line (column): reason.
func (e *RefusedError) Error() string { return e.At.Error() }

// Unwrap returns both.
func (e *RefusedError) Unwrap() []error { return []error{e.At, e.Problem} }

// The places of a cell, and of a row's target, in a request.
var (
	cellAt  = regexp.MustCompile(`X_pred_rows\[(\d+)\](?:\[(\d+)\])?`)
	truthAt = regexp.MustCompile(`y_true\[(\d+)\]`)
)

// RefusedAt turns a master's problem with a cell of a request into a *RefusedError with its place in the file. Other errors are returned as
// they are. truth, which may be nil, is the place of a row's target.
func RefusedAt(err error, columns []string, place func(row int) (file string, line int), truth func(row int) *dataio.Error) error {
	var p *client.Problem
	if !errors.As(err, &p) || len(p.Errors) == 0 {
		return err
	}
	fault, at := p.Errors[0], &dataio.Error{}
	if m := cellAt.FindStringSubmatch(fault.Location); m != nil {
		row, err := strconv.Atoi(m[1])
		if err != nil {
			return p
		}
		at.File, at.Line = place(row)
		if j, err := strconv.Atoi(m[2]); err == nil && j < len(columns) {
			at.Column = columns[j]
		}
	} else if m := truthAt.FindStringSubmatch(fault.Location); m != nil && truth != nil {
		row, err := strconv.Atoi(m[1])
		if err != nil {
			return p
		}
		at = truth(row)
	} else {
		return err
	}
	at.Reason = fault.Message
	if fault.Value != "" {
		at.Reason += fmt.Sprintf(": %q", fault.Value)
	}
	if more := len(p.Errors) - 1; more > 0 {
		at.Reason += fmt.Sprintf(" (and %d more such cells)", more)
	}
	return &RefusedError{at, p}
}

// Refused is the error of a master that was sent all rows of a file, with the place in the file if it is about a cell. target is the file of
// the targets; empty if there are none, or they are in the same file.
func Refused(err error, features, target string, columns []string, w Written) error {
	return RefusedAt(err, columns, func(row int) (string, int) { return features, dataio.LineOf(features, w.options(), row) },
		func(row int) *dataio.Error {
			at := &dataio.Error{File: target}
			if w.Target != "" {
				at.File, target = features, ""
			}
			at.Line, at.Column = dataio.TargetPlace(features, target, w.options(), w.targets(), row)
			return at
		})
}
