package optimise

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/internal/kernel"
	"github.com/gochimera/chimera/learner/numeric"
)

// Part is a run of values of a parameter vector that are treated alike.
type Part struct {
	Len       int
	Penalised bool // whether the l2 penalty, or the decay of AdamW, shrinks them
}

// Vector moves a whole parameter vector by mini-batches: each of its pieces has
// an optimiser of its own, and an l2 penalty where its part is penalised. What
// one piece does depends on that piece alone, so vectors that hold the parts of
// a network between them move as one that holds all of it, to the last bit, on
// any number of threads. It is for use by one goroutine at a time.
type Vector struct {
	// Together calls f(0) to f(n-1), at the same time; nil to start a goroutine
	// for each.
	Together func(n int, f func(i int))

	alpha  float64
	pieces []piece
	total  int
}

type piece struct {
	from, to  int
	penalised bool
	optimiser Optimiser
}

// pieceSize bounds a piece, so that threads can share a vector out.
const pieceSize = 1 << 14

// NewVector makes the optimisers that s names for a vector of the given parts.
// alpha is the strength of the penalty, alpha/2 times the square of each
// penalised value, added to the loss SUMMED over a batch; with AdamW it is the decay, and nothing is
// added to the loss.
func NewVector(parts []Part, s Settings, alpha float64) (*Vector, error) {
	if !numeric.IsFinite(alpha) || alpha < 0 {
		return nil, fmt.Errorf("alpha must be finite and >= 0, not %v", alpha)
	}
	v := &Vector{alpha: alpha}
	if s.Name == NameAdamW {
		v.alpha = 0 // the optimiser decays the weights itself
	}
	for _, p := range parts {
		own := s
		own.WeightDecay = 0
		if s.Name == NameAdamW && p.Penalised {
			own.WeightDecay = alpha
		}
		for end := v.total + p.Len; v.total < end; {
			o, err := New(own)
			if err != nil {
				return nil, err
			}
			to := min(v.total+pieceSize, end)
			v.pieces = append(v.pieces, piece{v.total, to, p.Penalised, o})
			v.total = to
		}
	}
	return v, nil
}

// Step moves params against grad, the gradient of the loss summed over rows of
// the given weight, at the learning rate lr, on up to procs threads. It leaves
// the mean gradient, penalty included, in grad, and returns the penalty of each
// piece, of which Sum makes that of the whole.
func (v *Vector) Step(params, grad []float64, weight, lr float64, procs int) (penalty []float64) {
	penalty = make([]float64, len(v.pieces))
	v.each(params, grad, procs, func(i int, p *piece) {
		penalty[i] = v.mean(p, params, grad, weight)
		p.optimiser.Step(params[p.from:p.to], grad[p.from:p.to], lr)
	})
	return penalty
}

// Mean is the first half of Step, without the step: who has to know the norm
// of the gradient of a whole network looks at it in between. Besides the
// penalties it returns the norm of the mean gradient of each piece, of which
// JoinNorms makes that of the whole.
func (v *Vector) Mean(params, grad []float64, weight float64, procs int) (penalty, norms []float64) {
	penalty, norms = make([]float64, len(v.pieces)), make([]float64, len(v.pieces))
	v.each(params, grad, procs, func(i int, p *piece) {
		penalty[i] = v.mean(p, params, grad, weight)
		norms[i] = norm2(grad[p.from:p.to])
	})
	return penalty, norms
}

// Move is the second half: it multiplies the mean gradient by factor and steps.
func (v *Vector) Move(params, grad []float64, factor, lr float64, procs int) {
	v.each(params, grad, procs, func(_ int, p *piece) {
		g := grad[p.from:p.to]
		if factor != 1 {
			for i := range g {
				g[i] *= factor
			}
		}
		p.optimiser.Step(params[p.from:p.to], g, lr)
	})
}

// mean makes the gradient of a piece that of the mean loss, penalty included.
func (v *Vector) mean(piece *piece, params, grad []float64, weight float64) (penalty float64) {
	p, g := params[piece.from:piece.to], grad[piece.from:piece.to]
	alpha := v.alpha
	if !piece.penalised {
		alpha = 0
	}
	return alpha / 2 * kernel.Mean(g, p, alpha, 1/weight)
}

// each calls f for every piece, on up to procs threads.
func (v *Vector) each(params, grad []float64, procs int, f func(i int, p *piece)) {
	if len(params) != v.total || len(grad) != v.total {
		panic(fmt.Sprintf("optimise: %d parameters and a gradient of %d, want %d of each", len(params), len(grad), v.total))
	}
	threads := min(max(procs, 1), v.total/pieceSize+1)
	work := func(first int) {
		for i := first; i < len(v.pieces); i += threads {
			f(i, &v.pieces[i])
		}
	}
	together := v.Together
	if together == nil {
		together = (*kernel.Team)(nil).Do
	}
	together(threads, work)
}

// State returns what the optimisers remember, as one optimiser of the whole
// vector would.
func (v *Vector) State() State {
	var whole State
	for i, p := range v.pieces {
		s := p.optimiser.State()
		if i == 0 {
			whole = State{Name: s.Name, Steps: s.Steps, Vectors: make([][]float64, len(s.Vectors))}
		}
		for k, values := range s.Vectors {
			whole.Vectors[k] = append(whole.Vectors[k], values...)
		}
	}
	return whole
}

// Restore goes on from the state of a vector of the same parts and settings.
// After an error the vector is as it was.
func (v *Vector) Restore(whole State) error {
	for k, values := range whole.Vectors {
		if len(values) != v.total {
			return fmt.Errorf("vector %d of the state has %d values, want %d", k, len(values), v.total)
		}
	}
	before := v.State()
	if err := v.restore(whole); err != nil {
		_ = v.restore(before) // it is its own
		return err
	}
	return nil
}

func (v *Vector) restore(whole State) error {
	for _, p := range v.pieces {
		s := State{Name: whole.Name, Steps: whole.Steps}
		for _, values := range whole.Vectors {
			s.Vectors = append(s.Vectors, values[p.from:p.to])
		}
		if err := p.optimiser.Restore(s); err != nil {
			return err
		}
	}
	return nil
}

// Sum adds in order.
func Sum(values []float64) (sum float64) {
	for _, x := range values {
		sum += x
	}
	return sum
}

// JoinNorms is the norm of a vector whose pieces have the given norms.
func JoinNorms(norms []float64) (norm float64) {
	for _, x := range norms {
		norm = math.Hypot(norm, x)
	}
	return norm
}
