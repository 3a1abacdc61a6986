package masters

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

// fit has the workers agree on columns and classes, shares the layers out, and
// trains; when a stage is lost it goes on from the last checkpoint once that is
// back. Whatever happens before its end leaves the old model serving.
func (p *Pipeline) fit(ctx context.Context, fitID string) (*api.FitResponse, error) {
	open := p.turn.fit()
	defer open()
	start := time.Now()
	s := p.server
	s.broker.publish(api.FitStartedEvent{FitID: fitID, Workers: s.names()})
	t := newPipelineFit(p, fitID)
	defer func() { p.store.remove(t.saved) }()
	model, err := t.train(ctx)
	if err != nil {
		t.discard(background(ctx))
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, err
	}
	old := p.model.Swap(model)
	errs := t.each(background(ctx), pipeline.PathCommit)
	for i, m := range t.members {
		m.identify(t.schema[i])
		if errs[i] != nil { // it is caught up: the model is there
			s.pool.outdate(m, errs[i].Error())
			continue
		}
		s.pool.current(m, fitID)
	}
	if old != nil {
		p.store.remove(old.stored)
	}
	return t.response(model, time.Since(start).Seconds()), nil
}

// pipelineFit is one fit over all members.
type pipelineFit struct {
	*agreement
	master  *Pipeline
	set     config.Pipeline
	shape   *Model
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

func newPipelineFit(p *Pipeline, fitID string) *pipelineFit {
	t := &pipelineFit{agreement: newAgreement(p.server, fitID), master: p, set: p.settings}
	t.tracks = make([]stageTrack, len(t.members))
	t.report = api.PipelineReport{Schedule: t.set.Schedule, Stages: len(t.members)}
	return t
}

// train does all that comes before the new model serves.
func (t *pipelineFit) train(ctx context.Context) (*network, error) {
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
func (t *pipelineFit) prepare(ctx context.Context) error {
	each(t.members, func(m *member) struct{} { // all are needed: one that is said to be down is looked at once more
		if _, down := m.unavailable(); down && t.server.pool.probe(ctx, m) == nil {
			t.server.pool.revive(m)
		}
		return struct{}{}
	})
	t.ask(ctx)
	for _, m := range t.members {
		if t.failures[m.index] == nil && m.isPython() {
			t.fail(m, api.WorkerFailure{Worker: m.name, Code: api.CodeUnusableData, Reason: "a worker of the Python package cannot be a stage"})
		}
	}
	t.shape = t.settle()
	for i, s := range t.schema {
		if s != nil && s.Task != t.master.info.Task && t.failures[i] == nil {
			t.fail(t.members[i], api.WorkerFailure{Worker: t.members[i].name, Code: api.CodeUnusableData, Reason: fmt.Sprintf("its rows are for %s, the master's learner is for %s", s.Task, t.master.info.Task)})
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if failures := t.failed(); len(failures) > 0 {
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
		return api.NewProblem(api.CodeUnusableData, sentence(err))
	}
	for _, l := range t.layers {
		t.report.Parameters += l.Parameters
	}
	return nil
}

// short is the problem that stages are missing.
func (t *pipelineFit) short(failures []api.WorkerFailure) error {
	p := api.WorkersProblem("A network needs all of its stages.", failures)
	if allHave(failures, api.CodeUnusableData) {
		detail := p.Detail
		p = api.NewProblem(api.CodeUnusableData, detail)
		p.Workers = failures
	}
	p.FitID = t.fitID
	return p
}

// begin begins the fit with every stage, and brings all to the last checkpoint
// if there is one.
func (t *pipelineFit) begin(ctx context.Context) error {
	t.begun = make([]pipeline.BeginAnswer, len(t.members))
	errs := each(t.members, func(m *member) error { return t.beginMember(ctx, m) })
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
	t.report.BubbleTheory = pipeline.Bubble(len(t.members), t.report.MicroBatches)
	if t.saved == nil {
		t.at = t.start()
		return nil
	}
	t.at = t.anchor.clone()
	for i, m := range t.members { // one by one: the master does not hold the whole network, not even for a moment
		if errs[i] = t.saved.restore(ctx, t.server.pool, m); errs[i] != nil {
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
func (t *pipelineFit) sort(errs []error) error {
	lost := &stageLostError{}
	for i, err := range errs {
		if err == nil {
			continue
		}
		var status *transport.StatusError
		if errors.As(err, &status) {
			err := t.refused(t.members[i], status)
			var one *stageLostError
			if !errors.As(err, &one) {
				return err
			}
			lost.failures = append(lost.failures, one.failures...)
			continue
		}
		lost.failures = append(lost.failures, t.members[i].failure(err))
	}
	if len(lost.failures) > 0 {
		return lost
	}
	return nil
}

func (t *pipelineFit) beginMember(ctx context.Context, m *member) error {
	i, last, s := m.index, len(t.members)-1, t.set
	head := pipeline.BeginFrame{
		FitID: t.fitID, Attempt: t.attempt, Features: t.shape.Features, Classes: t.shape.Classes, Seed: t.server.setup.Config.Seed,
		Stage: i, Stages: last + 1, From: t.cuts[i], To: t.cuts[i+1],
		Schedule: s.Schedule, MicroBatches: s.MicroBatches, BatchSize: s.BatchSize, Shuffle: s.Shuffle, Standardize: s.Standardize,
		Solver: s.Solver, Alpha: s.Alpha, Momentum: s.Momentum, Beta1: s.Beta1, Beta2: s.Beta2, Epsilon: s.Epsilon,
	}
	if s.EarlyStopping {
		head.Validation = s.ValidationFraction
	}
	if i > 0 {
		head.Previous = t.members[i-1].asPeer()
	}
	if i < last {
		head.Next = t.members[i+1].asPeer()
	}
	body, err := wire.Encode(nil, head)
	if err != nil {
		return fmt.Errorf("beginning the fit: %w", err)
	}
	reply, _, err := t.server.pool.call(ctx, m, transport.Request{Method: http.MethodPost, URL: pipeline.PathBegin, ContentType: wire.ContentTypeFrame, Accept: wire.ContentTypeFrame, Body: body})
	if err != nil {
		return err
	}
	if _, err := wire.Decode(reply.Body, &t.begun[i]); err != nil {
		return fmt.Errorf("its answer cannot be read: %w", err)
	}
	want := 0
	for _, l := range t.layers[t.cuts[i]:t.cuts[i+1]] {
		want += l.Parameters
	}
	if b := t.begun[i]; b.FitID != t.fitID || b.Layers != len(t.layers) || b.Parameters != want || b.Rows < 1 {
		return fmt.Errorf("it began fit %q with %d parameters of a network of %d layers; the master's is %q with %d of %d", b.FitID, b.Parameters, b.Layers, t.fitID, want, len(t.layers))
	}
	return nil
}

func (m *member) asPeer() *pipeline.Peer { return &pipeline.Peer{Worker: m.name, URL: m.peer} }

// checkCopies refuses stages whose rows, or whose order of them, are not the
// same: what the first stage reads would not be what the last compares with.
func (t *pipelineFit) checkCopies() error {
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
		p.FitID = t.fitID
		return p
	}
	if t.rowsSum == "" {
		t.rowsSum = first.RowsSum
	}
	if first.RowsSum != t.rowsSum {
		p := api.Problemf(api.CodeUnusableData, "The stages came back with other rows, with the sum %s, than the fit began with, which have the sum %s; fit again to use them.", first.RowsSum, t.rowsSum)
		p.FitID = t.fitID
		return p
	}
	return nil
}

// checkSame refuses stages that came back as something else than what took part
// before, as far as they tell; what does not answer is found out by begin.
func (t *pipelineFit) checkSame(ctx context.Context) error {
	schemas := each(t.members, func(m *member) *api.WorkerSchema {
		schema, err := t.server.schema(ctx, m)
		if err != nil {
			return nil
		}
		return schema
	})
	for i, s := range schemas {
		if s == nil || identityOf(s) == identityOf(t.schema[i]) {
			continue
		}
		p := api.Problemf(api.CodeUnusableData, "Worker %s came back as %s, generated from configuration %q, and is not what took part in the fit; fit again to use it.", t.members[i].name, s.Learner, s.ConfigHash)
		p.FitID = t.fitID
		return p
	}
	return nil
}

// recover waits until all stages are back, so that the fit can begin again.
func (t *pipelineFit) recover(ctx context.Context, lost *stageLostError) error {
	pool, log := t.server.pool, t.server.log
	failed := t.short(lost.failures)
	if len(t.report.Recoveries) >= t.set.MaxRecoveries {
		var p *api.Problem
		if errors.As(failed, &p) && t.set.MaxRecoveries > 0 {
			p.Detail += fmt.Sprintf(" The fit had gone on %d times before (pipeline.max_recoveries).", t.set.MaxRecoveries)
		}
		return failed
	}
	first := lost.failures[0]
	log.Warn("a stage is lost; waiting until it is back", "worker", first.Worker, "fit_id", t.fitID, "step", t.at.step+1, "reason", first.Reason, "at_most", t.set.RecoveryTimeout)
	for _, f := range lost.failures {
		t.server.broker.publish(api.WorkerFailedEvent{FitID: t.fitID, Total: len(t.members), Failure: f})
	}
	waiting, cancel := context.WithTimeout(ctx, time.Duration(t.set.RecoveryTimeout))
	defer cancel()
	back := each(t.members, func(m *member) bool { return pool.awaitReady(waiting, m) })
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if slices.Contains(back, false) {
		return failed
	}
	for _, m := range t.members {
		pool.revive(m) // whoever looks after it may not have seen it yet, and it is to be told of the fit's end
	}
	if err := t.checkSame(ctx); err != nil {
		return err
	}
	t.attempt++
	from := 1
	if t.saved != nil {
		from = t.anchor.step + 1
	}
	r := api.Recovery{Worker: first.Worker, Reason: first.Reason, Step: t.at.step + 1, From: from}
	t.report.Recoveries = append(t.report.Recoveries, r)
	log.Info("all stages are back; the fit goes on", "fit_id", t.fitID, "from_step", from)
	t.server.broker.publish(api.FitResumedEvent{FitID: t.fitID, Recovery: r})
	return nil
}

// discard has the members forget the fit. It is a courtesy to their memory: one
// that stalls does not hold up the end of a fit, and forgets with the next.
func (t *pipelineFit) discard(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, min(t.server.pool.timeout, lookAtMost))
	defer cancel()
	t.each(ctx, pipeline.PathDiscard)
}

// each tells every member of the fit's end, and returns which could not be told;
// a member that is down is caught up later.
func (t *pipelineFit) each(ctx context.Context, path string) []error {
	body := marshalBody(api.CommitRequest{FitID: t.fitID})
	return each(t.members, func(m *member) error {
		if f, down := m.unavailable(); down {
			return errors.New(f.Reason)
		}
		_, _, err := t.server.pool.call(ctx, m, transport.Request{Method: http.MethodPost, URL: path, ContentType: "application/json", Body: body})
		if err != nil {
			t.server.log.Debug("a stage could not be told", "worker", m.name, "path", path, "fit_id", t.fitID, "error", err)
		}
		return err
	})
}
