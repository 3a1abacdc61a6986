package labs

import (
	"context"
	"errors"
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

// dyingParams are the parameters of lab dying-worker.
type dyingParams struct {
	Workers int `json:"workers" default:"4" validate:"gte=3,lte=32" doc:"workers; the last one dies"`
	Rows    int `json:"rows" default:"400" validate:"gte=100,lte=100000" doc:"training rows of all together"`
	Steps   int `json:"steps" default:"150" validate:"gte=20,lte=100000" doc:"steps of each training"`
	Pace    int `json:"pace_ms" default:"10" validate:"gte=1,lte=1000" doc:"milliseconds that each step takes longer, so that a worker can die in the middle"`
	Away    int `json:"away_ms" default:"500" validate:"gte=0,lte=30000" doc:"milliseconds after which it is started again"`
	DiesAt  int `json:"dies_at" default:"50" validate:"gte=1,lte=100000" doc:"step at whose end it is killed, or one soon after"`
}

func dyingWorker() Lab {
	return define(Lab{
		Name: "dying-worker", Title: "A worker that dies", About: "data parallelism, step by step", Chapter: "three-parallelisms.md#data-parallelism-step-by-step",
		Asks: "In the middle of a fit a worker is killed, as kill -9 would: its connections break, and what it had in memory is gone. What does that cost? A " +
			"parameter server trains three times: undisturbed; with a worker that dies and is started again, which it waits for; and with a quorum of all but one " +
			"and a worker that stays away. Then an ensemble of trees loses a member after the fit. Rows are dealt by their targets: the worker that dies has those " +
			"with the largest.",
		Expect: "The parameters are with the master, and a worker has nothing but its rows, which it reads again. So a training that waits for it comes to the " +
			"same model, to the bit. With the quorum it goes on at once, and without a quarter of the rows. The ensemble answers without the member: its answer is " +
			"the mean of the others'.",
		Picture: "On the left, the steps that were done against the time: where the worker that is waited for dies, the line is flat. On the right, the squared " +
			"error on all rows.",
		Questions: []string{
			"Which workers of a pipeline can be replaced as easily, and what is lost with one that cannot?",
			"A checkpoint is for the master's death. Why does the worker's need none here?",
			"If the rows were dealt at random, which of the bars on the right would change?",
		},
		Vary: []string{
			"--set away_ms=3000: how long may a restart take before the quorum is the better choice?",
			"--set workers=8: an eighth of the rows, or of the members",
			"--set dies_at=120: at the end, when there is less left to spoil",
		},
		Sources: []string{
			"M. Li et al., Scaling distributed machine learning with the parameter server, OSDI 2014, section 4.3",
			"L. Breiman, Bagging predictors, Machine Learning 24, 1996",
		},
	}, runDyingWorker)
}

// death is a training with a worker that dies, or without.
type death struct {
	name           string
	dies, restarts bool
}

func runDyingWorker(ctx context.Context, b *Bench, p dyingParams) (*Result, error) {
	all := byTarget(rows.Friedman1(p.Rows, learner.Seed(b.Seed, "dying-worker")))
	r := &Result{}
	t := Table{Name: "dying-worker", Title: "A worker dies", Columns: []Column{
		{Name: "what"}, {Name: "seconds", Form: "%.2f"}, {Name: "longest step, ms", Form: "%.0f"}, {Name: "times waited for"}, {Name: "steps without it"},
		{Name: "MSE on all rows", Form: "%.2f"},
	}}
	timeline := Table{Name: "dying-worker-timeline", Title: "When steps were done", Hidden: true, Columns: []Column{
		{Name: "what"}, {Name: "step"}, {Name: "seconds"}, {Name: "loss"},
	}}
	var names []string
	var errs plotter.Values
	var curves []curve
	var fits []*client.FitResult
	deaths := []death{{name: "no death"}, {"restarted", true, true}, {"quorum", true, false}}
	for i, d := range deaths {
		b.say(i, len(deaths)+1, "a parameter server, %s", d.name)
		fit, mse, err := d.train(ctx, b.Seed, p, all)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.name, err)
		}
		ends := fit.Training.Seconds
		t.add("parameter server, "+d.name, ends[len(ends)-1], 1000*slices.Max(stepTimes(fit)), len(fit.Training.Recoveries), missed(fit), mse)
		c := curve{name: d.name}
		for step, end := range ends {
			timeline.add(d.name, step+1, end, fit.Training.Loss[step])
			c.xy = append(c.xy, plotter.XY{X: end, Y: float64(step + 1)})
		}
		names, errs, curves, fits = append(names, d.name), append(errs, mse), append(curves, c), append(fits, fit)
	}
	free, restarted, quorum := fits[0], fits[1], fits[2]
	r.must(slices.Equal(free.Training.Loss, restarted.Training.Loss) && errs[0] == errs[1], "a worker that is started again changes no bit of the model",
		"the losses of %d steps, and the error, are compared", len(free.Training.Loss))
	r.expect(len(restarted.Training.Recoveries) > 0, "it was waited for", "%d times", len(restarted.Training.Recoveries))
	r.expect(missed(quorum) > 0, "with the quorum, steps are without its rows", "%d of %d", missed(quorum), p.Steps)
	r.find("The worker was away for %d ms: one step took %.0f ms, and the model is the same. With the quorum, %d of %d steps are without the worker that died, "+
		"and the error is %.2f instead of %.2f.", p.Away, 1000*slices.Max(stepTimes(restarted)), missed(quorum), p.Steps, errs[2], errs[0])
	b.say(len(deaths), len(deaths)+1, "an ensemble")
	e, err := p.ensemble(ctx, b.Seed, all)
	if err != nil {
		return nil, fmt.Errorf("the ensemble: %w", err)
	}
	t.add("bagging, all members", e.seconds, nil, nil, nil, e.whole)
	t.add("bagging, without the one that died", nil, nil, nil, nil, e.without)
	r.must(e.members == p.Workers-1 && e.off < 1e-12, "the ensemble's answer is the mean of those that are left",
		"%d of %d, off by %.1g at most", e.members, p.Workers, e.off)
	r.find("Without the member that died, the ensemble's error on all rows is %.2f instead of %.2f.", e.without, e.whole)
	names, errs = append(names, "bagging", "one less"), append(errs, e.whole, e.without)
	r.Tables = []Table{t, timeline}
	left, err := lines("steps done", "seconds since the first step began", "step", curves...)
	if err != nil {
		return nil, err
	}
	left.Legend.Left, left.Y.Min, left.Y.Max = true, 0, 1.5*float64(p.Steps)
	right, err := grouped("error of the model", "MSE on all rows", names, group{name: "at the end", values: errs, colour: picture.Red})
	if err != nil {
		return nil, err
	}
	right.Y.Max = math.Ceil(1.3 * slices.Max(errs))
	r.Plots = []Plot{{Name: "dying-worker", Panels: []*plot.Plot{left, right}, Beside: 2}}
	return r, nil
}

