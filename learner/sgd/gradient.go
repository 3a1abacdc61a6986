package sgd

import (
	"context"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

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
	ones      []float64 // the weights of a panel without weights
}

func newSummer(l loss.Rows, features int, intercept bool) *summer {
	// A panel of rows is gone over twice, so it should stay in the cache.
	panel := min(max(4096/features, 16), 256)
	s := &summer{loss: l, features: features, intercept: intercept, scores: make([]float64, panel*l.Outputs()), ones: make([]float64, panel)}
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
	column := func(o int) blas64.Vector { return blas64.Vector{N: x.Rows, Inc: outputs, Data: scores[o:]} }
	of := func(p []float64, o int) blas64.Vector {
		return blas64.Vector{N: s.features, Inc: 1, Data: p[o*s.features : (o+1)*s.features]}
	}
	for o := range outputs {
		blas64.Gemv(blas.NoTrans, 1, x, of(params, o), 0, column(o))
	}
	if s.intercept {
		addToRows(scores, params[coefs:])
	}
	if !numeric.FiniteSum(scores) {
		return sums{infinite: true}
	}
	total := sums{loss: s.loss.Derive(scores, y, weights), weight: floats.Sum(weights)}
	for o := range outputs {
		blas64.Gemv(blas.Trans, 1, x, column(o), 1, of(into, o))
	}
	if s.intercept {
		addRows(into[coefs:], scores)
	}
	return total
}

// addToRows adds v to each row of rows, which are as wide.
func addToRows(rows, v []float64) {
	if len(v) == 1 {
		floats.AddConst(v[0], rows)
		return
	}
	for i := 0; i < len(rows); i += len(v) {
		floats.Add(rows[i:i+len(v)], v)
	}
}

// addRows adds each row of rows to into, which is as wide.
func addRows(into, rows []float64) {
	if len(into) == 1 {
		into[0] += floats.Sum(rows)
		return
	}
	for i := 0; i < len(rows); i += len(into) {
		floats.Add(into, rows[i:i+len(into)])
	}
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
