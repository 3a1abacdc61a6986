package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/internal/watch"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// Fit is one fit over all members: who takes part, and who does not and why. Slices are in member
// order.
type Fit struct {
	*Cluster
	// Log is the cluster's, for this fit: each line has its ID.
	Log     *slog.Logger
	ID      string
	Schemas []*api.WorkerSchema // after Ask; nil for a Python worker, and for a member that is out
	// Dir is the folder of what the kind of master needs to go on with the fit if the program is killed: its
	// checkpoints. It is removed at the end of the fit. Empty if there is none.
	Dir string
	// Resumed says that a program had begun the fit and was killed: what it had written is in Dir.
	Resumed bool

	failures   []*api.WorkerFailure // why a member is out
	absent     []bool               // it is out because it is away, or leaves with this fit
	total      int                  // members that were not absent at the start
	notes      []string             // on how the rows are used
	recoveries []api.Recovery

	interrupted func() bool   // the program is being ended
	counted     []atomic.Bool // members that have finished their part or failed
	done        atomic.Int32  // how many of them
	keeping     keeping
	begun       time.Time
	zero        time.Time // from which its events count the time: when the first program that ran it began
	asked       []span    // when members were asked for their parts
	telling     telling
}

// newFit makes a fit of the members that are there. release is to be called at its end.
func newFit(c *Cluster, id string) *Fit {
	n, now := len(c.Members), time.Now()
	f := &Fit{
		Cluster: c, Log: c.Log.With(logs.RunKey, id), ID: id, Schemas: make([]*api.WorkerSchema, n), failures: make([]*api.WorkerFailure, n),
		absent: make([]bool, n), counted: make([]atomic.Bool, n), begun: now, zero: now, asked: make([]span, n),
	}
	for _, m := range c.Members {
		if m.enters() {
			f.total++
		} else {
			f.Absent(m)
		}
	}
	return f
}

// Absent notes that a member is no part of the fit, or not any more, because it is away: it has not failed.
func (f *Fit) Absent(m *Member) {
	f.failures[m.Index], f.absent[m.Index] = &api.WorkerFailure{Worker: m.Name, Code: api.CodeWorkersFailed, Reason: hasLeft}, true
}

// IsAbsent reports whether a member is no part of the fit because it is away.
func (f *Fit) IsAbsent(m *Member) bool { return f.absent[m.Index] }

// Enter lets a member take part in the running fit from a step on, counted from 1; schema describes its rows, of which it trains on so many.
func (f *Fit) Enter(m *Member, schema *api.WorkerSchema, step, rows int) {
	f.Schemas[m.Index], f.failures[m.Index], f.absent[m.Index] = schema, nil, false
	f.Log.Info("a worker has joined the fit", "worker", m.Name, "step", step, "rows", rows)
	f.Publish(api.WorkerJoinedEvent{FitID: f.ID, Worker: m.Name, Step: step, Rows: rows, At: f.Clock(time.Now())})
}

// Exit notes that a member has left the running fit: the steps from this one on, counted from 1, are without its rows.
func (f *Fit) Exit(m *Member, step, rows int) {
	f.Absent(m)
	f.Log.Warn("a worker has left the fit; its rows are missing from now on", "worker", m.Name, "step", step, "rows", rows)
	f.Publish(api.WorkerLeftEvent{FitID: f.ID, Worker: m.Name, Step: step, Rows: rows, At: f.Clock(time.Now())})
}

// span is when a member was asked, and when it answered.
type span struct{ sent, answered time.Time }

// AtStep is the context of a step of the fit, counted from 1: what is logged with it names the step, and so do the workers
// that are asked with it. done is told how the step ended.
func (f *Fit) AtStep(ctx context.Context, step int) (within context.Context, done func(error)) {
	return f.work(logs.WithStep(ctx, step), watch.Step)
}

// CatchUpBeside lets members that come back during the fit be caught up with the model in service, so
// that it can go on predicting. It is for a kind of master whose workers keep the model in service
// and what they train apart. The returned function ends that: it cancels the running catch-ups and
// waits for them. Call it before the new model goes into service, or not at all if none does.
func (f *Fit) CatchUpBeside() (end func()) {
	f.gate.open()
	return f.gate.close
}

// Fail excludes a member from the fit.
func (f *Fit) Fail(m *Member, failure api.WorkerFailure) {
	f.failures[m.Index], f.absent[m.Index] = &failure, false
	f.Log.Warn("a worker is out of the fit", "worker", m.Name, "reason", failure.Reason)
	f.Publish(api.WorkerFailedEvent{FitID: f.ID, Done: f.finished(m), Total: f.total, Failure: failure})
}

