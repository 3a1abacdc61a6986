package master

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner/optimise"
	"github.com/gochimera/chimera/masters/checkpoint"
)

// capture is the state of the training between two steps. It shares memory with the training.
func (t *training) capture(c *course) state {
	head := t.agreed()
	optimiser := c.optimiser.State()
	head.Step, head.Epochs, head.Counted = c.step, t.report.Epochs, c.monitor.counted
	head.Optimiser = optimise.State{Name: optimiser.Name, Steps: optimiser.Steps}
	head.BytesSaved, head.Missed, head.Recoveries, head.Resumed = t.report.BytesSaved, t.report.Missed, t.Recoveries(), t.report.Resumed
	head.Joined, head.Left = t.report.Joined, t.report.Left
	stopping := c.monitor.stopping.State()
	head.Idle = stopping.Idle
	for _, k := range t.tracks {
		head.Members = append(head.Members, trackState{
			Steps: k.steps, Missed: k.missed, Retries: k.retries, Sent: k.sent, Received: k.received, Seconds: k.seconds, Wire: k.wire,
			Waiting: k.waiting, StoodOut: k.stoodOut, Outlier: k.outlier, Failure: k.failure,
		})
	}
	numbers := make([]float64, courseNumbers)
	numbers[courseRows], numbers[courseBefore], numbers[courseWeight] = c.rows, c.before, t.weight
	numbers[courseFirst], numbers[courseEpoch], numbers[courseTol], numbers[courseBest] = c.monitor.first, c.monitor.epoch, stopping.Tol, stopping.Best
	numbers[courseNorm], numbers[courseRounding] = t.report.GradientNorm, t.report.RoundingError
	numbers[courseElapsed] = time.Since(c.start).Seconds()
	arrays := append([]wire.Array{
		wire.Vector(arrayParameters, t.params), wire.Vector(arrayCourse, numbers), wire.Vector(arrayLoss, t.report.Loss),
		wire.Vector(arraySeconds, t.report.Seconds), wire.Vector(arrayValidation, t.report.ValidationLoss),
	}, scalingArrays(t.scaling)...)
	if c.monitor.best != nil {
		arrays = append(arrays, wire.Vector(arrayBest, c.monitor.best))
	}
	for i, v := range optimiser.Vectors {
		arrays = append(arrays, wire.Vector(arrayOptimiser+strconv.Itoa(i), v))
	}
	if t.watched != nil {
		arrays = append(arrays, wire.Vector(arrayWatched, t.watched.numbers()))
	}
	return state{head, arrays}
}

// agreed is the part of a checkpoint that the preparation of the fit determines.
func (t *training) agreed() checkpointHead {
	return checkpointHead{
		Version: checkpointVersion, FitID: t.ID, Blocks: blocksOf(t.blocks), PerEpoch: t.perEpoch,
		Agreed: t.Agreed(t.shape, func(i int) (in bool, rows, held int) {
			return t.tracks[i].agreed, t.tracks[i].rows, t.tracks[i].validation
		}),
	}
}

// due reports whether a checkpoint is to be written after a step.
func (t *training) due(c *course) bool {
	every := t.set.CheckpointEvery
	switch {
	case t.Dir == "" || every.Never() || c.step == c.saved || c.step >= t.set.MaxIter:
		return false
	case every.Time() > 0:
		return time.Since(c.savedAt) >= every.Time()
	case every.Steps() > 0:
		return c.step%every.Steps() == 0
	default:
		return c.step%t.perEpoch == 0 && c.step/t.perEpoch%every.Epochs() == 0
	}
}

// save writes a checkpoint. A fit that cannot goes on without.
func (t *training) save(c *course) {
	err := checkpoint.NewSeries(t.Dir).Write(c.step, t.capture(c).write)
	c.savedAt = time.Now()
	if err != nil {
		t.Log.Warn("a checkpoint could not be written; if the program is killed, the fit goes on from an earlier one, or from its start",
			"step", c.step, "error", err)
		return
	}
	c.saved = c.step
}

// interrupt writes a last checkpoint if the fit ends because the program does.
func (t *training) interrupt(c *course) {
	if t.Interrupted() && t.Dir != "" && !t.set.CheckpointEvery.Never() && c.step > 0 && c.step != c.saved {
		t.save(c)
	}
}

