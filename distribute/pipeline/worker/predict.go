package worker

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/workers/node"
)

// predict sends rows through this stage and, by way of it, those behind.
func (w *stage) predict(ctx context.Context, head pipeline.PredictFrame, arrays []node.Array) (a node.Relay[api.PredictedFrame], err error) {
	p, err := w.model(head.FitID)
	if err != nil {
		return a, err
	}
	x, err := node.FindMatrix(arrays, "x")
	if err != nil {
		return a, err
	}
	var next pipeline.Peer
	if !p.last() {
		if next, err = w.behind(ctx, p, head.Next); err != nil {
			return a, err
		}
	}
	out, err := p.forward(ctx, x)
	if err != nil {
		return a, err
	}
	if !p.last() {
		a.Frame, err = w.handOn(ctx, p, next, head.Next, out)
		return a, err
	}
	predicted, proba, err := p.objective.OutputAnswers(out)
	if err != nil {
		unusable := w.Problem(ctx, err)
		unusable.Errors = rest.Faults(err)
		return a, unusable
	}
	a.Value = api.PredictedFrame{FitID: p.fitID, Classes: p.head.Classes}
	if proba != nil {
		a.Arrays = []node.Array{wire.Dense("proba", proba)}
	} else {
		a.Arrays = []node.Array{wire.Vector("y", predicted)}
	}
	return a, nil
}

// behind is the next stage, where the prediction says that it is, or else where it was in the fit.
func (w *stage) behind(ctx context.Context, p *part, said []pipeline.Peer) (next pipeline.Peer, err error) {
	if len(said) > 0 {
		return said[0], w.checkNeighbour(ctx, &said[0])
	}
	if p.head.Next.URL == "" {
		return next, api.Problemf(api.CodeInvalidRequest, "The prediction does not say where the stages behind worker %s are.", w.Spec.Name)
	}
	return *p.head.Next, nil
}

// handOn has the stages behind go on, and returns their answer as it came: only
// the last stage writes it, and only the master reads it.
func (w *stage) handOn(ctx context.Context, p *part, next pipeline.Peer, said []pipeline.Peer, out *mat.Dense) (frame []byte, err error) {
	head := pipeline.PredictFrame{FitID: p.fitID}
	if len(said) > 0 {
		head.Next = said[1:]
	}
	parts, err := wire.EncodeParts(nil, head, wire.Dense("x", out))
	if err != nil {
		return nil, err
	}
	request := transport.Request{
		Method: http.MethodPost, URL: next.URL + pipeline.PathPredict, Node: next.Worker, ContentType: wire.ContentTypeFrame,
		Accept: wire.ContentTypeFrame, Parts: parts,
	}
	got, err := w.ask(ctx, request)
	if transport.Damaged(err) {
		got, err = w.ask(ctx, request)
	}
	if err != nil {
		return nil, peerProblem(next, "cannot go on with the prediction", err)
	}
	if !isFrame(got) {
		return nil, peerProblem(next, "has sent a prediction that cannot be read", fmt.Errorf("its content type is %q", got.ContentType))
	}
	return got.Body, nil
}

// ask sends a request to a neighbour once, and checks that a frame in the answer is as it was sent.
func (w *stage) ask(ctx context.Context, request transport.Request) (*transport.Answer, error) {
	got, err := w.client.Do(ctx, request)
	if err == nil && isFrame(got) {
		err = wire.ReceivedFrom(got.Body).Check()
	}
	return got, err
}

func isFrame(a *transport.Answer) bool {
	return strings.HasPrefix(a.ContentType, wire.ContentTypeFrame)
}
