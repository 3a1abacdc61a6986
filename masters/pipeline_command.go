package masters

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
)

// stageLostError says that a command could not be carried out because of a stage
// that died, stalled or lost what it had: a fit may go on without having to
// begin again.
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

var errAbandoned = errors.New("another stage could not do its part")

// lookAtMost bounds how long a stage may take to say what it is at, or to forget
// a fit.
const lookAtMost = 5 * time.Second

// command has all stages do something together, each waiting for its
// neighbours. The first that cannot ends it for all: then the error is a
// *stageLostError, or a problem that no second try would mend.
func (t *pipelineFit) command(ctx context.Context, path string, head any) ([]*transport.Answer, error) {
	body, err := wire.Encode(nil, head)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	round, abandon := context.WithCancelCause(ctx)
	defer abandon(nil)
	var first sync.Once
	var failed error
	answered := make([]atomic.Bool, len(t.members))
	outcomes := each(t.members, func(m *member) outcome {
		r := transport.Request{Method: http.MethodPost, URL: m.url + path, ContentType: wire.ContentTypeFrame, Accept: wire.ContentTypeFrame, Body: body}
		o := t.server.pool.attempt(round, m, r)
		if o.err == nil {
			answered[m.index].Store(true)
		} else if round.Err() == nil {
			first.Do(func() {
				failed = t.diagnose(ctx, m, o.err, answered)
				abandon(errAbandoned)
			})
		}
		return o
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if failed != nil {
		return nil, failed
	}
	answers := make([]*transport.Answer, len(outcomes))
	for i, o := range outcomes {
		answers[i] = o.answer
	}
	return answers, nil
}

// decodeAll reads the heads of all stages' answers.
func decodeAll[T any](t *pipelineFit, answers []*transport.Answer) ([]T, error) {
	heads := make([]T, len(answers))
	for i, a := range answers {
		if _, err := wire.Decode(a.Body, &heads[i]); err != nil {
			return nil, &stageLostError{[]api.WorkerFailure{{Worker: t.members[i].name, Code: api.CodeWorkersFailed, Reason: "its answer cannot be read: " + err.Error()}}}
		}
	}
	return heads, nil
}

// diagnose finds out whose fault it is that a command failed on m: of stages
// that wait for each other, all fail with one.
func (t *pipelineFit) diagnose(ctx context.Context, m *member, err error, answered []atomic.Bool) error {
	looks := each(t.members, func(m *member) look { return t.look(ctx, m) })
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	lost := &stageLostError{}
	for i, l := range looks {
		if l.err != nil {
			f := t.members[i].failure(l.err)
			t.server.pool.down(t.members[i], f.Reason)
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
	default: // the connection broke, and yet it is alive
		return &stageLostError{[]api.WorkerFailure{m.failure(err)}}
	}
}

// look is what a stage says that it is at.
type look struct {
	pipeline.Progress
	err error
}

func (t *pipelineFit) look(ctx context.Context, m *member) (l look) {
	ctx, cancel := context.WithTimeout(ctx, min(t.server.pool.timeout, lookAtMost))
	defer cancel()
	l.err = t.server.pool.client.JSON(ctx, http.MethodGet, m.url+pipeline.PathProgress, nil, &l.Progress)
	return l
}

// refused is what a stage's own words mean: that it, or a neighbour it names,
// is lost, or that the fit cannot go on.
func (t *pipelineFit) refused(m *member, status *transport.StatusError) error {
	switch status.Code() {
	case api.CodeWorkersFailed, api.CodeWorkersTimeout, api.CodeOutdated, api.CodeStarting, api.CodeFitCancelled, "":
		if status.Problem != nil && len(status.Problem.Workers) > 0 {
			return &stageLostError{status.Problem.Workers}
		}
		return &stageLostError{[]api.WorkerFailure{m.failure(status)}}
	case api.CodeDiverged:
		return t.diverged(status.Text)
	default:
		p := *status.Problem
		p.FitID = t.fitID
		p.Workers = []api.WorkerFailure{m.failure(status)}
		return &p
	}
}

// stalled names the stages that kept the others waiting beyond the deadline.
func (t *pipelineFit) stalled(m *member, err error, looks []look, answered []atomic.Bool) error {
	lost := &stageLostError{}
	var waits []string
	for i, l := range looks {
		name := t.members[i].name
		switch {
		case answered[i].Load():
		case l.Waiting == "":
			direction := "forward"
			if l.Back {
				direction = "back"
			}
			reason := fmt.Sprintf("it did not finish step %d in %s; it was last at micro-batch %d of step %d, %s", t.at.step+1, t.server.pool.timeout, l.Micro, l.Step+1, direction)
			if l.Step < 0 {
				reason = fmt.Sprintf("it did not begin step %d in %s", t.at.step+1, t.server.pool.timeout)
			}
			lost.failures = append(lost.failures, api.WorkerFailure{Worker: name, Code: api.CodeWorkersTimeout, Reason: reason})
		default:
			waits = append(waits, name+" for "+l.Waiting)
		}
	}
	if len(lost.failures) == 0 {
		f := m.failure(err)
		f.Reason += "; all stages wait: " + strings.Join(waits, ", ")
		lost.failures = append(lost.failures, f)
	}
	return lost
}
