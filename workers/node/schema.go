package node

import (
	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// schema describes the worker's training rows to a master.
func (n *Node) schema() (api.WorkerSchema, error) {
	rows, err := n.Loaded()
	if err != nil {
		return api.WorkerSchema{}, err
	}
	s := schemaOf(n.Spec.Name, rows)
	s.Learner, s.ConfigHash, s.Protocol = n.Spec.Learner, n.Spec.ConfigHash, api.Protocol
	return s, nil
}

// schemaOf describes training rows.
func schemaOf(worker string, rows *dataio.Table) api.WorkerSchema {
	s := api.WorkerSchema{Worker: worker, Task: learner.Regression, Features: rows.Columns, Rows: len(rows.Y), Classes: rows.Classes}
	if rows.Classes == nil {
		for _, y := range rows.Y {
			s.Mean += y / float64(len(rows.Y))
		}
		if !numeric.IsFinite(s.Mean) {
			s.Mean = numeric.Mean(rows.Y, nil)
		}
		return s
	}
	s.Task, s.Counts = learner.Classification, make([]int, len(rows.Classes))
	for _, y := range rows.Y {
		s.Counts[int(y)]++
	}
	return s
}
