package compare

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gochimera/chimera/cmd/chimera/internal/cv"
	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/learner"
)

// Options say how to compare.
type Options struct {
	Share   float64      // of the rows, to hold out
	HeldOut *trial.Files // rows to score on instead; Share is 0 then
	Repeats int          // with other rows held out, and another seed of the fits
	Seed    uint64       // of which rows are held out, and to whom they are dealt
	Metric  trial.Metric

	Progress func(done, total int) // after each fit
}

// Run is one fit.
type Run struct {
	Repeat  int                `json:"repeat"` // from 1
	Train   int                `json:"train_rows"`
	Metrics map[string]float64 `json:"metrics,omitempty"` // by the metric's name
	Cost
	Notes []string `json:"notes,omitempty"`
	Error string   `json:"error,omitempty"`
	Err   error    `json:"-"` // why it failed; nil if it did not

	test     int
	baseline float64
}

// Cost is what a fit took. Computing, on the wire and waiting are those of all workers together.
type Cost struct {
	Seconds   float64 `json:"fit_seconds"`
	Computing float64 `json:"computing_seconds"`
	Wire      float64 `json:"wire_seconds"`
	Waiting   float64 `json:"waiting_seconds"`
	Steps     int     `json:"steps,omitempty"`
	Down      int64   `json:"bytes_to_workers"`
	Up        int64   `json:"bytes_from_workers"`
	Between   int64   `json:"bytes_between_workers"`
}

// Bytes are all.
func (c Cost) Bytes() int64 { return c.Down + c.Up + c.Between }

// Result is how a way did.
type Result struct {
	Way     string              `json:"way"`
	Workers int                 `json:"workers"`
	Remarks []string            `json:"remarks,omitempty"`
	Metrics map[string]Estimate `json:"metrics"`
	Cost    Cost                `json:"mean_cost"`
	Runs    []Run               `json:"runs"`
}

// Estimate is a metric over repeats.
type Estimate struct {
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"` // with n-1; 0 for one
}

// Report is a comparison.
type Report struct {
	Metric   string    `json:"metric"`
	Learner  string    `json:"learner"` // of the first worker
	Rows     int       `json:"train_rows"`
	Test     int       `json:"test_rows"`
	Workers  int       `json:"workers"`
	Repeats  int       `json:"repeats"`
	Seed     uint64    `json:"seed"`
	Baseline Estimate  `json:"baseline"`
	Results  []Result  `json:"ways"`
	Cannot   []Refusal `json:"cannot,omitempty"`
	Notes    []string  `json:"notes,omitempty"` // on the rows

	metric trial.Metric
}

// Compare trains in all ways, one after another, so that none disturbs the time of another. A fit that fails is in the report; the error is
// a *cv.PlanError, of the build, or ctx's.
func (p Project) Compare(ctx context.Context, ways []Way, rows *Rows, o Options) (r *Report, err error) {
	jobs, err := p.jobs(ways, rows, o)
	if err != nil {
		return nil, err
	}
	programs, err := p.build(ctx, ways)
	if err != nil {
		return nil, err
	}
	list := make([]trial.Job, len(jobs))
	for i, j := range jobs {
		list[i] = j.Job
		list[i].Executable = programs[j.way.kind.Name]
	}
	bench, err := trial.NewEmptyBench(p.Config)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bench.Close()) }()
	outcomes, err := bench.Run(ctx, list, 1, func(done int) { o.Progress(done, len(list)) })
	if err != nil {
		return nil, err
	}
	r = &Report{
		Metric: o.Metric.Name, Learner: p.Learners[0].Name, Workers: len(p.Config.Workers), Repeats: o.Repeats, Seed: o.Seed, metric: o.Metric,
	}
	if rows.note != "" && o.HeldOut == nil {
		r.Notes = []string{rows.note}
	}
	for _, w := range ways {
		result := Result{Way: w.Name, Remarks: w.Remarks}
		for i, j := range jobs {
			if j.way.Name == w.Name {
				result.Workers = len(j.Data.Tables)
				result.Runs = append(result.Runs, j.run(outcomes[i], o.Metric))
			}
		}
		result.sum()
		r.Results = append(r.Results, result)
	}
	r.sum()
	return r, nil
}

// job is a trial of a way.
type job struct {
	trial.Job
	way    Way
	repeat int
	train  int // rows
}

