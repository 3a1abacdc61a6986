package master

import (
	"context"
	"fmt"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/summation"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
)

// Fit lets the workers agree on columns and classes, begins the fit with each of them, and trains. The old model stays in service until the end.
func (p *Master) Fit(ctx context.Context, f *cluster.Fit) (*api.FitResponse, error) {
	t := &training{Fit: f, master: p, set: p.settings, report: api.Training{Mode: modeOfSums, Wire: "float64"}}
	for range f.Members {
		t.tracks = append(t.tracks, &track{})
	}
	defer t.end(ctx)
	model, err := t.train(ctx)
	if err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	report := t.result(model)
	if err := t.keep(ctx, model, report); err != nil {
		return nil, err
	}
	p.own.Put(model)
	return report, nil
}

// modeOfSums is the mode in the report of a fit.
const modeOfSums = "sums"

// training is one fit over all members.
type training struct {
	*cluster.Fit
	master  *Master
	set     summation.Settings
	shape   *cluster.Model
	schema  learner.Schema
	learner learner.Summable
	tracks  []*track // in member order
	report  api.Training
	course  course
}

// track is what a fit knows about one member.
type track struct {
	begin          *cluster.Message[summation.BeginFrame, summation.BeginAnswer] // begins the fit with it
	rows           int
	took           int // rounds that are part of the model
	retries        int
	seconds        float64
	wire, waiting  float64
	sent, received int64
	answer         []byte // memory of its last frame
	has            int    // the round whose state it has; -1 if none
}

// quorum is how many members a model needs the rows of.
func (t *training) quorum() int { return t.master.Quorum() }

// enough returns a problem if fewer members take part than the quorum.
func (t *training) enough() error {
	in := t.In()
	if in >= t.quorum() {
		return nil
	}
	message := "All fit iterations responses from workers failed."
	if in > 0 {
		message = fmt.Sprintf("Only %d of %d workers take part; the quorum is %d (summation.quorum).", in, len(t.Members), t.quorum())
	}
	return t.Problem(message, t.Failures())
}

// patience says that a lost member is waited for, whatever the quorum: without it, the training would begin anew.
func (t *training) patience() cluster.Patience {
	return cluster.Patience{
		Need: t.In(), Quorum: t.quorum(), AtMost: time.Duration(t.set.RecoveryTimeout), Most: t.set.MaxRecoveries, Setting: "summation",
	}
}

// phase asks every member that takes part for something, and excludes those that do not do it.
func (t *training) phase(ctx context.Context, ask func(m *cluster.Member) error) error {
	if err := t.Every(ctx, t.patience(), 0, ask, t.Lose); err != nil {
		return err
	}
	return t.enough()
}

// train makes a model of the rows of all members that take part.
func (t *training) train(ctx context.Context) (*trained, error) {
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	if err := t.start(); err != nil {
		return nil, err
	}
	if err := t.resume(); err != nil {
		return nil, err
	}
	if err := t.run(ctx); err != nil {
		return nil, err
	}
	return t.finish()
}

// prepare does everything before the first round. If a member was lost after columns and classes were agreed on, it is done again without it.
func (t *training) prepare(ctx context.Context) error {
	for {
		settled, err := t.prepareOnce(ctx)
		if err != nil || t.In() == settled {
			return err
		}
	}
}

// prepareOnce returns how many members took part in what was agreed on.
func (t *training) prepareOnce(ctx context.Context) (settled int, err error) {
	if err := t.phase(ctx, func(m *cluster.Member) error { return t.AskMember(ctx, m) }); err != nil {
		return 0, err
	}
	for _, m := range t.Members {
		if t.Failure(m) == nil && m.IsPython() {
			t.Fail(m, api.WorkerFailure{Worker: m.Name, Code: api.CodeUnusableData, Reason: "a worker of the Python package cannot sum for another learner"})
		}
	}
	t.shape = t.Settle()
	t.CheckTask(t.master.learner.Info.Task)
	if settled = t.In(); t.enough() != nil {
		return 0, t.enough()
	}
	if err := t.Prepare(ctx, t.shape, cluster.Preparing{Patience: t.patience()}); err != nil {
		return 0, err
	}
	if err := t.enough(); err != nil {
		return 0, err
	}
	t.schema = learner.Schema{Features: t.shape.Features, Classes: t.shape.Classes}
	if t.learner, err = t.master.newLearner(); err != nil {
		return 0, err
	}
	return settled, t.beginAll(ctx)
}

// beginAll begins the fit with every member that takes part.
func (t *training) beginAll(ctx context.Context) error {
	var first uint64
	for i, m := range t.Members {
		if t.Failure(m) != nil {
			continue
		}
		message := cluster.NewMessage(summation.Begin)
		err := message.Encode(summation.BeginFrame{
			FitID: t.ID, Features: t.shape.Features, Classes: t.shape.Classes, Seed: t.master.seed(), FirstRow: first, Prepared: t.shape.Prepared(m),
		})
		if err != nil {
			return err
		}
		t.tracks[i].begin = message
		first += uint64(t.Schemas[i].Rows)
	}
	return t.phase(ctx, func(m *cluster.Member) error {
		err := t.beginMember(ctx, m)
		if err == nil {
			t.Publish(api.WorkerBeganEvent{FitID: t.ID, Worker: m.Name, At: t.Clock(time.Now()), Rows: t.tracks[m.Index].rows})
		}
		return err
	})
}

// beginMember begins the fit with one member, at the start or because the member has lost it.
func (t *training) beginMember(ctx context.Context, m *cluster.Member) error {
	k := t.tracks[m.Index]
	k.has = -1
	r := send(ctx, t, m, k.begin)
	if r.Err != nil {
		return r.Err
	}
	b := r.Value
	switch {
	case b.FitID != t.ID || b.Rows < 1 || b.Rows != t.Schemas[m.Index].Rows:
		return fmt.Errorf("it began fit %q with %d rows; the master's is %q, and its schema has %d", b.FitID, b.Rows, t.ID, t.Schemas[m.Index].Rows)
	case k.rows != 0 && k.rows != b.Rows:
		return fmt.Errorf("it came back with %d rows, and began the fit with %d; fit again to use them", b.Rows, k.rows)
	}
	k.rows = b.Rows
	return cluster.CheckSeconds(b.Seconds)
}

// send calls a member and counts the bytes. The arrays in the answer are valid until the next call to the same member.
func send[Q, A any](ctx context.Context, t *training, m *cluster.Member, g *cluster.Message[Q, A]) cluster.Reply[A] {
	k := t.tracks[m.Index]
	r := cluster.Send(ctx, t.Cluster, m, g, &k.answer)
	k.retries += r.Retries
	k.sent += r.Sent
	k.received += r.Received
	return r
}

// end tells the members that the fit has ended, so that they can free its memory.
func (t *training) end(ctx context.Context) {
	ctx, cancel := t.Courtesy(ctx)
	defer cancel()
	cluster.Each(t.Members, func(m *cluster.Member) struct{} {
		if _, down := m.Unavailable(); down || t.tracks[m.Index].begin == nil {
			return struct{}{}
		}
		if _, err := cluster.Call(ctx, t.Cluster, m, summation.End, api.CommitRequest{FitID: t.ID}); err != nil {
			t.Log.DebugContext(ctx, "a worker could not end a fit", "worker", m.Name, "error", err)
		}
		return struct{}{}
	})
}
