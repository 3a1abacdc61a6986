package worker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
)

// links are a stage's connections with its neighbours during one command.
type links struct {
	w        *stage
	s        *session
	ctx      context.Context // the command's, which the links can also cancel
	cancel   context.CancelCauseFunc
	detach   func() bool
	step     int
	evaluate bool
	out      [2]chan parcel // to the next stage, to the previous one
	senders  [2]sync.WaitGroup
	sent     atomic.Int64
}

// parcel is a micro-batch to be sent.
type parcel struct {
	micro int
	x     *mat.Dense
}

// link connects a stage with its neighbours for one command. The links end with ctx, with the session,
// and when a neighbour cannot be reached; close waits for running deliveries.
func (w *stage) link(ctx context.Context, s *session, step int, evaluate bool) *links {
	l := &links{w: w, s: s, step: step, evaluate: evaluate}
	l.ctx, l.cancel = context.WithCancelCause(ctx)
	l.detach = context.AfterFunc(s.ctx, func() { l.cancel(context.Cause(s.ctx)) })
	for i, back := range []bool{false, true} {
		peer := s.peer(back)
		if peer == nil || back && evaluate {
			continue
		}
		out := make(chan parcel, s.MicroBatches)
		l.out[i] = out
		l.senders[i].Go(func() { l.deliver(*peer, back, out) })
	}
	return l
}

// close ends the links, and returns the error of a failed command: a neighbour's failure takes
// precedence over what it caused in this stage.
func (l *links) close(err error) error {
	for _, out := range l.out {
		if out != nil {
			close(out)
		}
	}
	if err != nil {
		l.cancel(err)
	}
	for i, back := range []bool{false, true} {
		l.s.handing.Store(l.s.peer(back))
		l.senders[i].Wait()
	}
	l.s.handing.Store(nil)
	cause := context.Cause(l.ctx)
	l.detach()
	l.cancel(nil)
	if cause != nil && (err == nil || errors.Is(err, context.Canceled)) {
		return cause
	}
	return err
}

// Send passes a micro-batch to the goroutine that delivers it. It waits only when the stage scores more
// rows than its neighbour takes.
func (l *links) Send(ctx context.Context, back bool, micro int, x *mat.Dense) error {
	out := l.out[0]
	if back {
		out = l.out[1]
	}
	p := parcel{micro, x}
	select {
	case out <- p:
		return nil
	default:
	}
	l.s.handing.Store(l.s.peer(back))
	defer l.s.handing.Store(nil)
	select {
	case out <- p:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// deliver sends micro-batches to one neighbour, in order, while the stage continues to compute. It
// does not wait for the answer to one before it sends the next.
func (l *links) deliver(peer pipeline.Peer, back bool, out <-chan parcel) {
	sent := make(chan delivery, cap(out))
	var answers sync.WaitGroup
	answers.Go(func() {
		for d := range sent {
			_, err := d.call.Wait()
			if transport.Damaged(err) { // it was refused, and has not been put into the inbox
				_, err = l.w.client.Do(l.ctx, d.request)
			}
			if err != nil {
				l.cancel(peerProblem(peer, fmt.Sprintf("did not take micro-batch %d of step %d", d.micro, l.step+1), err))
			}
		}
	})
	for p := range out {
		if l.ctx.Err() != nil {
			continue // nobody waits for it any more
		}
		l.w.Faults.Spoil(l.step, p.x.RawMatrix().Data)
		head := pipeline.MicroBatchFrame{FitID: l.s.FitID, Attempt: l.s.Attempt, Step: l.step, Evaluate: l.evaluate, Back: back, Micro: p.micro}
		parts, err := wire.EncodeParts(nil, head, wire.Dense("x", p.x)) // the matrix is not copied
		if err != nil {
			l.cancel(fmt.Errorf("micro-batch %d: %w", p.micro, err))
			continue
		}
		request := transport.Request{
			Method: http.MethodPost, URL: peer.URL + pipeline.PathMicroBatch, Node: peer.Worker, ContentType: wire.ContentTypeFrame, Parts: parts,
		}
		l.sent.Add(int64(request.Size()))
		sent <- delivery{l.w.client.Begin(l.ctx, request), request, p.micro}
	}
	close(sent)
	answers.Wait()
}

// delivery is a micro-batch that has been sent but not answered yet.
type delivery struct {
	call    *transport.Call
	request transport.Request
	micro   int
}

// Receive waits for a micro-batch. It refuses one with a number that is not finite, and names the
// sender.
func (l *links) Receive(ctx context.Context, back bool, micro int) (*mat.Dense, error) {
	x, err := l.s.inbox.take(ctx, slot{l.step, l.evaluate, back, micro})
	if err != nil {
		return nil, err
	}
	raw := x.RawMatrix()
	var total float64
	for _, v := range raw.Data {
		total += v - v
	}
	if total != 0 { // NaN: v-v is 0 for every finite v
		what, from := "activations", l.s.Previous
		if back {
			what, from = "gradients", l.s.Next
		}
		p := api.Problemf(api.CodeDiverged, "The %s of micro-batch %d of step %d sent by worker %s are not finite.", what, micro, l.step+1, from.Worker)
		p.Workers = []api.WorkerFailure{{Worker: from.Worker, Code: api.CodeDiverged, Reason: fmt.Sprintf("its %s are not finite", what)}}
		return nil, p
	}
	return x, nil
}

// peerProblem reports that a neighbour failed. If the neighbour answered with a problem, that is
// passed on unchanged.
func peerProblem(peer pipeline.Peer, what string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	var status *transport.StatusError
	if errors.As(err, &status) && status.Problem != nil && status.Problem.Code != "" {
		p := *status.Problem
		if len(p.Workers) == 0 {
			p.Workers = []api.WorkerFailure{{Worker: peer.Worker, Code: p.Code, Reason: p.Detail}}
		}
		return &p
	}
	p := api.Problemf(api.CodeWorkersFailed, "Worker %s %s: %v.", peer.Worker, what, err)
	p.Workers = []api.WorkerFailure{{Worker: peer.Worker, Code: api.CodeWorkersFailed, Reason: err.Error()}}
	return p
}