// resume goes on from the last checkpoint of a fit that was interrupted, if there is one that can be used and if the fit
// is prepared as it was then. Otherwise it says why not, and the fit begins anew.
func (t *training) resume(c *course) error {
	var from state
	taken, err := t.FromCheckpoint(func(text []byte, one checkpoint.Saved) (differs string, err error) {
		if from, err = t.readSaved(text, one); err != nil {
			return "", err
		}
		if differs = t.differs(from); differs == "" {
			err = t.restore(c, from)
		}
		return differs, err
	})
	if taken {
		t.report.Resumed = append(slices.Clone(from.head.Resumed), t.GoOn(c.step+1))
		t.rejoin(c.step)
	}
	return err
}

func (t *training) readSaved(text []byte, one checkpoint.Saved) (state, error) {
	s, err := readState(text)
	if err == nil && (s.head.Step != one.Step || s.head.FitID != t.ID) {
		err = fmt.Errorf("it is after step %d of fit %q", s.head.Step, s.head.FitID)
	}
	return s, err
}

// differs says how the fit is prepared otherwise than it was when a checkpoint was written; it is empty if it is not.
func (t *training) differs(s state) string {
	now, then := t.agreed(), s.head
	scaling, err := scalingIn(s.arrays, len(then.Features))
	if differs := now.Differs(then.Agreed); differs != "" {
		return differs
	}
	switch {
	case err != nil, (scaling == nil) != (t.scaling == nil),
		scaling != nil && (!sameBits(scaling.Mean, t.scaling.Mean) || !sameBits(scaling.Scale, t.scaling.Scale)),
		!sameBits(s.array(arrayCourse)[courseWeight:courseWeight+1], []float64{t.weight}):
		return "the moments of the workers' rows are others than before"
	case !sameBlocks(now.Blocks, then.Blocks) || len(s.array(arrayParameters)) != len(t.params):
		return "the learner has other parameters than before"
	case now.PerEpoch != then.PerEpoch || then.Step >= t.set.MaxIter:
		return "an epoch has another number of steps than before"
	default:
		return ""
	}
}

func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
}

// restore goes on from a checkpoint. After an error nothing has changed.
func (t *training) restore(c *course, s state) error {
	numbers := s.array(arrayCourse)
	watched := s.array(arrayWatched)
	var o *outliers
	if watched != nil {
		o = newOutliers(len(t.Members), t.blocks, t.means)
		if err := o.restore(watched); err != nil {
			return err
		}
	}
	if err := c.optimiser.Restore(s.head.Optimiser); err != nil {
		return err
	}
	t.params, t.watched = slices.Clone(s.array(arrayParameters)), o
	c.step, c.saved, c.rows, c.before = s.head.Step, s.head.Step, numbers[courseRows], numbers[courseBefore]
	c.start = time.Now().Add(-time.Duration(numbers[courseElapsed] * float64(time.Second)))
	m := c.monitor
	m.first, m.epoch, m.counted, m.best = numbers[courseFirst], numbers[courseEpoch], s.head.Counted, slices.Clone(s.array(arrayBest))
	m.stopping.Restore(optimise.StoppingState{Tol: numbers[courseTol], Best: numbers[courseBest], Idle: s.head.Idle})
	r := &t.report
	r.Steps, r.Epochs, r.GradientNorm, r.RoundingError = s.head.Step, s.head.Epochs, numbers[courseNorm], numbers[courseRounding]
	r.Loss, r.Seconds = append(api.Floats(nil), s.array(arrayLoss)...), append(api.Floats(nil), s.array(arraySeconds)...)
	r.ValidationLoss = append(api.Floats(nil), s.array(arrayValidation)...) // nil if there is none
	r.BytesSaved, r.Missed, r.Joined, r.Left = s.head.BytesSaved, s.head.Missed, s.head.Joined, s.head.Left
	t.Recovered(s.head.Recoveries)
	for i, k := range t.tracks {
		was := s.head.Members[i]
		k.steps, k.missed = was.Steps, was.Missed
		k.retries += was.Retries
		k.sent += was.Sent
		k.received += was.Received
		k.seconds, k.wire, k.waiting, k.stoodOut, k.failure = was.Seconds, was.Wire, was.Waiting, was.StoodOut, was.Failure
		if was.Outlier != "" {
			k.outlier = was.Outlier
		}
	}
	return nil
}
