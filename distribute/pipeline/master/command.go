package master

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/masters/cluster"
)

// stageLostError reports that a command failed because a stage died, stalled or lost its state: a fit
// may continue from a checkpoint.
type stageLostError struct {
	failures []api.WorkerFailure // at least one
}

// Error names the stages.
func (e *stageLostError) Error() string {
	reasons := make([]string, len(e.failures))
	for i, f := range e.failures {
		reasons[i] = f.String()
	}
	return strings.Join(reasons, "; ")
}

var errAbandoned = errors.New("another stage failed")

// lookAtMost bounds how long a stage may take to report its progress.
const lookAtMost = 5 * time.Second

// command makes all stages do something together, each waiting for its neighbours. The first failure
// ends it for all: the error is then a *stageLostError, or a problem that a retry would not solve.
func command[Q, A any](ctx context.Context, t *training, e endpoint.Endpoint[Q, A], q Q) ([]A, error) {
	message := cluster.NewMessage(e)
	if err := message.Encode(q); err != nil {
		return nil, err
	}
	together, abandon := context.WithCancelCause(ctx)
	defer abandon(nil)
	var first sync.Once
	var failed error
	answered := make([]atomic.Bool, len(t.Members))
	watched := make(chan struct{})
	go func() { // ends with together
		defer close(watched)
		if err := t.awaitDeadlock(together, answered); err != nil {
			first.Do(func() {
				failed = err
				abandon(errAbandoned)
			})
		}
	}()
	replies := cluster.Each(t.Members, func(m *cluster.Member) cluster.Reply[A] {
		sent := time.Now()
		r := cluster.Attempt(together, t.Cluster, m, message)
		t.calls[m.Index] = call{sent, time.Now()}
		if r.Err == nil {
			answered[m.Index].Store(true)
		} else if together.Err() == nil {
			first.Do(func() {
				failed = t.diagnose(ctx, m, r.Err, answered)
				abandon(errAbandoned)
			})
		}
		return r
	})
	abandon(nil)
	<-watched
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if failed != nil {
		return nil, failed
	}
	answers := make([]A, len(replies))
	for i, r := range replies {
		answers[i] = r.Value
	}
	return answers, nil
}

// awaitDeadlock returns an error when no stage that has not answered does anything but wait for another, from one look to the
// next. A stage that computes may do so for as long as it likes, and one that is frozen or dead fails its own call. It returns
// nil when ctx ends.
func (t *training) awaitDeadlock(ctx context.Context, answered []atomic.Bool) error {
	var before []look
	for t.master.watch(ctx, t.Timeout()) == nil {
		looks := cluster.Each(t.Members, func(m *cluster.Member) look { return t.look(ctx, m) })
		if ctx.Err() != nil {
			return nil
		}
		stuck, last := before != nil, -1
		for i, l := range looks {
			if !answered[i].Load() {
				last = i
				stuck = stuck && l.err == nil && l.Waiting != "" && l.Progress == before[i].Progress
			}
		}
		if stuck && last >= 0 {
			timeout := fmt.Errorf("%w: no stage went on for %v (endpoints.timeout)", transport.ErrTimeout, t.Timeout())
			return t.stalled(t.Members[last], timeout, looks, answered)
		}
		before = looks
	}
	return nil
}

// diagnose finds out which stage is to blame when a command failed on m: stages wait for each other,
// so all of them fail together.
func (t *training) diagnose(ctx context.Context, m *cluster.Member, err error, answered []atomic.Bool) error {
	looks := cluster.Each(t.Members, func(m *cluster.Member) look { return t.look(ctx, m) })
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	lost := &stageLostError{}
	for i, l := range looks {
		if l.err != nil {
			f := t.Members[i].Failure(l.err)
			t.Down(ctx, t.Members[i], f.Reason)
			lost.failures = append(lost.failures, f)
		}
	}
	if len(lost.failures) > 0 {
		return lost
	}
	var status *transport.StatusError
	switch {
	case errors.As(err, &status):
		return t.refused(m, status)
	case errors.Is(err, transport.ErrTimeout):
		return t.stalled(m, err, looks, answered)
	default: // the connection broke, but it is alive
		return &stageLostError{[]api.WorkerFailure{m.Failure(err)}}
	}
}

// look is a stage's answer about its progress.
type look struct {
	pipeline.Progress
	err error
}

func (t *training) look(ctx context.Context, m *cluster.Member) look {
	ctx, cancel := context.WithTimeout(ctx, min(t.Timeout(), lookAtMost))
	defer cancel()
	r := cluster.Attempt(ctx, t.Cluster, m, cluster.NewMessage(pipeline.Look))
	return look{r.Value, r.Err}
}

// refused interprets a stage's error answer: the stage, or a neighbour it names, is lost, or the fit
// cannot continue.
func (t *training) refused(m *cluster.Member, status *transport.StatusError) error {
	switch status.Code() {
	case api.CodeWorkersFailed, api.CodeWorkersTimeout, api.CodeOutdated, api.CodeStarting, api.CodeFitCancelled, api.CodeOverloaded, "",
		api.CodeMalformedBody, api.CodeBodyTimeout, api.CodeDamaged: // what was sent to it did not arrive whole
		if status.Problem != nil && len(status.Problem.Workers) > 0 {
			return &stageLostError{status.Problem.Workers}
		}
		return &stageLostError{[]api.WorkerFailure{m.Failure(status)}}
	case api.CodeDiverged:
		return t.diverged(status.Text)
	default:
		p := *status.Problem
		p.FitID = t.ID
		p.Workers = []api.WorkerFailure{m.Failure(status)}
		return &p
	}
}

// stalled names the stages that kept the others waiting beyond the deadline.
func (t *training) stalled(m *cluster.Member, err error, looks []look, answered []atomic.Bool) error {
	lost := &stageLostError{}
	var waits []string
	for i, l := range looks {
		name := t.Members[i].Name
		switch {
		case answered[i].Load():
		case l.Waiting == "":
			direction := "forward"
			if l.Back {
				direction = "back"
			}
			reason := fmt.Sprintf("it did not finish step %d in %s; it was last at micro-batch %d of step %d, %s",
				t.at.step+1, t.Timeout(), l.Micro, l.Step+1, direction)
			if l.Step < 0 {
				reason = fmt.Sprintf("it did not begin step %d in %s", t.at.step+1, t.Timeout())
			}
			lost.failures = append(lost.failures, api.WorkerFailure{Worker: name, Code: api.CodeWorkersTimeout, Reason: reason})
		default:
			waits = append(waits, name+" for "+l.Waiting)
		}
	}
	if len(lost.failures) == 0 {
		f := m.Failure(err)
		f.Reason += "; all stages wait: " + strings.Join(waits, ", ")
		lost.failures = append(lost.failures, f)
	}
	return lost
}
