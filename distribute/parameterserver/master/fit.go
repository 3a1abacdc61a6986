package master

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/masters/cluster"
)

// Fit lets the workers agree on columns and classes, merges their moments, begins the fit with each of
// them, and trains. The old model stays in service until the end.
func (p *Master) Fit(ctx context.Context, f *cluster.Fit) (*api.FitResponse, error) {
	t := newTraining(p, f)
	defer t.end(ctx)
	err := t.prepare(ctx)
	if err == nil {
		err = t.run(ctx)
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	model, err := t.finish()
	if err != nil {
		return nil, err
	}
	report := t.result(model)
	if err := t.keep(ctx, model, report); err != nil {
		return nil, err
	}
	p.own.Store(model)
	for i, m := range t.Members {
		if t.tracks[i].steps > 0 {
			p.Current(m, t.ID)
		}
	}
	return report, nil
}

// training is one fit over all members.
type training struct {
	*cluster.Fit
	master   *Master
	set      parameterserver.Settings
	shape    *cluster.Model
	blocks   []learner.Block
	params   []float64
	scaling  *moments.Scaling
	means    [][]float64 // members x features, on the scale of the training; nil if it is not standardised
	tracks   []*track    // in member order
	perEpoch int         // steps
	weight   float64     // of the rows that were agreed on, if the penalty goes by it
	weighs   float64     // of those that take part now
	perBatch bool        // the penalty is beside the sum of the losses of a step's rows
	report   api.Training
	quorum   int  // answers that a step needs
	all      bool // that is all members that take part
	course   *course
	joining  sync.WaitGroup                                                          // of members that begin the fit after the others
	watched  *outliers                                                               // nil before the first step
	message  *cluster.Message[parameterserver.StepFrame, parameterserver.StepAnswer] // of every step; its memory is reused
}

// track is what a fit knows about one member.
type track struct {
	begin            *beginMessage // begins the fit with it; nil if it has not begun
	rows, validation int
	steps, missed    int
	retries          int
	seconds, wire    float64
	waiting          float64
	sent, received   int64
	answer           []byte // memory of its last frame: numbers lie in it until the next call
	late             int    // how many times in a row it was late
	rests            int    // the step at which it is asked again
	failing          bool
	agreed           bool               // what was agreed on before the first step is also of its rows
	arrivals         int64              // the member's, when it was found missing; -1 if it is to join as soon as it is there
	absent           bool               // it takes no part because it is away, and that is known
	coming           chan newcomer      // of a member that begins the fit after the others; nil if it does not
	stoodOut         bool               // at the end of the last window
	outlier          string             // why it stands out from the other workers; empty if it does not
	failure          *api.WorkerFailure // its last failure
}

// out notes that the member takes no part until it joins.
func (k *track) out() { k.absent, k.arrivals = true, -1 }

type beginMessage = cluster.Message[parameterserver.BeginFrame, parameterserver.BeginAnswer]

func newTraining(p *Master, f *cluster.Fit) *training {
	t := &training{Fit: f, master: p, set: p.settings, message: cluster.NewMessage(parameterserver.Step)}
	if t.quorum, t.all = p.quorum, p.quorum == 0; t.all {
		t.quorum = max(1, t.In())
	}
	for _, m := range t.Members {
		k := &track{arrivals: m.Arrivals()}
		if t.IsAbsent(m) {
			k.out()
		}
		t.tracks = append(t.tracks, k)
	}
	t.report = api.Training{Mode: string(t.set.Mode), Wire: t.set.Wire}
	return t
}

// enough returns a problem if fewer members take part than the quorum.
func (t *training) enough() error { return t.tooFew(t.In(), t.Failures()) }

func (t *training) tooFew(in int, failures []api.WorkerFailure) error {
	if in >= t.quorum {
		return nil
	}
	message := "All fit iterations responses from workers failed."
	if in > 0 {
		message = fmt.Sprintf("Only %d of %d workers take part; the quorum is %d (parameter_server.quorum).", in, len(t.Members), t.quorum)
	}
	return t.Problem(message, failures)
}

// prepare does everything before the first step.
func (t *training) prepare(ctx context.Context) error {
	t.holdBack()
	if err := t.phase(ctx, func(m *cluster.Member) error { return t.ask(ctx, m) }); err != nil {
		return err
	}
	tolerates := "parameter_server.aggregation: " + t.set.Aggregation
	t.shape = t.SettleWith(t.set.Tolerated(), tolerates)
	t.CheckTask(t.master.learner.Info.Task)
	if err := t.enough(); err != nil {
		return err
	}
	if err := t.Prepare(ctx, t.shape, cluster.Preparing{
		Patience: t.patience(), Scaled: true, Faulty: t.set.Tolerated(), Setting: tolerates, Middle: t.master.middle,
	}); err != nil {
		return err
	}
	t.part(0)
	if err := t.enough(); err != nil {
		return err
	}
	model, err := t.initial()
	if err != nil {
		return err
	}
	t.params = model.Parameters()
	if t.refusePython(); t.enough() != nil {
		return t.enough()
	}
	if t.set.Standardize || t.set.Followed.Objective {
		if err := t.mergeMoments(ctx); err != nil {
			return err
		}
	}
	if err := t.beginAll(ctx); err != nil {
		return err
	}
	for i, m := range t.Members {
		t.tracks[i].agreed = t.Failure(m) == nil
	}
	return t.warmStart()
}

// patience says that a lost member is waited for if the quorum needs it.
func (t *training) patience() cluster.Patience {
	return cluster.Patience{
		Need: t.quorum, Quorum: t.quorum, AtMost: time.Duration(t.set.RecoveryTimeout), Most: t.set.MaxRecoveries, Setting: "parameter_server",
	}
}

// phase asks every member that takes part for something, and excludes those that do not do it. One that has left meanwhile has not
// failed: the fit goes on without it.
func (t *training) phase(ctx context.Context, ask func(m *cluster.Member) error) error {
	if err := t.Every(ctx, t.patience(), 0, ask, t.Lose); err != nil {
		return err
	}
	t.part(0)
	return t.enough()
}

// initial makes the model with its initial parameters. It is not kept during the training, because it
// would hold the parameters a second time.
func (t *training) initial() (learner.Differentiable, error) {
	model, err := t.master.newLearner()
	if err != nil {
		return nil, err
	}
	if t.blocks, err = model.Init(learner.Schema{Features: t.shape.Features, Classes: t.shape.Classes}); err != nil {
		return nil, api.NewProblem(api.CodeUnusableData, cluster.Sentence(err))
	}
	return model, nil
}

// validation is the share of the rows that is held out.
func (t *training) validation() float64 {
	if !t.set.EarlyStopping {
		return 0
	}
	return t.set.ValidationFraction
}

// beginAll begins the fit with every member that takes part.
func (t *training) beginAll(ctx context.Context) error {
	var first uint64
	for i, m := range t.Members {
		if t.Failure(m) != nil || m.IsPython() {
			continue
		}
		message := cluster.NewMessage(parameterserver.Begin)
		head, arrays := t.beginFrame(m, first)
		if err := message.Encode(head, arrays...); err != nil {
			return err
		}
		t.tracks[i].begin = message
		first += uint64(t.Schemas[i].Rows)
	}
	err := t.phase(ctx, func(m *cluster.Member) error {
		err := t.beginMember(ctx, m)
		if err == nil {
			t.Publish(api.WorkerBeganEvent{FitID: t.ID, Worker: m.Name, At: t.Clock(time.Now()), Rows: t.tracks[m.Index].rows})
		}
		return err
	})
	if err != nil {
		return err
	}
	t.perEpoch = t.stepsPerEpoch()
	return t.enough()
}

// stepsPerEpoch is the number of steps after which every member has seen its rows, or with a robust
// aggregation half of them: then no single worker can stretch an epoch.
func (t *training) stepsPerEpoch() int {
	if t.set.Mode != parameterserver.MinibatchMode {
		return 1
	}
	var batches []float64
	for i, m := range t.Members {
		if t.Failure(m) == nil {
			batches = append(batches, float64((t.tracks[i].rows+t.set.BatchSize-1)/t.set.BatchSize))
		}
	}
	if len(batches) == 0 {
		return 1
	}
	if t.master.middle != nil {
		return max(1, int(t.master.middle(batches)))
	}
	return max(1, int(slices.Max(batches)))
}

func (t *training) beginFrame(m *cluster.Member, first uint64) (parameterserver.BeginFrame, []wire.Array) {
	head := parameterserver.BeginFrame{
		FitID: t.ID, Features: t.shape.Features, Classes: t.shape.Classes, Mode: t.set.Mode, BatchSize: t.set.BatchSize,
		LocalEpochs: t.set.LocalEpochs, Seed: t.Config().Seed, FirstRow: first, Validation: t.validation(),
		Penalty: t.set.Penalty, Alpha: t.set.Alpha, L1Ratio: t.set.L1Ratio, MaxGradientNorm: t.set.MaxGradientNorm, Float32: t.float32(),
		Prepared: t.shape.Prepared(m),
	}
	if t.scaling == nil {
		return head, nil
	}
	return head, []wire.Array{wire.Vector("mean", t.scaling.Mean), wire.Vector("scale", t.scaling.Scale)}
}

func (t *training) float32() bool { return t.set.Wire == "float32" }

// beginMember begins the fit with one member, at the start or because the member has lost it.
func (t *training) beginMember(ctx context.Context, m *cluster.Member) error {
	if m.IsPython() {
		return nil
	}
	r := send(ctx, t, m, t.tracks[m.Index].begin)
	if r.Err != nil {
		return r.Err
	}
	if err := t.checkBegin(r.Value, t.Schemas[m.Index].Rows); err != nil {
		return err
	}
	k := t.tracks[m.Index]
	if k.rows != 0 && (k.rows != r.Value.Rows || k.validation != r.Value.ValidationRows) {
		return fmt.Errorf("it came back with %d rows (%d held out), and began the fit with %d (%d); fit again to use them",
			r.Value.Rows, r.Value.ValidationRows, k.rows, k.validation)
	}
	k.rows, k.validation = r.Value.Rows, r.Value.ValidationRows
	return nil
}

// send calls a member and counts the bytes. The arrays in the answer are valid until the next call to
// the same member.
func send[Q, A any](ctx context.Context, t *training, m *cluster.Member, g *cluster.Message[Q, A]) cluster.Reply[A] {
	k := t.tracks[m.Index]
	r := cluster.Send(ctx, t.Cluster, m, g, &k.answer)
	k.retries += r.Retries
	k.sent += r.Sent
	k.received += r.Received
	return r
}

// warmStart continues from the model in service, if the settings say so; it must have the same columns
// and classes.
func (t *training) warmStart() error {
	old := t.master.own.Load()
	if !t.set.WarmStart || old == nil {
		return nil
	}
	if !slices.Equal(old.Features, t.shape.Features) || !slices.Equal(old.Classes, t.shape.Classes) {
		return api.NewProblem(api.CodeUnusableData, "warm_start: the model in service has other columns or classes than the workers' rows; fit without warm_start.")
	}
	params := old.learner.Parameters()
	if isLinear(t.blocks) {
		var err error
		if old.scaling != nil {
			params, err = old.scaling.Fold(params, old.blocks)
		}
		if err == nil && t.scaling != nil {
			params, err = t.scaling.Unfold(params, t.blocks)
		}
		if err != nil {
			return fmt.Errorf("warm_start: %w", err)
		}
	}
	t.params = params
	return nil
}

// isLinear reports whether the parameters are those of a linear model, which can be converted to
// another scale of the features.
func isLinear(blocks []learner.Block) bool {
	for _, b := range blocks {
		if b.Name != moments.CoefBlock && b.Name != moments.InterceptBlock {
			return false
		}
	}
	return len(blocks) > 0
}

// end tells the members that the fit has ended, so that they can free its memory.
func (t *training) end(ctx context.Context) {
	ctx, cancel := t.Courtesy(ctx)
	defer cancel()
	cluster.Each(t.Members, func(m *cluster.Member) struct{} {
		if _, down := m.Unavailable(); down || t.tracks[m.Index].begin == nil || t.tracks[m.Index].late > 0 {
			return struct{}{}
		}
		if _, err := cluster.Call(ctx, t.Cluster, m, parameterserver.End, api.CommitRequest{FitID: t.ID}); err != nil {
			t.Log.DebugContext(ctx, "a worker could not end a fit", "worker", m.Name, "error", err)
		}
		return struct{}{}
	})
}
