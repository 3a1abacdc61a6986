package master

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
)

// Fit lets all workers agree on columns and classes, fit, and stage their models, each of which is stored as
// soon as it is there; if enough are, they become the stored model, and the workers commit them. Until then, the old
// models stay in service, and workers that come back are given theirs.
func (a *Master) Fit(ctx context.Context, f *cluster.Fit) (*api.FitResponse, error) {
	a.fitting.Store(true)
	defer a.fitting.Store(false)
	end := f.CatchUpBeside()
	if err := a.phase(ctx, f, func(m *cluster.Member) error { return f.AskMember(ctx, m) }); err != nil {
		return nil, err
	}
	model := f.Settle()
	if err := a.combine.accepts(model.Task); err != nil {
		return nil, api.NewProblem(api.CodeInvalidRequest, cluster.Sentence(err))
	}
	if err := f.Prepare(ctx, model, cluster.Preparing{Patience: a.patience, RawPython: true}); err != nil {
		return nil, err
	}
	n := len(f.Members)
	t := &training{Fit: f, master: a, fits: make([]*api.WorkerFit, n), sent: make([]bool, n), anew: make([]string, n)}
	err := t.fitAll(ctx, model)
	if err == nil {
		end()
		model.Count(t.Schemas, func(member int) bool { return t.fits[member] != nil })
		err = t.Keep(ctx, model, nil, t.result())
	}
	if err == nil {
		t.commit(cluster.Background(ctx)) // from here on, it is too late to cancel
		err = t.enough()
	}
	if err != nil {
		t.Unkeep(cluster.Background(ctx))
		t.discard(ctx)
		return nil, err
	}
	result := t.result()
	a.model.Store(&ensemble{*model, f.Stored()})
	for i, m := range f.Members {
		if f.IsAbsent(m) {
			continue // it leaves now, or takes part in the next fit
		}
		if t.fits[i] == nil {
			a.Outdate(m, "it did not take part in fit "+f.ID)
			continue
		}
		m.Identify(f.Schemas[i])
		a.Current(m, f.ID)
	}
	return result, nil
}

// training is one fit over all members.
type training struct {
	*cluster.Fit
	master *Master
	fits   []*api.WorkerFit // in member order; nil for a member that is excluded
	sent   []bool           // whether a member was asked to fit
	anew   []string         // why the fit of a member began anew, after the program was killed; empty if it did not
}

// fail excludes a member from the fit.
func (t *training) fail(m *cluster.Member, err error) {
	t.fits[m.Index] = nil
	t.Fail(m, m.Failure(err))
}

// phase asks every member that takes part for something, waits for lost ones if the settings say so, and
// excludes those that do not do it.
func (a *Master) phase(ctx context.Context, f *cluster.Fit, ask func(m *cluster.Member) error) error {
	return f.Every(ctx, a.patience, 0, ask, f.Lose)
}

// fit lets a member fit and stage its model.
func (t *training) fit(ctx context.Context, m *cluster.Member, model *cluster.Model) error {
	fit, err := t.goOn(ctx, m, model)
	if err == nil && fit == nil {
		t.sent[m.Index] = true
		t.Asked(m)
		if fit, err = t.master.fitMember(ctx, m, model, t.Schemas[m.Index]); err == nil {
			t.Answered(m)
			err = t.store(ctx, m, model)
		}
	}
	if err != nil {
		return err
	}
	t.fits[m.Index] = fit
	t.Done(m, *fit)
	return nil
}

// fitMember lets one member fit a model, which is staged under the model's fit ID. A Python worker has
// neither IDs nor staging: its model is in service at once.
// schema is what the member said about its rows before; nil if it was not asked.
func (a *Master) fitMember(ctx context.Context, m *cluster.Member, model *cluster.Model, schema *api.WorkerSchema) (*api.WorkerFit, error) {
	if m.IsPython() && len(model.Classes) > 2 {
		return nil, fmt.Errorf("a worker of the Python package answers with a single probability, which is not enough for %d classes", len(model.Classes))
	}
	start := time.Now()
	reply := a.askToFit(ctx, m, model)
	if reply.Err != nil {
		return nil, reply.Err
	}
	fitted := reply.Value
	if fitted.Fit != "ok" {
		return nil, fmt.Errorf("its answer to fit is %q instead of ok", fitted.Fit)
	}
	if !m.IsPython() && fitted.FitID != model.FitID {
		return nil, fmt.Errorf("it fitted the model of fit %q instead of %q", fitted.FitID, model.FitID)
	}
	if !m.IsPython() {
		if err := checkFit(fitted, schema, model.Task); err != nil {
			return nil, err
		}
	}
	if m.IsPython() {
		fitted.Convergence = nil // it knows of none
	}
	took := time.Since(start).Seconds()
	return &api.WorkerFit{
		Worker: m.Name, Rows: fitted.Rows, Seconds: fitted.Seconds, Wire: max(0, took-fitted.Seconds), Retries: reply.Retries, OutOfBag: fitted.OutOfBag,
		Convergence: fitted.Convergence,
		Sent:        reply.Sent, Received: reply.Received,
	}, nil
}

