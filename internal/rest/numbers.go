package rest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

// Numbers brings rows into the order of a model's features, for a model that takes numbers as they are. The problem for texts
// in a column of the model says where they are.
func Numbers(features []string, rows table.Rows) (*mat.Dense, error) {
	x, err := Align(features, rows.Columns, rows.X)
	if err != nil || rows.Texts == nil {
		return x, err
	}
	var faults []api.Fault
	count := 0
	for j, column := range rows.Columns {
		texts := rows.TextsOf(j)
		if texts == nil || !slices.Contains(features, column) {
			continue
		}
		for i, code := range texts.Codes {
			if code < 0 || !math.IsNaN(rows.X.At(i, j)) { // a number that is kept as a text too
				continue
			}
			count++
			if len(faults) < api.MaxFaults {
				faults = append(faults, api.Fault{Location: CellAt(i, j), Message: "expected a number for column " + Shorten(column) + ", found a text",
					Value: Shorten(texts.Values[code])})
			}
		}
	}
	if count == 0 {
		return x, nil
	}
	p := api.Problemf(api.CodeInvalidRequest, "%s: %s: %q. The model was fitted on numbers; a column of texts has to be one when it is fitted, "+
		"with a preparation (prepare: auto in chimera.yaml).", faults[0].Location[len("body."):], faults[0].Message, faults[0].Value)
	if count > 1 {
		p.Detail += fmt.Sprintf(" There are %d such cells.", count)
	}
	p.Errors = faults
	return nil, p
}

// CellProblem is the problem of rows that a model or its preparation cannot use, with the place of the cell in the caller's rows, if
// the error says which one it is. An error that is not about the rows is returned as it is.
func CellProblem(err error, columns []string) error {
	var data *learner.DataError
	var known *api.Problem
	if errors.As(err, &known) || !errors.As(err, &data) {
		return err
	}
	at := -1
	if data.Name != "" {
		at = slices.Index(columns, data.Name)
	}
	p := api.NewProblem(api.CodeInvalidRequest, Sentence(err))
	p.Errors = faultsOf(data, at)
	return p
}

// Faults are the place of what a learner cannot use, in the columns of the rows that it was given, for who gave it those; nil if the error
// does not say which row it is.
func Faults(err error) []api.Fault {
	var data *learner.DataError
	if !errors.As(err, &data) {
		return nil
	}
	return faultsOf(data, data.Column)
}

// faultsOf is the place of a row's cell in a column; of the row as a whole, if the column is negative.
func faultsOf(data *learner.DataError, column int) []api.Fault {
	switch {
	case data.Row < 0:
		return nil
	case column < 0:
		return []api.Fault{{Location: rowAt(data.Row), Message: data.Reason}}
	default:
		return []api.Fault{{Location: CellAt(data.Row, column), Message: data.Reason}}
	}
}

// FaultAt is what a fault of [Faults] says.
func FaultAt(f api.Fault) (*learner.DataError, bool) {
	data := &learner.DataError{Column: -1, Reason: f.Message}
	if n, _ := fmt.Sscanf(f.Location, cellFormat, &data.Row, &data.Column); n == 0 {
		return nil, false
	}
	return data, true
}

// The places of a cell and of a row in the body of a predict.
const (
	rowFormat  = "body.X_pred_rows[%d]"
	cellFormat = rowFormat + "[%d]"
)

func rowAt(row int) string { return fmt.Sprintf(rowFormat, row) }

// CellAt is the place of a cell in the body of a predict.
func CellAt(row, column int) string { return fmt.Sprintf(cellFormat, row, column) }

// Sentence is an error as a sentence: with a capital letter and a full stop.
func Sentence(err error) string {
	s := err.Error()
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// Prepare makes the features of a model of rows as they come. Extra columns do not matter; the problem for missing ones lists them, and that
// for a cell that the preparation cannot use says where it is.
func Prepare(ctx context.Context, p *prepare.Preparation, rows table.Rows) (*mat.Dense, error) {
	if _, err := Places(p.Names(), rows.Columns); err != nil {
		return nil, err
	}
	x, err := p.Transform(ctx, rows)
	if err != nil {
		return nil, CellProblem(err, rows.Columns)
	}
	return x, nil
}
