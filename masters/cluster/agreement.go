package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// Ask asks every member for its columns and classes. A member that is down or does not answer is
// excluded.
func (f *Fit) Ask(ctx context.Context) {
	f.Schemas = Each(f.Members, func(m *Member) *api.WorkerSchema {
		if failure, down := m.Unavailable(); down {
			f.Fail(m, failure)
			return nil
		}
		schema, err := f.Schema(ctx, m)
		if err != nil && ctx.Err() == nil { // if the fit was cancelled, no worker is to blame
			f.Fail(m, m.Failure(err))
		}
		return schema
	})
}

// Settle makes a model from the members' answers. The columns that most workers have are the right
// ones (in a tie, those of the first worker); a worker with other columns or another task is excluded,
// with that reason.
func (f *Fit) Settle() *Model {
	reference := majority(f.Schemas)
	model := &Model{FitID: f.ID}
	if reference == nil { // Python workers only, or no workers
		return model
	}
	model.Task, model.Features = reference.Task, reference.Features
	var classes [][]learner.Label
	for i, s := range f.Schemas {
		if s == nil {
			continue
		}
		if reason := differs(reference, s); reason != "" {
			f.Fail(f.Members[i], api.WorkerFailure{Worker: f.Members[i].Name, Code: api.CodeUnusableData, Reason: reason})
			continue
		}
		classes = append(classes, s.Classes)
	}
	if model.Task == learner.Classification {
		model.Classes = learner.MergeLabels(classes...)
		model.Baseline = make([]float64, len(model.Classes))
	} else {
		model.Baseline = make([]float64, 1)
	}
	return model
}

// majority is the first schema of the most common kind.
func majority(schemas []*api.WorkerSchema) *api.WorkerSchema {
	var best *api.WorkerSchema
	most := 0
	for _, s := range schemas {
		if s == nil {
			continue
		}
		count := 0
		for _, other := range schemas {
			if other != nil && differs(s, other) == "" {
				count++
			}
		}
		if count > most {
			best, most = s, count
		}
	}
	return best
}

// differs says how a schema's columns or task differ from the reference; it is empty if they do not.
// The order of columns does not matter: they are matched by name.
func differs(reference, s *api.WorkerSchema) string {
	if s.Task != reference.Task {
		return fmt.Sprintf("its learner is for %s, the others' are for %s", s.Task, reference.Task)
	}
	var lacks, more []string
	for _, f := range reference.Features {
		if !slices.Contains(s.Features, f) {
			lacks = append(lacks, f)
		}
	}
	for _, f := range s.Features {
		if !slices.Contains(reference.Features, f) {
			more = append(more, f)
		}
	}
	var parts []string
	if lacks != nil {
		parts = append(parts, "lacks "+strings.Join(lacks, ", "))
	}
	if more != nil {
		parts = append(parts, "has the extra "+strings.Join(more, ", "))
	}
	if parts == nil {
		return ""
	}
	return "its X_train.csv has other columns than " + reference.Worker + "'s: it " + strings.Join(parts, " and ")
}

// Count sums over the workers that took part: their rows and the baseline, which is the rows of each
// class or the mean of the target.
func (model *Model) Count(schemas []*api.WorkerSchema, took func(member int) bool) {
	var means, rows []float64
	for i, s := range schemas {
		if s != nil && took(i) {
			model.addRows(s)
			means, rows = append(means, s.Mean), append(rows, float64(s.Rows))
		}
	}
	if model.Task == learner.Regression && model.Rows > 0 {
		model.Baseline[0] = numeric.Mean(means, rows)
	}
}

func (model *Model) addRows(s *api.WorkerSchema) {
	model.Rows += s.Rows
	for i, label := range s.Classes {
		if k := learner.IndexLabel(model.Classes, label); k >= 0 && i < len(s.Counts) {
			model.Baseline[k] += float64(s.Counts[i])
		}
	}
}
