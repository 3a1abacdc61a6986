package master

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
)

// Fit has the workers agree on columns and classes, shares the layers out, and
// trains; when a stage is lost it goes on from the last checkpoint once that is
// back. Whatever happens before its end leaves the old model serving.
func (p *Master) Fit(ctx context.Context, f *cluster.Fit) (*api.FitResponse, error) {
	t := newTraining(p, f)
	defer func() { p.store.remove(t.saved) }()
	model, err := t.train(ctx)
	if err != nil {
		t.discard(ctx)
		return nil, err
	}
	old := p.model.Swap(model)
	errs := t.tell(cluster.Background(ctx), pipeline.Commit)
	for i, m := range t.Members {
		m.Identify(t.Schemas[i])
		if errs[i] != nil { // it is caught up: the model is there
			p.Outdate(m, errs[i].Error())
			continue
		}
		p.Current(m, t.ID)
	}
	if old != nil {
		p.store.remove(old.stored)
	}
	return t.result(model), nil
}

// training is one fit over all members.
type training struct {
	*cluster.Fit
	master  *Master
	set     pipeline.Settings
	shape   *cluster.Model
	layers  []learner.LayerSpec
	cuts    []int
	begun   []pipeline.BeginAnswer // in member order
	rowsSum string                 // of the rows that the fit began with
	attempt int

	at     course  // how far it is
	saved  *stored // the last checkpoint; nil if there is none
	anchor course  // how far it was then

	report api.PipelineReport
	tracks []stageTrack
	wall   float64 // seconds in steps
}

// stageTrack is what a fit knows of what one stage did.
type stageTrack struct {
	steps              int
	computing, waiting float64
	wire               float64
	sent, received     int64
	held               int
}

func newTraining(p *Master, f *cluster.Fit) *training {
	t := &training{Fit: f, master: p, set: p.settings, tracks: make([]stageTrack, len(f.Members))}
	t.report = api.PipelineReport{Schedule: t.set.Schedule, Stages: len(t.Members)}
	return t
}

// train does all that comes before the new model serves.
func (t *training) train(ctx context.Context) (*network, error) {
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	for {
		err := t.begin(ctx)
		if err == nil {
			err = t.run(ctx)
		}
		if err == nil {
			var model *network
			if model, err = t.finish(ctx); err == nil {
				return model, nil
			}
		}
		var lost *stageLostError
		if !errors.As(err, &lost) || ctx.Err() != nil {
			return nil, err
		}
		if err := t.recover(ctx, lost); err != nil {
			return nil, err
		}
	}
}

// prepare settles what is learned, and by whom which layers.
func (t *training) prepare(ctx context.Context) error {
	cluster.Each(t.Members, func(m *cluster.Member) struct{} { // all are needed: one that is said to be down is looked at once more
		if _, down := m.Unavailable(); down && t.Probe(ctx, m) == nil {
			t.Revive(m)
		}
		return struct{}{}
	})
	t.Ask(ctx)
	for _, m := range t.Members {
		if t.Failure(m) == nil && m.IsPython() {
			t.Fail(m, api.WorkerFailure{Worker: m.Name, Code: api.CodeUnusableData, Reason: "a worker of the Python package cannot be a stage"})
		}
	}
	t.shape = t.Settle()
	t.CheckTask(t.master.learner.Info.Task)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if failures := t.Failures(); len(failures) > 0 {
		return t.short(failures)
	}
	est, err := t.master.newLearner()
	if err == nil {
		t.layers, err = est.Layers(learner.Schema{Features: t.shape.Features, Classes: t.shape.Classes})
	}
	if err == nil {
		t.cuts, err = t.master.cut(t.layers)
	}
	if err != nil {
		return api.NewProblem(api.CodeUnusableData, cluster.Sentence(err))
	}
	for _, l := range t.layers {
		t.report.Parameters += l.Parameters
	}
	return nil
}