// Lose excludes a member that has not done what it was asked for: it has failed, unless it has left meanwhile.
func (f *Fit) Lose(m *Member, err error) {
	if m.IsAway() {
		f.Absent(m)
		return
	}
	f.Fail(m, m.Failure(err))
}

// Asked reports that a member is asked now for its part.
func (f *Fit) Asked(m *Member) {
	f.asked[m.Index].sent = time.Now()
	e := api.WorkerBeganEvent{FitID: f.ID, Worker: m.Name, At: f.Clock(f.asked[m.Index].sent)}
	if s := f.Schemas[m.Index]; s != nil {
		e.Rows = s.Rows
	}
	f.Publish(e)
}

// Answered notes that a member that was asked answers now. Done reports it, when what it answered is stored.
func (f *Fit) Answered(m *Member) { f.asked[m.Index].answered = time.Now() }

// Done reports that a member has finished its part.
func (f *Fit) Done(m *Member, part api.WorkerFit) {
	e := api.WorkerFittedEvent{FitID: f.ID, Done: f.finished(m), Total: f.total, Fit: part}
	if at := f.asked[m.Index]; !at.answered.IsZero() {
		e.SentAt, e.AnsweredAt = f.Clock(at.sent), f.Clock(at.answered)
	}
	f.Publish(e)
}

// finished marks a member as done, once, and returns the number that are.
func (f *Fit) finished(m *Member) int {
	if f.counted[m.Index].CompareAndSwap(false, true) {
		f.done.Add(1)
	}
	return min(int(f.done.Load()), f.total) // one that came later and cannot join is none of them
}

// Failure says why a member is excluded from the fit; it is nil for one that takes part.
func (f *Fit) Failure(m *Member) *api.WorkerFailure { return f.failures[m.Index] }

// Failures lists the excluded members, but not those that are away.
func (f *Fit) Failures() []api.WorkerFailure {
	var list []api.WorkerFailure
	for i, failure := range f.failures {
		if failure != nil && !f.absent[i] {
			list = append(list, *failure)
		}
	}
	return list
}

// In is the number of members that take part.
func (f *Fit) In() (n int) {
	for _, failure := range f.failures {
		if failure == nil {
			n++
		}
	}
	return n
}

// CheckTask excludes members whose rows are for another task than the learner of a master that trains
// one model.
func (f *Fit) CheckTask(task learner.Task) {
	for i, s := range f.Schemas {
		if m := f.Members[i]; s != nil && s.Task != task && f.failures[i] == nil {
			f.Fail(m, api.WorkerFailure{
				Worker: m.Name, Code: api.CodeUnusableData,
				Reason: fmt.Sprintf("its rows are for %s, but the master's learner is for %s", s.Task, task),
			})
		}
	}
}

// Problem reports that too few members did their part: that the data is unusable, if all failed for
// that reason, or else that workers failed.
func (f *Fit) Problem(message string, failures []api.WorkerFailure) *api.Problem {
	p := api.WorkersProblem(message, failures)
	if AllHave(failures, api.CodeUnusableData) {
		detail := p.Detail
		p = api.NewProblem(api.CodeUnusableData, detail)
		p.Message, p.Workers = message, failures
	}
	p.FitID = f.ID
	return p
}

// AllHave reports whether there are failures and all of them have the code.
func AllHave(failures []api.WorkerFailure, code api.Code) bool {
	for _, f := range failures {
		if f.Code != code {
			return false
		}
	}
	return len(failures) > 0
}

// runaway is the factor by which the loss may exceed its first value, or 1 if that is larger, before
// the training counts as diverged.
const runaway = 1e6

// RunsAway reports whether a loss shows, by comparison with the first, that the training diverges.
func RunsAway(first, loss float64) bool {
	return !numeric.IsFinite(loss) || loss > runaway*max(first, 1)
}

// Diverged is the problem of a training that diverged at a step, counted from 0: what happened, why,
// and what to do.
func (f *Fit) Diverged(step int, what string, remedies ...string) error {
	p := api.Problemf(api.CodeDiverged,
		"The training diverged at step %d: %s. Its steps are too long for this loss: %s. The model that served before, if any, stays in service.",
		step+1, strings.TrimSuffix(what, "."), strings.Join(remedies, ", or "))
	p.FitID = f.ID
	return p
}
