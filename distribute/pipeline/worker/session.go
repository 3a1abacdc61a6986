package workers

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/optimise"
)

// seedOfPipeline is the name of the part of the run's randomness that all
// stages share: first parameters, the order of the rows, dropout.
const seedOfPipeline = "pipeline"

// stageSession is a stage's part in a fit.
type stageSession struct {
	pipeline.BeginFrame
	ctx    context.Context // ends with the session, which outlives the request that began it
	cancel context.CancelCauseFunc

	part     *part // what it becomes when it is finished
	engine   *pipeline.Stage
	vector   *optimise.Vector
	train    learner.Dataset
	held     learner.Dataset // rows that are held out; none without early stopping
	layers   int             // of the whole network
	in, out  int             // values a row of the stage's
	inbox    *inbox
	received atomic.Int64 // bytes from neighbours, since the last step told

	working atomic.Bool // a command is being carried out; the rest is that command's
	step    int         // the next
	waits   bool        // the step before was held back
	weight  float64     // of its rows
	broken  bool        // a step failed, and the parameters are between two steps
	params  []float64
	grad    []float64
	best    []float64 // parameters that scored best; nil if none were kept
	order   []int     // the rows of epoch ordered
	ordered int
}

// begin makes the session of a fit; it replaces any other.
func (w *stage) begin(ctx context.Context, body []byte) (*bodyOutput, error) {
	var head pipeline.BeginFrame
	if _, err := decodeHead(body, &head); err != nil {
		return nil, err
	}
	start := time.Now()
	s, err := w.newSession(ctx, head)
	if err != nil {
		return nil, err
	}
	if err := w.replace(ctx, s); err != nil {
		return nil, err
	}
	w.log.Info("taking part in a fit", "fit_id", s.FitID, "stage", fmt.Sprintf("%d of %d", s.Stage+1, s.Stages), "layers", s.To-s.From, "parameters", len(s.params))
	return framed(pipeline.BeginAnswer{
		FitID: s.FitID, Worker: w.spec.Name, Rows: s.train.Len(), ValidationRows: s.held.Len(), RowsSum: w.rowsSum(s), OrderSum: s.orderSum(),
		Parameters: len(s.params), Layers: s.layers, Seconds: time.Since(start).Seconds(),
	})
}

// replace makes s the session. One that took so long that its caller has given
// up, and perhaps begun again, comes too late.
func (w *stage) replace(ctx context.Context, s *stageSession) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	old := w.session
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if old != nil && old.FitID == s.FitID && old.Attempt > s.Attempt {
		return api.Problemf(api.CodeOutdated, "Worker %s takes part in attempt %d of fit %q; attempt %d is over.", w.spec.Name, old.Attempt, s.FitID, s.Attempt)
	}
	if old != nil {
		old.cancel(errReplaced)
	}
	w.session = s
	return nil
}

var errReplaced = api.NewProblem(api.CodeOutdated, "Another fit has begun on this stage.")

func (w *stage) newSession(ctx context.Context, head pipeline.BeginFrame) (*stageSession, error) {
	if err := checkBegin(head); err != nil {
		return nil, err
	}
	train, _, err := w.shard(head.Features, head.Classes, 0, head.Seed, 0)
	if err != nil {
		return nil, err
	}
	if err := learner.CheckFit(train, w.info.Task, w.info.Traits); err != nil {
		return nil, err
	}
	s := &stageSession{BeginFrame: head, train: train, ordered: -1}
	if head.Validation > 0 {
		mine, theirs := splitRows(train.Len(), head.Validation, head.Seed, seedOfPipeline)
		s.train, s.held = train.Select(mine), train.Select(theirs)
	}
	if s.part, err = w.newPart(head.FitID, head, nil); err != nil {
		return nil, err
	}
	if err := s.standardise(ctx); err != nil {
		return nil, err
	}
	layers, err := s.part.network.Layers(s.train.Schema)
	if err != nil {
		return nil, err
	}
	s.layers, s.in, s.out = len(layers), layers[head.From].In, layers[head.To-1].Out
	s.engine = &pipeline.Stage{Part: s.part.stage, Index: head.Stage, Count: head.Stages, Objective: s.part.objective}
	var parts []optimise.Part
	for _, b := range s.part.stage.Blocks() {
		parts = append(parts, optimise.Part{Len: b.Len(), Penalised: b.Penalised})
	}
	settings := optimise.Settings{Name: head.Solver, Momentum: head.Momentum, Beta1: head.Beta1, Beta2: head.Beta2, Epsilon: head.Epsilon}
	if s.vector, err = optimise.NewVector(parts, settings, head.Alpha); err != nil {
		return nil, api.NewProblem(api.CodeInvalidRequest, err.Error())
	}
	s.params = s.part.stage.Parameters()
	s.grad = make([]float64, len(s.params))
	s.ctx, s.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	s.inbox = newInbox(s.ctx, s.MicroBatches)
	return s, nil
}

