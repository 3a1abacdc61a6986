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
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/registry"
)

// Data reads the training data of every worker that is started by the project: the files must be there and
// whole, all workers must have the same columns, and there must be a preparation of their rows that their
// learners can use; workers that share the layers of one network have the same rows too. infos are the
// workers' learners, as Learners returns them; progress, which may be nil, is told how many workers' files
// were read. The error joins everything that is wrong: *dataio.Error, and a config.Errors about section
// prepare. The notes are what is not wrong, and good to know.
func Data(ctx context.Context, cfg *config.Config, infos []*registry.Info, progress func(done, total int)) (notes []string, err error) {
	read, problems := readAll(ctx, cfg, infos, progress)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if len(read) == 0 {
		return nil, errors.Join(problems...)
	}
	first, alike := read[0], true
	for _, w := range read[1:] {
		if text := differ(first.table.Columns, w.table.Columns); text != "" {
			alike = false
			reason := fmt.Sprintf("worker %s has %s, compared with worker %s: all need the same columns", w.name, text, first.name)
			problems = append(problems, &dataio.Error{File: w.folder, Reason: reason})
		} else if row := differsAt(first.table, w.table); cfg.Kind().SharesLayers && row >= 0 {
			reason := fmt.Sprintf("worker %s has other rows than worker %s, from row %d on: the workers of master: %s need copies of the same files",
				w.name, first.name, row+1, cfg.Master)
			problems = append(problems, &dataio.Error{File: w.folder, Reason: reason})
		}
	}
	var columns []string
	for _, w := range read {
		columns = append(columns, w.table.Columns...)
	}
	unknown := cfg.UnknownColumns(columns)
	if unknown != nil {
		problems = append(problems, unknown)
	}
	if alike && unknown == nil {
		more, err := together(ctx, cfg, read)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if cfg.Prepare.Mode != prepare.None {
			notes = kinds(read)
		}
		notes = append(append(notes, lacking(read)...), more...)
		problems = append(problems, err)
	}
	return notes, errors.Join(problems...)
}

// differsAt is the first row, from 0, in which two tables of the same columns
// differ, in whatever order those are; -1 if in none.
func differsAt(a, b *dataio.Table) int {
	for i := range max(len(a.Y), len(b.Y)) {
		if i >= len(a.Y) || i >= len(b.Y) || label(a, i) != label(b, i) {
			return i
		}
		for j, name := range a.Columns {
			x, has := a.Category(i, j)
			if y, also := b.Category(i, b.Index(name)); x != y || has != also {
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
