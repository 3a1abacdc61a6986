package learnertest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/snapshot"
)

// honest is a learner that keeps every rule: a network of two layers, tanh
// between them, trained by full-batch gradient descent with momentum. It is
// written to be obviously right, not fast.
type honest struct {
	env    learner.Env
	task   learner.Task
	traits learner.Traits
	schema learner.Schema
	width  int
	layers []layer // nil before Init and Fit
	fitted bool
}

// layer is out = act(W x + b); w holds W (out x in), then b.
type layer struct {
	in, out int
	tanh    bool
	w       []float64
}

func (l layer) forward(x *mat.Dense) *mat.Dense {
	rows, _ := x.Dims()
	out := mat.NewDense(rows, l.out, nil)
	for i := range rows {
		row := x.RawRowView(i)
		for o := range l.out {
			v := l.w[l.out*l.in+o]
			for j, xj := range row {
				v += l.w[o*l.in+j] * xj
			}
			if l.tanh {
				v = math.Tanh(v)
			}
			out.Set(i, o, v)
		}
	}
	return out
}

func (l layer) backward(x, out, dOut *mat.Dense, into []float64) *mat.Dense {
	rows, _ := x.Dims()
	dx := mat.NewDense(rows, l.in, nil)
	for i := range rows {
		row, dRow := x.RawRowView(i), dx.RawRowView(i)
		for o := range l.out {
			d := dOut.At(i, o)
			if l.tanh {
				d *= 1 - out.At(i, o)*out.At(i, o)
			}
			into[l.out*l.in+o] += d
			for j, xj := range row {
				into[o*l.in+j] += d * xj
				dRow[j] += d * l.w[o*l.in+j]
			}
		}
	}
	return dx
}

const hidden = 4

func (m *honest) outputs(s learner.Schema) int {
	if m.task == learner.Classification {
		return max(len(s.Classes), 1)
	}
	return 1
}

func (m *honest) newLayers(s learner.Schema, width int) []layer {
	layers := []layer{{in: width, out: hidden, tanh: true}, {in: hidden, out: m.outputs(s)}}
	for i := range layers {
		l := &layers[i]
		l.w = nearby(make([]float64, l.out*(l.in+1)), 0.3, learner.Mix(m.env.Seed)+uint64(i))
	}
	return layers
}

func (m *honest) Fit(ctx context.Context, d learner.Dataset) error {
	if err := learner.CheckFit(d, m.task, m.traits); err != nil {
		return err
	}
	_, width := d.X.Dims()
	next := &honest{env: m.env, task: m.task, schema: learner.Schema{Features: slices.Clone(d.Features), Classes: slices.Clone(d.Classes)}, width: width}
	next.layers = next.newLayers(d.Schema, width)
	p := next.Parameters()
	g, v := make([]float64, len(p)), make([]float64, len(p))
	for step := range 60 {
		_, weight, err := next.Gradient(ctx, learner.Step{Index: step}, d, g)
		if err != nil {
			return err
		}
		for i := range p {
			v[i] = 0.8*v[i] - 0.1*g[i]/weight
			p[i] += v[i]
		}
		if err := next.SetParameters(p); err != nil {
			return err
		}
	}
	next.fitted, next.traits = true, m.traits
	*m = *next
	return nil
}

func (m *honest) run(x *mat.Dense) *mat.Dense {
	for _, l := range m.layers {
		x = l.forward(x)
	}
	return x
}

func (m *honest) scores(x *mat.Dense) (*mat.Dense, error) {
	if !m.fitted {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, m.width, m.traits); err != nil {
		return nil, err
	}
	return m.run(x), nil
}

func (m *honest) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	scores, err := m.scores(x)
	if err != nil {
		return nil, err
	}
	return m.decide(scores), nil
}

func softmax(row []float64) {
	top := slices.Max(row)
	var sum float64
	for i, v := range row {
		row[i] = math.Exp(v - top)
		sum += row[i]
	}
	for i := range row {
		row[i] /= sum
	}
}

