package prepare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gochimera/chimera/learner"
)

// Needs says what the learners of a fit need of their rows, for settings that are auto.
type Needs struct {
	Complete bool `json:"complete,omitempty"` // at least one learner does not accept missing values
	Ordinals bool `json:"ordinals,omitempty"` // all learners take categories as ordinal codes
	Scale    bool `json:"scale,omitempty"`    // at least one learner wants its features on one scale, and nobody else brings them there
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
	Columns  []string        `json:"columns"`         // the columns and their order
	Texts    []string        `json:"texts,omitempty"` // those in which a worker, any worker, has a text
	Classes  []learner.Label `json:"classes,omitempty"`
	Settings Settings        `json:"settings"`
	Needs    Needs           `json:"needs"`
	Seed     uint64          `json:"seed,string"`      // of the folds of target encoding
	FirstRow uint64          `json:"first_row,string"` // global id of the worker's first row
}

// Skip reports whether rows can stay as they are, so that nobody needs to be asked: missing says whether a
// worker has a missing cell. With prepare: none that is always so, and texts are an error that names their
// column.
func (q Question) Skip(missing bool) (bool, error) {
	s := q.Settings.defaults()
	switch {
	case s.Mode == None && len(q.Texts) > 0:
		return false, textsRefused(slices.Index(q.Columns, q.Texts[0]), q.Texts[0])
	case s.Mode == None:
		return true, nil
	}
	return s.IsDefault() && len(q.Texts) == 0 && !missing && !q.Needs.Scale, nil
}

func textsRefused(column int, name string) error {
	return &learner.DataError{
		Row: -1, Column: column, Name: name, Reason: "the column has texts, and prepare: none takes numbers only: set prepare: auto, or drop the column",
	}
}

// Check says what is wrong with a question, or with the settings in it for its columns.
func (q Question) Check() error {
	_, err := q.plans()
	return err
}

// plans says what is done with each column.
func (q Question) plans() ([]plan, error) {
	s := q.Settings.defaults()
	if err := s.checkKernel(); err != nil {
		return nil, err
	}
	places := make(map[string]int, len(q.Columns))
	for j, name := range q.Columns {
		if k, twice := places[name]; twice {
			return nil, fmt.Errorf("columns %d and %d have the same name, %q: rename one of them", k, j, name)
		}
		places[name] = j
	}
	plans := make([]plan, len(q.Columns))
	for j, name := range q.Columns {
		plans[j] = q.planOf(s, name)
	}
	for _, name := range q.Texts {
		j, known := places[name]
		switch {
		case !known:
			return nil, fmt.Errorf("texts names the column %q, which is not one of the columns", name)
		case s.Mode == None:
			return nil, textsRefused(j, name)
		case plans[j].kind == "":
			plans[j].kind = Categorical
		}
	}
	if s.Mode == None {
		return plans, nil
	}
	for _, name := range s.Drop {
		j, known := places[columnName(name)]
		if !known {
			return nil, unknownColumn("prepare.drop", name, q.Columns)
		}
		plans[j].kind = Dropped
	}
	for name, c := range s.Columns {
		j, known := places[columnName(name)]
		if !known {
			return nil, unknownColumn("prepare.columns", name, q.Columns)
		}
		if err := plans[j].override(c); err != nil {
			return nil, &learner.DataError{Row: -1, Column: j, Name: plans[j].name, Reason: err.Error()}
		}
	}
	for j := range plans {
		if err := plans[j].resolve(q.needs()); err != nil {
			return nil, &learner.DataError{Row: -1, Column: j, Name: plans[j].name, Reason: err.Error()}
		}
	}
	return plans, nil
}

// mostNamed is how many columns an error lists.
const mostNamed = 30

func unknownColumn(setting, name string, columns []string) error {
	if len(columns) > mostNamed {
		return fmt.Errorf("%s names %q, which is not a column of the rows; the first of their %d columns are %s", setting, name, len(columns),
			strings.Join(columns[:mostNamed], ", "))
	}
	return fmt.Errorf("%s names %q, which is not a column of the rows; those are %s", setting, name, strings.Join(columns, ", "))
}
