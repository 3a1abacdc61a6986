package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/transport"
)

// Patience says for which lost members a fit waits.
type Patience struct {
	Need    int           // a lost member is waited for only if fewer members than that have answered
	Quorum  int           // without as many, the fit fails, so that nobody is waited for if they cannot all come
	AtMost  time.Duration // longest wait for a lost member to come back; 0: none is waited for
	Most    int           // recoveries of a fit, before it fails
	Setting string        // section of chimera.yaml whose recovery_timeout and max_recoveries these are
}

// Recoveries are the times that a fit has waited for lost members, and gone on.
func (f *Fit) Recoveries() []api.Recovery { return f.recoveries }

// waits reports whether a member is waited for that failed so, if it is needed.
func (p Patience) waits(err error) bool { return p.AtMost > 0 && p.Most > 0 && isLost(err) }

// Every asks all members that take part for something, concurrently. Those that were lost (they died, were cut off, or do
// not know the fit any more) are waited for, and asked again, if p says so. step is the one in progress, counted from 1;
// 0 is the preparation. failed is called once for each member that has not done what it was asked for: at once if it is not
// waited for, by several goroutines. The error is for what ends the fit: ctx, or a member that came back as something else.
//
// ask may be called several times for a member, one after the other.
func (f *Fit) Every(ctx context.Context, p Patience, step int, ask func(m *Member) error, failed func(m *Member, err error)) error {
	lost := make([]error, len(f.Members)) // of members that may be waited for
	answered, pending := 0, f.Taking()
	for {
		good := Each(pending, func(m *Member) bool {
			err := ask(m)
			lost[m.Index] = nil
			switch {
			case ctx.Err() != nil: // no worker is to blame
			case err == nil:
				return true
			case p.waits(err) && !m.IsAway():
				lost[m.Index] = err
			default:
				failed(m, err)
			}
			return false
		})
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for _, is := range good {
			if is {
				answered++
			}
		}
		var err error
		pending = nil
		if answered < p.Need {
			if pending, err = f.await(ctx, p, step, answered, lost); err != nil {
				return err
			}
		}
		if len(pending) == 0 {
			break
		}
	}
	for i, err := range lost {
		if err != nil {
			failed(f.Members[i], err)
		}
	}
	return nil
}

// Taking lists the members that take part.
func (f *Fit) Taking() []*Member {
	var in []*Member
	for _, m := range f.Members {
		if f.Failure(m) == nil {
			in = append(in, m)
		}
	}
	return in
}

// await waits for the members that were lost, and returns those that are back. The reasons why the others are not are
// added to theirs.
func (f *Fit) await(ctx context.Context, p Patience, step, answered int, lost []error) (back []*Member, err error) {
	var members []*Member
	for i, err := range lost {
		if err != nil {
			members = append(members, f.Members[i])
		}
	}
	if len(members) == 0 {
		return nil, nil
	}
	if len(f.recoveries) >= p.Most {
		for _, m := range members {
			lost[m.Index] = fmt.Errorf("%w (the fit had recovered %d times before; see %s.max_recoveries)", lost[m.Index], p.Most, p.Setting)
		}
		return nil, nil
	}
	first := members[0]
	reason := lost[first.Index].Error()
	f.Log.WarnContext(ctx, "a worker is lost; waiting until it is back", "worker", first.Name, "step", step, "reason", reason, "at_most", p.AtMost)
	for _, m := range members {
		f.Publish(api.WorkerFailedEvent{FitID: f.ID, Done: int(f.done.Load()), Total: f.total, Failure: m.Failure(lost[m.Index])})
	}
	together, abandon := context.WithCancelCause(ctx)
	defer abandon(nil)
	var hope atomic.Int32
	hope.Store(int32(answered + len(members)))
	waits := Each(members, func(m *Member) error {
		err := f.Await(together, m, p.AtMost)
		if err != nil && hope.Add(-1) < int32(p.Quorum) {
			abandon(&LostError{Worker: m.Name, Reason: "it was not waited for any longer, since others cannot come"})
		}
		return err
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for i, m := range members {
		var still *LostError
		if waits[i] == nil {
			back = append(back, m)
		} else if errors.As(waits[i], &still) {
			lost[m.Index] = fmt.Errorf("%w; %s", lost[m.Index], still.Reason)
		}
	}
	if together.Err() != nil || len(back) == 0 {
		return nil, nil
	}
	if err := f.CheckSame(ctx); err != nil {
		return nil, err
	}
	r := api.Recovery{Worker: first.Name, Reason: reason, Step: max(step, 1), From: max(step, 1)}
	f.recoveries = append(f.recoveries, r)
	f.Log.InfoContext(ctx, "lost workers are back; the fit continues", "step", step)
	f.Publish(api.FitResumedEvent{FitID: f.ID, Recovery: r})
	return back, nil
}

// downError is why a member is not asked: it is down.
type downError struct{ failure api.WorkerFailure }

func (e *downError) Error() string { return e.failure.Reason }

// Reachable returns an error if a member is down, so that it should not be asked now.
func (m *Member) Reachable() error {
	if failure, down := m.Unavailable(); down {
		return &downError{failure}
	}
	return nil
}

// isLost reports whether a call failed because the member died, was cut off, is starting, or has lost the fit: if it comes
// back, it can be asked again.
func isLost(err error) bool {
	var s *transport.StatusError
	if errors.As(err, &s) {
		switch s.Code() {
		case api.CodeStarting, api.CodeOutdated, api.CodeFitCancelled:
			return true
		default:
			return false
		}
	}
	var none *noAnswerError
	var down *downError
	return errors.As(err, &none) || errors.As(err, &down)
}
