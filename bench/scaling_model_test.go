package bench_test

import (
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// stepTime is how long a step of a parameter server took whose workers are in one process with their master.
type stepTime struct {
	workers float64
	work
	seconds float64
}

// work is what a step has to do.
type work struct{ parameters, rows int }

// stepCosts are what a step of a parameter server is made of, in seconds:
//
//	fixed + worker N + parameter N P + row R / min(N, C)
//
// for N workers, P parameters and R rows in all, where the workers share what is worth C processors. Two of a machine that are one core's are worth
// less than two.
type stepCosts struct {
	fixed     float64 // whatever there is
	worker    float64 // for each worker: a request, an answer, and whom to tell
	parameter float64 // for each parameter and worker: written, sent, read and added, both ways
	row       float64 // for each row: its gradient

	processors float64 // C
}

// terms are what the costs are multiplied with.
func (s stepTime) terms(processors float64) []float64 {
	return []float64{1, s.workers, s.workers * float64(s.parameters), float64(s.rows) / min(s.workers, processors)}
}

// here is how long a step takes in one process.
func (c stepCosts) here(s stepTime) (seconds float64) {
	for i, term := range s.terms(c.processors) {
		seconds += []float64{c.fixed, c.worker, c.parameter, c.row}[i] * term
	}
	return seconds
}

// fitCosts finds the costs by which steps take as long as was measured, by least squares of what is off in units of what was measured. A machine is
// worth at most as many processors as it has.
func fitCosts(steps []stepTime, most int) (best stepCosts, err error) {
	const unknown, tenths = 4, 10
	if len(steps) < unknown {
		return stepCosts{}, errors.New("there are fewer steps than costs")
	}
	least := math.Inf(1)
	for p := tenths; p <= most*tenths; p++ {
		processors := float64(p) / tenths
		a, ones := mat.NewDense(len(steps), unknown, nil), mat.NewVecDense(len(steps), nil)
		for i, s := range steps {
			for j, term := range s.terms(processors) {
				a.Set(i, j, term/s.seconds)
			}
			ones.SetVec(i, 1)
		}
		var x, off mat.VecDense
		if err := x.SolveVec(a, ones); err != nil && !errors.As(err, new(mat.Condition)) { // the units differ by 1e9
			return stepCosts{}, err
		}
		off.MulVec(a, &x)
		off.SubVec(&off, ones)
		if d := mat.Norm(&off, 2); d < least {
			least, best = d, stepCosts{x.AtVec(0), x.AtVec(1), x.AtVec(2), x.AtVec(3), processors}
		}
	}
	return best, nil
}

// network is what joins machines.
type network struct {
	latency float64 // seconds there and back
	bytes   float64 // that the master's machine sends or receives in a second
}

// datacentre is a network of the usual kind: 10 Gbit/s.
var datacentre = network{200e-6, 1.25e9}

// eachWorker is what one more worker costs the master: what it did for one in the process, or the time its parameters are on the wire, there and
// back, whichever is longer.
func (c stepCosts) eachWorker(parameters int, over network) float64 {
	return c.worker + float64(parameters)*max(c.parameter, 2*8/over.bytes)
}

// apart is how long a step takes whose workers have a processor each, on other machines than the master.
func (c stepCosts) apart(workers float64, w work, over network) (seconds float64) {
	return c.fixed + over.latency + workers*c.eachWorker(w.parameters, over) + c.row*float64(w.rows)/workers
}

// best is the number of workers with which a step is shortest.
func (c stepCosts) best(w work, over network) float64 {
	return max(1, math.Round(math.Sqrt(c.row*float64(w.rows)/c.eachWorker(w.parameters, over))))
}

// The costs that steps were made of are found, and one worker fewer or more than the best number takes longer.
func TestStepCosts(t *testing.T) {
	want := stepCosts{150e-6, 40e-6, 6e-9, 30e-9, 1.5}
	var steps []stepTime
	few, many, wide := work{22, 6400}, work{22, 64_000}, work{100_000, 0}
	for _, s := range []stepTime{{1, few, 0}, {2, few, 0}, {64, few, 0}, {1, many, 0}, {8, many, 0}, {1, wide, 0}, {16, wide, 0}} {
		s.seconds = want.here(s)
		steps = append(steps, s)
	}
	if got := steps[1].seconds; math.Abs(got-(150e-6+80e-6+2*22*6e-9+30e-9*6400/1.5)) > 1e-15 {
		t.Errorf("two workers take %v s", got)
	}
	got, err := fitCosts(steps, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i, pair := range [][2]float64{
		{got.fixed, want.fixed}, {got.worker, want.worker}, {got.parameter, want.parameter}, {got.row, want.row}, {got.processors, want.processors},
	} {
		if math.Abs(pair[0]/pair[1]-1) > 1e-9 {
			t.Errorf("cost %d is %v, want %v", i, pair[0], pair[1])
		}
	}
	if _, err := fitCosts(steps[:3], 2); err == nil {
		t.Error("four costs are found from three steps")
	}
	for _, w := range []work{{22, 1e6}, {22, 1e8}, {1e6, 1e8}} {
		n := want.best(w, datacentre)
		at := want.apart(n, w, datacentre)
		if at > want.apart(max(1, n-1), w, datacentre) || at > want.apart(n+1, w, datacentre) {
			t.Errorf("%v workers are not best for %+v", n, w)
		}
	}
}
