package masters

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

// predictRows is how many rows go through the stages at once. More are split,
// so that stages work at the same time.
const predictRows = 1024

func (p *Pipeline) mountStages() {
	rest.Register(p.server.API, huma.Operation{
		Method: http.MethodGet, Path: api.PathStages, Summary: "Which worker has which layers", Tags: []string{"model"},
		Description: "Of the network that serves. Nobody holds the whole of it.", Errors: predictErrors,
	}, func(context.Context, *none) (*output[api.Stages], error) {
		m, err := p.serving()
		if err != nil {
			return nil, err
		}
		s := api.Stages{FitID: m.FitID, Stages: m.stages}
		for _, one := range m.stages {
			s.Parameters += one.Parameters
		}
		return &output[api.Stages]{s}, nil
	})
}

// serving is the trained network, or a problem before the first fit.
func (p *Pipeline) serving() (*network, error) {
	if m := p.model.Load(); m != nil {
		return m, nil
	}
	return nil, notFitted(p.info.Name, api.PathsOf("pipeline").Fit)
}

// predict predicts with the network that serves. If a fit ends meanwhile, the
// stages have forgotten the network before, and it begins again with the new one.
func (p *Pipeline) predict(ctx context.Context, columns []string, x *mat.Dense) (*answer, error) {
	for {
		m, err := p.serving()
		if err != nil {
			return nil, err
		}
		out, err := p.predictWith(ctx, m, columns, x)
		if err == nil || ctx.Err() != nil || p.model.Load() == m {
			return out, err
		}
	}
}

// predictWith sends rows through the stages, in pieces, several at a time.
func (p *Pipeline) predictWith(ctx context.Context, m *network, columns []string, x *mat.Dense) (*answer, error) {
	x, err := rest.Align(m.Features, columns, x)
	if err != nil {
		return nil, err
	}
	if err := learner.CheckPredict(x, len(m.Features), p.info.Traits); err != nil {
		return nil, api.NewProblem(api.CodeInvalidRequest, sentence(err))
	}
	rows, cols := x.Dims()
	out := &answer{model: m.Model}
	width := max(len(m.Classes), 1)
	values := make([]float64, rows*width)
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(len(m.stages) + 1)
	for from := 0; from < rows; from += predictRows {
		to := min(from+predictRows, rows)
		piece := x.Slice(from, to, 0, cols).(*mat.Dense)
		all.Go(func() error { return p.predictPiece(ctx, m, piece, values[from*width:to*width]) })
	}
	if err := all.Wait(); err != nil {
		return nil, err
	}
	if m.Task == learner.Regression {
		out.combined.values = values
	} else {
		out.combined.proba = mat.NewDense(rows, width, values)
	}
	out.members = p.server.pool.members
	return out, nil
}

// predictPiece fills into with what the last stage answers for some rows.
func (p *Pipeline) predictPiece(ctx context.Context, m *network, x *mat.Dense, into []float64) error {
	body, err := wire.Encode(nil, pipeline.PredictFrame{FitID: m.FitID}, wire.Dense("x", x))
	if err != nil {
		return fmt.Errorf("encoding the rows: %w", err)
	}
	first := p.server.pool.members[0]
	request := transport.Request{Method: http.MethodPost, URL: first.url + pipeline.PathPredict, ContentType: wire.ContentTypeFrame, Accept: wire.ContentTypeFrame, Body: body}
	o := p.server.pool.attempt(ctx, first, request)
	for try := 0; o.err != nil && try < p.server.pool.retries && transport.Temporary(o.err); try++ {
		o = p.server.pool.attempt(ctx, first, request)
	}
	if o.err != nil { // whose fault it is, is found out before anybody is said to be down
		return p.notPredicted(ctx, m, first, o.err)
	}
	var head api.PredictedFrame
	arrays, err := wire.Decode(o.answer.Body, &head)
	if err != nil {
		return fmt.Errorf("the answer of the stages cannot be read: %w", err)
	}
	name := "proba"
	if m.Task == learner.Regression {
		name = "y"
	}
	found, err := wire.Find(arrays, name)
	if err != nil {
		return fmt.Errorf("the answer of the stages: %w", err)
	}
	rows, _ := x.Dims()
	if err := finite(found.Data, rows, len(into)/rows); err != nil {
		return api.Problemf(api.CodeUnusableData, "The network: %v.", err)
	}
	copy(into, found.Data)
	return nil
}

// notPredicted names the stage because of which there is no prediction, and
// has it looked after.
func (p *Pipeline) notPredicted(ctx context.Context, m *network, first *member, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	failures := []api.WorkerFailure{first.failure(err)}
	if errors.Is(err, transport.ErrTimeout) {
		failures = p.stalled(ctx, failures)
	}
	var status *transport.StatusError
	if errors.As(err, &status) && status.Problem != nil {
		if len(status.Problem.Workers) > 0 {
			failures = status.Problem.Workers
		}
		switch status.Code() {
		case api.CodeUnusableData, api.CodeInvalidRequest, api.CodeDiverged:
			return api.NewProblem(api.CodeUnusableData, status.Problem.Detail)
		default:
		}
	}
	for _, w := range p.server.pool.members {
		for _, f := range failures {
			switch {
			case f.Worker != w.name || p.state().FitID != m.FitID:
			case f.Code == api.CodeOutdated || f.Code == api.CodeNotFitted:
				p.server.pool.outdate(w, f.Reason)
			case f.Code == api.CodeWorkersFailed || f.Code == api.CodeWorkersTimeout:
				p.server.pool.down(w, f.Reason)
			default:
			}
		}
	}
	return api.WorkersProblem("All predict responses from workers failed.", failures)
}

// stalled names the stages that do not answer: the first, of which it is known
// that it was late, waits for those behind it. If all answer it is left at that.
func (p *Pipeline) stalled(ctx context.Context, late []api.WorkerFailure) []api.WorkerFailure {
	pool := p.server.pool
	errs := each(pool.members, func(m *member) error { return pool.probe(ctx, m) })
	var silent []api.WorkerFailure
	for i, err := range errs {
		if err != nil {
			silent = append(silent, pool.members[i].failure(err))
		}
	}
	if len(silent) == 0 || ctx.Err() != nil {
		return late
	}
	return silent
}