// short is the problem that stages are missing.
func (t *training) short(failures []api.WorkerFailure) error {
	return t.Problem("A network needs all of its stages.", failures)
}

// begin begins the fit with every stage, and brings all to the last checkpoint
// if there is one.
func (t *training) begin(ctx context.Context) error {
	t.begun = make([]pipeline.BeginAnswer, len(t.Members))
	errs := cluster.Each(t.Members, func(m *cluster.Member) error { return t.beginMember(ctx, m) })
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := t.sort(errs); err != nil {
		return err
	}
	if err := t.checkCopies(); err != nil {
		return err
	}
	// rows may be too few for as many micro-batches as are wanted
	t.report.MicroBatches = pipeline.Micros(min(t.set.BatchSize, t.begun[0].Rows), t.set.MicroBatches)
	t.report.BubbleTheory = pipeline.Bubble(len(t.Members), t.report.MicroBatches)
	if t.saved == nil {
		t.at = t.start()
		return nil
	}
	t.at = t.anchor.clone()
	for i, m := range t.Members { // one by one: the master does not hold the whole network, not even for a moment
		if errs[i] = t.saved.restore(ctx, t.Cluster, m); errs[i] != nil {
			break
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return t.sort(errs)
}

// sort makes one error of what calls of members ended with: that a second try
// may mend if that holds for all.
func (t *training) sort(errs []error) error {
	lost := &stageLostError{}
	for i, err := range errs {
		if err == nil {
			continue
		}
		var status *transport.StatusError
		if errors.As(err, &status) {
			err := t.refused(t.Members[i], status)
			var one *stageLostError
			if !errors.As(err, &one) {
				return err
			}
			lost.failures = append(lost.failures, one.failures...)
			continue
		}
		lost.failures = append(lost.failures, t.Members[i].Failure(err))
	}
	if len(lost.failures) > 0 {
		return lost
	}
	return nil
}

func (t *training) beginMember(ctx context.Context, m *cluster.Member) error {
	i, last, s := m.Index, len(t.Members)-1, t.set
	head := pipeline.BeginFrame{
		FitID: t.ID, Attempt: t.attempt, Features: t.shape.Features, Classes: t.shape.Classes, Seed: t.Config().Seed,
		Stage: i, Stages: last + 1, From: t.cuts[i], To: t.cuts[i+1],
		Schedule: s.Schedule, MicroBatches: s.MicroBatches, BatchSize: s.BatchSize, Shuffle: s.Shuffle, Standardize: s.Standardize,
		Solver: s.Solver, Alpha: s.Alpha, Momentum: s.Momentum, Beta1: s.Beta1, Beta2: s.Beta2, Epsilon: s.Epsilon,
	}
	if s.EarlyStopping {
		head.Validation = s.ValidationFraction
	}
	if i > 0 {
		head.Previous = asPeer(t.Members[i-1])
	}
	if i < last {
		head.Next = asPeer(t.Members[i+1])
	}
	answer, err := cluster.Call(ctx, t.Cluster, m, pipeline.Begin, head)
	if err != nil {
		return err
	}
	t.begun[i] = answer
	want := 0
	for _, l := range t.layers[t.cuts[i]:t.cuts[i+1]] {
		want += l.Parameters
	}
	if b := t.begun[i]; b.FitID != t.ID || b.Layers != len(t.layers) || b.Parameters != want || b.Rows < 1 {
		return fmt.Errorf("it began fit %q with %d parameters of a network of %d layers; the master's is %q with %d of %d", b.FitID, b.Parameters, b.Layers, t.ID, want, len(t.layers))
	}
	return nil
}

func asPeer(m *cluster.Member) *pipeline.Peer { return &pipeline.Peer{Worker: m.Name, URL: m.Peer} }

// checkCopies refuses stages whose rows, or whose order of them, are not the
// same: what the first stage reads would not be what the last compares with.
func (t *training) checkCopies() error {
	first := t.begun[0]
	for _, b := range t.begun[1:] {
		if b.RowsSum == first.RowsSum && b.OrderSum == first.OrderSum {
			continue
		}
		var list []string
		for _, b := range t.begun {
			list = append(list, fmt.Sprintf("%s has %d rows with the sum %s in the order %s", b.Worker, b.Rows+b.ValidationRows, b.RowsSum, b.OrderSum))
		}
		p := api.Problemf(api.CodeUnusableData, "The stages of a network need the same rows in the same order: %s. Give every worker a copy of the same files, as `chimera split --by replicate` does.", strings.Join(list, "; "))
		p.FitID = t.ID
		return p
	}
	if t.rowsSum == "" {
		t.rowsSum = first.RowsSum
	}
	if first.RowsSum != t.rowsSum {
		p := api.Problemf(api.CodeUnusableData, "The stages came back with other rows, with the sum %s, than the fit began with, which have the sum %s; fit again to use them.", first.RowsSum, t.rowsSum)
		p.FitID = t.ID
		return p
	}
	return nil
}

// recover waits until all stages are back, so that the fit can begin again.
func (t *training) recover(ctx context.Context, lost *stageLostError) error {
	failed := t.short(lost.failures)
	if len(t.report.Recoveries) >= t.set.MaxRecoveries {
		var p *api.Problem
		if errors.As(failed, &p) && t.set.MaxRecoveries > 0 {
			p.Detail += fmt.Sprintf(" The fit had gone on %d times before (pipeline.max_recoveries).", t.set.MaxRecoveries)
		}
		return failed
	}
	first := lost.failures[0]
	t.Log.Warn("a stage is lost; waiting until it is back", "worker", first.Worker, "fit_id", t.ID, "step", t.at.step+1, "reason", first.Reason, "at_most", t.set.RecoveryTimeout)
	for _, f := range lost.failures {
		t.Publish(api.WorkerFailedEvent{FitID: t.ID, Total: len(t.Members), Failure: f})
	}
	waiting, cancel := context.WithTimeout(ctx, time.Duration(t.set.RecoveryTimeout))
	defer cancel()
	back := cluster.Each(t.Members, func(m *cluster.Member) bool { return t.AwaitReady(waiting, m) })
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if slices.Contains(back, false) {
		return failed
	}
	for _, m := range t.Members {
		t.Revive(m) // whoever looks after it may not have seen it yet, and it is to be told of the fit's end
	}
	if err := t.CheckSame(ctx); err != nil {
		return err
	}
	t.attempt++
	from := 1
	if t.saved != nil {
		from = t.anchor.step + 1
	}
	r := api.Recovery{Worker: first.Worker, Reason: first.Reason, Step: t.at.step + 1, From: from}
	t.report.Recoveries = append(t.report.Recoveries, r)
	t.Log.Info("all stages are back; the fit goes on", "fit_id", t.ID, "from_step", from)
	t.Publish(api.FitResumedEvent{FitID: t.ID, Recovery: r})
	return nil
}

// discard has the members forget the fit. It is a courtesy to their memory: one
// that stalls does not hold up the end of a fit, and forgets with the next.
func (t *training) discard(ctx context.Context) {
	ctx, cancel := t.Courtesy(ctx)
	defer cancel()
	t.tell(ctx, pipeline.Discard)
}

// tell tells every member of the fit's end, and returns which could not be told;
// a member that is down is caught up later.
func (t *training) tell(ctx context.Context, e endpoint.Endpoint[api.CommitRequest, api.CommitResponse]) []error {
	return cluster.Each(t.Members, func(m *cluster.Member) error {
		if f, down := m.Unavailable(); down {
			return errors.New(f.Reason)
		}
		_, err := cluster.Call(ctx, t.Cluster, m, e, api.CommitRequest{FitID: t.ID})
		if err != nil {
			t.Log.Debug("a stage could not be told", "worker", m.Name, "path", e.Path, "fit_id", t.ID, "error", err)
		}
		return err
	})
}
