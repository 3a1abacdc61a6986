package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/learner"
)

// YRows is y_pred_rows of a master: values, or labels for a classifier with more than two classes.
// Numeric labels are sent as numbers, formatted as Python formats floats.
type YRows struct {
	Values Floats
	Labels Labels
}

// LabelRows makes YRows from labels: numbers if all labels are numeric.
func LabelRows(labels []learner.Label) YRows {
	values := make(Floats, len(labels))
	for i, l := range labels {
		f, ok := l.Number()
		if !ok {
			return YRows{Labels: labels}
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
	bad := json.Unmarshal(b, &y.Values)
	if bad == nil && bytes.IndexByte(b, '"') < 0 {
		return nil
	}
	var labels Labels
	if err := json.Unmarshal(b, &labels); err != nil {
		return fmt.Errorf("y_pred_rows: want a list of numbers or labels: %w", err)
	}
	if bad == nil && !slices.ContainsFunc(labels, isWord) {
		return nil
	}
	*y = YRows{Labels: labels}
	return nil
}

func isWord(l learner.Label) bool {
	_, number := l.Number()
	return !number
}

// Schema documents both forms, for huma.
func (YRows) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeNumber}, {Type: huma.TypeString}}}}
}

// LabelForm documents the form of a learner.Label, for huma.
type LabelForm struct{}

// Schema documents that a label is a number or a string.
func (LabelForm) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeNumber}, {Type: huma.TypeString}},
		Description: "The name of a class, sent as a number if it is numeric."}
}