func (m *honest) Init(s learner.Schema) ([]learner.Block, error) {
	m.schema, m.width, m.fitted = learner.Schema{Features: slices.Clone(s.Features), Classes: slices.Clone(s.Classes)}, len(s.Features), false
	m.layers = m.newLayers(s, m.width)
	var blocks []learner.Block
	for i, l := range m.layers {
		blocks = append(blocks, blocksOf(i, l)...)
	}
	return blocks, nil
}

func blocksOf(i int, l layer) []learner.Block {
	return []learner.Block{
		{Name: fmt.Sprintf("weights %d", i), Shape: []int{l.out, l.in}, Penalised: true},
		{Name: fmt.Sprintf("biases %d", i), Shape: []int{l.out}},
	}
}

func flat(layers []layer) []float64 {
	var p []float64
	for _, l := range layers {
		p = append(p, l.w...)
	}
	return p
}

// spread checks p and copies it into new layers.
func spread(layers []layer, p []float64) ([]layer, error) {
	if len(layers) == 0 || len(p) != len(flat(layers)) {
		return nil, errors.New("wrong number of parameters")
	}
	if !numeric.AllFinite(p) {
		return nil, errors.New("a parameter is not finite")
	}
	next := slices.Clone(layers)
	for i := range next {
		n := len(next[i].w)
		next[i].w, p = slices.Clone(p[:n]), p[n:]
	}
	return next, nil
}

func (m *honest) Parameters() []float64 { return flat(m.layers) }

func (m *honest) SetParameters(p []float64) error {
	layers, err := spread(m.layers, p)
	if err != nil {
		return err
	}
	m.layers, m.fitted = layers, true
	return nil
}

func (m *honest) Gradient(ctx context.Context, _ learner.Step, d learner.Dataset, into []float64) (loss, weight float64, err error) {
	if m.layers == nil {
		return 0, 0, learner.ErrNotFitted
	}
	if err := learner.CheckFit(d, m.task, m.traits); err != nil {
		return 0, 0, err
	}
	if err := learner.CheckPredict(d.X, m.width, m.traits); err != nil {
		return 0, 0, err
	}
	if len(into) != len(m.Parameters()) {
		return 0, 0, errors.New("wrong space for the gradient")
	}
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	fill(into, 0)
	h := m.layers[0].forward(d.X)
	out := m.layers[1].forward(h)
	loss, weight = m.slopes(out, d)
	cut := len(m.layers[0].w)
	dh := m.layers[1].backward(h, out, out, into[cut:])
	m.layers[0].backward(d.X, h, dh, into[:cut])
	return loss, weight, nil
}

func (m *honest) Layers(s learner.Schema) ([]learner.LayerSpec, error) {
	var specs []learner.LayerSpec
	for i, l := range m.newLayers(s, len(s.Features)) {
		specs = append(specs, learner.LayerSpec{Name: fmt.Sprintf("dense %d", i), In: l.in, Out: l.out, Parameters: len(l.w), Cost: float64(3 * len(l.w))})
	}
	return specs, nil
}

func (m *honest) Build(s learner.Schema, from, to int) (learner.Stage, error) {
	layers := m.newLayers(s, len(s.Features))
	if from < 0 || to > len(layers) || from >= to {
		return nil, errors.New("no such layers")
	}
	return &stage{from: from, layers: layers[from:to], flying: map[int][]*mat.Dense{}}, nil
}

func (m *honest) MarshalBinary() ([]byte, error) {
	if !m.fitted {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter("test.honest", 1)
	w.Schema(m.schema)
	w.Int(m.width)
	w.Floats(m.Parameters())
	return w.Seal(), nil
}

func (m *honest) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, "test.honest", 1)
	if err != nil {
		return err
	}
	next := &honest{env: m.env, task: m.task, traits: m.traits, schema: r.Schema()}
	next.width = r.Count(1000)
	p := r.FiniteFloats()
	if err := r.Close(); err != nil {
		return err
	}
	next.layers = next.newLayers(next.schema, next.width)
	if err := next.SetParameters(p); err != nil {
		return fmt.Errorf("%w: %w", learner.ErrSnapshot, err)
	}
	*m = *next
	return nil
}

