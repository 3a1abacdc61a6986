package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/explain"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
	"github.com/gochimera/chimera/prepare/table"
)

func (c *Cluster) handlePermutation(o Operations) {
	op := rest.Fails(huma.Operation{
		Method: http.MethodPost, Path: api.PathPermutationImportance, Summary: "How much the model needs each column", Tags: []string{"model"},
		Description: "Scores the rows as they are, and again with the cells of one column in another order (Breiman 2001): by how much the metric is worse then. " +
			"Works for any model, by its predictions. Send rows that it was not trained on. Columns that say the same share their importance. " +
			"One seed gives one answer. It takes 1 + columns x n_repeats predictions, one after the other, and ends when the caller goes.",
	}, slices.Concat(modelCodes, o.Codes)...)
	handleRows(c, op, api.PermutationRequest{}, examplePermutation(), func(ctx context.Context, body []byte) (*api.PermutationImportances, error) {
		rows, err := c.decodeCopied(ctx, body)
		if err != nil {
			return nil, err
		}
		truth, err := decodeTruth(body, rows.Len())
		if err != nil {
			return nil, err
		}
		how := permuting{repeats: api.DefaultRepeats}
		if err := how.decode(body); err != nil {
			return nil, err
		}
		return steadily(ctx, c, o, func(s *steady) (*api.PermutationImportances, error) { return how.measure(ctx, s, body, rows, truth) })
	})
}

// decodeCopied is decode for rows of which a copy is made for each prediction; one is in memory at a time.
func (c *Cluster) decodeCopied(ctx context.Context, body []byte) (Rows, error) {
	const number = 8
	cells, lists := int64(bytes.Count(body, []byte{','}))+1, int64(bytes.Count(body, []byte{'['}))
	rows, err := rest.DecodeRows(ctx, body, c.Limits(), c.missing, c.answerMemory()+number*(cells/max(lists, 1)+1))
	return Rows{rows}, err
}

// permuting are the options of a request.
type permuting struct {
	repeats int
	seed    uint64
	metric  string
}

func (how *permuting) decode(body []byte) error {
	if err := option(body, "n_repeats", &how.repeats, fmt.Sprintf("want a whole number from 1 to %d", api.MostRepeats), func() bool {
		return how.repeats >= 1 && how.repeats <= api.MostRepeats
	}); err != nil {
		return err
	}
	if err := option(body, "seed", &how.seed, "want a whole number of at least 0", nil); err != nil {
		return err
	}
	return option(body, "metric", &how.metric, "want the name of a metric, such as accuracy or r2", func() bool { return how.metric != "" })
}

// option reads a field of a request into a default; what is not wanted is refused, null too.
func option(body []byte, name string, into any, want string, valid func() bool) error {
	raw, err := wire.Field(body, name)
	if err != nil {
		return rest.BodyProblem(err)
	}
	if raw == nil {
		return nil
	}
	if string(raw) != "null" && json.Unmarshal(raw, into) == nil && (valid == nil || valid()) {
		return nil
	}
	return refusedOption(name, want, string(raw))
}

func refusedOption(name, want, value string) error {
	p := api.NewProblem(api.CodeInvalidRequest, name+": "+want)
	p.Errors = []api.Fault{{Location: "body." + name, Message: want, Value: rest.Shorten(value)}}
	return p
}

// used are the columns of rows that a model uses: its own but for those that its preparation has dropped, or all, if it is
// not known which it has.
func (model *Model) used(rows Rows) ([]string, error) {
	names := model.Features
	switch {
	case model.Preparation != nil:
		names = model.Preparation.Names()
	case names == nil:
		return rows.Columns, nil
	}
	_, err := rest.Places(names, rows.Columns)
	return names, err
}

// measure permutes each column that the model uses.
func (how *permuting) measure(ctx context.Context, s *steady, body []byte, rows Rows, truth []learner.Label) (*api.PermutationImportances, error) {
	model := s.cluster.master.Model()
	columns, err := model.used(rows)
	if err == nil {
		err = bounded(rows.Len(), 1+len(columns)*how.repeats, "lower n_repeats")
	}
	if err != nil {
		return nil, err
	}
	var metric metrics.Metric
	sign := 1.0
	baseline, found, err := explain.Permutation{Repeats: how.repeats, Seed: how.seed}.Measure(ctx, rows.Rows, columns,
		func(ctx context.Context, changed table.Rows) (float64, error) {
			first := s.first == nil
			p, err := s.predict(ctx, Rows{changed})
			if err != nil {
				return 0, err
			}
			if first {
				if model.FitID != "" && p.Model.FitID != model.FitID {
					return 0, &movedError{fmt.Sprintf("fit %s was put into service in place of %s", p.Model.FitID, model.FitID)}
				}
				if metric, err = how.metricOf(p); err == nil {
					err = s.cluster.decide(body, p)
				}
				if err != nil {
					return 0, err
				}
				if metric.Less {
					sign = -1
				}
			}
			v, err := p.metric(ctx, metric, s.first.threshold, truth)
			return sign * v, err
		})
	if err != nil {
		return nil, rest.CellProblem(err, rows.Columns)
	}
	a := &api.PermutationImportances{
		FitID: s.first.Model.FitID, Rows: rows.Len(), Metric: metric.Name, Baseline: sign * baseline, Repeats: how.repeats, Seed: how.seed,
		Columns: []api.PermutationImportance{}, Workers: nameAll(s.first.Members), Failures: s.first.Failures, Notes: s.first.Notes,
	}
	for _, one := range found {
		a.Columns = append(a.Columns, api.PermutationImportance{Column: one.Column, Mean: one.Mean, Std: one.Std, Importances: one.Each})
	}
	return a, nil
}

// metricOf is the metric by which a prediction is scored.
func (how *permuting) metricOf(p *Prediction) (metrics.Metric, error) {
	if !p.targeted() {
		return metrics.Metric{}, api.Problemf(api.CodeInvalidRequest, "The model is for %s: it predicts no target that y_true could be compared with.", p.Model.Task)
	}
	task := learner.Regression
	if p.Combined.Proba != nil {
		task = learner.Classification
	}
	m, err := metrics.ParseMetric(how.metric, task)
	if err != nil {
		return m, refusedOption("metric", err.Error(), how.metric)
	}
	return m, nil
}

// metric is one number that compares the combined prediction with the truth.
func (p *Prediction) metric(ctx context.Context, m metrics.Metric, threshold float64, truth []learner.Label) (float64, error) {
	alone := &Prediction{Model: p.Model, Combined: p.Combined, threshold: threshold}
	scored, err := alone.score(ctx, truth)
	if err != nil {
		return 0, err
	}
	v, has := m.Of(scored.Classification, scored.Regression)
	if !has {
		return 0, refusedOption("metric", m.Name+" needs two classes that both occur in y_true, and no others", m.Name)
	}
	return v, nil
}
