package workers

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

// inbox keeps what neighbours send until the stage wants it.
type inbox struct {
	mu    sync.Mutex
	come  map[slot]*mat.Dense
	want  map[slot]chan *mat.Dense
	taken chan struct{}   // closed when the stage has wanted something, and made anew
	room  int             // how many micro-batches of rows to be scored may wait
	over  context.Context // ends with the session
}

// slot is which micro-batch of which step something is.
type slot struct {
	step     int
	evaluate bool
	back     bool
	micro    int
}

// mostMicroBatches bounds the parts of a mini-batch, as the configuration does.
const mostMicroBatches = 1024

// mostWaiting bounds what neighbours can make a stage keep. A neighbour is
// ahead by a step at the most, with all its micro-batches.
const mostWaiting = 2 * mostMicroBatches

func newInbox(over context.Context, room int) *inbox {
	return &inbox{come: map[slot]*mat.Dense{}, want: map[slot]chan *mat.Dense{}, taken: make(chan struct{}), room: room, over: over}
}

// fullError says that neighbours have sent what is not wanted.
type fullError struct{ waiting int }

// Error says how much of it.
func (e *fullError) Error() string { return fmt.Sprintf("%d micro-batches wait already", e.waiting) }

// put takes what a neighbour has sent. No gradients hold back who sends rows to
// be scored, so what is early waits for its answer.
func (b *inbox) put(ctx context.Context, at slot, x *mat.Dense) error {
	for {
		taken, err := b.tryPut(at, x)
		if taken == nil {
			return err
		}
		select {
		case <-taken:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-b.over.Done():
			return context.Cause(b.over)
		}
	}
}

// tryPut takes what there is room for, or returns when to try again.
func (b *inbox) tryPut(at slot, x *mat.Dense) (later <-chan struct{}, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if waiting, ok := b.want[at]; ok {
		delete(b.want, at)
		waiting <- x // it has room
		return nil, nil
	}
	switch {
	case at.evaluate && len(b.come) >= b.room:
		return b.taken, nil
	case len(b.come) >= mostWaiting:
		return nil, &fullError{len(b.come)}
	}
	b.come[at] = x
	return nil, nil
}

// take waits for what a neighbour sends.
func (b *inbox) take(ctx context.Context, at slot) (*mat.Dense, error) {
	b.mu.Lock()
	x, ok := b.come[at]
	waiting := make(chan *mat.Dense, 1)
	if ok {
		delete(b.come, at)
	} else {
		b.want[at] = waiting
	}
	close(b.taken)
	b.taken = make(chan struct{})
	b.mu.Unlock()
	if ok {
		return x, nil
	}
	select {
	case x := <-waiting:
		return x, nil
	case <-ctx.Done():
		b.mu.Lock()
		delete(b.want, at)
		b.mu.Unlock()
		return nil, context.Cause(ctx)
	}
}

// links are a stage's connections with its neighbours during one command.
type links struct {
	w        *stage
	s        *stageSession
	ctx      context.Context // the command's, which it also ends
	cancel   context.CancelCauseFunc
	detach   func() bool
	step     int
	evaluate bool
	out      [2]chan parcel // to the stage behind, to the one before
	senders  sync.WaitGroup
	sent     atomic.Int64
}

// parcel is a micro-batch on its way out.
type parcel struct {
	micro int
	x     *mat.Dense
}

// link connects a stage with its neighbours for one command. It ends with ctx,
// with the session, and when a neighbour cannot be reached; close waits for
// what is under way.
func (w *stage) link(ctx context.Context, s *stageSession, step int, evaluate bool) *links {
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
		l.senders.Go(func() { l.deliver(*peer, back, out) })
	}
	return l
}

// close ends the links, and returns why a command failed if it did: what a
// neighbour did comes before what that did to this stage.
func (l *links) close(err error) error {
	for _, out := range l.out {
		if out != nil {
			close(out)
		}
	}
	if err != nil {
		l.cancel(err)
	}
	l.senders.Wait()
	cause := context.Cause(l.ctx)
	l.detach()
	l.cancel(nil)
	if cause != nil && (err == nil || errors.Is(err, context.Canceled)) {
		return cause
	}
	return err
}

