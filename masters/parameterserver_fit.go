package masters

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
)

// fit has the workers agree on columns and classes, merges their moments,
// begins the fit with each, and trains. Whatever happens before its end leaves the
// old model serving.
func (p *ParameterServer) fit(ctx context.Context, fitID string) (*api.FitResponse, error) {
	start := time.Now()
	s := p.server
	s.broker.publish(api.FitStartedEvent{FitID: fitID, Workers: s.names()})
	t := newTraining(p, fitID)
	defer t.end(background(ctx))
	err := t.prepare(ctx)
	if err == nil {
		err = t.run(ctx)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	model, err := t.finish()
	if err != nil {
		return nil, err
	}
	p.model.Store(model)
	for i, m := range t.members {
		if t.tracks[i].steps > 0 {
			s.pool.current(m, fitID)
		}
	}
	return t.response(model, time.Since(start).Seconds()), nil
}

// training is one fit over all members.
type training struct {
	*agreement
	ps       *ParameterServer
	set      config.ParameterServer
	shape    *Model
	blocks   []learner.Block
	params   []float64
	scaling  *moments.Scaling
	tracks   []*track // in member order
	perEpoch int      // steps
	report   api.Training
	head     []byte // of the last step's frame, used again
}

// track is what a fit knows of one member.
type track struct {
	begin            []byte // the frame that begins the fit with it
	rows, validation int
	steps, missed    int
	retries          int
	seconds, wire    float64
	waiting          float64
	sent, received   int64
	answer           []byte // memory of the last frame from it: numbers lie in it until the next call
	late             int    // how often in a row it was late
	rests            int    // the step at which it is asked again
	failing          bool
	failure          *api.WorkerFailure // its last
}

func newTraining(p *ParameterServer, fitID string) *training {
	t := &training{agreement: newAgreement(p.server, fitID), ps: p, set: p.settings}
	for range t.members {
		t.tracks = append(t.tracks, &track{})
	}
	t.report = api.Training{Mode: string(t.set.Mode), Wire: t.set.Wire}
	return t
}

// enough is a problem if fewer members are in than the quorum.
func (t *training) enough() error {
	in := 0
	for _, f := range t.failures {
		if f == nil {
			in++
		}
	}
	return t.tooFew(in, t.failed())
}

func (t *training) tooFew(in int, failures []api.WorkerFailure) error {
	if in >= t.ps.need {
		return nil
	}
	message := "All fit iterations responses from workers failed."
	if in > 0 {
		message = fmt.Sprintf("Only %d of %d workers take part; the quorum is %d (parameter_server.quorum).", in, len(t.members), t.ps.need)
	}
	problem := api.WorkersProblem(message, failures)
	if allHave(failures, api.CodeUnusableData) {
		detail := problem.Detail
		problem = api.NewProblem(api.CodeUnusableData, detail)
		problem.Message, problem.Workers = message, failures
	}
	problem.FitID = t.fitID
	return problem
}

// prepare does all that comes before the first step.
func (t *training) prepare(ctx context.Context) error {
	t.ask(ctx)
	t.askPython(ctx)
	t.shape = t.settle()
	for i, s := range t.schema {
		if s != nil && s.Task != t.ps.info.Task && t.failures[i] == nil {
			t.fail(t.members[i], api.WorkerFailure{Worker: t.members[i].name, Code: api.CodeUnusableData, Reason: fmt.Sprintf("its rows are for %s, the master's learner is for %s", s.Task, t.ps.info.Task)})
		}
	}
	if err := t.enough(); err != nil {
		return err
	}
	model, err := t.initial()
	if err != nil {
		return err
	}
	t.params = model.Parameters()
	if t.set.Standardize {
		if err := t.mergeMoments(ctx); err != nil {
			return err
		}
	}
	if err := t.beginAll(ctx); err != nil {
		return err
	}
	return t.warmStart()
}

// initial makes the model with its initial parameters. It is not kept while the
// parameters are trained: it would hold them twice.
func (t *training) initial() (learner.Differentiable, error) {
	model, err := t.ps.newLearner()
	if err != nil {
		return nil, err
	}
	if t.blocks, err = model.Init(learner.Schema{Features: t.shape.Features, Classes: t.shape.Classes}); err != nil {
		return nil, api.NewProblem(api.CodeUnusableData, sentence(err))
	}
	return model, nil
}

// mergeMoments merges the moments of the members' rows (Chan, Golub, LeVeque,
// "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances",
// 1979) in member order.
func (t *training) mergeMoments(ctx context.Context) error {
	head := parameterserver.MomentsFrame{FitID: t.fitID, Features: t.shape.Features, Seed: t.ps.server.setup.Config.Seed, Validation: t.validation()}
	body, err := wire.Encode(nil, head)
	if err != nil {
		return fmt.Errorf("asking for moments: %w", err)
	}
	request := [][]byte{body}
	found := each(t.members, func(m *member) moments.Moments {
		if t.failures[m.index] != nil {
			return moments.Moments{}
		}
		one, err := t.memberMoments(ctx, m, request)
		if err != nil && ctx.Err() == nil {
			t.fail(m, m.failure(err))
		}
		return one
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := t.enough(); err != nil {
		return err
	}
	var all moments.Moments
	for i, one := range found {
		merged, err := moments.Merge(all, one)
		if err != nil {
			return api.Problemf(api.CodeUnusableData, "The moments of worker %s cannot be merged: %v.", t.members[i].name, err)
		}
		all = merged
	}
	scaling, err := all.Scaling()
	if err != nil {
		return api.NewProblem(api.CodeUnusableData, sentence(err))
	}
	if isLinear(t.blocks) && len(t.blocks) == 1 { // no intercept takes the means up
		scaling = scaling.ScaleOnly()
	}
	t.scaling = &scaling
	return nil
}

func (t *training) memberMoments(ctx context.Context, m *member, request [][]byte) (moments.Moments, error) {
	var head parameterserver.MomentsAnswer
	arrays, err := t.call(ctx, m, parameterserver.PathMoments, request, &head)
	if err != nil {
		return moments.Moments{}, err
	}
	one := moments.Moments{Weight: head.Weight}
	for _, a := range []struct {
		name string
		into *[]float64
	}{{"mean", &one.Mean}, {"m2", &one.M2}} {
		found, err := wire.Find(arrays, a.name)
		if err != nil {
			return moments.Moments{}, err
		}
		if err := finite(found.Data, len(t.shape.Features), 1); err != nil {
			return moments.Moments{}, fmt.Errorf("its moments (%s): %w", a.name, err)
		}
		*a.into = slices.Clone(found.Data) // they outlive the next call
	}
	return one, nil
}

// validation is the share of the rows that is held out.
func (t *training) validation() float64 {
	if !t.set.EarlyStopping {
		return 0
	}
	return t.set.ValidationFraction
}

// beginAll begins the fit with every member that is in.
func (t *training) beginAll(ctx context.Context) error {
	var first uint64
	for i, m := range t.members {
		if t.failures[i] != nil || m.isPython() {
			continue
		}
		frame, err := t.beginFrame(first)
		if err != nil {
			return err
		}
		t.tracks[i].begin = frame
		first += uint64(t.schema[i].Rows)
	}
	each(t.members, func(m *member) struct{} {
		if t.failures[m.index] != nil {
			return struct{}{}
		}
		if err := t.beginMember(ctx, m); err != nil && ctx.Err() == nil {
			t.fail(m, m.failure(err))
		}
		return struct{}{}
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	t.perEpoch = 1
	for i := range t.members {
		if t.set.Mode == config.MinibatchMode && t.failures[i] == nil {
			t.perEpoch = max(t.perEpoch, (t.tracks[i].rows+t.set.BatchSize-1)/t.set.BatchSize)
		}
	}
	return t.enough()
}

func (t *training) beginFrame(first uint64) ([]byte, error) {
	head := parameterserver.BeginFrame{
		FitID: t.fitID, Features: t.shape.Features, Classes: t.shape.Classes, Mode: string(t.set.Mode), BatchSize: t.set.BatchSize,
		LocalEpochs: t.set.LocalEpochs, Seed: t.ps.server.setup.Config.Seed, FirstRow: first, Validation: t.validation(),
		Penalty: t.set.Penalty, Alpha: t.set.Alpha, L1Ratio: t.set.L1Ratio, MaxGradientNorm: t.set.MaxGradientNorm, Float32: t.float32(),
	}
	var arrays []wire.Array
	if t.scaling != nil {
		arrays = append(arrays, wire.Vector("mean", t.scaling.Mean), wire.Vector("scale", t.scaling.Scale))
	}
	frame, err := wire.Encode(nil, head, arrays...)
	if err != nil {
		return nil, fmt.Errorf("beginning the fit: %w", err)
	}
	return frame, nil
}

func (t *training) float32() bool { return t.set.Wire == "float32" }

// beginMember begins the fit with one member, at its start or because it has
// lost it.
func (t *training) beginMember(ctx context.Context, m *member) error {
	if m.isPython() {
		return t.acceptsPython()
	}
	var head parameterserver.BeginAnswer
	if _, err := t.call(ctx, m, parameterserver.PathBegin, [][]byte{t.tracks[m.index].begin}, &head); err != nil {
		return err
	}
	if head.FitID != t.fitID || head.Parameters != len(t.params) || head.Rows < 1 {
		return fmt.Errorf("it began fit %q with %d rows and %d parameters; the master's is %q with %d parameters", head.FitID, head.Rows, head.Parameters, t.fitID, len(t.params))
	}
	t.tracks[m.index].rows, t.tracks[m.index].validation = head.Rows, head.ValidationRows
	return nil
}

// call posts a frame, which is in parts, and reads the frame that comes back.
// Its arrays are good until the next call to the member.
func (t *training) call(ctx context.Context, m *member, path string, frame [][]byte, head any) ([]wire.Array, error) {
	k := t.tracks[m.index]
	var got wire.Received
	request := transport.Request{
		Method: http.MethodPost, URL: path, ContentType: wire.ContentTypeFrame, Accept: wire.ContentTypeFrame, Parts: frame,
		Read: func(body io.Reader, length int64) (err error) {
			got, err = wire.Receive(body, length, k.answer)
			k.answer = got.Memory()
			return err
		},
	}
	_, retries, err := t.server.pool.call(ctx, m, request)
	k.retries += retries
	k.sent += int64(request.Size()) * int64(retries+1)
	if err != nil {
		return nil, err
	}
	k.received += int64(got.Len())
	arrays, err := got.Decode(head)
	if err != nil {
		return nil, fmt.Errorf("its answer cannot be read: %w", err)
	}
	return arrays, nil
}

// warmStart goes on from the model that serves, if asked and if it has the
// same columns and classes.
func (t *training) warmStart() error {
	old := t.ps.model.Load()
	if !t.set.WarmStart || old == nil {
		return nil
	}
	if !slices.Equal(old.Features, t.shape.Features) || !slices.Equal(old.Classes, t.shape.Classes) {
		return api.NewProblem(api.CodeUnusableData, "warm_start: the model that serves has other columns or classes than the workers' rows; fit without warm_start.")
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

// isLinear reports whether the parameters are a linear model's, whose scale
// can be changed.
func isLinear(blocks []learner.Block) bool {
	for _, b := range blocks {
		if b.Name != moments.CoefBlock && b.Name != moments.InterceptBlock {
			return false
		}
	}
	return len(blocks) > 0
}

// end has the members forget the fit. It is a courtesy to their memory.
func (t *training) end(ctx context.Context) {
	body := marshalBody(api.CommitRequest{FitID: t.fitID})
	each(t.members, func(m *member) struct{} {
		if _, down := m.unavailable(); down || t.tracks[m.index].begin == nil || t.tracks[m.index].late > 0 {
			return struct{}{}
		}
		_, _, err := t.server.pool.call(ctx, m, transport.Request{Method: http.MethodPost, URL: parameterserver.PathEnd, ContentType: "application/json", Body: body})
		if err != nil {
			t.server.log.Debug("a worker could not end a fit", "worker", m.name, "fit_id", t.fitID, "error", err)
		}
		return struct{}{}
	})
}
