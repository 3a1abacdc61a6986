package pipeline

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// Links are a stage's connections with its neighbours. Send takes ownership of a matrix and returns
// without waiting for its arrival. Receive waits for a matrix and passes on its ownership. If back is
// set, the matrix is a gradient: sent to the previous stage, received from the next one. Otherwise it
// is an activation, in the other direction.
type Links interface {
	Send(ctx context.Context, back bool, micro int, x *mat.Dense) error
	Receive(ctx context.Context, back bool, micro int) (*mat.Dense, error)
}

// Stage is one of the stages of a network during training.
type Stage struct {
	Part      learner.Stage
	Index     int               // from 0
	Count     int               // number of stages
	Objective learner.Objective // of the last stage

	doing atomic.Pointer[Doing]
}

// Doing is what a stage is doing.
type Doing struct {
	Step    int
	Op      Op
	Waiting bool // for what its neighbour sends; otherwise it computes, or hands on what it computed
}

// Doing is what the stage is doing, or was doing when it stopped; nil before its first step.
func (s *Stage) Doing() *Doing { return s.doing.Load() }

func (s *Stage) first() bool { return s.Index == 0 }
func (s *Stage) last() bool  { return s.Index == s.Count-1 }

// Report is what a stage did in a step.
type Report struct {
	Loss      float64       // of the last stage: summed over the rows
	Weight    float64       // of the rows; of the last stage only
	Computing time.Duration // forward, backward and the loss
	Waiting   time.Duration // for neighbours
	Held      int           // largest number of micro-batches whose activations it held at once
}

// Step processes one step: it adds the gradient of the loss, summed over the rows of the batch, to
// grad. Micro-batches are added in their order. After an error, grad and the micro-batches in progress
// are useless: Build the stage again.
func (s *Stage) Step(ctx context.Context, schedule Schedule, at learner.Step, b Batch, links Links, grad []float64) (Report, error) {
	ops, err := schedule.Ops(s.Index, s.Count, b.Micros)
	if err != nil {
		return Report{}, err
	}
	w := &walk{Stage: s, ctx: ctx, at: at, batch: b, links: links, grad: grad, ends: map[int]*mat.Dense{}}
	held := 0
	for _, op := range ops {
		if op.Back {
			held--
			err = w.back(op)
		} else {
			held++
			w.report.Held = max(w.report.Held, held)
			err = w.forward(op)
		}
		if err != nil {
			return Report{}, err
		}
	}
	return w.report, nil
}

// walk is a stage's state during a step.
type walk struct {
	*Stage
	ctx    context.Context // lives as long as the call of Step that created it
	at     learner.Step
	batch  Batch
	links  Links
	grad   []float64
	ends   map[int]*mat.Dense // of the last stage: gradients by its outputs, from the forward to the backward pass
	report Report
}

func (w *walk) forward(op Op) error {
	var x *mat.Dense
	if !w.first() {
		var err error
		if x, err = w.receive(op); err != nil {
			return err
		}
	}
	var out *mat.Dense
	err := w.compute(op, func() (err error) {
		if w.first() {
			x = w.batch.x(op.Micro)
		}
		if out, err = w.Part.Forward(w.ctx, w.at, op.Micro, w.batch.ids(op.Micro), x); err != nil || !w.last() {
			return err
		}
		return w.loss(op.Micro, out)
	})
	if err != nil || w.last() {
		return err
	}
	return w.links.Send(w.ctx, false, op.Micro, out)
}

// loss ends the forward pass: the output of the last stage becomes the gradient that starts the
// backward pass.
func (w *walk) loss(micro int, out *mat.Dense) error {
	y, weights := w.batch.targets(micro)
	rows, cols := out.Dims()
	dOut := mat.NewDense(rows, cols, nil)
	loss, weight, err := w.Objective.OutputLoss(out, y, weights, dOut)
	if err != nil {
		return err
	}
	w.report.Loss += loss
	w.report.Weight += weight
	w.ends[micro] = dOut
	return nil
}

func (w *walk) back(op Op) error {
	dOut := w.ends[op.Micro]
	delete(w.ends, op.Micro)
	if !w.last() {
		var err error
		if dOut, err = w.receive(op); err != nil {
			return err
		}
	}
	var dIn *mat.Dense
	err := w.compute(op, func() (err error) {
		if start, ok := w.Part.(learner.StageStart); ok && w.first() {
			return start.BackwardStart(w.ctx, op.Micro, dOut, w.grad)
		}
		dIn, err = w.Part.Backward(w.ctx, op.Micro, dOut, w.grad)
		return err
	})
	if err != nil || w.first() {
		return err
	}
	return w.links.Send(w.ctx, true, op.Micro, dIn)
}

func (w *walk) receive(op Op) (*mat.Dense, error) {
	w.doing.Store(&Doing{Step: w.at.Index, Op: op, Waiting: true})
	start := time.Now()
	x, err := w.links.Receive(w.ctx, op.Back, op.Micro)
	w.report.Waiting += time.Since(start)
	return x, err
}

func (w *walk) compute(op Op, f func() error) error {
	w.doing.Store(&Doing{Step: w.at.Index, Op: op})
	start := time.Now()
	err := f()
	w.report.Computing += time.Since(start)
	if err != nil {
		direction := "forward"
		if op.Back {
			direction = "back"
		}
		return fmt.Errorf("micro-batch %d %s: %w", op.Micro, direction, err)
	}
	return nil
}
