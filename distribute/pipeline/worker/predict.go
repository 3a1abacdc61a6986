package worker

import (
	"context"
	"net/http"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/workers/node"
)

// predict sends rows through this stage and, from there, through those behind it.
func (w *stage) predict(ctx context.Context, head pipeline.PredictFrame, arrays []node.Array) (a api.PredictedFrame, _ []node.Array, err error) {
	p, err := w.model(head.FitID)
	if err != nil {
		return a, nil, err
	}
	x, err := node.FindMatrix(arrays, "x")
	if err != nil {
		return a, nil, err
	}
	out, err := p.forward(ctx, x)
	if err != nil {
		return a, nil, err
	}
	if !p.last() {
		return w.handOn(ctx, p, out)
	}
	predicted, proba, err := p.objective.OutputAnswers(out)
	if err != nil {
		return a, nil, err
	}
	a = api.PredictedFrame{FitID: p.fitID, Classes: p.head.Classes}
	if proba != nil {
		return a, []node.Array{wire.Dense("proba", proba)}, nil
	}
	return a, []node.Array{wire.Vector("y", predicted)}, nil
}

// handOn calls the next stage and returns its answer.
func (w *stage) handOn(ctx context.Context, p *part, out *mat.Dense) (a api.PredictedFrame, _ []node.Array, err error) {
	parts, err := wire.EncodeParts(nil, pipeline.PredictFrame{FitID: p.fitID}, wire.Dense("x", out))
	if err != nil {
		return a, nil, err
	}
	next := *p.head.Next
	got, err := w.client.Do(ctx, transport.Request{
		Method: http.MethodPost, URL: next.URL + pipeline.PathPredict, ContentType: wire.ContentTypeFrame, Accept: wire.ContentTypeFrame, Parts: parts,
	})
	if err != nil {
		return a, nil, peerProblem(next, "could not continue the prediction", err)
	}
	arrays, err := wire.ReceivedFrom(got.Body).Decode(&a)
	if err != nil {
		return a, nil, peerProblem(next, "sent a prediction that cannot be read", err)
	}
	return a, arrays, nil
}
