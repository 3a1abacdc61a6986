package master

import (
	"context"
	"errors"
	"fmt"
	"os"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/masters/checkpoint"
	"github.com/gochimera/chimera/masters/cluster"
)

// Workers may come to a running fit, and go. One that was not there when the fit began, and answers now, gets what the others got at the
// beginning, beside the steps, and takes part from the next step on after that. All that a worker needs to know of the training so far are the
// parameters, which come with each step: optimiser and schedule are the master's. What was agreed on before the first step (columns,
// classes, preparation, standardisation) stays.

// newcomer is a member that has begun the fit after the others, or the reason why it has not.
type newcomer struct {
	schema *api.WorkerSchema
	begin  *beginMessage
	began  parameterserver.BeginAnswer
	means  []float64 // of its features, on the scale of the training; nil if they are not standardised
	err    error
}

// admit lets members join before a step, counted from 0: those that have begun the fit since the last one. It begins the fit with those that have come to
// answer since they were found missing.
func (t *training) admit(ctx context.Context, step int) {
	for i, m := range t.Members {
		k := t.tracks[i]
		if k.coming != nil {
			select {
			case n := <-k.coming:
				k.coming = nil
				t.enter(ctx, m, step, n)
			default:
			}
			continue
		}
		if t.Failure(m) == nil || k.arrivals == m.Arrivals() || m.Reachable() != nil {
			continue
		}
		k.arrivals = m.Arrivals()
		k.coming = make(chan newcomer, 1)
		t.joining.Go(func() { k.coming <- t.join(ctx, m) })
	}
}

// join begins the fit with a member that was not there at its beginning. It is called beside the steps.
func (t *training) join(ctx context.Context, m *cluster.Member) (n newcomer) {
	if n.schema, n.err = t.Schema(ctx, m); n.err != nil {
		return n
	}
	if n.schema == nil {
		n.err = errors.New("it is a worker of the Python package, which takes part from the beginning of a fit or not at all")
		return n
	}
	if n.err = t.shape.Suits(n.schema); n.err != nil {
		return n
	}
	if t.means != nil {
		var own moments.Moments
		if own, n.err = t.momentsOf(ctx, m, n.schema.Rows); n.err != nil {
			return n
		}
		n.means = make([]float64, len(own.Mean))
		t.scaling.Row(own.Mean, n.means)
	}
	n.begin = cluster.NewMessage(parameterserver.Begin)
	head, arrays := t.beginFrame(m, cluster.FirstOfAbsent(m))
	if n.err = n.begin.Encode(head, arrays...); n.err != nil {
		return n
	}
	var memory []byte
	r := cluster.Send(ctx, t.Cluster, m, n.begin, &memory)
	if n.began, n.err = r.Value, r.Err; n.err == nil {
		n.err = t.checkBegin(n.began, n.schema.Rows)
	}
	return n
}

// momentsOf asks a member for the moments of its rows.
func (t *training) momentsOf(ctx context.Context, m *cluster.Member, rows int) (moments.Moments, error) {
	message := cluster.NewMessage(parameterserver.Moments)
	if err := message.Encode(t.momentsFrame(m)); err != nil {
		return moments.Moments{}, err
	}
	var memory []byte
	return t.memberMoments(rows, cluster.Send(ctx, t.Cluster, m, message, &memory))
}

// enter lets a member that has begun the fit take part from a step on, counted from 0.
func (t *training) enter(ctx context.Context, m *cluster.Member, step int, n newcomer) {
	if n.err != nil {
		if m.IsAway() {
			t.Absent(m) // it has left again before it had begun the fit
			t.tracks[m.Index].out()
		} else if ctx.Err() == nil {
			t.Fail(m, m.Failure(fmt.Errorf("it came after the fit had begun, and cannot join: %w", n.err)))
		}
		return
	}
	k := t.tracks[m.Index]
	k.begin, k.rows, k.validation = n.begin, n.began.Rows, n.began.ValidationRows
	k.absent, k.failing, k.failure, k.late, k.rests = false, false, nil, 0, 0
	if t.means != nil {
		t.means[m.Index] = n.means
	}
	t.joins(m, n.schema, step)
	if t.all {
		t.quorum = t.In()
	}
	t.reweigh()
}

