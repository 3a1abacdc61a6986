package sgd

import (
	"context"
	"sync"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/internal/kernel"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
	"github.com/gochimera/chimera/learner/numeric"
)

// summer sums up the gradient of a loss over rows, for parameters that are
// coefficients (outputs x features), then intercepts if there are any. It has
// working space, so it is for one goroutine.
type summer struct {
	loss      loss.Rows
	features  int
	intercept bool
	scores    []float64 // of one panel, rows x outputs
	column    []float64 // one output's scores
	ones      []float64 // the weights of a panel without weights
}

func newSummer(l loss.Rows, features int, intercept bool) *summer {
	// A panel of rows is gone over twice, so it should stay in the cache.
	panel := min(max(2048/features, 16), 256) / 4 * 4
	s := &summer{
		loss: l, features: features, intercept: intercept, scores: make([]float64, panel*l.Outputs()), column: make([]float64, panel), ones: make([]float64, panel),
	}
	floats.AddConst(1, s.ones)
	return s
}

// panel is how many rows are taken at a time.
func (s *summer) panel() int { return len(s.ones) }

// sums are what is added up over rows beside their gradient.
type sums struct {
	loss, weight float64
	infinite     bool // a score was not finite, so the other sums mean nothing
}

func (s *sums) add(other sums) {
	s.loss += other.loss
	s.weight += other.weight
	s.infinite = s.infinite || other.infinite
}

// add adds the gradient at params of the sum of weight times loss over the
// rows of x to into. No weights are weights of 1.
func (s *summer) add(params []float64, x blas64.General, y, weights, into []float64) (total sums) {
	for from := 0; from < x.Rows && !total.infinite; from += s.panel() {
		to := min(from+s.panel(), x.Rows)
		w := s.ones[:to-from]
		if weights != nil {
			w = weights[from:to]
		}
		part := blas64.General{Rows: to - from, Cols: s.features, Stride: x.Stride, Data: x.Data[from*x.Stride:]}
		total.add(s.addPanel(params, part, y[from:to], w, into))
	}
	return total
}

// addPanel is add for at most one panel.
func (s *summer) addPanel(params []float64, x blas64.General, y, weights, into []float64) sums {
	outputs := s.loss.Outputs()
	coefs := outputs * s.features
	scores := s.scores[:x.Rows*outputs]
	for o := range outputs {
		var offset float64
		if s.intercept {
			offset = params[coefs+o]
		}
		column := s.of(scores)
		kernel.Dots(column, x, params[o*s.features:(o+1)*s.features], offset)
		if outputs > 1 {
			for i, v := range column {
				scores[i*outputs+o] = v
			}
		}
	}
	if !numeric.FiniteSum(scores) {
		return sums{infinite: true}
	}
	total := sums{loss: s.loss.Derive(scores, y, weights), weight: floats.Sum(weights)}
	for o := range outputs {
		column := s.of(scores)
		if outputs > 1 {
			for i := range column {
				column[i] = scores[i*outputs+o]
			}
		}
		kernel.AddRows(into[o*s.features:(o+1)*s.features], x, column)
		if s.intercept {
			into[coefs+o] += floats.Sum(column)
		}
	}
	return total
}

// of is room for one output's scores: a place of its own if there are several,
// since in scores they are apart.
func (s *summer) of(scores []float64) []float64 {
	if s.loss.Outputs() == 1 {
		return scores
	}
	return s.column[:len(scores)/s.loss.Outputs()]
}

// chunkRows is how many rows are summed up by themselves before they are added
// to the rest. It is fixed, so that a gradient does not depend on the number
// of threads.
const chunkRows = 8192

// gradient adds the gradient over all of d to into, procs chunks at a time.
func gradient(ctx context.Context, newSummer func() *summer, params []float64, d learner.Dataset, into []float64, procs int) (total sums, err error) {
	raw := d.X.RawMatrix()
	chunks := (raw.Rows + chunkRows - 1) / chunkRows
	type slot struct { // what one thread works with
		summer *summer
		total  sums
		into   []float64
	}
	slots := make([]slot, max(1, min(procs, chunks)))
	for i := range slots {
		slots[i] = slot{summer: newSummer(), into: make([]float64, len(into))}
	}
	sum := func(s *slot, chunk int) {
		from := chunk * chunkRows
		to := min(from+chunkRows, raw.Rows)
		var w []float64
		if d.Weights != nil {
			w = d.Weights[from:to]
		}
		x := blas64.General{Rows: to - from, Cols: raw.Cols, Stride: raw.Stride, Data: raw.Data[from*raw.Stride:]}
		clear(s.into)
		s.total = s.summer.add(params, x, d.Y[from:to], w, s.into)
	}
	for first := 0; first < chunks; first += len(slots) {
		if err := ctx.Err(); err != nil {
			return total, err
		}
		wave := slots[:min(len(slots), chunks-first)]
		var others sync.WaitGroup
		for i := 1; i < len(wave); i++ {
			others.Go(func() { sum(&wave[i], first+i) })
		}
		sum(&wave[0], first)
		others.Wait()
		for i := range wave {
			total.add(wave[i].total)
			floats.Add(into, wave[i].into)
		}
	}
	return total, nil
}
