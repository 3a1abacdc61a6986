package api

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// WorkerSchema is a worker's answer at PathSchema: a description of its training rows.
type WorkerSchema struct {
	Worker     string          `json:"worker"`
	Learner    string          `json:"learner"`
	ConfigHash string          `json:"config_hash" doc:"Hash of the configuration that its main was generated from."`
	Task       learner.Task    `json:"task"`
	Features   []string        `json:"features" nullable:"false" doc:"Column names, in the order of its file."`
	Rows       int             `json:"rows"`
	RowsSum    string          `json:"rows_sum,omitzero" doc:"Checksum of its rows, with their order; absent in older programs."`
	Classes    []learner.Label `json:"classes,omitzero" doc:"The labels in its file, sorted."`
	Counts     []int           `json:"class_counts,omitzero" doc:"Number of rows of each class."`
	Mean       float64         `json:"target_mean" doc:"Mean of the target; 0 for a classifier."`
	Protocol   int             `json:"protocol,omitzero" doc:"Version of the protocol between nodes; absent in older programs, which did not send it."`

	TextColumns    []string        `json:"text_columns,omitzero" doc:"Columns with cells that are texts."`
	Centers        []float64       `json:"feature_means,omitzero" doc:"Mean of each column's numbers; 0 of one without numbers."`
	MissingColumns []string        `json:"missing_columns,omitzero" doc:"Columns with missing cells."`
	Traits         *learner.Traits `json:"traits,omitzero" doc:"What its learner is like; absent in older programs."`
}

// OutOfBag is a score on the rows that a bootstrap left out (Breiman 1996).
type OutOfBag struct {
	Metric string  `json:"metric" enum:"accuracy,r2"`
	Score  float64 `json:"score"`
	Rows   int     `json:"rows" doc:"Rows scored: at most 2,000 of those left out."`
}

// CommitRequest is the body of PathModelCommit and PathModelDiscard.
type CommitRequest struct {
	FitID string `json:"fit_id" minLength:"1"`
}

// CommitResponse is the answer to both.
type CommitResponse struct {
	FitID     string `json:"fit_id"`
	Committed bool   `json:"committed"`
}

// PredictRequest documents the body of every predict. The body is decoded by wire.DecodePredict, which
// accepts what the Python package accepts.
type PredictRequest struct {
	Columns []string    `json:"X_pred_columns" doc:"Column names; surrounding spaces and case are ignored." example:"[\"a\",\"b\"]"`
	Rows    [][]float64 `json:"X_pred_rows" doc:"One list per row: numbers, texts, booleans; null (or a text of data.missing) is missing." example:"[[1.5,2]]"`

	Threshold *float64 `json:"threshold,omitzero" doc:"Of two classes, the second is the label from this probability." exclusiveMinimum:"0" exclusiveMaximum:"1"`
}

// TransformSchema documents what the decoder takes, beyond the types of the fields: names as a list or, one letter each, as a text; cells
// that are numbers, booleans, texts or null; labels also as booleans. Nothing else may be null, and no list may be empty. It also
// holds for what embeds a PredictRequest.
func (PredictRequest) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	one := 1
	names, rows := s.Properties["X_pred_columns"], s.Properties["X_pred_rows"]
	letters := &huma.Schema{Type: huma.TypeString, MinLength: &one, Description: "Each letter is the name of a column."}
	list := &huma.Schema{Type: huma.TypeArray, MinItems: &one, Items: &huma.Schema{Type: huma.TypeString}}
	names.Type, names.Items, names.Nullable, names.OneOf = "", nil, false, []*huma.Schema{list, letters}
	row := &huma.Schema{Type: huma.TypeArray, MinItems: &one, Items: oneOf(huma.TypeNumber, huma.TypeBoolean, huma.TypeString)}
	row.Items.OneOf[2].Nullable = true // a missing value
	rows.Items, rows.Nullable, rows.MinItems = row, false, &one
	if truth := s.Properties["y_true"]; truth != nil {
		truth.Items, truth.Nullable = oneOf(huma.TypeNumber, huma.TypeString, huma.TypeBoolean), false
	}
	return s
}

// oneOf is the schema of a value of one of several types.
func oneOf(types ...string) *huma.Schema {
	s := &huma.Schema{}
	for _, t := range types {
		if t == huma.TypeNumber {
			s.OneOf = append(s.OneOf, number())
		} else {
			s.OneOf = append(s.OneOf, &huma.Schema{Type: t})
		}
	}
	return s
}

// number is the schema of a number. Generated clients read one whose format is not said with 32 bits.
func number() *huma.Schema { return &huma.Schema{Type: huma.TypeNumber, Format: "double"} }

// PredictFrame is the head of a predict request in binary form, with the array X, and for texts their codes (see wire.RowsArrays).
type PredictFrame struct {
	FitID   string              `json:"fit_id,omitzero"`
	Columns []string            `json:"columns"`
	Texts   []table.ColumnTexts `json:"texts,omitempty"` // of raw rows
	Raw     bool                `json:"raw,omitzero"`    // the rows are a caller's, which the worker prepares; else they are the model's features
}

// PredictedFrame is the head of its answer in binary form, with one array: "y" (rows) for a regressor,
// "proba" (rows x classes) for a classifier.
type PredictedFrame struct {
	FitID   string          `json:"fit_id,omitzero"`
	Classes []learner.Label `json:"classes,omitzero"`
	Notes   []string        `json:"notes,omitzero"` // on raw rows
}
