package masters

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/learner"
)

// fit has all workers agree on columns and classes, fit and stage their
// models, and then, if enough did, commit them. Whatever happens before the last step
// leaves the old models serving.
func (a *Aggregation) fit(ctx context.Context, fitID string) (*api.FitResponse, error) {
	start := time.Now()
	s := a.server
	defer a.turn.fit()()
	s.broker.publish(api.FitStartedEvent{FitID: fitID, Workers: s.names()})
	round := a.newRound(fitID)
	round.ask(ctx)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	model := round.settle()
	if err := a.combine.accepts(model.Task); err != nil {
		return nil, api.NewProblem(api.CodeInvalidRequest, sentence(err))
	}
	round.fitAll(ctx, model)
	err := context.Cause(ctx)
	if err == nil {
		err = round.enough(a.need)
	}
	if err == nil {
		round.commit(background(ctx)) // from here on a cancel comes too late
		err = round.enough(a.need)
	}
	if err != nil {
		round.discard(ctx)
		return nil, err
	}
	result := round.finish(model, start)
	a.model.Store(model)
	for i, m := range round.members {
		if round.fits[i] == nil {
			s.pool.outdate(m, "it did not take part in fit "+fitID)
			continue
		}
		m.identify(round.schema[i])
		s.pool.current(m, fitID)
	}
	return result, nil
}

// round is one fit over all members.
type round struct {
	*agreement
	a    *Aggregation
	fits []*api.WorkerFit // in member order; nil for a member that is out
	sent []bool           // whether a member was told to fit
}

func (a *Aggregation) newRound(fitID string) *round {
	return &round{agreement: newAgreement(a.server, fitID), a: a, fits: make([]*api.WorkerFit, len(a.server.pool.members)), sent: make([]bool, len(a.server.pool.members))}
}

// fail takes a member out of the round.
func (r *round) fail(m *member, f api.WorkerFailure) {
	r.fits[m.index] = nil
	r.agreement.fail(m, f)
}

// fitAll has every member that is still in fit and stage its model.
func (r *round) fitAll(ctx context.Context, model *Model) {
	each(r.members, func(m *member) struct{} {
		if r.failures[m.index] != nil {
			return struct{}{}
		}
		r.sent[m.index] = true
		fit, err := r.a.fitMember(ctx, m, model)
		if err != nil {
			if ctx.Err() == nil { // a cancelled fit is nobody's failure
				r.fail(m, m.failure(err))
			}
			return struct{}{}
		}
		r.fits[m.index] = fit
		r.server.broker.publish(api.WorkerFittedEvent{FitID: r.fitID, Done: r.count(m), Total: len(r.members), Fit: *fit})
		return struct{}{}
	})
}

