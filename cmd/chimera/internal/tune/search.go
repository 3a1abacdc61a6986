package tune

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gochimera/chimera/cmd/chimera/internal/cv"
	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
)

// Options say how to search.
type Options struct {
	Plan     cv.Plan
	Group    string // the column of groups, for the report
	Metric   trial.Metric
	Parallel int // trials at a time
	Factor   int // of successive halving; 0 tries all candidates on all rows
	Progress func(Progress)
}

// Progress is how far a search is.
type Progress struct {
	Done, Total int // trials, of this rung
	Rung, Rungs int // from 1
}

// Entry is a candidate and how it did in the last rung that it was in.
type Entry struct {
	Rank     int            `json:"rank"` // from 1
	Params   map[string]any `json:"params"`
	Rung     int            `json:"rung"` // from 1
	Rows     int            `json:"rows"` // of the rung
	Estimate cv.Estimate    `json:"metric"`
	Seconds  float64        `json:"fit_seconds"` // mean over the folds
	Results  []cv.Result    `json:"results"`
	Failed   bool           `json:"failed,omitempty"` // a fold failed, so it is no candidate for the best

	candidate Candidate
	order     int // of the candidates
}

// Report is a search.
type Report struct {
	Search     string   `json:"search"` // grid or random
	Metric     string   `json:"metric"`
	Names      []string `json:"names"` // of the parameters
	Folds      int      `json:"folds"`
	Repeats    int      `json:"repeats"`
	Stratified bool     `json:"stratified"`
	Group      string   `json:"group,omitempty"`
	Seed       uint64   `json:"seed"`
	Rungs      []Rung   `json:"rungs"`
	Entries    []Entry  `json:"candidates"`      // the best first
	Best       string   `json:"best"`            // chimera.yaml with the values of the best
	Notes      []string `json:"notes,omitempty"` // on the rows

	space  *Space
	metric trial.Metric
}

// Run searches among candidates, which have passed Check. The error is a *cv.PlanError, ctx's, or, if every
// candidate has failed, the reason of the first; the report is there then too.
func Run(ctx context.Context, bench *trial.Bench, space *Space, candidates []Candidate, tables []*trial.Table, o Options) (*Report, error) {
	splits, err := o.Plan.Splits(tables)
	if err != nil {
		return nil, err
	}
	rows := splits[0].TrainRows + splits[0].TestRows
	rungs := []Rung{{len(candidates), rows}}
	if o.Factor > 0 {
		rungs = Schedule(len(candidates), rows, least(o.Plan, tables, o.Metric.Task), o.Factor)
	}
	r := &Report{
		Metric: o.Metric.Name, Names: space.names(), Folds: o.Plan.Folds, Repeats: o.Plan.Repeats, Stratified: o.Plan.Stratified,
		Group: o.Group, Seed: o.Plan.Seed, Rungs: rungs, Notes: o.Plan.Notes(tables), space: space, metric: o.Metric,
	}
	left := make([]*Entry, len(candidates))
	for i, c := range candidates {
		left[i] = &Entry{candidate: c, order: i, Params: values(space.Params, c)}
	}
	all := slices.Clone(left)
	for i, rung := range rungs {
		left = left[:rung.Candidates]
		parts := make([]cv.Split, len(splits))
		for k, s := range splits {
			parts[k] = part(s, tables, float64(rung.Rows)/float64(rows), o.Plan)
		}
		err := r.rung(ctx, bench, left, parts, tables, i, o)
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(left, r.compare)
	}
	slices.SortStableFunc(all, r.compare)
	for i, e := range all {
		e.Rank = i + 1
		r.Entries = append(r.Entries, *e)
	}
	best := r.Entries[0]
	if best.Failed {
		return r, r.failure(best)
	}
	d, err := space.Apply(best.candidate)
	if err != nil {
		return r, err
	}
	text, err := d.Text()
	r.Best = string(text)
	return r, err
}

// rung tries candidates on all folds, fold by fold, so that the rows of a fold are on the disk no longer than they are needed.
func (r *Report) rung(ctx context.Context, bench *trial.Bench, entries []*Entry, splits []cv.Split, tables []*trial.Table, rung int, o Options) error {
	settings := make([]*trial.Document, len(entries))
	for i, e := range entries {
		var err error
		if settings[i], err = r.space.Apply(e.candidate); err != nil {
			return err
		}
		e.Results, e.Seconds, e.Failed, e.Rung, e.Rows = nil, 0, false, rung+1, r.Rungs[rung].Rows
	}
	var jobs []trial.Job
	for _, s := range splits {
		shared := s.Job(nil, tables)
		for i, e := range entries {
			jobs = append(jobs, trial.Job{Name: fmt.Sprintf("%s-candidate%d", shared.Name, e.order+1), Settings: settings[i], Data: shared.Data})
		}
	}
	outcomes, err := bench.Run(ctx, jobs, o.Parallel, func(done int) {
		o.Progress(Progress{Done: done, Total: len(jobs), Rung: rung + 1, Rungs: len(r.Rungs)})
	})
	if err != nil {
		return err
	}
	for i, e := range entries {
		var scores []float64
		for k, s := range splits {
			result := cv.NewResult(s, outcomes[k*len(entries)+i], o.Metric)
			e.Results = append(e.Results, result)
			e.Seconds += result.Seconds / float64(len(splits))
			if e.Failed = e.Failed || result.Err != nil; result.Err == nil {
				scores = append(scores, result.Values[o.Metric.Name])
			}
		}
		e.Estimate = cv.NewEstimate(scores)
	}
	return nil
}

// compare puts the better of two first: what got further, then what did not fail, then the better mean, then the order of the candidates.
func (r *Report) compare(a, b *Entry) int {
	switch {
	case a.Failed != b.Failed:
		return order(b.Failed)
	case a.Rung != b.Rung:
		return b.Rung - a.Rung
	case !a.Failed && a.Estimate.Mean != b.Estimate.Mean:
		return order(r.metric.Better(a.Estimate.Mean, b.Estimate.Mean))
	default:
		return a.order - b.order
	}
}

func order(first bool) int {
	if first {
		return -1
	}
	return 1
}

// failure is why a candidate failed.
func (r *Report) failure(e Entry) error {
	for _, result := range e.Results {
		if result.Err != nil {
			return fmt.Errorf("every candidate failed; %s: repeat %d, fold %d: %w", describe(r.space.Params, e.candidate), result.Repeat, result.Fold, result.Err)
		}
	}
	return errors.New("every candidate failed")
}
