package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// Ask asks every member that takes part for its columns and classes. One that is down or does not
// answer is excluded.
func (f *Fit) Ask(ctx context.Context) {
	Each(f.Taking(), func(m *Member) struct{} {
		if err := f.AskMember(ctx, m); err != nil && ctx.Err() == nil { // if the fit was cancelled, no worker is to blame
			f.Fail(m, m.Failure(err))
		}
		return struct{}{}
	})
}

// AskMember asks one member for its columns and classes, unless it is down.
func (f *Fit) AskMember(ctx context.Context, m *Member) (err error) {
	if err := m.Reachable(); err != nil {
		return err
	}
	f.Schemas[m.Index], err = f.Schema(ctx, m)
	return err
}

// Settle makes a model from the members' answers. The columns that most workers have are the right
// ones (in a tie, those of the first worker); a worker with other columns or another task is excluded,
// with that reason.
func (f *Fit) Settle() *Model { return f.SettleWith(0, "") }

// SettleWith is Settle for a master that tolerates so many faulty members: none of them can invent a
// class, because one that no more members have than may be faulty excludes those that have it. setting
// is the setting to blame.
func (f *Fit) SettleWith(faulty int, setting string) *Model {
	schemas := make([]*api.WorkerSchema, len(f.Members))
	for _, m := range f.Taking() {
		schemas[m.Index] = f.Schemas[m.Index]
	}
	reference := majority(schemas)
	model := &Model{FitID: f.ID}
	if reference == nil { // Python workers only, or no workers
		return model
	}
	model.Task, model.Features = reference.Task, reference.Features
	agreed := make([]*api.WorkerSchema, len(schemas))
	var classes [][]learner.Label
	for i, s := range schemas {
		if s == nil {
			continue
		}
		if reason := differs(reference, s); reason != "" {
			f.Fail(f.Members[i], api.WorkerFailure{Worker: f.Members[i].Name, Code: api.CodeUnusableData, Reason: reason})
			continue
		}
		agreed[i] = s
	}
	for i, s := range agreed {
		if s == nil {
			continue
		}
		if c, alone := unwitnessed(agreed, s, faulty); alone {
			f.Fail(f.Members[i], api.WorkerFailure{Worker: f.Members[i].Name, Code: api.CodeUnusableData, Reason: fmt.Sprintf(
				"its rows have the class %q, which fewer than %d workers have: with %s a faulty worker could invent it; "+
					"give rows of that class to another worker, or combine by the mean", string(c), faulty+1, setting)})
			continue
		}
		classes = append(classes, s.Classes)
	}
	model.centers = centers(model.Features, agreed)
	if model.Task == learner.Classification {
		model.Classes = learner.MergeLabels(classes...)
		model.Baseline = make([]float64, len(model.Classes))
	} else {
		model.Baseline = make([]float64, 1)
	}
	f.checkThreshold(model)
	return model
}

// unwitnessed is the first class of a schema that no more members have than may be faulty, if there is
// one.
func unwitnessed(all []*api.WorkerSchema, s *api.WorkerSchema, faulty int) (learner.Label, bool) {
	for _, c := range s.Classes {
		have := 0
		for _, other := range all {
			if other != nil && slices.Contains(other.Classes, c) {
				have++
			}
		}
		if have <= faulty {
			return c, true
		}
	}
	return "", false
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
	if slices.Equal(s.Features, reference.Features) {
		return ""
	}
	lacks, more := without(reference.Features, s.Features), without(s.Features, reference.Features)
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

// without is the names that are not among others, in their order.
func without(names, others []string) (left []string) {
	among := make(map[string]bool, len(others))
	for _, name := range others {
		among[name] = true
	}
	for _, name := range names {
		if !among[name] {
			left = append(left, name)
		}
	}
	return left
}

// Suits says why a worker that comes after a fit has begun cannot take part in it: its rows must be of what was agreed on. It is nil
// if it can.
func (model *Model) Suits(s *api.WorkerSchema) error {
	columns := model.RawColumns()
	if reason := differs(&api.WorkerSchema{Worker: "the model", Task: model.Task, Features: columns}, s); reason != "" {
		return errors.New(reason)
	}
	for _, c := range s.Classes {
		if learner.IndexLabel(model.Classes, c) < 0 {
			return fmt.Errorf("its rows have the class %q, which the rows of the others do not have; fit again to use it", string(c))
		}
	}
	if model.Preparation == nil && len(s.TextColumns) > 0 {
		return fmt.Errorf("its rows have texts (%s), and those of the others have none; fit again to use it", some(s.TextColumns))
	}
	return nil
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

// CountRobustly is Count for a master that tolerates faulty members: middle combines each number of
// the baseline, which is then a mean, or a share of the rows of each class.
func (model *Model) CountRobustly(schemas []*api.WorkerSchema, took func(member int) bool, middle func([]float64) float64) {
	columns := make([][]float64, len(model.Baseline))
	for i, s := range schemas {
		if s == nil || !took(i) || s.Rows == 0 { // a worker of the Python package does not count its rows
			continue
		}
		alone := &Model{Task: model.Task, Classes: model.Classes, Baseline: make([]float64, len(model.Baseline))}
		alone.Count([]*api.WorkerSchema{s}, func(int) bool { return true })
		model.Rows += alone.Rows
		for k, v := range alone.Baseline {
			if model.Task == learner.Classification {
				v /= float64(alone.Rows)
			}
			columns[k] = append(columns[k], v)
		}
	}
	for k, column := range columns {
		if len(column) > 0 {
			model.Baseline[k] = middle(column)
		}
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
