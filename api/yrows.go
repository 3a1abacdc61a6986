package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/learner"
)

// YRows is y_pred_rows of a master: values, or labels for a classifier with more than two classes.
// Numeric labels are sent as numbers, formatted as Python formats floats. Where numbers were sent that
// a float64 cannot hold, both are there: the labels are exact.
type YRows struct {
	Values Floats
	Labels Labels
}

// LabelRows makes YRows from labels: numbers if all labels are numeric.
func LabelRows(labels []learner.Label) YRows {
	values, known := make(Floats, len(labels)), map[learner.Label]float64{}
	for i, l := range labels {
		f, ok := known[l]
		if !ok {
			if f, ok = l.Number(); !ok {
				return YRows{Labels: labels}
			}
			known[l] = f
		}
		values[i] = f
	}
	return YRows{Values: values}
}

// Len is the number of rows.
func (y YRows) Len() int { return max(len(y.Values), len(y.Labels)) }

// MarshalJSON encodes the labels if there are any, or else the values.
func (y YRows) MarshalJSON() ([]byte, error) {
	if y.Labels != nil {
		return y.Labels.MarshalJSON()
	}
	return y.Values.MarshalJSON()
}

// UnmarshalJSON decodes numbers, which may be strings, as values and anything else as labels. A word
// that stands for a number in a table, such as "true" or "nan", is a label here.
func (y *YRows) UnmarshalJSON(b []byte) error {
	*y = YRows{}
	numbers := json.Unmarshal(b, &y.Values) == nil
	texts := bytes.IndexByte(b, '"') >= 0
	if numbers && !texts && !slices.ContainsFunc(y.Values, mayBeRounded) {
		return nil
	}
	values := y.Values
	*y = YRows{}
	if err := json.Unmarshal(b, &y.Labels); err != nil {
		return fmt.Errorf("y_pred_rows: want a list of numbers or labels: %w", err)
	}
	exact := !slices.ContainsFunc(y.Labels, isNoNumber)
	if numbers && (exact || !texts) {
		y.Values = values
	}
	if numbers && exact {
		y.Labels = nil
	}
	return nil
}

// mayBeRounded reports whether a float64 is so large that it may stand for several whole numbers.
func mayBeRounded(v float64) bool { return math.Abs(v) >= 1<<53 }

// isNoNumber reports whether a label is a word, or a number that no float64 holds exactly.
func isNoNumber(l learner.Label) bool {
	_, exact := l.Number()
	return !exact
}

// Schema documents both forms, for huma.
func (YRows) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Items: oneOf(huma.TypeNumber, huma.TypeString)}
}

// LabelForm documents the form of a learner.Label, for huma.
type LabelForm struct{}

// Schema documents that a label is a number or a string.
func (LabelForm) Schema(huma.Registry) *huma.Schema {
	s := oneOf(huma.TypeNumber, huma.TypeString)
	s.Description = "The name of a class, sent as a number if it is numeric."
	return s
}