// Send hands a micro-batch to the goroutine that delivers it.
func (l *links) Send(ctx context.Context, back bool, micro int, x *mat.Dense) error {
	out := l.out[0]
	if back {
		out = l.out[1]
	}
	select {
	case out <- parcel{micro, x}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// deliver sends micro-batches to one neighbour, in order, while the stage goes
// on computing. It does not wait for one to be answered before it sends the next.
func (l *links) deliver(peer pipeline.Peer, back bool, out <-chan parcel) {
	sent := make(chan delivery, cap(out))
	var answers sync.WaitGroup
	answers.Go(func() {
		for d := range sent {
			if _, err := d.call.Wait(); err != nil {
				l.cancel(peerProblem(peer, fmt.Sprintf("did not take micro-batch %d of step %d", d.micro, l.step+1), err))
			}
		}
	})
	for p := range out {
		if l.ctx.Err() != nil {
			continue // nobody waits for it any more
		}
		l.w.faults.corrupt(l.step, p.x.RawMatrix().Data)
		head := pipeline.MicroBatchFrame{FitID: l.s.FitID, Attempt: l.s.Attempt, Step: l.step, Evaluate: l.evaluate, Back: back, Micro: p.micro}
		parts, err := wire.EncodeParts(nil, head, wire.Dense("x", p.x)) // the matrix is sent from where it is
		if err != nil {
			l.cancel(fmt.Errorf("micro-batch %d: %w", p.micro, err))
			continue
		}
		request := transport.Request{Method: http.MethodPost, URL: peer.URL + pipeline.PathMicroBatch, ContentType: wire.ContentTypeFrame, Parts: parts}
		l.sent.Add(int64(request.Size()))
		sent <- delivery{l.w.client.Begin(l.ctx, request), p.micro}
	}
	close(sent)
	answers.Wait()
}

// delivery is a micro-batch that was sent and not answered yet.
type delivery struct {
	call  *transport.Call
	micro int
}

// Receive waits for a micro-batch. One with a number that is not finite is
// refused by the name of who sent it.
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
		p := api.Problemf(api.CodeDiverged, "The %s of micro-batch %d of step %d that worker %s has sent are not finite.", what, micro, l.step+1, from.Worker)
		p.Workers = []api.WorkerFailure{{Worker: from.Worker, Code: api.CodeDiverged, Reason: fmt.Sprintf("its %s are not finite", what)}}
		return nil, p
	}
	return x, nil
}

// microBatch takes what a neighbour sends, in the memory that it came in.
func (w *stage) microBatch(ctx context.Context, frame wire.Received) ([][]byte, error) {
	var head pipeline.MicroBatchFrame
	arrays, err := frame.Decode(&head)
	if err != nil {
		return nil, unreadable(err)
	}
	w.mu.Lock()
	s := w.session
	w.mu.Unlock()
	if s == nil || s.FitID != head.FitID || s.Attempt != head.Attempt {
		return nil, api.Problemf(api.CodeOutdated, "Worker %s does not take part in attempt %d of fit %q.", w.spec.Name, head.Attempt, head.FitID)
	}
	x, err := matrix(arrays)
	if err != nil {
		return nil, err
	}
	if err := s.fits(head, x); err != nil {
		return nil, err
	}
	err = s.inbox.put(ctx, slot{head.Step, head.Evaluate, head.Back, head.Micro}, x)
	var full *fullError
	if errors.As(err, &full) {
		return nil, api.Problemf(api.CodeInvalidRequest, "Worker %s takes no more: %v.", w.spec.Name, err)
	}
	if err != nil {
		return nil, err
	}
	s.received.Add(int64(frame.Len()))
	return wire.EncodeParts(nil, api.CommitResponse{FitID: head.FitID})
}

// fits refuses a micro-batch that no neighbour can mean.
func (s *stageSession) fits(head pipeline.MicroBatchFrame, x *mat.Dense) error {
	what, width, from := "activations", s.in, s.Previous
	if head.Back {
		what, width, from = "gradients", s.out, s.Next
	}
	rows, cols := x.Dims()
	switch {
	case from == nil:
		return api.Problemf(api.CodeInvalidRequest, "Stage %d of %d has no neighbour that sends it %s.", s.Stage+1, s.Stages, what)
	case cols != width || rows < 1 || rows > s.BatchSize:
		return api.Problemf(api.CodeInvalidRequest, "The %s of micro-batch %d are %d x %d values; stage %d of %d takes 1 to %d rows of %d.", what, head.Micro, rows, cols, s.Stage+1, s.Stages, s.BatchSize, width)
	}
	return nil
}

// peerProblem says that a neighbour did not do its part. Its own problem, if
// it told one, is passed on as it is.
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
