package prepare

import (
	"sync"

	"github.com/gochimera/chimera/learner"
)

// Version is that of the form in which a preparation is stored and sent.
const Version = 2

// plainVersion is what a preparation says that has nothing which programs of the first version do not know.
const plainVersion = 1

// Preparation says how rows become numbers. It is part of a model, and travels as JSON. Its methods may be
// called at the same time; its fields are not to be changed once one has been called.
type Preparation struct {
	Version int              `json:"version"`
	Columns []PreparedColumn `json:"columns"`          // in the order of the question
	Kernel  *Kernel          `json:"kernel,omitempty"` // what becomes of the columns' features; nil if they stay. Since version 2

	once     sync.Once
	compiled compiled
	kernel   func() *kernelMap // of Kernel, made ready once
}

// PreparedColumn is what becomes of one column.
type PreparedColumn struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	Note string `json:"note,omitempty"` // why it was dropped, or what else the user should know

	Indicator bool `json:"indicator,omitempty"` // one more feature: 1 where the cell is missing

	// Of a number: a missing cell becomes Fill, or stays missing; then it is (x - Center) / Scale, if that is not 0.
	Fill   *float64 `json:"fill,omitempty"`
	Center float64  `json:"center,omitempty"`
	Scale  float64  `json:"scale,omitempty"`

	// Of a category: a missing cell becomes FillCategory, or stays missing. Categories have a group each, and all of Infrequent
	// share one after those.
	Encode       string          `json:"encode,omitempty"`
	Categories   []learner.Label `json:"categories,omitempty"` // in the order of learner.SortLabels
	Infrequent   []learner.Label `json:"infrequent,omitempty"`
	FillCategory *learner.Label  `json:"fill_category,omitempty"`
	Unknown      string          `json:"unknown,omitempty"` // ignore or error

	UnknownCode *float64    `json:"unknown_code,omitempty"` // of ordinal: what an unknown category becomes; nil: missing
	Shares      []float64   `json:"shares,omitempty"`       // of frequency: one per group
	Targets     *TargetCode `json:"targets,omitempty"`      // of target
}

// TargetCode has the numbers of an encoding by the target: one per output, which is a class if there are more
// than two.
type TargetCode struct {
	Outputs []string    `json:"outputs,omitempty"` // names of the classes; none for a single output
	Groups  [][]float64 `json:"groups"`            // groups x outputs
	Unknown []float64   `json:"unknown"`           // of categories that no worker had: the mean of the target

	Folds []FoldCode `json:"folds,omitempty"` // what the rows of each fold become in training
}

// FoldCode has the numbers for the training rows of one fold.
type FoldCode struct {
	Groups  [][]float64 `json:"groups"`
	Unknown []float64   `json:"unknown"`
}

// groups is how many groups of categories a column has.
func (c *PreparedColumn) groups() int {
	if len(c.Infrequent) > 0 {
		return len(c.Categories) + 1
	}
	return len(c.Categories)
}

// Names are the columns that rows must have, in the order of the question; what is dropped is not among them.
func (p *Preparation) Names() []string {
	var names []string
	for i := range p.Columns {
		if p.Columns[i].Kind != Dropped {
			names = append(names, p.Columns[i].Name)
		}
	}
	return names
}

// Notes are what the user should know of the columns, one sentence each.
func (p *Preparation) Notes() []string {
	var notes []string
	for i := range p.Columns {
		if c := &p.Columns[i]; c.Note != "" {
			notes = append(notes, "column "+c.Name+": "+c.Note)
		}
	}
	if p.Kernel != nil {
		notes = append(notes, p.Kernel.note(p.compile().width))
	}
	return notes
}

// ForServing is the preparation without what only training rows need.
func (p *Preparation) ForServing() *Preparation {
	s := &Preparation{Version: p.Version, Columns: append([]PreparedColumn(nil), p.Columns...), Kernel: p.Kernel}
	for i := range s.Columns {
		if t := s.Columns[i].Targets; t != nil {
			short := *t
			short.Folds = nil
			s.Columns[i].Targets = &short
		}
	}
	return s
}