// checkFit checks the numbers of a worker's answer to a fit.
func checkFit(f aggregation.FitResponse, schema *api.WorkerSchema, task learner.Task) error {
	if f.Rows < 1 || schema != nil && f.Rows != schema.Rows {
		rows := 0
		if schema != nil {
			rows = schema.Rows
		}
		return fmt.Errorf("it fitted %d rows, but its schema has %d", f.Rows, rows)
	}
	return errors.Join(cluster.CheckSeconds(f.Seconds), cluster.CheckOutOfBag(f.OutOfBag, task, f.Rows), cluster.CheckConvergence(f.Convergence))
}

func (a *Master) askToFit(ctx context.Context, m *cluster.Member, model *cluster.Model) cluster.Reply[aggregation.FitResponse] {
	if m.IsPython() {
		return cluster.SendWhenFree(ctx, a.Cluster, m, aggregation.PythonFit, endpoint.None{})
	}
	return cluster.SendWhenFree(ctx, a.Cluster, m, aggregation.Fit, requestTo(m, model))
}

// requestTo is what a worker of ours is told to fit a model.
func requestTo(m *cluster.Member, model *cluster.Model) aggregation.FitRequest {
	return aggregation.FitRequest{FitID: model.FitID, Classes: model.Classes, Prepared: model.Prepared(m)}
}

// enough returns a problem if fewer members fitted than the quorum.
func (t *training) enough() error {
	in := 0
	for _, f := range t.fits {
		if f != nil {
			in++
		}
	}
	if in >= t.master.quorum {
		return nil
	}
	message := "All fit responses from workers failed."
	if in > 0 {
		message = fmt.Sprintf("Only %d of %d workers fitted; the quorum is %d.", in, len(t.Members), t.master.quorum)
	}
	p := api.WorkersProblem(message, t.Failures())
	p.FitID = t.ID
	return p
}

// commit puts the new models of the members into service. A member that misses it is excluded, and
// caught up later.
func (t *training) commit(ctx context.Context) {
	cluster.Each(t.Members, func(m *cluster.Member) struct{} {
		if t.fits[m.Index] != nil {
			if err := t.master.commit(ctx, m, t.ID); err != nil {
				t.fail(m, fmt.Errorf("it fitted but did not commit: %w", err))
			}
		}
		return struct{}{}
	})
}

func (a *Master) commit(ctx context.Context, m *cluster.Member, fitID string) error {
	if m.IsPython() {
		return nil
	}
	_, err := cluster.Call(ctx, a.Cluster, m, aggregation.Commit, api.CommitRequest{FitID: fitID})
	return err
}

// discard lets every reachable member drop what it staged, to free the memory; a staged model is never
// used. A worker of the Python package stages nothing: if it was asked to fit, it may hold a model of
// this fit, and is outdated until it has been fitted again for the model in service.
func (t *training) discard(ctx context.Context) {
	for _, m := range t.Members {
		if m.IsPython() && t.sent[m.Index] {
			t.Outdate(m, "it was fitted by fit "+t.ID+", which failed")
		}
	}
	t.master.forget(ctx, t.Members, t.ID)
}

// forget lets every reachable member drop the model of a fit that is not put into service.
func (a *Master) forget(ctx context.Context, members []*cluster.Member, fitID string) {
	ctx, cancel := a.Courtesy(ctx)
	defer cancel()
	cluster.Each(members, func(m *cluster.Member) struct{} {
		if _, down := m.Unavailable(); !down && !m.IsPython() {
			if _, err := cluster.Call(ctx, a.Cluster, m, aggregation.Discard, api.CommitRequest{FitID: fitID}); err != nil {
				a.Log.DebugContext(ctx, "a worker could not discard a fit", "worker", m.Name, "run", fitID, "error", err)
			}
		}
		return struct{}{}
	})
}

// result is the report of the fit.
func (t *training) result() *api.FitResponse {
	result := &api.FitResponse{Failures: t.Failures()}
	var slowest float64
	for _, f := range t.fits {
		if f != nil {
			slowest = max(slowest, f.Seconds+f.Wire)
		}
	}
	for _, f := range t.fits {
		if f == nil {
			continue
		}
		f.Waiting = slowest - (f.Seconds + f.Wire)
		result.Workers = append(result.Workers, *f)
		result.Rows += f.Rows
	}
	result.Notes = append(t.unsettled(), t.begunAnew()...)
	return result
}