// jobs are the trials, repeat by repeat. Ways with the same rows for the same workers share what is written of them.
func (p Project) jobs(ways []Way, rows *Rows, o Options) (jobs []job, err error) {
	for repeat := range o.Repeats {
		random := learner.NewRand(learner.Seed(o.Seed, "compare", fmt.Sprint(repeat)))
		train, test, err := rows.cut(o.Share, random)
		if err != nil {
			return nil, err
		}
		shares, err := rows.shares(train, random)
		if err != nil {
			return nil, err
		}
		copies, alone := rows.copies(train, rows.workers), rows.copies(train, rows.workers[:1])
		for name, d := range map[string]*trial.Data{"shares": &shares, "copies": &copies, "alone": &alone} {
			d.Name, d.HeldOut, d.Test = fmt.Sprintf("%s%d", name, repeat), o.HeldOut, make([][]int, len(d.Tables))
			d.Test[0] = test
		}
		for _, w := range ways {
			data := &shares
			switch {
			case w.Name == Alone:
				data = &alone
			case w.kind.SharesLayers:
				data = &copies
			}
			name := fmt.Sprintf("%d-%d", repeat, len(jobs))
			jobs = append(jobs, job{trial.Job{Name: name, Settings: w.again(repeat), Data: data}, w, repeat, len(train)})
		}
	}
	return jobs, nil
}

// run is what a trial says of a way. A score without the metric is a failure.
func (j job) run(o trial.Outcome, metric trial.Metric) Run {
	r := Run{Repeat: j.repeat + 1, Train: j.train, Err: o.Err}
	if o.Fit != nil {
		r.Seconds, r.Notes = o.Fit.Seconds, o.Fit.Notes
		if o.Fit.Training != nil {
			r.Steps = o.Fit.Training.Steps
		}
		for _, w := range o.Fit.Workers {
			r.Computing, r.Wire, r.Waiting = r.Computing+w.Seconds, r.Wire+w.Wire, r.Waiting+w.Waiting
			switch {
			case j.way.Name == Alone: // nothing would travel in one process
			case j.way.kind.SharesLayers:
				r.Between += w.Sent
			default:
				r.Down, r.Up = r.Down+w.Sent, r.Up+w.Received
			}
		}
	}
	if r.Err == nil {
		r.Metrics, r.baseline, r.test = map[string]float64{}, o.Score.Baseline, o.Score.Rows
		for _, m := range trial.Metrics(o.Score.Task) {
			if v, ok := m.Of(o.Score); ok {
				r.Metrics[m.Name] = v
			}
		}
		if _, ok := r.Metrics[metric.Name]; !ok {
			r.Err = &cv.MetricError{Metric: metric}
		}
	}
	if r.Err != nil {
		r.Error = r.Err.Error()
	}
	return r
}

// sum sums up the fits that succeeded.
func (r *Result) sum() {
	values := map[string][]float64{}
	var sum Cost
	n := 0
	for _, run := range r.Runs {
		if run.Err != nil {
			continue
		}
		n++
		sum.add(run.Cost)
		for name, v := range run.Metrics {
			values[name] = append(values[name], v)
		}
	}
	r.Metrics = map[string]Estimate{}
	for name, list := range values {
		r.Metrics[name] = estimate(list)
	}
	if n > 0 {
		r.Cost = sum.over(n)
	}
}

func (c *Cost) add(d Cost) {
	c.Seconds, c.Computing, c.Wire, c.Waiting = c.Seconds+d.Seconds, c.Computing+d.Computing, c.Wire+d.Wire, c.Waiting+d.Waiting
	c.Steps, c.Down, c.Up, c.Between = c.Steps+d.Steps, c.Down+d.Down, c.Up+d.Up, c.Between+d.Between
}

// over is a sum as the mean of n.
func (c Cost) over(n int) Cost {
	f, i := float64(n), int64(n)
	return Cost{
		Seconds: c.Seconds / f, Computing: c.Computing / f, Wire: c.Wire / f, Waiting: c.Waiting / f,
		Steps: c.Steps / n, Down: c.Down / i, Up: c.Up / i, Between: c.Between / i,
	}
}

func estimate(values []float64) Estimate {
	e := cv.NewEstimate(values)
	return Estimate{e.Mean, e.SD}
}

// sum takes what all ways have in common from those that succeeded.
func (r *Report) sum() {
	var baselines []float64
	for _, result := range r.Results {
		for _, run := range result.Runs {
			if run.Err == nil {
				baselines = append(baselines, run.baseline)
				r.Test = run.test
			}
			r.Rows = run.Train
		}
	}
	r.Baseline = estimate(baselines)
}

// Scored reports whether any fit has a score.
func (r *Report) Scored() bool {
	return slices.ContainsFunc(r.Results, func(w Result) bool { return len(w.Metrics) > 0 })
}

// Failed is the first fit that failed, as an error; nil if none did.
func (r *Report) Failed() error {
	for _, result := range r.Results {
		for _, run := range result.Runs {
			if run.Err != nil {
				return fmt.Errorf("%s, repeat %d: %w", result.Way, run.Repeat, run.Err)
			}
		}
	}
	return nil
}
