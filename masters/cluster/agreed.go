package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// Agreed is what the preparation of a fit has come to: which rows, and as what. A checkpoint says it, so that the fit is gone on
// with only if it comes to the same again.
type Agreed struct {
	Features    []string        `json:"features"`
	Classes     []learner.Label `json:"classes,omitempty"`
	Preparation string          `json:"preparation,omitempty"` // its SHA-256; empty if there is none
	Workers     []Shard         `json:"workers"`               // in member order
}

// Shard is a worker's rows, and whether they are part of the fit.
type Shard struct {
	Name       string `json:"name"`
	In         bool   `json:"in"`
	RowsSum    string `json:"rows_sum,omitempty"`
	Rows       int    `json:"rows,omitempty"`            // that it trains on
	Validation int    `json:"validation_rows,omitempty"` // that it holds out
	Learner    string `json:"learner,omitempty"`
	ConfigHash string `json:"config_hash,omitempty"`
}

// Agreed is what the fit has agreed on, with a model of this shape. took says of each member whether its rows are part of the fit, and how
// many it trains on and holds out.
func (f *Fit) Agreed(model *Model, took func(member int) (in bool, rows, held int)) Agreed {
	a := Agreed{Features: model.Features, Classes: model.Classes}
	if p := model.Preparation; p != nil {
		text, err := json.Marshal(p)
		if err != nil { // it went over the wire as JSON
			text = []byte(err.Error())
		}
		sum := sha256.Sum256(text)
		a.Preparation = hex.EncodeToString(sum[:])
	}
	for i, m := range f.Members {
		w := Shard{Name: m.Name}
		w.In, w.Rows, w.Validation = took(i)
		if s := f.Schemas[i]; s != nil {
			w.RowsSum, w.Learner, w.ConfigHash = s.RowsSum, s.Learner, s.ConfigHash
		}
		a.Workers = append(a.Workers, w)
	}
	return a
}

// Differs says how this is other than what an earlier program had agreed on; it is empty if it is the same.
func (a Agreed) Differs(then Agreed) string {
	switch {
	case !slices.Equal(a.Features, then.Features):
		return "the workers' rows have other columns than before"
	case !slices.Equal(a.Classes, then.Classes):
		return "the workers' rows have other classes than before"
	case len(a.Workers) != len(then.Workers):
		return fmt.Sprintf("there are %d workers, and there were %d", len(a.Workers), len(then.Workers))
	}
	for i, w := range a.Workers {
		was := then.Workers[i]
		switch {
		case w.Name != was.Name:
			return fmt.Sprintf("worker %d is %s, and was %s", i+1, w.Name, was.Name)
		case w.In && !was.In:
			return fmt.Sprintf("worker %s takes part, and did not before", w.Name)
		case !w.In && was.In:
			return fmt.Sprintf("worker %s does not take part, and did before", w.Name)
		case w.In && (w.RowsSum != was.RowsSum || w.Rows != was.Rows || w.Validation != was.Validation):
			return fmt.Sprintf("the rows of worker %s are others than before", w.Name)
		case w.In && w != was:
			return fmt.Sprintf("worker %s has another learner or was generated from another configuration than before", w.Name)
		}
	}
	if a.Preparation != then.Preparation {
		return "the preparation of the workers' rows is another than before"
	}
	return ""
}
