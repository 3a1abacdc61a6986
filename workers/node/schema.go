package workers

import (
	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// schemaOf describes a worker's training rows to a master.
func schemaOf(worker string, rows *dataio.Table) api.WorkerSchema {
	s := api.WorkerSchema{Worker: worker, Task: learner.Regression, Features: rows.Features, Rows: len(rows.Y), Classes: rows.Classes}
	if rows.Classes == nil {
		for _, y := range rows.Y {
			s.Mean += y / float64(len(rows.Y))
		}
		return s
	}
	s.Task, s.Counts = learner.Classification, make([]int, len(rows.Classes))
	for _, y := range rows.Y {
		s.Counts[int(y)]++
	}
	return s
}
