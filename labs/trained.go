package labs

import (
	"context"
	"errors"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/labs/rig"
	"github.com/gochimera/chimera/labs/rows"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
)

// trained is a model that a parameter server has trained on shards, and what it does on test rows.
type trained struct {
	fit          *client.FitResult
	coefficients *client.Coefficients
	score        *client.Score // nil without test rows

}

// server is a training of a softmax regression by a parameter server.
type server struct {
	seed   uint64
	with   rig.Settings         // the section parameter_server, beside what all such trainings of labs have
	shards []learner.Dataset    // one for each worker
	faults map[int]rig.Settings // of workers
	test   learner.Dataset
}

// train trains and scores.
func (s server) train(ctx context.Context) (t trained, err error) {
	with := rig.Settings{"penalty": "none", "tol": 0, "n_iter_no_change": 0}
	for name, v := range s.with {
		with[name] = v
	}
	plan := rig.Plan{Master: masters.NewParameterServer(), Seed: s.seed, With: rig.Settings{"learner": "sgd-classifier", "parameter_server": with}}
	for i, shard := range s.shards {
		w := rig.Worker{Rows: shard}
		if f := s.faults[i]; f != nil {
			w.With = rig.Settings{"faults": f}
		}
		plan.Workers = append(plan.Workers, w)
	}
	g, err := rig.Start(ctx, plan)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	if t.fit, err = g.Client.Fit(ctx); err != nil {
		return t, err
	}
	if t.coefficients, err = g.Client.Coefficients(ctx); err != nil || s.test.X == nil {
		return t, err
	}
	t.score, err = g.Client.Score(ctx, s.test.Features, s.test.X, rows.Labels(s.test))
	return t, err
}

// parameters are all of a model's, on the scale on which it was trained.
func (t trained) parameters() (all []float64) {
	for _, b := range t.coefficients.Blocks {
		all = append(all, b.Standardised...)
	}
	return all
}

// bytes are all that the workers were sent, and have sent.
func (t trained) bytes() (n int64) {
	for _, w := range t.fit.Workers {
		n += w.Sent + w.Received
	}
	return n
}
