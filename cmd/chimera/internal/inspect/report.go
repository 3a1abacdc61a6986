package inspect

import (
	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
)

// Report is what was found. Its JSON is stable: fields are added, and none changes its meaning.
type Report struct {
	Files      []File     `json:"files"`
	Rows       int        `json:"rows"` // that could be read
	Target     *Target    `json:"target,omitempty"`
	Columns    []Column   `json:"columns"` // without the target
	Duplicates Duplicates `json:"duplicates"`
	Problems   []Problem  `json:"problems"`      // why the rows cannot be trained on; empty if they can
	Hidden     int        `json:"more_problems"` // problems that are like those of the list
	Advice     []Advice   `json:"advice"`

	histograms []histogram
}

// File is a file that was read, or the pair of the features and the targets.
type File struct {
	Name   string `json:"name"`
	Target string `json:"target_file,omitempty"` // of a pair
	Worker string `json:"worker,omitempty"`      // whose rows they are, in a project
	Format string `json:"format"`                // as it was found out, in words
	Rows   int    `json:"rows"`
}

// Column is what was found in a column.
type Column struct {
	Name     string       `json:"name"`
	Position int          `json:"position"` // in the file, from 1
	Kind     prepare.Kind `json:"kind"`     // what it is under `prepare: auto`
	Why      string       `json:"why,omitempty"`
	Missing  int          `json:"missing"`           // cells
	Texts    int          `json:"texts"`             // cells that are no numbers
	Distinct int          `json:"distinct"`          // values; a lower bound if Capped
	Capped   bool         `json:"distinct_capped"`   // there are more values than were counted
	Range    *Range       `json:"range,omitempty"`   // of the cells that are numbers
	Frequent []Frequency  `json:"frequent,omitzero"` // the most frequent values, the most frequent first
}

// Range is where numbers lie. Quartiles interpolate between the two nearest numbers (Hyndman and Fan's
// seventh kind, as numpy and pandas do); SD divides by one less than the number of cells, and is 0 for one.
type Range struct {
	Min    float64 `json:"min"`
	Q1     float64 `json:"q1"`
	Median float64 `json:"median"`
	Q3     float64 `json:"q3"`
	Max    float64 `json:"max"`
	Mean   float64 `json:"mean"`
	SD     float64 `json:"sd"`
	Sample int     `json:"sample,omitempty"` // the quartiles are those of so many cells drawn at random; 0 if exact
}

// Frequency is how many rows have a value.
type Frequency struct {
	Value learner.Label `json:"value"`
	Rows  int           `json:"rows"`
}

// Target is what was found in the target.
type Target struct {
	Name     string       `json:"name"`
	Position int          `json:"position,omitempty"` // in a file of all columns, from 1
	Task     learner.Task `json:"task"`               // as far as the target shows
	Distinct int          `json:"distinct"`
	Classes  []Frequency  `json:"classes,omitempty"` // in the order in which learners number them
	Range    *Range       `json:"range,omitempty"`   // if all targets are numbers
}

// Duplicates are rows whose features are those of an earlier row.
type Duplicates struct {
	Rows      int `json:"rows"`
	Conflicts int `json:"other_target"`      // those among them with another target
	Among     int `json:"among,omitempty"`   // only so many first rows were compared with; 0 if all
	Example   int `json:"example,omitempty"` // the line of the first of them
}

// Problem is something that no training can get past.
type Problem struct {
	datafile.Place

	Column string `json:"column,omitempty"`
	Reason string `json:"reason"`
	text   string
}

// Advice is something that the user should know, with what to do about it.
type Advice struct {
	Code   Code             `json:"code"`
	Column string           `json:"column,omitempty"`
	Text   string           `json:"text"`
	Places []datafile.Place `json:"places,omitempty"`
}

// Code names a kind of advice.
type Code string

// The kinds of advice.
const (
	NoTarget      Code = "no-target"     // none was named, so that nothing is known about classes and leaks
	Quantity      Code = "quantity"      // the target may be classes or a quantity
	RareClass     Code = "rare-class"    // a class has few rows
	Imbalance     Code = "imbalance"     // one class outnumbers another by far
	Leak          Code = "leak"          // a column gives the target away
	Identifier    Code = "identifier"    // a column tells every row apart
	Constant      Code = "constant"      // a column says nothing
	Empty         Code = "empty"         // a column has no values at all
	Missing       Code = "missing"       // most cells of a column are missing
	Placeholder   Code = "placeholder"   // a number may stand for a missing value
	Mixed         Code = "mixed"         // numbers and a few texts
	Cardinality   Code = "cardinality"   // more categories than are encoded
	Spelling      Code = "spelling"      // categories that differ by case only
	Repeats       Code = "repeats"       // rows occur more than once
	Contradiction Code = "contradiction" // rows that differ in the target only
	FewRows       Code = "few-rows"      // fewer rows than columns
)