// stage is a run of layers; flying holds each micro-batch's input and outputs.
type stage struct {
	from   int
	layers []layer
	flying map[int][]*mat.Dense
}

func (s *stage) Forward(_ context.Context, _ learner.Step, micro int, _ []uint64, x *mat.Dense) (*mat.Dense, error) {
	if err := learner.CheckPredict(x, s.layers[0].in, learner.Traits{}); err != nil {
		return nil, err
	}
	values := []*mat.Dense{mat.DenseCopyOf(x)}
	for i, l := range s.layers {
		values = append(values, l.forward(values[i]))
	}
	s.flying[micro] = values
	return mat.DenseCopyOf(values[len(s.layers)]), nil
}

func (s *stage) Backward(_ context.Context, micro int, dOut *mat.Dense, into []float64) (*mat.Dense, error) {
	values, ok := s.flying[micro]
	if !ok || len(into) != len(flat(s.layers)) {
		return nil, errors.New("no such micro-batch, or a wrong space for the gradient")
	}
	delete(s.flying, micro)
	end := len(into)
	for i := len(s.layers) - 1; i >= 0; i-- {
		begin := end - len(s.layers[i].w)
		dOut = s.layers[i].backward(values[i], values[i+1], dOut, into[begin:end])
		end = begin
	}
	return dOut, nil
}

func (s *stage) Blocks() []learner.Block {
	var blocks []learner.Block
	for i, l := range s.layers {
		blocks = append(blocks, blocksOf(s.from+i, l)...)
	}
	return blocks
}

func (s *stage) Parameters() []float64 { return flat(s.layers) }

func (s *stage) SetParameters(p []float64) error {
	layers, err := spread(s.layers, p)
	if err != nil {
		return err
	}
	s.layers = layers
	return nil
}

// honestClassifier is honest with probabilities.
type honestClassifier struct{ honest }

func (m *honestClassifier) PredictProba(_ context.Context, x *mat.Dense) (*mat.Dense, error) {
	scores, err := m.scores(x)
	if err != nil {
		return nil, err
	}
	return shares(scores), nil
}

// reporting answers the mean and reports on it in every way.
type reporting struct {
	mean   float64
	coef   []float64 // nil before Fit
	shares []float64
	ended  *learner.Convergence
}

func (m *reporting) Fit(ctx context.Context, d learner.Dataset) error {
	if err := learner.CheckFit(d, learner.Regression, learner.Traits{}); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	mean := numeric.Mean(d.Y, d.Weights)
	if err := ctx.Err(); err != nil {
		return err
	}
	_, cols := d.X.Dims()
	m.ended = learner.Ended(cols > 3, 7, "have more columns")
	m.mean, m.coef, m.shares = mean, make([]float64, cols), slices.Repeat([]float64{1 / float64(cols)}, cols)
	return nil
}

func (m *reporting) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	if m.coef == nil {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, len(m.coef), learner.Traits{}); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	return slices.Repeat([]float64{m.mean}, rows), nil
}

func (m *reporting) Coefficients() (*mat.Dense, []float64) {
	if m.coef == nil {
		return nil, nil
	}
	return mat.NewDense(1, len(m.coef), slices.Clone(m.coef)), []float64{m.mean}
}

func (m *reporting) Convergence() *learner.Convergence { return m.ended.Clone() }

func (m *reporting) FeatureImportances() []float64 { return slices.Clone(m.shares) }

var (
	_ learner.Layered       = (*honest)(nil)
	_ learner.Snapshotter   = (*honest)(nil)
	_ learner.Classifier    = (*honestClassifier)(nil)
	_ learner.Coefficienter = (*reporting)(nil)
	_ learner.Importancer   = (*reporting)(nil)
	_ learner.Convergent    = (*reporting)(nil)
)
