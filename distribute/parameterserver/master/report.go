package master

import (
	"github.com/gochimera/chimera/api"
)

// finish makes the new model.
func (t *training) finish() (*trained, error) {
	model, err := t.initial()
	if err != nil {
		return nil, err
	}
	if err := model.SetParameters(t.params); err != nil {
		return nil, t.diverged(t.report.Steps, err.Error())
	}
	took := func(member int) bool { return t.tracks[member].steps > 0 }
	if t.master.middle != nil {
		t.shape.CountRobustly(t.Schemas, took, t.master.middle)
	} else {
		t.shape.Count(t.Schemas, took)
	}
	return &trained{Model: *t.shape, learner: model, blocks: t.blocks, scaling: t.scaling}, nil
}

// result is the report of the fit.
func (t *training) result(model *trained) *api.FitResponse {
	t.report.Recoveries = t.Recoveries()
	report := t.report // a copy: the answer is kept, and would otherwise keep all memory of the training
	r := &api.FitResponse{Classes: model.Classes, Training: &report}
	r.Notes = t.Unsettled(&report, t.set.NIterNoChange > 0 || t.set.Epsilon > 0, t.set.LearningRate, "parameter_server", "max_iter", "learning_rate_init", "tol")
	t.judge(t.report.Steps, true)
	for i, k := range t.tracks {
		if k.steps == 0 {
			f := t.Failure(t.Members[i])
			if f == nil {
				f = k.failure
			}
			if f != nil && !t.IsAbsent(t.Members[i]) {
				r.Failures = append(r.Failures, *f)
			}
			continue
		}
		r.Rows += k.rows
		r.Workers = append(r.Workers, api.WorkerFit{
			Worker: t.Members[i].Name, Rows: k.rows, Seconds: k.seconds, Wire: k.wire, Retries: k.retries,
			Steps: k.steps, Missed: k.missed, Waiting: k.waiting, Sent: k.sent, Received: k.received,
			Distance: t.watched.distance(i), Outlier: k.outlier,
		})
	}
	return r
}