// checkBegin refuses what no stage can take part in.
func checkBegin(h pipeline.BeginFrame) error {
	fail := func(format string, args ...any) error { return api.Problemf(api.CodeInvalidRequest, format, args...) }
	switch {
	case h.FitID == "":
		return fail("The fit has no id.")
	case h.Stages < 1 || h.Stage < 0 || h.Stage >= h.Stages:
		return fail("There is no stage %d of %d.", h.Stage+1, h.Stages)
	case (h.Previous == nil) != (h.Stage == 0) || (h.Next == nil) != (h.Stage == h.Stages-1):
		return fail("Stage %d of %d has other neighbours than it is told.", h.Stage+1, h.Stages)
	case h.BatchSize < 1 || h.MicroBatches < 1 || h.MicroBatches > mostMicroBatches:
		return fail("Mini-batches of %d rows in %d micro-batches are none; there are at most %d micro-batches.", h.BatchSize, h.MicroBatches, mostMicroBatches)
	case !(h.Validation >= 0 && h.Validation < 1):
		return fail("A share of %v of the rows cannot be held out.", h.Validation)
	}
	if _, err := pipeline.Schedule(h.Schedule).Ops(0, 1, 1); err != nil {
		return api.NewProblem(api.CodeInvalidRequest, err.Error())
	}
	return nil
}

// standardise brings the features to the scale of the rows that are trained
// on; only the first stage looks at them.
func (s *stageSession) standardise(ctx context.Context) error {
	if !s.Standardize || s.Stage > 0 {
		return nil
	}
	m, err := moments.FromDataset(ctx, s.train)
	if err != nil {
		return err
	}
	scaling, err := m.Scaling()
	if err != nil {
		return err
	}
	s.part.scaling = &scaling
	for _, d := range []*learner.Dataset{&s.train, &s.held} {
		if d.Len() == 0 {
			continue
		}
		if d.X, err = scaling.Standardize(d.X); err != nil {
			return err
		}
	}
	return nil
}

// peer is a neighbour: the one behind, or the one before.
func (s *stageSession) peer(before bool) *pipeline.Peer {
	if before {
		return s.Previous
	}
	return s.Next
}

// rows are the rows of mini-batch k of an epoch.
func (s *stageSession) rows(epoch, k int) []int {
	order := s.epochOrder(epoch)
	if k > (len(order)-1)/s.BatchSize {
		return nil
	}
	from := k * s.BatchSize
	return order[from : from+min(s.BatchSize, len(order)-from)]
}

// epochOrder is the order of the rows in an epoch: a function of the run's
// seed and the epoch, the same on every stage.
func (s *stageSession) epochOrder(epoch int) []int {
	if s.order != nil && (s.ordered == epoch || !s.Shuffle) {
		return s.order
	}
	n := s.train.Len()
	if s.Shuffle {
		s.order = learner.NewRand(learner.Seed(s.Seed, seedOfPipeline, "epoch", strconv.Itoa(epoch))).Perm(n)
	} else {
		s.order = make([]int, n)
		for i := range s.order {
			s.order[i] = i
		}
	}
	s.ordered = epoch
	return s.order
}

// at is where in the run a step is.
func (s *stageSession) at(epoch, step int) learner.Step {
	return learner.Step{Seed: learner.Seed(s.Seed, seedOfPipeline), Epoch: epoch, Index: step}
}

// rowsSum identifies the worker's copy of the rows: columns in the fit's order,
// every value's bits, the targets. Copies that differ must not be trained on.
func (w *stage) rowsSum(s *stageSession) string {
	rows, err := w.loaded()
	if err != nil { // they were loaded a moment ago, and stay
		return ""
	}
	at := make(map[string]int, len(rows.Features))
	for j, name := range rows.Features {
		at[name] = j
	}
	h := sha256.New()
	for _, name := range s.Features {
		_, _ = fmt.Fprintf(h, "%q,", name) // a hash does not fail
	}
	line := make([]float64, len(s.Features)+1)
	for i, y := range rows.Y {
		x := rows.X.RawRowView(i)
		for k, name := range s.Features {
			line[k] = x[at[name]]
		}
		line[len(s.Features)] = y
		writeFloats(h, line)
	}
	for _, c := range rows.Classes {
		_, _ = fmt.Fprintf(h, "%q,", string(c))
	}
	return sum(h)
}

// orderSum identifies what the stage makes of the seed: the order of the first
// epoch's rows, by their ids, and which are held out.
func (s *stageSession) orderSum() string {
	h := sha256.New()
	write := func(id uint64) { _, _ = h.Write(binary.LittleEndian.AppendUint64(nil, id)) } // a hash does not fail
	for _, r := range s.epochOrder(0) {
		write(s.train.Row(r))
	}
	write(math.MaxUint64)
	for i := range s.held.Len() {
		write(s.held.Row(i))
	}
	return sum(h)
}

func writeFloats(h hash.Hash, values []float64) {
	b := make([]byte, 0, 8*len(values))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	_, _ = h.Write(b)
}

// sum is the beginning of a hash, which is enough to tell copies apart.
func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)[:8]) }
