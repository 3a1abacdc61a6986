package validate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Data reads the training data of every worker that is started by the project,
// one worker at a time: the files must be there and whole, and all workers have
// the same columns; workers that share the layers of one network have the same
// rows too. infos are the workers' learners, as Learners returns them. The
// error joins one *dataio.Error a problem.
func Data(ctx context.Context, cfg *config.Config, infos []*registry.Info) error {
	var problems []error
	var first *dataio.Table
	var firstWorker string
	for i, w := range cfg.Workers {
		if w.URL != "" {
			continue // its data is where it runs
		}
		task := learner.Regression // of a worker with a main of its own nothing is known; labels are checked by it
		if infos[i] != nil {
			task = infos[i].Task
		}
		table, err := dataio.ReadTraining(ctx, cfg.DataFolder(i), task, cfg.Reading())
		if err == nil {
			err = table.CheckNumbers()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			if infos[i] != nil || !isTargetOfUnknownTask(err) {
				problems = append(problems, err)
			}
			continue
		}
		if first == nil {
			first, firstWorker = table, w.Name
			continue
		}
		if text := differ(first.Columns, table.Columns); text != "" {
			reason := fmt.Sprintf("worker %s has %s, compared with worker %s: all need the same columns", w.Name, text, firstWorker)
			problems = append(problems, &dataio.Error{File: cfg.DataFolder(i), Reason: reason})
		} else if row := differsAt(first, table); row >= 0 && cfg.Kind().SharesLayers {
			reason := fmt.Sprintf("worker %s has other rows than worker %s, from row %d on: the workers of master: %s need copies of the same files",
				w.Name, firstWorker, row+1, cfg.Master)
			problems = append(problems, &dataio.Error{File: cfg.DataFolder(i), Reason: reason})
		}
	}
	return errors.Join(problems...)
}

// differsAt is the first row, from 0, in which two tables of the same columns
// differ, in whatever order those are; -1 if in none.
func differsAt(a, b *dataio.Table) int {
	for i := range max(len(a.Y), len(b.Y)) {
		if i >= len(a.Y) || i >= len(b.Y) || label(a, i) != label(b, i) {
			return i
		}
		for j, name := range a.Columns {
			if x, y := a.X.At(i, j), b.X.At(i, slices.Index(b.Columns, name)); x != y && (x == x || y == y) { // NaN is a missing value
				return i
			}
		}
	}
	return -1
}

// label is the target of a row, whatever classes the rest has.
func label(t *dataio.Table, i int) learner.Label {
	if t.Classes == nil {
		return learner.NumberLabel(t.Y[i])
	}
	return t.Classes[int(t.Y[i])]
}

// isTargetOfUnknownTask reports whether a target was read as numbers that may
// be labels.
func isTargetOfUnknownTask(err error) bool {
	var e *dataio.Error
	return errors.As(err, &e) && strings.HasSuffix(e.File, dataio.TargetFile) && e.Field > 0
}

// differ says how the second list of columns differs from the first, in
// whatever order they are.
func differ(first, second []string) string {
	var missing, extra []string
	for _, c := range first {
		if !slices.Contains(second, c) {
			missing = append(missing, c)
		}
	}
	for _, c := range second {
		if !slices.Contains(first, c) {
			extra = append(extra, c)
		}
	}
	var parts []string
	if missing != nil {
		parts = append(parts, "no column "+strings.Join(missing, ", "))
	}
	if extra != nil {
		parts = append(parts, "a further column "+strings.Join(extra, ", "))
	}
	return strings.Join(parts, " and ")
}