// fitMember has one member fit, staged under the model's fit id. A Python
// worker knows neither ids nor stages: its model serves at once.
func (a *Aggregation) fitMember(ctx context.Context, m *member, model *Model) (*api.WorkerFit, error) {
	if m.isPython() && len(model.Classes) > 2 {
		return nil, fmt.Errorf("a worker of the Python package answers with one probability, which cannot serve for %d classes", len(model.Classes))
	}
	request := transport.Request{Method: http.MethodPost, URL: aggregation.PathFit}
	if !m.isPython() {
		request.Body, request.ContentType = marshalBody(aggregation.FitRequest{FitID: model.FitID, Classes: model.Classes}), "application/json"
	}
	start := time.Now()
	answer, retries, err := a.server.pool.call(ctx, m, request)
	calls := retries + 1
	for err != nil && m.failure(err).Code == api.CodeFitRunning && time.Since(start) < a.server.pool.timeout {
		select { // a fit that was given up a moment ago ends soon
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
		answer, retries, err = a.server.pool.call(ctx, m, request)
		calls += retries + 1
	}
	if err != nil {
		return nil, err
	}
	var fitted aggregation.FitResponse
	if err := json.Unmarshal(answer.Body, &fitted); err != nil || fitted.Fit != "ok" {
		return nil, fmt.Errorf("its answer to fit is not one: %.100q", answer.Body)
	}
	if !m.isPython() && fitted.FitID != model.FitID {
		return nil, fmt.Errorf("it fitted %q instead of %q", fitted.FitID, model.FitID)
	}
	took := time.Since(start).Seconds()
	return &api.WorkerFit{
		Worker: m.name, Rows: fitted.Rows, Seconds: fitted.Seconds, Wire: max(0, took-fitted.Seconds), Retries: retries, OutOfBag: fitted.OutOfBag,
		Sent: int64(calls * len(request.Body)), Received: int64(len(answer.Body)),
	}, nil
}

// enough is a problem if fewer members are in than the quorum.
func (r *round) enough(quorum int) error {
	in := 0
	for _, f := range r.fits {
		if f != nil {
			in++
		}
	}
	if in >= quorum {
		return nil
	}
	message := "All fit responses from workers failed."
	if in > 0 {
		message = fmt.Sprintf("Only %d of %d workers fitted; the quorum is %d.", in, len(r.members), quorum)
	}
	p := api.WorkersProblem(message, r.failed())
	p.FitID = r.fitID
	return p
}

// commit has the members that fitted serve their new models. A member that
// misses it is out, and caught up later.
func (r *round) commit(ctx context.Context) {
	each(r.members, func(m *member) struct{} {
		if r.fits[m.index] != nil {
			if err := r.a.commitMember(ctx, m, r.fitID); err != nil {
				r.fail(m, m.failure(fmt.Errorf("it fitted but did not commit: %w", err)))
			}
		}
		return struct{}{}
	})
}

func (a *Aggregation) commitMember(ctx context.Context, m *member, fitID string) error {
	if m.isPython() {
		return nil
	}
	body := marshalBody(api.CommitRequest{FitID: fitID})
	_, _, err := a.server.pool.call(ctx, m, transport.Request{Method: http.MethodPost, URL: aggregation.PathCommit, ContentType: "application/json", Body: body})
	return err
}

// discard has every reachable member drop what it staged. It is a courtesy to
// the worker's memory: what is staged never serves. A worker of the Python package
// stages nothing; one that was told to fit may hold a model of this fit, and is out
// until it has been fitted for the serving one again.
func (r *round) discard(ctx context.Context) {
	ctx = background(ctx)
	body := marshalBody(api.CommitRequest{FitID: r.fitID})
	each(r.members, func(m *member) struct{} {
		if m.isPython() && r.sent[m.index] {
			r.server.pool.outdate(m, "it was fitted by fit "+r.fitID+", which failed")
		}
		if _, down := m.unavailable(); !down && !m.isPython() {
			_, _, err := r.server.pool.call(ctx, m, transport.Request{Method: http.MethodPost, URL: aggregation.PathDiscard, ContentType: "application/json", Body: body})
			if err != nil {
				r.server.log.Debug("a worker could not discard a fit", "worker", m.name, "fit_id", r.fitID, "error", err)
			}
		}
		return struct{}{}
	})
}

// finish sums the round up.
func (r *round) finish(model *Model, start time.Time) *api.FitResponse {
	result := &api.FitResponse{Fit: "ok", FitID: r.fitID, Classes: model.Classes, Failures: r.failed()}
	var slowest float64
	for _, f := range r.fits {
		if f != nil {
			slowest = max(slowest, f.Seconds+f.Wire)
		}
	}
	for i, f := range r.fits {
		if f == nil {
			continue
		}
		f.Waiting = slowest - (f.Seconds + f.Wire)
		result.Workers = append(result.Workers, *f)
		result.Rows += f.Rows
		model.addRows(r.schema[i])
	}
	if model.Task == learner.Regression && model.Rows > 0 {
		model.Baseline[0] /= float64(model.Rows)
	}
	result.Seconds = time.Since(start).Seconds()
	return result
}

// catchUp brings a member that is up again, or holds another model, to the
// serving one by fitting it anew: the same learner with the same seed on the same rows
// gives the same model that it had, unless the learner is not deterministic.
// One that came back with another learner or configuration is refused.
func (a *Aggregation) catchUp(ctx context.Context, m *member) error {
	ctx, done, err := a.turn.catchUp(ctx)
	if err != nil {
		return err
	}
	defer done()
	model := a.model.Load()
	if model == nil {
		return nil
	}
	schema, err := a.server.schema(ctx, m)
	if err != nil {
		return err
	}
	if schema != nil {
		if !m.same(schema) {
			return fmt.Errorf("it came back as %s, generated from configuration %q, and is not what took part in the fit; fit again to use it", schema.Learner, schema.ConfigHash)
		}
		var status api.WorkerStatus
		if err := a.server.pool.client.JSON(ctx, http.MethodGet, m.url+api.PathStatus, nil, &status); err != nil {
			return err
		}
		if status.Fitted && status.FitID == model.FitID {
			a.server.pool.current(m, model.FitID)
			return nil
		}
		reference := &api.WorkerSchema{Worker: "the model", Task: model.Task, Features: model.Features}
		if model.Features != nil {
			if reason := differs(reference, schema); reason != "" {
				return errors.New(reason)
			}
		}
	}
	if _, err := a.fitMember(ctx, m, model); err != nil {
		return err
	}
	if err := a.commitMember(ctx, m, model.FitID); err != nil {
		return err
	}
	a.server.pool.current(m, model.FitID)
	a.server.log.Info("a worker was caught up", "worker", m.name, "fit_id", model.FitID)
	a.server.broker.publish(api.WorkerCaughtUpEvent{Worker: m.name, FitID: model.FitID})
	return nil
}
