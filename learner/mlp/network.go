package mlp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/kernel"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/optimise"
)

// pieceRows bounds how many rows go through a network at once, and with them
// the memory for what lies between the layers.
const pieceRows = 1024

// network is a run of layers with their parameters.
type network struct {
	plan
	first  int       // the place of its first layer in the whole network
	spans  []int     // the parameters of layer i are params[spans[i]:spans[i+1]]
	params []float64 // layer after layer, block after block
	procs  int
	single bool         // whether products of training are in single precision
	team   *kernel.Team // of procs threads while it is trained, else nil
	idle   sync.Pool    // of *run
}

// newNetwork makes the layers [from, to) of the plan, with the parameters that
// the seed gives them.
func newNetwork(p plan, from, to int, seed uint64, procs int) *network {
	n := &network{plan: plan{p.layers[from:to], p.specs[from:to]}, first: from, spans: []int{0}, procs: max(procs, 1)}
	for _, s := range n.specs {
		n.spans = append(n.spans, n.spans[len(n.spans)-1]+s.Parameters())
	}
	n.params = make([]float64, n.spans[len(n.layers)])
	for i, l := range n.layers {
		l.Init(learner.Seed(seed, "mlp.init", strconv.Itoa(from+i)), n.part(n.params, i))
	}
	return n
}

// part is layer i's part of a vector as long as the parameters.
func (n *network) part(vector []float64, i int) []float64 {
	return vector[n.spans[i]:n.spans[i+1]:n.spans[i+1]]
}

func (n *network) in() int  { return n.specs[0].In }
func (n *network) out() int { return n.specs[len(n.specs)-1].Out }

// blocks describes the parameters.
func (n *network) blocks() []learner.Block {
	var all []learner.Block
	for _, s := range n.specs {
		for _, b := range s.Blocks {
			all = append(all, learner.Block{Name: s.Name + "." + b.Name, Shape: slices.Clone(b.Shape), Penalised: b.Penalised})
		}
	}
	return all
}

// parts are the blocks as an optimiser sees them.
func (n *network) parts() []optimise.Part {
	var all []optimise.Part
	for _, b := range n.blocks() {
		all = append(all, optimise.Part{Len: b.Len(), Penalised: b.Penalised})
	}
	return all
}

// set replaces the parameters.
func (n *network) set(p []float64) error {
	if len(p) != len(n.params) {
		return fmt.Errorf("%d parameters given, the network has %d", len(p), len(n.params))
	}
	if i := numeric.FirstNotFinite(p); i >= 0 {
		return fmt.Errorf("parameter %d is %v", i, p[i])
	}
	copy(n.params, p)
	return nil
}

// run is the memory for some rows on their way through a network.
type run struct {
	passes     []Pass
	outs, dxs  []buffer // of each layer
	input, end buffer   // a copy of the rows, the gradient by the last output
	rows       []uint64
	work       *kernel.Workspace
}

// buffer is a matrix whose memory is used again.
type buffer struct{ m *mat.Dense }

// at is the buffer as a rows x cols matrix of no particular content.
func (b *buffer) at(rows, cols int) *mat.Dense {
	var data []float64
	if b.m != nil {
		if r, c := b.m.Dims(); r == rows && c == cols {
			return b.m
		}
		data = b.m.RawMatrix().Data
	}
	if cap(data) < rows*cols {
		data = make([]float64, rows*cols)
	}
	b.m = mat.NewDense(rows, cols, data[:rows*cols])
	return b.m
}

// acquire returns a run that nobody else uses, until release.
func (n *network) acquire() *run {
	if r, ok := n.idle.Get().(*run); ok {
		r.work.Team = n.team
		return r
	}
	work := kernel.NewWorkspace(n.procs)
	work.Team = n.team
	r := &run{work: work, passes: make([]Pass, len(n.layers)), outs: make([]buffer, len(n.layers)), dxs: make([]buffer, len(n.layers))}
	for i := range r.passes {
		r.passes[i].Procs, r.passes[i].work = n.procs, work
	}
	return r
}

