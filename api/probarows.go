package api

import (
	"encoding/json"
	"fmt"

	"github.com/danielgtaylor/huma/v2"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/wire"
)

// ProbaRows is y_pred_proba, the class probabilities of each predicted row, or y_pred_components, formatted like
// [Floats]. A nil matrix is an empty list.
type ProbaRows struct{ *mat.Dense }

// NewProbaRows wraps a matrix of probabilities, rows x classes, or of components, rows x components.
func NewProbaRows(proba *mat.Dense) ProbaRows { return ProbaRows{proba} }

// MarshalJSON encodes a list of lists. NaN and infinities are an error, because JSON cannot represent
// them.
func (p ProbaRows) MarshalJSON() ([]byte, error) { return wire.AppendMatrix(nil, p.Dense) }

// UnmarshalJSON decodes a list of number lists of equal length.
func (p *ProbaRows) UnmarshalJSON(b []byte) error {
	var rows []Floats
	if err := json.Unmarshal(b, &rows); err != nil {
		return err
	}
	*p = ProbaRows{}
	if len(rows) == 0 || len(rows[0]) == 0 {
		return nil
	}
	p.Dense = mat.NewDense(len(rows), len(rows[0]), nil)
	for i, row := range rows {
		if len(row) != len(rows[0]) {
			return fmt.Errorf("row %d has %d numbers, but row 0 has %d", i, len(row), len(rows[0]))
		}
		copy(p.RawRowView(i), row)
	}
	return nil
}

// Schema documents the form, for huma.
func (ProbaRows) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeArray, Items: number()}}
}
