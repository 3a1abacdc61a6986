package validate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

// kinds notes columns that hold texts in some workers' rows and numbers only in others'.
func kinds(read []rows) (notes []string) {
	for _, name := range read[0].table.Columns {
		var texts, numbers []string
		for _, w := range read {
			switch j := w.table.Index(name); {
			case !w.table.IsNumeric(j):
				texts = append(texts, w.name)
			case hasNumber(w.table, j):
				numbers = append(numbers, w.name)
			}
		}
		if texts != nil && numbers != nil {
			notes = append(notes, fmt.Sprintf("the column %s has texts in the rows of %s, and numbers only in those of %s: it is categorical for all",
				name, strings.Join(texts, ", "), strings.Join(numbers, ", ")))
		}
	}
	return notes
}

func hasNumber(t *dataio.Table, column int) bool {
	for i := range t.Len() {
		if !math.IsNaN(t.X.At(i, column)) {
			return true
		}
	}
	return false
}

// lacking notes the classes that workers have no rows of.
func lacking(read []rows) (notes []string) {
	all := classesOf(read)
	for _, w := range read {
		var missing []string
		for _, class := range all {
			if w.table.Classes != nil && learner.IndexLabel(w.table.Classes, class) < 0 {
				missing = append(missing, string(class))
			}
		}
		if missing != nil {
			notes = append(notes, fmt.Sprintf("worker %s has no rows of the class %s", w.name, strings.Join(missing, ", ")))
		}
	}
	return notes
}

// classesOf are the classes of all workers.
func classesOf(read []rows) []learner.Label {
	var all []learner.Label
	for _, w := range read {
		for _, class := range w.table.Classes {
			if learner.IndexLabel(all, class) < 0 {
				all = append(all, class)
			}
		}
	}
	return learner.SortLabels(all)
}

// together makes the preparation that a fit would make, without scaling, and checks that the learners can use what
// comes of it. Of workers of which nothing is known, nothing is checked.
func together(ctx context.Context, cfg *config.Config, read []rows) (notes []string, err error) {
	if slices.ContainsFunc(read, func(w rows) bool { return w.info == nil }) {
		return nil, nil
	}
	if cfg.Prepare.Mode == prepare.None {
		return nil, asTheyAre(cfg, read)
	}
	q := prepare.Question{Columns: read[0].table.Columns, Classes: classesOf(read), Settings: cfg.Prepare.Settings, Seed: cfg.Seed}
	traits := make([]learner.Traits, len(read))
	for i, w := range read {
		traits[i] = w.info.Traits
	}
	q.Needs = prepare.NeedsOf(true, traits...)
	for _, name := range q.Columns {
		if slices.ContainsFunc(read, func(w rows) bool { return w.table.TextsOf(w.table.Index(name)) != nil }) {
			q.Texts = append(q.Texts, name)
		}
	}
	var summaries []*prepare.Summary
	for _, w := range read {
		data, err := w.table.Dataset(q.Classes)
		if err != nil {
			return nil, &dataio.Error{File: w.folder, Reason: err.Error()}
		}
		s, err := prepare.Summarise(ctx, q, inOrder(w.table.Rows, q.Columns), data.Y)
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, config.Errors{cfg.Problem("prepare", "worker "+w.name+": "+err.Error(), "")}
		}
		summaries = append(summaries, s)
		if cfg.Kind().SharesLayers {
			break // the others have the same rows
		}
		q.FirstRow += uint64(w.table.Len())
	}
	made, err := prepare.Agree(q, summaries)
	if err != nil {
		return nil, config.Errors{cfg.Problem("prepare", err.Error(), "")}
	}
	var problems config.Errors
	for _, c := range made.Columns {
		if c.Note != "" {
			notes = append(notes, fmt.Sprintf("the column %s: %s", c.Name, c.Note))
		}
		if c.Kind != prepare.Numeric || c.Fill != nil {
			continue
		}
		if who, name := needsWhole(read, c.Name); who != "" {
			problem := fmt.Sprintf("the column %s of worker %s has missing cells, which %s does not take", c.Name, name, who)
			problems = append(problems, cfg.Problem("prepare.columns."+c.Name, problem, "impute them: impute: auto, mean or median"))
		}
	}
	if problems != nil {
		return notes, problems
	}
	return notes, nil
}

// inOrder are rows with their columns in a given order, which are all that they have.
func inOrder(r table.Rows, columns []string) table.Rows {
	if slices.Equal(r.Columns, columns) {
		return r
	}
	out := table.Rows{Columns: columns, X: mat.NewDense(r.Len(), len(columns), nil), Texts: make([]*table.Texts, len(columns))}
	column := make([]float64, r.Len())
	for j, name := range columns {
		from := r.Index(name)
		out.X.SetCol(j, mat.Col(column, from, r.X))
		out.Texts[j] = r.TextsOf(from)
	}
	return out
}

// needsWhole finds a learner that takes no missing cells, if a worker has one in a column, and names that worker.
func needsWhole(read []rows, column string) (who, worker string) {
	for _, w := range read {
		if !w.info.Traits.AllowsMissing {
			who = w.info.Name
		}
	}
	for _, w := range read {
		j := w.table.Index(column)
		for i := range w.table.Len() {
			if _, has := w.table.Category(i, j); !has {
				return who, w.name
			}
		}
	}
	return "", ""
}

// asTheyAre checks rows that are not prepared.
func asTheyAre(cfg *config.Config, read []rows) error {
	var problems []error
	for _, w := range read {
		problems = append(problems, cfg.CheckUnprepared(w.table))
	}
	for _, column := range read[0].table.Columns {
		if who, name := needsWhole(read, column); who != "" {
			i := slices.IndexFunc(read, func(w rows) bool { return w.name == name })
			reason := fmt.Sprintf("the column %s has missing cells, which %s does not take: with prepare: auto in chimera.yaml they are imputed", column, who)
			problems = append(problems, &dataio.Error{File: read[i].folder, Reason: reason})
		}
	}
	return errors.Join(problems...)
}
