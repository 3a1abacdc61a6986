package neural

import (
	"context"
	"slices"

	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/neural"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/internal/instances"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("golearn-neural-classifier", registry.Entry[Params, *Classifier]{
		Task: learner.Classification, Summary: "golearn's multi-layer network of sigmoids.",
		Reference: "Rumelhart, Hinton, Williams (1986), Learning representations by back-propagating errors",
		Traits:    traits, New: New,
	})
}

var traits = learner.Traits{NonDeterministic: true, SamplesRows: true, WholeWeights: true}

// Params are the parameters of golearn-neural-classifier.
type Params struct {
	HiddenLayerSizes []int   `json:"hidden_layer_sizes" default:"[10]" validate:"max=8,dive,gte=1,lte=500"`
	LearningRateInit float64 `json:"learning_rate_init" default:"0.1" validate:"gt=0"`
	MaxIter          int     `json:"max_iter" default:"200" validate:"gte=1"`
	Tol              float64 `json:"tol" default:"0" validate:"gte=0"`
}

// Classifier is golearn's multi-layer network.
type Classifier struct {
	params Params
	seed   uint64
	fitted *fitted // nil before Fit
}

type fitted struct {
	scale   scale
	classes instances.Classes
	columns instances.Columns     // a target per class shown
	net     *neural.MultiLayerNet // nil if one class was shown
}

// New makes an unfitted classifier.
func New(p Params, env learner.Env) (*Classifier, error) {
	p.HiddenLayerSizes = slices.Clone(p.HiddenLayerSizes)
	return &Classifier{params: p, seed: env.Seed}, nil
}

// Fit trains a new network. Row weights must be whole numbers; rows are
// repeated.
func (m *Classifier) Fit(ctx context.Context, train learner.Dataset) error {
	t, err := instances.Prepare(train, learner.Classification)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	f := &fitted{scale: newScale(t.X), classes: t.Classes, columns: instances.Columns{
		Features: instances.Floats("x", t.Width()), Targets: instances.Floats("class", t.Classes.Len()),
	}}
	if t.Classes.Len() > 1 {
		if f.net, err = m.train(ctx, f, t); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.fitted = f
	return nil
}

func (m *Classifier) train(ctx context.Context, f *fitted, t instances.Training) (*neural.MultiLayerNet, error) {
	grid, err := f.columns.Grid(len(t.Y))
	if err != nil {
		return nil, err
	}
	x := f.scale.of(t.X)
	for to, from := range learner.NewRand(learner.Seed(m.seed, "golearn-neural-classifier", "row order")).Perm(len(t.Y)) {
		grid.SetRow(to, 0, x.RawRowView(from))
		grid.SetTarget(to, int(t.Y[from]), 1)
	}
	net := neural.NewMultiLayerNet(slices.Clone(m.params.HiddenLayerSizes))
	net.LearningRate, net.MaxIterations, net.Convergence = m.params.LearningRateInit, m.params.MaxIter, m.params.Tol
	err = instances.Call("multi-layer network", func() error {
		net.Fit(grid.Until(ctx))
		return nil
	})
	return net, err
}

// Predict answers the class with the largest output, of equal ones the first,
// one per row.
func (m *Classifier) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	shares, err := m.shares(ctx, x)
	if err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	return m.fitted.classes.Predict(ctx, rows, shares)
}

// PredictProba answers the outputs divided by their sum, rows x classes.
func (m *Classifier) PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	shares, err := m.shares(ctx, x)
	if err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	return m.fitted.classes.Proba(ctx, rows, shares)
}

func (m *Classifier) shares(ctx context.Context, x *mat.Dense) (func(int, []float64) error, error) {
	f := m.fitted
	if f == nil {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, len(f.columns.Features), traits); err != nil {
		return nil, err
	}
	if f.net == nil {
		return func(_ int, into []float64) error {
			into[0] = 1
			return nil
		}, nil
	}
	outputs, err := f.outputs(ctx, x)
	if err != nil {
		return nil, err
	}
	return func(i int, into []float64) error {
		copy(into, outputs.RawRowView(i))
		sum := floats.Sum(into)
		if sum == 0 { // a row so far away that all sigmoids are 0
			for c := range into {
				into[c] = 1 / float64(len(into))
			}
			return nil
		}
		for c := range into {
			into[c] /= sum
		}
		return nil
	}, nil
}

// outputs are those of the network's last layer: rows x classes shown.
func (f *fitted) outputs(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	rows, _ := x.Dims()
	grid, err := f.columns.Grid(rows)
	if err != nil {
		return nil, err
	}
	grid.SetFeatures(0, f.scale.of(x))
	var answer base.FixedDataGrid
	err = instances.Call("multi-layer network", func() error {
		answer = f.net.Predict(grid.Until(ctx))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f.columns.Answers(answer)
}

var _ learner.Classifier = (*Classifier)(nil)
