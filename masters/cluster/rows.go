package cluster

import (
	"context"
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// Rows are the rows of a request as they came: numbers, texts and missing cells, in the caller's columns.
type Rows struct{ table.Rows }

// Into brings the rows into the features of a model: it prepares them as those of the fit were, or checks that they are numbers and
// brings their columns into the model's order. Columns that the model does not have are left out. The
// result must not be changed: it may be the caller's own matrix. A problem names the missing columns, or the cells that
// the model cannot use.
//
// A kind calls it once for each model that it tries, so that rows and model fit also if another fit replaces the model meanwhile.
func (r Rows) Into(ctx context.Context, model *Model) (*mat.Dense, error) {
	if model.Preparation != nil {
		return rest.Prepare(ctx, model.Preparation, r.Rows)
	}
	return rest.Numbers(model.Features, r.Rows)
}

// Raw are the rows in the columns of a model as they were before the preparation, for who prepares them itself, or not at all.
func (r Rows) Raw(model *Model) (table.Rows, error) { return rest.Arrange(model.RawColumns(), r.Rows) }

// Refused is the problem of a learner with a cell of the features that the rows were brought into, with the place of that cell in the
// caller's rows, if a feature is a column of them. Other errors are returned as they are.
func (r Rows) Refused(err error, model *Model) error {
	var data *learner.DataError
	if errors.As(err, &data) && data.Name == "" && data.Column >= 0 && data.Column < len(model.Features) {
		named := *data
		named.Name = model.Features[data.Column]
		err = &named
	}
	return rest.CellProblem(err, r.Columns)
}

// Places are those of a learner's problem with the features that the rows were brought into, in the caller's rows; nil if it names no row.
func (r Rows) Places(err error, model *Model) []api.Fault {
	var p *api.Problem
	if !errors.As(r.Refused(err, model), &p) {
		return nil
	}
	return p.Errors
}

// FirstMissing is the first cell that is missing in a column of a model; nil if there is none.
func (r Rows) FirstMissing(model *Model) []api.Fault {
	known := model.RawColumns()
	for i := range r.Len() {
		for j, name := range r.Columns {
			if _, text := r.Text(i, j); !text && math.IsNaN(r.X.At(i, j)) && slices.Contains(known, name) {
				return []api.Fault{{Location: rest.CellAt(i, j), Message: "the cell of column " + rest.Shorten(name) + " is missing"}}
			}
		}
	}
	return nil
}

// RawColumns are the columns that rows have before the preparation.
func (model *Model) RawColumns() []string {
	if model.Preparation != nil {
		return model.Columns
	}
	return model.Features
}