func (n *network) release(r *run) {
	r.work.Team = nil
	r.passes[0].X, r.passes[len(r.passes)-1].DOut = nil, nil // they may be the caller's
	n.idle.Put(r)
}

// forward computes the last layer's output, which is in r's memory. With
// train, dropout draws for step at; without, at and rows do not matter.
func (n *network) forward(r *run, at learner.Step, rows []uint64, x *mat.Dense, train bool) *mat.Dense {
	count, _ := x.Dims()
	step := learner.Mix(at.Seed ^ learner.Mix(uint64(at.Index)))
	for i, l := range n.layers {
		p := &r.passes[i]
		p.Train, p.inSingle, p.Rows, p.Seed = train, train && n.single, rows, learner.Mix(step^learner.Mix(uint64(n.first+i)))
		p.X, p.Out = x, r.outs[i].at(count, n.specs[i].Out)
		l.Forward(p, n.part(n.params, i))
		x = p.Out
	}
	return x
}

// backward adds the gradient by the parameters to grad or, if that is fresh and
// holds anything, writes it there. With wantDX it returns the gradient by the
// input, in r's memory.
func (n *network) backward(r *run, dOut *mat.Dense, grad []float64, fresh, wantDX bool) *mat.Dense {
	count, _ := dOut.Dims()
	for i := len(n.layers) - 1; i >= 0; i-- {
		p := &r.passes[i]
		p.DOut, p.DX = dOut, nil
		if i > 0 || wantDX {
			p.DX = r.dxs[i].at(count, n.specs[i].In)
		}
		if _, p.fresh = n.layers[i].(Dense); !fresh {
			p.fresh = false
		} else if !p.fresh {
			clear(n.part(grad, i))
		}
		n.layers[i].Backward(p, n.part(n.params, i), n.part(grad, i))
		dOut = p.DX
	}
	return dOut
}

// pieces calls f for each piece of n rows, looking at ctx before each.
func pieces(ctx context.Context, n int, f func(from, to int) error) error {
	for from := 0; from < n; from += pieceRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(from, min(from+pieceRows, n)); err != nil {
			return err
		}
	}
	return nil
}

// rowsOf is a view of rows [from, to).
func rowsOf(x *mat.Dense, from, to int) *mat.Dense {
	_, cols := x.Dims()
	return x.Slice(from, to, 0, cols).(*mat.Dense)
}

// predict computes the outputs for all rows of x.
func (n *network) predict(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	rows, _ := x.Dims()
	out := mat.NewDense(rows, n.out(), nil)
	r := n.acquire()
	defer n.release(r)
	err := pieces(ctx, rows, func(from, to int) error {
		rowsOf(out, from, to).Copy(n.forward(r, learner.Step{}, nil, rowsOf(x, from, to), false))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// gradient writes the gradient of the loss, summed over the rows of batch each
// times its weight, into grad, and returns the sum of the losses.
func (n *network) gradient(ctx context.Context, at learner.Step, batch learner.Dataset, l outputLoss, grad []float64) (lossSum float64, err error) {
	if batch.Len() == 0 {
		clear(grad)
	}
	r := n.acquire()
	defer n.release(r)
	err = pieces(ctx, batch.Len(), func(from, to int) error {
		r.rows = r.rows[:0]
		for i := from; i < to; i++ {
			r.rows = append(r.rows, batch.Row(i))
		}
		var weights []float64
		if batch.Weights != nil {
			weights = batch.Weights[from:to]
		}
		out := n.forward(r, at, r.rows, rowsOf(batch.X, from, to), true)
		dOut := r.end.at(to-from, n.out())
		lossSum += l.sum(out, batch.Y[from:to], weights, dOut)
		n.backward(r, dOut, grad, from == 0, false)
		return nil
	})
	return lossSum, err
}

var errNoParameters = errors.New("the model has no parameters yet: call Init or Fit first")
