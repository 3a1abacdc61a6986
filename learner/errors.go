package learner

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNotFitted is returned by Predict before the first successful Fit.
var ErrNotFitted = errors.New("the model is not fitted yet: call fit first")

// ErrNotPlain is wrapped by the error of a Networker with a layer that no LayerKind stands for.
var ErrNotPlain = errors.New("the network has a layer of a kind of its own")

// ErrSnapshot is wrapped by every error about a stored model that cannot be read.
var ErrSnapshot = errors.New("cannot read the stored model")

// DataError says which value a learner cannot use and why. Row and Column
// count from 0 and are -1 where they do not apply.
type DataError struct {
	Row, Column int
	Name        string // of the column, if known; "y" or "weight" for those
	Reason      string
}

// Error names the place, then the reason.
func (e *DataError) Error() string {
	var b strings.Builder
	if e.Row >= 0 {
		fmt.Fprintf(&b, "row %d, ", e.Row)
	}
	switch {
	case e.Column >= 0 && e.Name != "":
		fmt.Fprintf(&b, "column %d (%s), ", e.Column, e.Name)
	case e.Column >= 0:
		fmt.Fprintf(&b, "column %d, ", e.Column)
	case e.Name != "":
		fmt.Fprintf(&b, "%s, ", e.Name)
	}
	if b.Len() == 0 {
		return e.Reason
	}
	return strings.TrimSuffix(b.String(), ", ") + ": " + e.Reason
}

// ParamError says which parameter a learner cannot use and why. New returns
// it for rules that a validate tag cannot express.
type ParamError struct {
	Param  string // as in chimera.yaml, for example "max_depth"
	Reason string
}

// Error names the parameter, then the reason.
func (e *ParamError) Error() string { return e.Param + ": " + e.Reason }
