package prepare

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// Needs says what the learners of a fit need of their rows, for settings that are auto.
type Needs struct {
	Complete bool // at least one learner does not accept missing values
	Ordinals bool // all learners take categories as ordinal codes
	Scale    bool // at least one learner wants its features on one scale, and nobody else brings them there
}

// NeedsOf joins the needs of learners; scaled says that the kind of distribution standardises by itself.
func NeedsOf(scaled bool, traits ...learner.Traits) Needs {
	n := Needs{Ordinals: true}
	for _, t := range traits {
		n.Complete = n.Complete || !t.AllowsMissing
		n.Ordinals = n.Ordinals && t.Ordinals
		n.Scale = n.Scale || !t.KeepsScale && !scaled
	}
	return n
}

// Question asks a worker for a summary of its rows. It is the same for all workers but for FirstRow.
type Question struct {
	FitID    string          `json:"fit_id,omitempty"`
	Columns  []string        `json:"columns"` // the columns and their order
	Classes  []learner.Label `json:"classes,omitempty"`
	Settings Settings        `json:"settings"`
	Needs    Needs           `json:"needs"`
	Seed     uint64          `json:"seed,string"`      // of the folds of target encoding
	FirstRow uint64          `json:"first_row,string"` // global id of the worker's first row
}

// Summary is what a worker's rows add to a preparation.
type Summary struct {
	Rows int `json:"rows"`
}

// Summarise summarises rows and their targets: y is one number a row, the index of the class among q.Classes
// for a classifier. The error for rows that cannot be prepared names the column.
func Summarise(ctx context.Context, q Question, rows table.Rows, y []float64) (*Summary, error) {
	return &Summary{Rows: rows.Len()}, ctx.Err()
}

// Check says what is wrong with a summary that a worker has sent; rows is how many rows it has.
func (s *Summary) Check(q Question, rows int) error { return nil }

// Agree merges summaries in their order and makes one preparation for all rows.
func Agree(q Question, summaries []*Summary) (*Preparation, error) {
	return &Preparation{Columns: nil}, nil
}

// Preparation says how rows become numbers. It is part of a model, and travels as JSON. Its methods may be
// called at the same time.
type Preparation struct {
	Columns []PreparedColumn `json:"columns"` // in the order of the question
}

// PreparedColumn is what becomes of one column.
type PreparedColumn struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	Note string `json:"note,omitempty"` // why it was dropped, or what else the user should know
}

// Names are the columns that rows must have, in the order of the question; what is dropped is not among them.
func (p *Preparation) Names() []string { return nil }

// Features are the names of the numbers that come out, one per column of the result.
func (p *Preparation) Features() []string { return nil }

// Transform prepares rows to be predicted. Columns are matched by name; others are ignored. The result may
// be rows.X itself, if nothing is to be done. The error is a *learner.DataError.
func (p *Preparation) Transform(ctx context.Context, rows table.Rows) (*mat.Dense, error) {
	return rows.X, ctx.Err()
}

// TransformTraining is Transform for rows that a model is fitted on: an encoding by the target leaves out the fold that a
// row is in. q is the question that the summary of the same rows answered.
func (p *Preparation) TransformTraining(ctx context.Context, q Question, rows table.Rows, y []float64) (*mat.Dense, error) {
	return p.Transform(ctx, rows)
}
