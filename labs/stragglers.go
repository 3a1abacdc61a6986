package labs

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/internal/picture"
	"github.com/gochimera/chimera/labs/rig"
	"github.com/gochimera/chimera/labs/rows"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
)

// stragglersParams are the parameters of lab stragglers.
type stragglersParams struct {
	Workers  int     `json:"workers" default:"4" validate:"gte=3,lte=32" doc:"workers; the last one is slow"`
	Rows     int     `json:"rows" default:"400" validate:"gte=100,lte=100000" doc:"training rows of all together"`
	Delay    int     `json:"delay_ms" default:"200" validate:"gte=1,lte=5000" doc:"by how many milliseconds the slow worker answers later"`
	Rate     float64 `json:"delay_rate" default:"0.5" validate:"gt=0,lte=1" doc:"in which share of the steps it is slow"`
	Steps    int     `json:"steps" default:"40" validate:"gte=2,lte=10000" doc:"steps of the training"`
	Timeouts []int   `json:"timeouts_ms" default:"[100,30]" validate:"min=1,dive,gte=5" doc:"milliseconds that a step waits for a worker that it can do without"`
}

func stragglers() Lab {
	return define(Lab{
		Name: "stragglers", Title: "Stragglers and the quorum", About: "data parallelism, step by step",
		Chapter: "three-parallelisms.md#data-parallelism-step-by-step",
		Asks: "One of several workers is slow. What does it cost to wait for it at every step, and what does it cost not to? A parameter server trains one " +
			"linear regression in several ways: without the slow worker's delay; waiting for all at every step; and with a quorum of all but one, so that a step " +
			"goes on when a worker has not answered in time (endpoints.timeout). A worker that was late rests for 1, 2, 4, ... steps. Rows are dealt by their " +
			"targets: the slow worker has those with the largest.",
		Expect: "A synchronous step takes as long as its slowest worker (Chen et al. 2016), so the delay is in every step that it has, and changes no bit of " +
			"the model. With a quorum, steps are short while the slow worker rests. But its rows are missing from them, and where they are unlike the others', the " +
			"model is worse on all rows: what is left out is not a random sample.",
		Picture: "On the left, what a step takes; on the right, the squared error of the model on all rows, also those of the slow worker.",
		Questions: []string{
			"If rows were dealt at random, what would the missing ones cost?",
			"Why does a worker that is late twice in a row rest for longer than one that is late once?",
			"Backup workers compute the same rows as others, and the first answer counts. When is that cheaper than a quorum?",
		},
		Vary: []string{
			"--set delay_ms=20: when is a straggler not worth leaving out?",
			"--set delay_rate=1: a worker that is slow at every step never takes part",
			"--set workers=8: the slow worker's rows are fewer, and so is what they cost",
			"--set timeouts_ms=500,150,100,50,30: a time limit above the delay is no limit",
		},
		Sources: []string{
			"J. Chen, X. Pan, R. Monga, S. Bengio, R. Jozefowicz, Revisiting distributed synchronous SGD, arXiv 1604.00981, 2016",
			"J. Dean, L. A. Barroso, The tail at scale, Communications of the ACM 56, 2013",
		},
	}, runStragglers)
}

// pace is a way to deal with a slow worker.
type pace struct {
	name           string
	delay, timeout int // milliseconds; 0 is none
}

