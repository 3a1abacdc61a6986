package masters

import (
	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
)

// finish makes the model that will serve.
func (t *training) finish() (*trained, error) {
	model, err := t.initial()
	if err != nil {
		return nil, err
	}
	if err := model.SetParameters(t.params); err != nil {
		return nil, t.diverged(t.report.Steps, err.Error())
	}
	for i, s := range t.schema {
		if t.tracks[i].steps > 0 {
			t.shape.addRows(s)
		}
	}
	if t.shape.Task == learner.Regression && t.shape.Rows > 0 {
		t.shape.Baseline[0] /= float64(t.shape.Rows)
	}
	return &trained{Model: *t.shape, learner: model, blocks: t.blocks, scaling: t.scaling}, nil
}

// response sums the fit up.
func (t *training) response(model *trained, seconds float64) *api.FitResponse {
	report := t.report // a copy: the answer is kept, and would keep the training with all its memory
	r := &api.FitResponse{Fit: "ok", FitID: t.fitID, Seconds: seconds, Classes: model.Classes, Training: &report}
	for i, k := range t.tracks {
		if k.steps == 0 {
			f := t.failures[i]
			if f == nil {
				f = k.failure
			}
			if f != nil {
				r.Failures = append(r.Failures, *f)
			}
			continue
		}
		r.Rows += k.rows
		r.Workers = append(r.Workers, api.WorkerFit{
			Worker: t.members[i].name, Rows: k.rows, Seconds: k.seconds, Wire: k.wire, Retries: k.retries,
			Steps: k.steps, Missed: k.missed, Waiting: k.waiting, Sent: k.sent, Received: k.received,
		})
	}
	return r
}
