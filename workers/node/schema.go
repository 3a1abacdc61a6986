package node

import (
	"math"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/prepare/table"
)

// Schema describes the worker's training rows to a master.
func (n *Node) Schema() (api.WorkerSchema, error) {
	rows, err := n.Loaded()
	if err != nil {
		return api.WorkerSchema{}, err
	}
	n.once.Do(func() { // they stay the same
		if n.served != nil {
			n.about = n.served.schema(n.Spec.Name, n.Info.Task)
		} else {
			n.about = schemaOf(n.Spec.Name, rows, n.Info.Task)
			n.about.RowsSum = rowsSum(rows)
		}
		traits := n.Info.Traits
		n.about.Traits, n.about.Learner, n.about.ConfigHash, n.about.Protocol = &traits, n.Spec.Learner, n.Spec.ConfigHash, api.Protocol
	})
	return n.about, nil
}

// schemaOf describes training rows, of a worker whose learner is for a task.
func schemaOf(worker string, rows *dataio.Table, task learner.Task) api.WorkerSchema {
	s := api.WorkerSchema{Worker: worker, Task: learner.Regression, Features: rows.Columns, Rows: rows.Len(), Classes: rows.Classes}
	describeColumns(&s, rows.Rows)
	if !task.Supervised() {
		s.Task = task
		return s
	}
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

// describeColumns adds which columns have texts, and which have missing cells, and the means of their numbers.
func describeColumns(s *api.WorkerSchema, rows table.Rows) {
	s.Centers = make([]float64, len(rows.Columns))
	for j, name := range rows.Columns {
		if !rows.IsNumeric(j) {
			s.TextColumns = append(s.TextColumns, name)
		}
		var sum, count float64
		texts, missing := rows.TextsOf(j), false
		for i := range rows.Len() {
			v := rows.X.At(i, j)
			switch {
			case !math.IsNaN(v):
				sum, count = sum+v, count+1
			case texts == nil || texts.Codes[i] < 0:
				missing = true
			}
		}
		if missing {
			s.MissingColumns = append(s.MissingColumns, name)
		}
		if mean := sum / count; numeric.IsFinite(mean) {
			s.Centers[j] = mean
		}
	}
}