// missed is how many steps were without one of the workers.
func missed(fit *client.FitResult) (steps int) {
	for _, w := range fit.Workers {
		steps += w.Missed
	}
	return steps
}

// train trains, and returns the squared error on all rows.
func (d death) train(ctx context.Context, seed uint64, p dyingParams, all learner.Dataset) (fit *client.FitResult, mse float64, err error) {
	quorum := p.Workers
	if d.dies && !d.restarts {
		quorum--
	}
	plan := rig.Plan{Master: masters.NewParameterServer(), Seed: seed, NoRestart: !d.restarts, With: rig.Settings{
		"learner":          "sgd-regressor",
		"parameter_server": rig.Settings{"max_iter": p.Steps, "n_iter_no_change": 0, "solver": "nesterov", "learning_rate_init": 0.02, "quorum": quorum},
	}}
	pace := rig.Settings{"faults": rig.Settings{"delay": (time.Duration(p.Pace) * time.Millisecond).String()}}
	for _, own := range rows.InOrder(all, p.Workers) {
		plan.Workers = append(plan.Workers, rig.Worker{Rows: own, With: pace})
	}
	err = with(ctx, plan, func(g *rig.Rig) error {
		var killed bool
		var failure error
		fit, err = g.Client.FollowFit(ctx, func(e client.Event) {
			if step, is := e.Event.(api.StepEvent); !is || step.Step < p.DiesAt || !d.dies || killed {
				return
			}
			killed = true
			failure = g.Kill(p.Workers - 1)
			if d.restarts {
				failure = errors.Join(failure, p.revive(ctx, g))
			}
		})
		if err := errors.Join(err, failure); err != nil {
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

// revive starts the worker again that died, after a while.
func (p dyingParams) revive(ctx context.Context, g *rig.Rig) error {
	away := time.NewTimer(time.Duration(p.Away) * time.Millisecond)
	defer away.Stop()
	select {
	case <-away.C:
		return g.Revive(ctx, p.Workers-1)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// lost is an ensemble that lost a member.
type lost struct {
	seconds        float64 // of the fit
	whole, without float64 // squared errors on all rows
	members        int     // that answered at last
	off            float64 // by how much the last answer differs from the mean of theirs
}

// ensemble fits trees, ends one of the workers, and asks again.
func (p dyingParams) ensemble(ctx context.Context, seed uint64, all learner.Dataset) (e lost, err error) {
	plan := rig.Plan{Master: masters.NewAggregation(), Seed: seed, NoRestart: true, With: rig.Settings{
		"learner": "tree-regressor", "aggregation": rig.Settings{"quorum": p.Workers - 1},
	}}
	for _, own := range rows.InOrder(all, p.Workers) {
		plan.Workers = append(plan.Workers, rig.Worker{Rows: own})
	}
	err = with(ctx, plan, func(g *rig.Rig) error {
		fit, err := g.Client.Fit(ctx)
		if err != nil {
			return err
		}
		e.seconds = fit.Seconds
		before, err := g.Client.Predict(ctx, all.Features, all.X)
		if err != nil {
			return err
		}
		mean := make([]float64, all.Len())
		for i := range p.Workers - 1 {
			own, err := g.PredictAlone(ctx, i, all)
			if err != nil {
				return err
			}
			for row, v := range own.Y.Values {
				mean[row] += v / float64(p.Workers-1)
			}
		}
		if err := g.Kill(p.Workers - 1); err != nil {
			return err
		}
		after, err := g.Client.Predict(ctx, all.Features, all.X)
		if err != nil {
			return err
		}
		e.members, e.whole, e.without = len(after.Workers), squared(before.Y.Values, all.Y), squared(after.Y.Values, all.Y)
		for row, v := range after.Y.Values {
			e.off = max(e.off, math.Abs(v-mean[row])/max(1, math.Abs(mean[row])))
		}
		return nil
	})
	return e, err
}

// squared is the mean squared error.
func squared(predicted, truth []float64) (mse float64) {
	for i, y := range truth {
		mse += (predicted[i] - y) * (predicted[i] - y) / float64(len(truth))
	}
	return mse
}
