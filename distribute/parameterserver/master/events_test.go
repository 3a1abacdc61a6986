package master_test

import (
	"math"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
)

// Listeners are told what every worker did in a step, as the report has it of all steps.
func TestParameterServerTellsStepsOfWorkers(t *testing.T) {
	for _, settings := range []string{
		"max_iter: 1", "max_iter: 60, n_iter_no_change: 0", "mode: minibatch, batch_size: 5, max_iter: 60, n_iter_no_change: 0",
		"mode: local, max_iter: 20, n_iter_no_change: 0",
	} {
		t.Run(settings, func(t *testing.T) {
			c := server{learner: "sgd-regressor", settings: settings}.start(t, iid(mastertest.ToyRows(60, 0), 3)...)
			fit, told := c.FitTold()
			c.CheckSteps(&fit, told)
			steps := mastertest.Told[api.StepEvent](told)
			last := steps[len(steps)-1]
			for i, p := range last.Parts {
				w := fit.Workers[i]
				for what, pair := range map[string][2]float64{
					"computing": {p.Total.Computing, w.Seconds}, "on the wire": {p.Total.Wire, w.Wire}, "waiting": {p.Total.Waiting, w.Waiting},
				} {
					if math.Abs(pair[0]-pair[1]) > 1e-6 {
						t.Errorf("worker %d was %s for %v s in all steps, and %v s in the report", i, what, pair[0], pair[1])
					}
				}
				if p.Loss <= 0 || p.Total.Sent > w.Sent || p.Total.Received > w.Received || p.Total.Sent < int64(fit.Training.Steps) {
					t.Errorf("%+v, and in the report %+v", p, w)
				}
			}
			if last.Pipeline != nil {
				t.Error("a parameter server has no bubble")
			}
		})
	}
}

// A worker that misses steps is told of with the reason, and is not counted.
func TestParameterServerTellsMissedSteps(t *testing.T) {
	c := server{learner: "sgd-regressor", settings: "max_iter: 20, n_iter_no_change: 0, quorum: 2"}.start(t, iid(mastertest.ToyRows(60, 0), 3)...)
	c.Workers[1].Kill()
	fit, told := c.FitTold()
	steps := mastertest.Told[api.StepEvent](told)
	part := steps[len(steps)-1].Parts[1]
	if part.Missed == "" || part.Total.Steps != 0 || part.Total.Missed != fit.Training.Steps || part.Computing != 0 {
		t.Errorf("of the worker that was killed it is told: %+v", part)
	}
}
