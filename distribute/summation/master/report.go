package master

import (
	"fmt"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
)

// finish makes the new model.
func (t *training) finish() (*trained, error) {
	if err := t.learner.SetState(t.schema, t.course.state); err != nil {
		return nil, t.failed(t.course.round-1, err)
	}
	t.shape.Count(t.Schemas, func(member int) bool { return t.Failure(t.Members[member]) == nil })
	if c, ok := t.learner.(learner.Clusterer); ok {
		t.shape.Classes = clusters(c)
	}
	return &trained{Model: *t.shape, learner: t.learner}, nil
}

// clusters are the names of a model's clusters, 0, 1, and so on: what it predicts.
func clusters(c learner.Clusterer) []learner.Label {
	names := make([]learner.Label, c.Clusters())
	for i := range names {
		names[i] = learner.NumberLabel(float64(i))
	}
	return names
}

// result is the report of the fit.
func (t *training) result(model *trained) *api.FitResponse {
	t.report.Recoveries, t.report.Stopped = t.Recoveries(), t.stopped()
	report := t.report // a copy: the answer is kept, and would otherwise keep all memory of the training
	r := &api.FitResponse{Classes: model.Classes, Training: &report}
	if n := len(report.Missed); n > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d of the workers were lost; the training began anew without their rows, which are missing.", n))
	}
	for i, k := range t.tracks {
		m := t.Members[i]
		if f := t.Failure(m); f != nil {
			if !t.IsAbsent(m) {
				r.Failures = append(r.Failures, *f)
			}
			continue
		}
		r.Rows += k.rows
		r.Workers = append(r.Workers, api.WorkerFit{
			Worker: m.Name, Rows: k.rows, Seconds: k.seconds, Wire: k.wire, Retries: k.retries, Steps: k.took, Waiting: k.waiting,
			Sent: k.sent, Received: k.received,
		})
	}
	return r
}

// stopped is why the training ended, in the words of a report.
func (t *training) stopped() api.StopReason {
	switch why := api.StopReason(t.course.why); why {
	case api.StopMaxIter, api.StopValidation, api.StopNoChange:
		return why
	case "tol":
		return api.StopNoChange
	default:
		return api.StopComplete
	}
}
