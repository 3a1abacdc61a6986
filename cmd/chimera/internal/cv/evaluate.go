package cv

import (
	"context"
	"fmt"
	"math"

	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
)

// Job is the trial of a chimera.yaml on a fold, on the data of that fold alone.
func (s Split) Job(settings *trial.Document, tables []*trial.Table) trial.Job {
	name := fmt.Sprintf("repeat%d-fold%d", s.Repeat+1, s.Fold+1)
	return trial.Job{Name: name, Settings: settings, Data: &trial.Data{Name: name, Tables: tables, Train: s.Train, Test: s.Test}}
}

// Result is how a model did on one fold.
type Result struct {
	Repeat    int                `json:"repeat"` // from 1
	Fold      int                `json:"fold"`   // from 1
	TrainRows int                `json:"train_rows"`
	TestRows  int                `json:"test_rows"`
	Values    map[string]float64 `json:"metrics,omitempty"` // by the metric's name
	Baseline  float64            `json:"baseline"`
	Seconds   float64            `json:"fit_seconds"`
	Notes     []string           `json:"notes,omitempty"`
	Error     string             `json:"error,omitempty"`
	Err       error              `json:"-"` // why the fold failed; nil if it did not
}

// MetricError is a score that does not have the metric.
type MetricError struct{ Metric trial.Metric }

// Error says what the metric needs.
func (e *MetricError) Error() string {
	return fmt.Sprintf("the score has no %s, which needs %s: choose another metric", e.Metric.Name, e.Metric.Needs)
}

// NewResult is what a trial says of a fold. A score without the metric is a failure.
func NewResult(s Split, o trial.Outcome, metric trial.Metric) Result {
	r := Result{Repeat: s.Repeat + 1, Fold: s.Fold + 1, TrainRows: s.TrainRows, TestRows: s.TestRows, Err: o.Err}
	if o.Fit != nil {
		r.Seconds, r.Notes = o.Fit.Seconds, o.Fit.Notes
	}
	if r.Err == nil {
		r.Values, r.Baseline = map[string]float64{}, o.Score.Baseline
		for _, m := range trial.Metrics(o.Score.Task) {
			if v, ok := m.Of(o.Score); ok {
				r.Values[m.Name] = v
			}
		}
		if _, ok := r.Values[metric.Name]; !ok {
			r.Err = &MetricError{metric}
		}
	}
	if r.Err != nil {
		r.Error = r.Err.Error()
	}
	return r
}

// Estimate is a metric over folds.
type Estimate struct {
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"` // over the folds, with n-1; 0 for one
	N    int     `json:"folds"`
}

// NewEstimate sums up values in their order.
func NewEstimate(values []float64) Estimate {
	e := Estimate{N: len(values)}
	if e.N == 0 {
		return e
	}
	for _, v := range values {
		e.Mean += v
	}
	e.Mean /= float64(e.N)
	if e.N > 1 {
		for _, v := range values {
			e.SD += (v - e.Mean) * (v - e.Mean)
		}
		e.SD = math.Sqrt(e.SD / float64(e.N-1))
	}
	return e
}

// Report is a cross-validation.
type Report struct {
	Metric     string              `json:"metric"`
	Folds      int                 `json:"folds"`
	Repeats    int                 `json:"repeats"`
	Stratified bool                `json:"stratified"`
	Group      string              `json:"group,omitempty"` // the column
	Seed       uint64              `json:"seed"`
	Rows       int                 `json:"rows"`
	Workers    int                 `json:"workers"`
	Metrics    map[string]Estimate `json:"metrics"`
	Baseline   Estimate            `json:"baseline"`
	Results    []Result            `json:"results"`
	Notes      []string            `json:"notes,omitempty"` // on the rows

	metric trial.Metric
}

// Options say how to cross-validate.
type Options struct {
	Plan     Plan
	Group    string // the column of groups, for the report
	Metric   trial.Metric
	Parallel int                   // trials at a time
	Progress func(done, total int) // after each
}

// Run cross-validates a chimera.yaml. A fold that fails is in the report; the error is a *PlanError or ctx's.
func Run(ctx context.Context, bench *trial.Bench, settings *trial.Document, tables []*trial.Table, o Options) (*Report, error) {
	splits, err := o.Plan.Splits(tables)
	if err != nil {
		return nil, err
	}
	jobs := make([]trial.Job, len(splits))
	for i, s := range splits {
		jobs[i] = s.Job(settings, tables)
	}
	outcomes, err := bench.Run(ctx, jobs, o.Parallel, func(done int) { o.Progress(done, len(jobs)) })
	if err != nil {
		return nil, err
	}
	r := &Report{
		Metric: o.Metric.Name, Folds: o.Plan.Folds, Repeats: o.Plan.Repeats, Stratified: o.Plan.Stratified, Group: o.Group, Seed: o.Plan.Seed,
		Rows: splits[0].TrainRows + splits[0].TestRows, Workers: len(tables), Metrics: map[string]Estimate{}, Notes: o.Plan.Notes(tables), metric: o.Metric,
	}
	values, baselines := map[string][]float64{}, []float64{}
	for i, s := range splits {
		result := NewResult(s, outcomes[i], o.Metric)
		r.Results = append(r.Results, result)
		if result.Err != nil {
			continue
		}
		baselines = append(baselines, result.Baseline)
		for name, v := range result.Values {
			values[name] = append(values[name], v)
		}
	}
	for name, v := range values {
		r.Metrics[name] = NewEstimate(v)
	}
	r.Baseline = NewEstimate(baselines)
	return r, nil
}

// Failed is the first fold that failed, as an error; nil if none did.
func (r *Report) Failed() error {
	for _, result := range r.Results {
		if result.Err != nil {
			return fmt.Errorf("repeat %d, fold %d: %w", result.Repeat, result.Fold, result.Err)
		}
	}
	return nil
}
