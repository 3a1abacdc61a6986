package node

import (
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// Served is what a worker without rows says of those that its stored model was fitted to.
type Served struct {
	Columns []string        // in the model's order
	Classes []learner.Label // nil for regression
	Rows    int
	RowsSum string
}

// table has the columns, and no row.
func (s *Served) table() *dataio.Table {
	return &dataio.Table{Rows: table.Rows{Columns: s.Columns, X: &mat.Dense{}}, Classes: s.Classes}
}

// schema describes the rows of the worker that the model comes from.
func (s *Served) schema(worker string, task learner.Task) api.WorkerSchema {
	return api.WorkerSchema{Worker: worker, Task: task, Features: s.Columns, Rows: s.Rows, Classes: s.Classes, RowsSum: s.RowsSum}
}

// refuseServed returns a problem if the worker has no rows to fit to.
func (n *Node) refuseServed() error {
	if n.served == nil {
		return nil
	}
	return api.Problemf(api.CodeServingOnly, "Worker %s serves a stored model and has no training rows.", n.Spec.Name)
}
