package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// slow is a stage that multiplies by its one parameter, and takes some time.
type slow struct {
	factor        float64
	forward, back time.Duration
	under         map[int]*mat.Dense
	most          int
	fail          error
}

func (s *slow) Forward(_ context.Context, _ learner.Step, micro int, rows []uint64, x *mat.Dense) (*mat.Dense, error) {
	if n, _ := x.Dims(); n != len(rows) {
		return nil, fmt.Errorf("%d ids for %d rows", len(rows), n)
	}
	time.Sleep(s.forward)
	s.under[micro] = x
	s.most = max(s.most, len(s.under))
	var out mat.Dense
	out.Scale(s.factor, x)
	return &out, s.fail
}

func (s *slow) Backward(_ context.Context, micro int, dOut *mat.Dense, into []float64) (*mat.Dense, error) {
	time.Sleep(s.back)
	var product mat.Dense
	product.MulElem(s.under[micro], dOut)
	delete(s.under, micro)
	into[0] += mat.Sum(&product)
	var dIn mat.Dense
	dIn.Scale(s.factor, dOut)
	return &dIn, nil
}

func (s *slow) Blocks() []learner.Block         { return []learner.Block{{Name: "factor", Shape: []int{1}}} }
func (s *slow) Parameters() []float64           { return []float64{s.factor} }
func (s *slow) SetParameters(p []float64) error { s.factor = p[0]; return nil }

// half is the objective sum of (out - y)^2 / 2.
type half struct{}

func (half) OutputLoss(out *mat.Dense, y, _ []float64, dOut *mat.Dense) (lossSum, weight float64, err error) {
	for i := range y {
		r := out.At(i, 0) - y[i]
		lossSum += r * r / 2
		dOut.Set(i, 0, r)
	}
	return lossSum, float64(len(y)), nil
}

func (half) OutputAnswers(*mat.Dense) ([]float64, *mat.Dense, error) { return nil, nil, nil }

// wires are the in-memory links of one stage.
type wires struct {
	in, out, backIn, backOut chan *mat.Dense
}

func (w wires) Send(_ context.Context, back bool, _ int, x *mat.Dense) error {
	if back {
		w.backOut <- x
	} else {
		w.out <- x
	}
	return nil
}

func (w wires) Receive(ctx context.Context, back bool, _ int) (*mat.Dense, error) {
	from := w.in
	if back {
		from = w.backIn
	}
	select {
	case x := <-from:
		return x, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// rows makes n rows of one feature.
func rows(n int) (learner.Dataset, []int) {
	d := learner.Dataset{X: mat.NewDense(n, 1, nil)}
	var all []int
	for i := range n {
		d.X.Set(i, 0, float64(i+1))
		d.Y = append(d.Y, float64(i%3))
		all = append(all, i)
	}
	return d, all
}

// run processes one step with p stages and returns their reports and gradients.
func run(t *testing.T, s Schedule, stages []*slow, n, m int) (reports []Report, grads [][]float64, err error) {
	t.Helper()
	p := len(stages)
	d, all := rows(n)
	wire := make([]wires, p)
	for i := range p - 1 {
		forward, back := make(chan *mat.Dense, m), make(chan *mat.Dense, m)
		wire[i].out, wire[i+1].in = forward, forward
		wire[i].backIn, wire[i+1].backOut = back, back
	}
	reports, grads = make([]Report, p), make([][]float64, p)
	errs := make([]error, p)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var running sync.WaitGroup
	for i, part := range stages {
		part.under = map[int]*mat.Dense{}
		grads[i] = make([]float64, 1)
		stage := &Stage{Part: part, Index: i, Count: p, Objective: half{}}
		running.Go(func() {
			reports[i], errs[i] = stage.Step(ctx, s, learner.Step{}, NewBatch(d, all, m), wire[i], grads[i])
			if errs[i] != nil {
				cancel()
			}
		})
	}
	running.Wait()
	for _, e := range errs {
		if e != nil && !errors.Is(e, context.Canceled) {
			return nil, nil, e
		}
	}
	return reports, grads, nil
}

// TestBubble: in virtual time, with equally slow stages and instantaneous links, the share of idle
// time is that of the formula.
func TestBubble(t *testing.T) {
	for _, s := range schedules {
		for _, p := range []int{2, 3, 4} {
			for _, m := range []int{4, 8, 16} {
				t.Run(fmt.Sprintf("%s, %d stages, %d micro-batches", s, p, m), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						var stages []*slow
						for range p {
							stages = append(stages, &slow{factor: 1, forward: time.Second, back: 2 * time.Second})
						}
						start := time.Now()
						reports, _, err := run(t, s, stages, 2*m, m)
						if err != nil {
							t.Fatal(err)
						}
						took := time.Since(start)
						var computing time.Duration
						for i, r := range reports {
							computing += r.Computing
							want := m
							if s == OneFOneB {
								want = min(m, p-i)
							}
							if r.Held != want || stages[i].most != want {
								t.Errorf("stage %d says that it held %d micro-batches and held %d, want %d", i, r.Held, stages[i].most, want)
							}
						}
						if idle := 1 - computing.Seconds()/(float64(p)*took.Seconds()); math.Abs(idle-Bubble(p, m)) > 1e-12 {
							t.Errorf("idle for %v of the time, want %v", idle, Bubble(p, m))
						}
					})
				})
			}
		}
	}
}

// TestStep compares the loss and the gradients of a product of factors with their formulas, for every
// number of stages, any number of micro-batches, and both schedules.
func TestStep(t *testing.T) {
	const n = 13
	factors := []float64{1.5, -0.5, 2}
	d, _ := rows(n)
	for _, s := range schedules {
		for _, m := range []int{1, 4, 13, 50} {
			var stages []*slow
			product := 1.0
			for _, f := range factors {
				stages = append(stages, &slow{factor: f})
				product *= f
			}
			reports, grads, err := run(t, s, stages, n, m)
			if err != nil {
				t.Fatal(err)
			}
			var loss, slope float64 // by the product of the factors
			for i, y := range d.Y {
				r := product*d.X.At(i, 0) - y
				loss += r * r / 2
				slope += r * d.X.At(i, 0)
			}
			last := reports[len(reports)-1]
			if math.Abs(last.Loss-loss) > 1e-12*loss || last.Weight != n {
				t.Errorf("%s, %d micro-batches: loss %v of %v rows, want %v of %d", s, m, last.Loss, last.Weight, loss, n)
			}
			for i, f := range factors {
				if want := slope * product / f; math.Abs(grads[i][0]-want) > 1e-12*math.Abs(want) {
					t.Errorf("%s, %d micro-batches: gradient of stage %d is %v, want %v", s, m, i, grads[i][0], want)
				}
			}
		}
	}
}

// TestStepEnds: a stage that fails reports the micro-batch, and its neighbours do not wait forever.
func TestStepEnds(t *testing.T) {
	broken := errors.New("broken")
	_, _, err := run(t, OneFOneB, []*slow{{factor: 1}, {factor: 1, fail: broken}, {factor: 1}}, 6, 3)
	if !errors.Is(err, broken) || err.Error() != "micro-batch 0 forward: broken" {
		t.Errorf("got %v", err)
	}
}
