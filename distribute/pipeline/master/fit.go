package master

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
)

// Fit lets the workers agree on columns and classes, distributes the layers, and trains. When a stage
// is lost, it continues from the last checkpoint once the stage is back. The old model stays in
// service until the end.
func (p *Master) Fit(ctx context.Context, f *cluster.Fit) (*api.FitResponse, error) {
	alone := f.CatchUpBeside()
	t := newTraining(p, f)
	model, err := t.train(ctx)
	var result *api.FitResponse
	if err == nil {
		result, err = t.keep(ctx, model)
	}
	if err != nil {
		if !f.Interrupted() { // or the next program goes on with it
			t.discard(ctx)
		}
		return nil, err
	}
	alone()
	p.replace(cluster.Background(ctx), f, model)
	return result, nil
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
	rowsSum string                 // of the rows at the beginning of the fit
	attempt int

	at       course // the progress of the training
	saved    saves
	recovery recovery

	report api.PipelineReport
	tracks []stageTrack
	calls  []call  // of the last command, in member order
	wall   float64 // seconds spent in steps

	written  time.Time        // when the last checkpoint was
	told     bool             // that a resumed fit goes on, or begins anew
	anew     string           // why it does
	sought   bool             // the checkpoints of an earlier program have been looked for
	goneOn   []api.Resumption // times that a program went on with what another had begun
	uncopied string           // why there is no copy of the model, which is not stored either
}

// stageTrack is what a fit knows about one stage.
type stageTrack struct {
	steps              int
	computing, waiting float64
	wire               float64
	sent, received     int64
	held               int
}

func newTraining(p *Master, f *cluster.Fit) *training {
	t := &training{Fit: f, master: p, set: p.settings, tracks: make([]stageTrack, len(f.Members)), calls: make([]call, len(f.Members)), saved: saves{log: p.Log}}
	t.report = api.PipelineReport{Schedule: t.set.Schedule, Stages: len(t.Members)}
	if f.Resumed {
		t.attempt = laterAttempt()
	}
	return t
}

// train does everything until the new model is in service.
func (t *training) train(ctx context.Context) (*network, error) {
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	for {
		err := t.begin(ctx)
		if err == nil {
			t.continued()
			t.resumed()
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

// prepare decides what is learned, and which stage has which layers.
func (t *training) prepare(ctx context.Context) error {
	t.gather(ctx)
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
		return t.stagesMissing(failures)
	}
	if err := t.Prepare(ctx, t.shape, cluster.Preparing{Patience: t.patience(), Scaled: true, Copies: true}); err != nil {
		return err
	}
	if failures := t.Failures(); len(failures) > 0 {
		return t.stagesMissing(failures)
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

// patience says that a stage that is lost before the first step is waited for, since all are needed.
func (t *training) patience() cluster.Patience {
	n := len(t.Members)
	return cluster.Patience{
		Need: n, Quorum: n, AtMost: time.Duration(t.set.RecoveryTimeout), Most: t.set.MaxRecoveries, Setting: pipeline.Name,
	}
}

// stagesMissing is the problem of missing stages.
func (t *training) stagesMissing(failures []api.WorkerFailure) error {
	return t.Problem("A network needs all of its stages.", failures)
}

// begin begins the fit with every stage, and restores the last checkpoint that is not damaged, if
// there is one.
func (t *training) begin(ctx context.Context) error {
	for {
		if err := t.beginAll(ctx); err != nil {
			return err
		}
		if t.Resumed && !t.sought {
			t.seek()
		}
		last := t.saved.last()
		if last == nil {
			t.at = t.start()
			return nil
		}
		err := t.restore(ctx, last.checkpoint)
		var damaged *damagedError
		if errors.As(err, &damaged) {
			t.giveUp(damaged)
			continue // with sessions that know nothing of that checkpoint
		}
		t.at = last.at.clone()
		return err
	}
}

// beginAll begins the fit with every stage.
func (t *training) beginAll(ctx context.Context) error {
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
	// there may be fewer rows than micro-batches
	t.report.MicroBatches = pipeline.Micros(min(t.set.BatchSize, t.begun[0].Rows), t.set.MicroBatches)
	t.report.BubbleTheory = pipeline.Bubble(len(t.Members), t.report.MicroBatches)
	return nil
}

// restore gives the stages their parts of a checkpoint, one by one, so that the master never holds the
// whole network. The error is a *damagedError if a file is at fault.
func (t *training) restore(ctx context.Context, parts *checkpoint) error {
	errs := make([]error, len(t.Members))
	for i, m := range t.Members {
		errs[i] = parts.restore(ctx, t.Cluster, m)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var damaged *damagedError
		if errors.As(errs[i], &damaged) {
			return damaged
		}
		if errs[i] != nil {
			break
		}
	}
	return t.sort(errs)
}

// sort combines the errors of calls to members into one. It allows another try only if all of them do.
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
	head.Prepared = t.shape.Prepared(m)
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
	if err := t.checkBegin(i); err != nil {
		return err
	}
	t.Publish(api.WorkerBeganEvent{
		FitID: t.ID, Worker: m.Name, At: t.Clock(time.Now()), Rows: answer.Rows, Layers: head.To - head.From, Parameters: answer.Parameters,
	})
	return nil
}

func asPeer(m *cluster.Member) *pipeline.Peer { return &pipeline.Peer{Worker: m.Name, URL: m.Peer} }

// checkCopies refuses stages whose rows, or the order of their rows, differ: the last stage would
// compare its output with the targets of other rows.
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
		p := api.Problemf(api.CodeUnusableData, "The stages of a network need the same rows in the same order: %s. "+
			"Give every worker a copy of the same files, as `chimera split --by replicate` does.", strings.Join(list, "; "))
		p.FitID = t.ID
		return p
	}
	if t.rowsSum == "" {
		t.rowsSum = first.RowsSum
	}
	if first.RowsSum != t.rowsSum {
		p := api.Problemf(api.CodeUnusableData,
			"The stages came back with other rows than the fit began with (checksum %s instead of %s); fit again to use them.",
			first.RowsSum, t.rowsSum)
		p.FitID = t.ID
		return p
	}
	return nil
}

// discard lets the members forget the fit, to free its memory. A member that stalls does not delay the
// end of the fit, and forgets it with the next one.
func (t *training) discard(ctx context.Context) {
	ctx, cancel := t.Courtesy(ctx)
	defer cancel()
	t.master.tell(ctx, t.ID, pipeline.Discard)
}

// tell tells every member that a fit has ended, and returns the errors; a member that is down is
// caught up later.
func (p *Master) tell(ctx context.Context, fitID string, e endpoint.Endpoint[api.CommitRequest, api.CommitResponse]) []error {
	return cluster.Each(p.Members, func(m *cluster.Member) error {
		if f, down := m.Unavailable(); down {
			return errors.New(f.Reason)
		}
		_, err := cluster.Call(ctx, p.Cluster, m, e, api.CommitRequest{FitID: fitID})
		if err != nil {
			p.Log.DebugContext(ctx, "a stage could not be told that a fit has ended", "worker", m.Name, "path", e.Path, "run", fitID, "error", err)
		}
		return err
	})
}