func runStragglers(ctx context.Context, b *Bench, p stragglersParams) (*Result, error) {
	all := byTarget(rows.Friedman1(p.Rows, learner.Seed(b.Seed, "stragglers")))
	paces := []pace{{name: "no delay"}, {name: "wait for all", delay: p.Delay}}
	for _, t := range p.Timeouts {
		paces = append(paces, pace{fmt.Sprintf("for %d ms", t), p.Delay, t})
	}
	r := &Result{}
	t := Table{Name: "stragglers", Title: "A parameter server with a slow worker", Columns: []Column{
		{Name: "way"}, {Name: "quorum"}, {Name: "ms a step", Form: "%.1f"}, {Name: "steps of the slow worker"},
		{Name: "steps without it"}, {Name: "MSE on all rows", Form: "%.2f"},
	}}
	var names []string
	var times, errs plotter.Values
	var fits []*client.FitResult
	for i, w := range paces {
		b.say(i, len(paces), "%s", w.name)
		fit, mse, err := w.train(ctx, b.Seed, p, all)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.name, err)
		}
		slow := slowOf(fit, p)
		t.add(w.name, w.quorum(p), 1000*stepSeconds(fit), slow.Steps, slow.Missed, mse)
		names, times, errs, fits = append(names, w.name), append(times, 1000*stepSeconds(fit)), append(errs, mse), append(fits, fit)
		counted := 0
		for _, k := range fit.Workers {
			if k.Steps+k.Missed == p.Steps {
				counted++
			}
		}
		r.must(counted == len(fit.Workers), w.name+": each step is with a worker's rows, or without", "so of %d workers", counted)
	}
	free, waits := fits[0], fits[1]
	r.must(slices.Equal(free.Training.Loss, waits.Training.Loss), "waiting changes no bit of any step",
		"the losses of %d steps are compared", len(waits.Training.Loss))
	if p.Rate == 1 {
		r.must(times[1] >= float64(p.Delay), "a step that waits takes at least the delay", "%.1f ms, of which %d are the delay", times[1], p.Delay)
	}
	last := len(paces) - 1
	if slow := slowOf(fits[last], p); slow.Missed > 0 {
		r.expect(times[last] < times[1], "with a quorum, steps are shorter", "%.1f against %.1f ms", times[last], times[1])
		r.expect(errs[last] > errs[1], "missing rows cost", "MSE %.2f against %.2f", errs[last], errs[1])
		r.find("Waiting costs %.0f ms a step. Going on after %d ms, %d of %d steps are without the slow worker: a step takes %.1f ms, "+
			"and the error is %.2f instead of %.2f.", times[1]-times[0], p.Timeouts[len(p.Timeouts)-1], slow.Missed, p.Steps, times[last], errs[last], errs[1])
	} else {
		r.find("Waiting costs %.0f ms a step. Nobody was left out: the time limit is longer than the delay.", times[1]-times[0])
	}
	r.Tables = []Table{t}
	speed, err := grouped("time of a step", "ms", names, group{name: "mean of all steps", values: times, colour: picture.Bars})
	if err != nil {
		return nil, err
	}
	quality, err := grouped("error of the model", "MSE on all rows", names, group{name: "at the end", values: errs, colour: picture.Red})
	if err != nil {
		return nil, err
	}
	speed.Y.Max, quality.Y.Max = math.Ceil(1.3*slices.Max(times)), math.Ceil(1.3*slices.Max(errs))
	r.Plots = []Plot{{Name: "stragglers", Panels: []*plot.Plot{speed, quality}, Beside: 2}}
	return r, nil
}

// byTarget are rows in the order of their targets.
func byTarget(d learner.Dataset) learner.Dataset {
	order := make([]int, d.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(d.Y[a], d.Y[b]) })
	return d.Select(order)
}

// slowOf is the slow worker's part in a fit; it has none if it never answered in time.
func slowOf(fit *client.FitResult, p stragglersParams) api.WorkerFit {
	name := rig.Name(p.Workers - 1)
	if i := slices.IndexFunc(fit.Workers, func(w api.WorkerFit) bool { return w.Worker == name }); i >= 0 {
		return fit.Workers[i]
	}
	return api.WorkerFit{Worker: name, Missed: p.Steps}
}

// quorum is how many workers a step needs.
func (w pace) quorum(p stragglersParams) int {
	if w.timeout > 0 {
		return p.Workers - 1
	}
	return p.Workers
}

// train trains, and returns the squared error on all rows.
func (w pace) train(ctx context.Context, seed uint64, p stragglersParams, all learner.Dataset) (fit *client.FitResult, mse float64, err error) {
	plan := rig.Plan{Master: masters.NewParameterServer(), Seed: seed, With: rig.Settings{
		"learner": "sgd-regressor",
		"parameter_server": rig.Settings{
			"max_iter": p.Steps, "n_iter_no_change": 0, "learning_rate_init": 0.1, "solver": "nesterov", "quorum": w.quorum(p),
		},
	}}
	if w.timeout > 0 {
		plan.With["endpoints"] = rig.Settings{"timeout": (time.Duration(w.timeout) * time.Millisecond).String()}
	}
	for i, own := range rows.InOrder(all, p.Workers) {
		one := rig.Worker{Rows: own}
		if i == p.Workers-1 && w.delay > 0 {
			one.With = rig.Settings{"faults": rig.Settings{"delay": (time.Duration(w.delay) * time.Millisecond).String(), "delay_rate": p.Rate}}
		}
		plan.Workers = append(plan.Workers, one)
	}
	err = with(ctx, plan, func(g *rig.Rig) error {
		if fit, err = g.Client.Fit(ctx); err != nil {
			return err
		}
		score, err := g.Client.Score(ctx, all.Features, all.X, rows.Labels(all))
		if err != nil {
			return err
		}
		mse = score.Regression.MSE
		return nil
	})
	return fit, mse, err
}