// joins notes that a member has joined: a step, counted from 0, is the first with its rows.
func (t *training) joins(m *cluster.Member, schema *api.WorkerSchema, step int) {
	rows := t.tracks[m.Index].rows
	t.Enter(m, schema, step+1, rows)
	t.report.Joined = appendChange(t.report.Joined, api.Change{Step: step + 1, Worker: m.Name, Rows: rows})
}

// part looks who has left since the last step, or since the last question before the first one.
func (t *training) part(step int) {
	for i, m := range t.Members {
		if t.Failure(m) == nil && m.IsAway() || t.IsAbsent(m) && !t.tracks[i].absent {
			t.leave(m, step)
		}
	}
}

// leave notes that a member has left: a step, counted from 0, is the first without its rows.
func (t *training) leave(m *cluster.Member, step int) {
	k := t.tracks[m.Index]
	rows := k.rows
	if s := t.Schemas[m.Index]; rows == 0 && s != nil { // it has not begun
		rows = s.Rows
	}
	t.Exit(m, step+1, rows)
	t.report.Left = appendChange(t.report.Left, api.Change{Step: step + 1, Worker: m.Name, Rows: rows})
	k.out()
	if t.all && t.quorum > 1 {
		t.quorum--
	}
	t.reweigh()
}

// rejoin notes that members take part again that had left a fit which is gone on with: a program that is started again has all of its workers. They
// have begun the fit with the others, and a step, counted from 0, is the first with their rows.
func (t *training) rejoin(step int) {
	for i, m := range t.Members {
		if t.Failure(m) == nil && changes(t.report.Left, m) > changes(t.report.Joined, m) {
			t.joins(m, t.Schemas[i], step)
		}
	}
}

// changes counts those of a member.
func changes(list []api.Change, m *cluster.Member) (n int) {
	for _, one := range list {
		if one.Worker == m.Name {
			n++
		}
	}
	return n
}

// appendChange bounds the list in the report.
func appendChange(list []api.Change, one api.Change) []api.Change {
	if len(list) >= mostMissed {
		return list
	}
	return append(list, one)
}

// reweigh brings the penalty to the rows of the members that take part now, if it goes by them.
func (t *training) reweigh() {
	if !t.set.Followed.Objective {
		return
	}
	var rows []float64
	for i, m := range t.Members {
		if t.Failure(m) != nil {
			continue
		}
		if t.tracks[i].rows == 0 {
			return // it has not begun the fit yet, and what its rows weigh is found out then
		}
		rows = append(rows, float64(t.tracks[i].rows))
	}
	if len(rows) == 0 {
		return
	}
	t.weighs = floats.Sum(rows)
	if t.master.middle != nil {
		t.weighs = t.master.middle(rows) * float64(len(rows))
	}
	if t.course == nil {
		return // the penalty is made at the first step
	}
	if p, err := t.newPenalty(); err == nil { // it was made before, of the same settings
		t.course.penalty = p
	}
}

// holdBack leaves members out of the beginning of a fit that is gone on with, if they were not there when it began: they join it
// again then, and what was agreed on is the same.
func (t *training) holdBack() {
	s := t.lastSaved()
	for i, m := range t.Members {
		if i < len(s.head.Workers) && s.head.Workers[i].Name == m.Name && !s.head.Workers[i].In && t.Failure(m) == nil {
			t.Absent(m)
			t.tracks[i].out() // also if it is there from the start now
			if t.all && t.quorum > 1 {
				t.quorum--
			}
		}
	}
}

// lastSaved is the last checkpoint of a fit that is gone on with that can be read; it is empty if there is none.
func (t *training) lastSaved() state {
	if !t.Resumed || t.Dir == "" {
		return state{}
	}
	all, err := checkpoint.NewSeries(t.Dir).All()
	if err != nil {
		return state{} // resume says so
	}
	for _, one := range all {
		text, err := os.ReadFile(one.File)
		if err != nil {
			continue
		}
		if s, err := t.readSaved(text, one); err == nil {
			return s
		}
	}
	return state{}
}
