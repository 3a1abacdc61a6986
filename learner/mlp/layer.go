package mlp

import (
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/kernel"
	"github.com/gochimera/chimera/learner"
)

// Layer is one layer of a network: a function of its input and its parameters.
// It holds no parameters and remembers nothing; what it works on is handed to
// it with each call. It may be called from several goroutines at once.
//
// A row of the output depends on the same row of the input, the parameters and
// what the Pass draws for that row, and on nothing else: not on the other rows,
// nor on their number. Sums over rows are formed in the order of the rows.
type Layer interface {
	// Spec describes the layer.
	Spec() Spec
	// Init writes initial parameters, a function of the seed alone. params is
	// all zeros, block after block of the Spec.
	Init(seed uint64, params []float64)
	// Forward fills p.Out from p.X.
	Forward(p *Pass, params []float64)
	// Backward takes p.DOut, the gradient of the loss by p.Out; adds the
	// gradient by the parameters to grad; and fills p.DX with the gradient by
	// p.X, unless that is nil. p is as Forward left it.
	Backward(p *Pass, params, grad []float64)
}

// Spec describes a layer.
type Spec struct {
	Name    string          // what it is, as in "dense"; a network numbers them: "dense_1"
	In, Out int             // values per row
	Blocks  []learner.Block // its parameters, in order; nil if it has none
	Cost    float64         // multiply-adds per row, forward and backward
}

// Parameters is the number of parameters.
func (s Spec) Parameters() int {
	n := 0
	for _, b := range s.Blocks {
		n += b.Len()
	}
	return n
}

// Pass is the way of some rows through a layer, forward and back. The matrices
// are of the network; a layer writes to Out and DX only, and every element of
// them, for they hold values of passes before.
type Pass struct {
	Train bool     // whether this is training; if not, there will be no Backward
	Rows  []uint64 // global ids of the rows; nil unless Train
	Seed  uint64   // of what this layer draws in this step; see Uniform
	Procs int      // how many threads the layer may use

	X, Out   *mat.Dense // rows x In, rows x Out
	DOut, DX *mat.Dense // rows x Out, rows x In

	// Kept is for what Forward leaves to Backward beyond X and Out. It may
	// hold what a pass before left, whose memory can be used again.
	Kept any

	work     *kernel.Workspace
	fresh    bool // whether grad is yet to be written; only a Dense is asked to
	inSingle bool // whether products are in single precision
}

// Uniform is a random number in [0, 1) for one unit of row i. It depends on
// the seed, the row's id and the unit alone, so it is the same whenever and in
// whatever batch it is drawn.
func (p *Pass) Uniform(i, unit int) float64 { return uniform(p.rowSeed(i), unit) }

func (p *Pass) rowSeed(i int) uint64 { return learner.Mix(p.Seed ^ learner.Mix(p.Rows[i])) }

// uniform takes the unit-th number of a SplitMix64 sequence.
func uniform(seed uint64, unit int) float64 {
	const golden = 0x9e3779b97f4a7c15
	return float64(learner.Mix(seed+uint64(unit)*golden)>>11) * 0x1p-53
}

// mul computes dst = a b, or with add dst += a b, in the precision of the pass.
func (p *Pass) mul(dst blas64.General, a, b kernel.Factor, add bool) {
	if p.inSingle {
		p.workspace().MulSingle(dst, a, b, add)
	} else {
		p.workspace().Mul(dst, a, b, add)
	}
}

// workspace is where matrix products are computed; a Pass that was not made
// by a network gets one of its own.
func (p *Pass) workspace() *kernel.Workspace {
	if p.work == nil {
		p.work = kernel.NewWorkspace(p.Procs)
	}
	return p.work
}
