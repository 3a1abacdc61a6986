package master

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/masters/cluster"
)

// recovery is what a fit remembers of the stages that it has lost. One recovery lasts until the fit gets
// beyond the step at which it lost a stage, so that a link that breaks again and again within a few
// seconds does not use up all of them; the pauses between its tries grow.
type recovery struct {
	count    int           // recoveries so far
	tries    int           // since the last new checkpoint
	furthest int           // the largest number of steps that the fit has taken so far
	over     bool          // the last recovery has succeeded
	left     time.Duration // how long this recovery may still wait
	now      *api.Recovery // the one in progress; nil if there is none, or the fit has resumed
}

// reach notes that the fit has taken so many steps.
func (r *recovery) reach(steps int) {
	if steps > r.furthest {
		r.furthest, r.over = steps, true
	}
}

// The pause before a try is the first one doubled for every try before; the very first try is made at
// once, because a worker that was restarted is back within a moment.
const (
	firstPause   = time.Second
	longestPause = 10 * time.Second
)

// pauseBefore is the pause before a try, counted from 0.
func pauseBefore(try int) time.Duration {
	if try == 0 {
		return 0
	}
	return min(firstPause<<min(try-1, 10), longestPause)
}

// pause waits, or returns the cause if ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// recover waits until all stages are back, so that the fit can begin again. It returns the problem of
// the fit if it does not continue.
func (t *training) recover(ctx context.Context, lost *stageLostError) error {
	r := &t.recovery
	if r.over || r.count == 0 {
		if r.count >= t.set.MaxRecoveries || t.set.RecoveryTimeout == 0 {
			return t.lostFor(lost, t.recoveredBefore())
		}
		r.count, r.over, r.left = r.count+1, false, time.Duration(t.set.RecoveryTimeout)
	}
	first := lost.failures[0]
	t.Log.WarnContext(ctx, "a stage is lost; waiting until it is back", "worker", first.Worker, "step", t.at.step+1,
		"reason", first.Reason, "at_most", r.left)
	for _, f := range lost.failures {
		t.Publish(api.WorkerFailedEvent{FitID: t.ID, Total: len(t.Members), Failure: f})
	}
	wait := pauseBefore(r.tries)
	r.tries++
	if wait >= r.left {
		return t.lostFor(lost, fmt.Sprintf("The fit did not get any further within %s (pipeline.recovery_timeout).", t.set.RecoveryTimeout))
	}
	if wait > 0 {
		if err := t.master.pause(ctx, wait); err != nil {
			return err
		}
		r.left -= wait
	}
	if err := t.await(ctx, lost); err != nil {
		return err
	}
	if err := t.CheckSame(ctx); err != nil {
		return err
	}
	t.attempt++
	r.now = &api.Recovery{Worker: first.Worker, Reason: first.Reason, Step: t.at.step + 1}
	return nil
}

// gather waits at the beginning of a fit for the stages that are down, since all are needed. Those that
// do not come are excluded, with the reason.
func (t *training) gather(ctx context.Context) {
	down := cluster.Each(t.Members, func(m *cluster.Member) error {
		err := t.Probe(ctx, m)
		if err == nil {
			t.Revive(m)
		}
		return err
	})
	atMost := time.Duration(t.set.RecoveryTimeout)
	if !slices.ContainsFunc(down, func(err error) bool { return err != nil }) || atMost == 0 || ctx.Err() != nil {
		return
	}
	for i, err := range down {
		if err != nil {
			t.Log.WarnContext(ctx, "a stage is down; the fit waits until it is back", "worker", t.Members[i].Name, "reason", err, "at_most", atMost)
		}
	}
	for i, err := range t.awaitAll(ctx, atMost) {
		var gone *cluster.LostError
		if errors.As(err, &gone) && gone.Worker == t.Members[i].Name {
			t.Down(ctx, t.Members[i], gone.Reason)
			t.Fail(t.Members[i], api.WorkerFailure{Worker: gone.Worker, Code: api.CodeWorkersFailed, Reason: "down: " + gone.Reason})
		}
	}
}

// awaitAll waits for all stages, and revives them: the tender may not have noticed yet that they are
// back, and they must be told when the fit ends. If one cannot come back, the others are not waited for
// either; their errors are that of the one.
func (t *training) awaitAll(ctx context.Context, atMost time.Duration) []error {
	waiting, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	return cluster.Each(t.Members, func(m *cluster.Member) error {
		err := t.Await(waiting, m, atMost)
		var gone *cluster.LostError
		if errors.As(err, &gone) && gone.Final {
			stop(err)
		}
		return err
	})
}

// await waits for all stages, to continue after some were lost.
func (t *training) await(ctx context.Context, lost *stageLostError) error {
	start := time.Now()
	errs := t.awaitAll(ctx, t.recovery.left)
	t.recovery.left -= time.Since(start)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for i, err := range errs {
		var gone *cluster.LostError
		if !errors.As(err, &gone) || gone.Worker != t.Members[i].Name {
			continue // it is back, or was not waited for because of another
		}
		f := api.WorkerFailure{Worker: gone.Worker, Code: api.CodeWorkersFailed}
		at := slices.IndexFunc(lost.failures, func(f api.WorkerFailure) bool { return f.Worker == gone.Worker })
		if at < 0 {
			f.Reason = gone.Reason
			lost.failures = append(lost.failures, f)
			continue
		}
		lost.failures[at].Reason += "; it is not back: " + gone.Reason
	}
	if slices.ContainsFunc(errs, func(err error) bool { return err != nil }) {
		return t.lostFor(lost, "")
	}
	if t.master.model.Load() == nil {
		return nil
	}
	for _, m := range t.Members { // one that is back so soon that nobody saw it go has lost its part of the network in service, too
		for _, f := range lost.failures {
			if f.Worker == m.Name {
				t.Outdate(m, "it may have been restarted: "+f.Reason)
			}
		}
	}
	return nil
}

// lostFor is the problem of a fit that cannot continue without its stages; more may add a sentence.
func (t *training) lostFor(lost *stageLostError, more string) error {
	err := t.stagesMissing(lost.failures)
	var p *api.Problem
	if errors.As(err, &p) && more != "" {
		p.Detail += " " + more
	}
	return err
}

// recoveredBefore says that a fit has recovered as often as it may.
func (t *training) recoveredBefore() string {
	if t.set.MaxRecoveries == 0 || t.recovery.count == 0 {
		return ""
	}
	return fmt.Sprintf("The fit had recovered %d times before (pipeline.max_recoveries).", t.recovery.count)
}

// resumed reports that the fit continues after it had lost a stage. All tries of a recovery are one in
// the fit's report.
func (t *training) resumed() {
	r := &t.recovery
	if r.now == nil {
		return
	}
	now := *r.now
	r.now = nil
	now.From = t.at.step + 1
	if len(t.report.Recoveries) < r.count {
		t.report.Recoveries = append(t.report.Recoveries, now)
	} else {
		t.report.Recoveries[r.count-1].From = now.From // another try: it may have had to go back further
	}
	t.Log.Info("all stages are back; the fit continues", "from_step", now.From)
	t.Publish(api.FitResumedEvent{FitID: t.ID, Recovery: now})
}
