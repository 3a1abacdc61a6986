package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/workers/node"
)

// inbox keeps what neighbours send until the stage needs it.
type inbox struct {
	mu    sync.Mutex
	come  map[slot]*mat.Dense
	want  map[slot]chan *mat.Dense
	taken chan struct{}   // closed and replaced whenever the stage has taken something
	room  int             // how many micro-batches of rows to be scored may wait
	over  context.Context // ends with the session
}

// slot identifies a micro-batch of a step.
type slot struct {
	step     int
	evaluate bool
	back     bool
	micro    int
}

// mostMicroBatches bounds the number of micro-batches, as the configuration does.
const mostMicroBatches = 1024

// mostWaiting bounds how much neighbours can make a stage keep. A neighbour is at most one step ahead,
// with all its micro-batches.
const mostWaiting = 2 * mostMicroBatches

func newInbox(over context.Context, room int) *inbox {
	return &inbox{come: map[slot]*mat.Dense{}, want: map[slot]chan *mat.Dense{}, taken: make(chan struct{}), room: room, over: over}
}

// fullError reports that neighbours have sent too many micro-batches.
type fullError struct{ waiting int }

// Error says how many are waiting.
func (e *fullError) Error() string {
	return fmt.Sprintf("%d micro-batches are already waiting", e.waiting)
}

// put stores what a neighbour has sent. The sender of rows to be scored is not slowed down by waiting
// for gradients, so here the answer waits until there is room.
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

// tryPut stores x if there is room, or returns a channel that says when to try again.
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

// take waits for a micro-batch from a neighbour.
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

// microBatch receives a micro-batch from a neighbour and keeps it in the memory in which it arrived.
func (w *stage) microBatch(ctx context.Context, head pipeline.MicroBatchFrame, arrays []node.Array) (a api.CommitResponse, _ []node.Array, err error) {
	w.mu.Lock()
	s := w.session
	w.mu.Unlock()
	if s == nil || s.FitID != head.FitID || s.Attempt != head.Attempt {
		return a, nil, api.Problemf(api.CodeOutdated, "Worker %s does not take part in attempt %d of fit %q.", w.Spec.Name, head.Attempt, head.FitID)
	}
	x, err := node.FindMatrix(arrays, "x")
	if err != nil {
		return a, nil, err
	}
	if err := s.fits(head, x); err != nil {
		return a, nil, err
	}
	if who, known := node.CallerOf(ctx); known && who.Worker != "" && who.Worker != s.peer(!head.Back).Worker {
		return a, nil, api.Problemf(api.CodeMastersOnly, "Worker %s has sent what worker %s gets from worker %s.", who.Worker, w.Spec.Name, s.peer(!head.Back).Worker)
	}
	err = s.inbox.put(ctx, slot{head.Step, head.Evaluate, head.Back, head.Micro}, x)
	var full *fullError
	if errors.As(err, &full) {
		return a, nil, api.Problemf(api.CodeInvalidRequest, "Worker %s accepts no more micro-batches: %v.", w.Spec.Name, err)
	}
	if err != nil {
		return a, nil, err
	}
	s.received.Add(int64(node.BodySize(ctx)))
	return api.CommitResponse{FitID: head.FitID}, nil, nil
}

// fits refuses a micro-batch that does not fit the stage.
func (s *session) fits(head pipeline.MicroBatchFrame, x *mat.Dense) error {
	what, width, from := "activations", s.in, s.Previous
	if head.Back {
		what, width, from = "gradients", s.out, s.Next
	}
	rows, cols := x.Dims()
	switch {
	case from == nil:
		return api.Problemf(api.CodeInvalidRequest, "Stage %d of %d has no neighbour that sends %s.", s.Stage+1, s.Stages, what)
	case cols != width || rows < 1 || rows > s.BatchSize:
		return api.Problemf(api.CodeInvalidRequest,
			"The %s of micro-batch %d are %d x %d values; stage %d of %d takes 1 to %d rows of %d.",
			what, head.Micro, rows, cols, s.Stage+1, s.Stages, s.BatchSize, width)
	}
	return nil
}
