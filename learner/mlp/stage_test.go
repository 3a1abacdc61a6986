package mlp_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/optimise"
	"github.com/gochimera/chimera/registry"
)

// spirals are two arms of a spiral around each other, rows points in all.
func spirals(rows int, noise float64, seed uint64) learner.Dataset {
	rng := learner.NewRand(seed)
	d := learner.Dataset{
		Schema: learner.Schema{Features: []string{"x", "y"}, Classes: []learner.Label{"in", "out"}},
		X:      mat.NewDense(rows, 2, nil), Y: make([]float64, rows),
	}
	for i := range rows {
		arm := i % 2
		angle := 0.5 + 5.5*rng.Float64()
		radius := angle / 3
		d.Y[i] = float64(arm)
		d.X.Set(i, 0, radius*math.Cos(angle+math.Pi*float64(arm))+noise*rng.NormFloat64())
		d.X.Set(i, 1, radius*math.Sin(angle+math.Pi*float64(arm))+noise*rng.NormFloat64())
	}
	return d
}

// everything is a network with a layer of each kind.
const everything = `{"hidden_layer_sizes": [13, 7], "activation": "gelu", "dropout": 0.25, "layer_norm": true, "init": "he"}`

func layered(t *testing.T, name, params string, env learner.Env) learner.Layered {
	t.Helper()
	m, err := registry.New(name, []byte(params), env)
	if err != nil {
		t.Fatal(err)
	}
	return m.(learner.Layered)
}

// pipeline trains in stages, as a pipeline does: each batch in micros parts, each
// stage with an optimiser of its own. It returns the parameters and the last
// predictions.
func pipeline(t *testing.T, d learner.Dataset, cuts []int, micros, steps int) (params, predicted []float64) {
	t.Helper()
	ctx := context.Background()
	var stages []learner.Stage
	var optimisers []optimise.Optimiser
	for i := 1; i < len(cuts); i++ {
		m := layered(t, "mlp-classifier", everything, learner.Env{Seed: 3, Procs: i}) // on a machine of its own
		s, err := m.Build(d.Schema, cuts[i-1], cuts[i])
		if err != nil {
			t.Fatal(err)
		}
		o, err := optimise.New(optimise.Settings{Name: optimise.NameAdam, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8})
		if err != nil {
			t.Fatal(err)
		}
		stages, optimisers = append(stages, s), append(optimisers, o)
	}
	objective := layered(t, "mlp-classifier", everything, learner.Env{}).(learner.Objective)
	for step := range steps {
		at := learner.Step{Seed: 9, Index: step}
		grads := make([][]float64, len(stages))
		for i, s := range stages {
			grads[i] = make([]float64, len(s.Parameters()))
		}
		outs := make([]*mat.Dense, micros)
		parts := make([]learner.Dataset, micros)
		for micro := range micros { // all forward, then all back
			var rows []int
			for i := micro * d.Len() / micros; i < (micro+1)*d.Len()/micros; i++ {
				rows = append(rows, i)
			}
			parts[micro] = d.Select(rows)
			outs[micro] = parts[micro].X
			for _, s := range stages {
				var err error
				if outs[micro], err = s.Forward(ctx, at, micro, parts[micro].Rows, outs[micro]); err != nil {
					t.Fatal(err)
				}
			}
		}
		var total float64
		for micro, out := range outs {
			rows, cols := out.Dims()
			dOut := mat.NewDense(rows, cols, nil)
			_, weight, err := objective.OutputLoss(out, parts[micro].Y, nil, dOut)
			if err != nil {
				t.Fatal(err)
			}
			total += weight
			for i := len(stages) - 1; i >= 0; i-- {
				if dOut, err = stages[i].Backward(ctx, micro, dOut, grads[i]); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i, s := range stages {
			p := s.Parameters()
			floats.Scale(1/total, grads[i])
			optimisers[i].Step(p, grads[i], 0.01)
			if err := s.SetParameters(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	out := d.X
	for _, s := range stages {
		params = append(params, s.Parameters()...)
		var err error
		if out, err = s.(learner.StagePredictor).Predict(ctx, out); err != nil {
			t.Fatal(err)
		}
	}
	predicted, proba, err := objective.OutputAnswers(out)
	if err != nil {
		t.Fatal(err)
	}
	return params, append(predicted, proba.RawMatrix().Data...)
}

// TestPipelineBits: for a fixed number of micro-batches, training gives the
// same bits however the network is cut, dropout included; and against whole
// batches it differs by rounding only.
func TestPipelineBits(t *testing.T) {
	d := spirals(61, 0.1, 1)
	m := layered(t, "mlp-classifier", everything, learner.Env{})
	layers, err := m.Layers(d.Schema)
	if err != nil {
		t.Fatal(err)
	}
	n := len(layers)
	single := make([]int, n+1)
	for i := range single {
		single[i] = i
	}
	var whole []float64
	for _, micros := range []int{1, 4} {
		params, predicted := pipeline(t, d, []int{0, n}, micros, 12)
		for _, cuts := range [][]int{{0, 1, n}, {0, 4, n}, {0, 3, 6, n}, single} {
			t.Run(fmt.Sprintf("%d micro-batches, cut at %v", micros, cuts), func(t *testing.T) {
				p, q := pipeline(t, d, cuts, micros, 12)
				if !slices.Equal(params, p) {
					t.Error("other parameters than in one piece")
				}
				if !slices.Equal(predicted, q) {
					t.Error("other answers than in one piece")
				}
			})
		}
		if whole == nil {
			whole = params
			continue
		}
		if !near(params, whole, 1e-9) {
			t.Errorf("in %d micro-batches the parameters are further than 1e-9 from those of whole batches", micros)
		}
		if slices.Equal(params, whole) {
			t.Error("micro-batches gave the bits of whole batches: they were not tried")
		}
	}
}

// TestStagePredictsAsTheModel: without dropout, unlike Forward.
func TestStagePredictsAsTheModel(t *testing.T) {
	d := spirals(40, 0.1, 2)
	m := layered(t, "mlp-classifier", everything, learner.Env{Seed: 5})
	if _, err := m.Init(d.Schema); err != nil {
		t.Fatal(err)
	}
	if err := m.SetParameters(m.Parameters()); err != nil {
		t.Fatal(err)
	}
	layers, err := m.Layers(d.Schema)
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Build(d.Schema, 0, len(layers))
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.(learner.StagePredictor).Predict(t.Context(), d.X)
	if err != nil {
		t.Fatal(err)
	}
	_, proba, err := m.(learner.Objective).OutputAnswers(out)
	if err != nil {
		t.Fatal(err)
	}
	want, err := m.(learner.Classifier).PredictProba(t.Context(), d.X)
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(proba, want) {
		t.Error("the stage's answers are not the model's")
	}
	ids := make([]uint64, d.Len())
	trained, err := s.Forward(t.Context(), learner.Step{}, 0, ids, d.X)
	if err != nil {
		t.Fatal(err)
	}
	if mat.Equal(trained, out) {
		t.Error("Forward drops nothing")
	}
	again, err := s.Forward(t.Context(), learner.Step{Index: 1}, 0, ids, d.X)
	if err != nil {
		t.Fatal(err)
	}
	if mat.Equal(trained, again) {
		t.Error("Forward drops the same units in the next step")
	}
}

// TestDropoutGradient: with the masks of one step held fixed, the gradient is
// the slope; the suite checks networks without dropout.
func TestDropoutGradient(t *testing.T) {
	for _, tc := range []struct{ name, learner, params string }{
		{"classifier", "mlp-classifier", everything},
		{"regressor", "mlp-regressor", `{"hidden_layer_sizes": [6, 5], "activation": "logistic", "dropout": 0.5, "layer_norm": true, "loss": "huber", "delta": 0.4}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := spirals(15, 0.1, 3)
			if tc.learner == "mlp-regressor" {
				d.Classes = nil
			}
			m := layered(t, tc.learner, tc.params, learner.Env{Seed: 1})
			if _, err := m.Init(d.Schema); err != nil {
				t.Fatal(err)
			}
			at := learner.Step{Seed: 8, Index: 3}
			p := m.Parameters()
			rng := learner.NewRand(4)
			for i := range p {
				p[i] += 0.2 * rng.NormFloat64()
			}
			gradient := func(q []float64) ([]float64, float64) {
				if err := m.SetParameters(q); err != nil {
					t.Fatal(err)
				}
				g := make([]float64, len(p))
				loss, _, err := m.Gradient(t.Context(), at, d, g)
				if err != nil {
					t.Fatal(err)
				}
				return g, loss
			}
			g, _ := gradient(p)
			scale := floats.Norm(g, math.Inf(1))
			for i := range p {
				q := slices.Clone(p)
				const h = 1e-5
				q[i] = p[i] + h
				_, up := gradient(q)
				q[i] = p[i] - h
				_, down := gradient(q)
				slope := (up - down) / (2 * h)
				if math.Abs(slope-g[i]) > 1e-6*max(math.Abs(slope), 0.01*scale) {
					t.Errorf("parameter %d: the gradient is %v, the slope %v", i, g[i], slope)
				}
			}
		})
	}
}

func TestStageRefuses(t *testing.T) {
	d := spirals(6, 0, 1)
	m := layered(t, "mlp-classifier", `{}`, learner.Env{})
	s, err := m.Build(d.Schema, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	ids := make([]uint64, 6)
	forward := func(ctx context.Context, ids []uint64, x *mat.Dense) error {
		_, err := s.Forward(ctx, learner.Step{}, 0, ids, x)
		return err
	}
	if err := forward(t.Context(), ids, d.X); err != nil {
		t.Fatal(err)
	}
	room := make([]float64, len(s.Parameters()))
	backward := func(ctx context.Context, dOut *mat.Dense) error {
		_, err := s.Backward(ctx, 0, dOut, room)
		return err
	}
	for _, tc := range []struct {
		name string
		err  error
	}{
		{"fewer ids than rows", forward(t.Context(), ids[1:], d.X)},
		{"no rows", forward(t.Context(), nil, nil)},
		{"ended context forward", forward(ended, ids, d.X)},
		{"ended context back", backward(ended, mat.NewDense(6, 100, nil))},
		{"fewer rows back", backward(t.Context(), mat.NewDense(5, 100, nil))},
		{"narrower rows back", backward(t.Context(), mat.NewDense(6, 99, nil))},
	} {
		if tc.err == nil {
			t.Errorf("%s: no error", tc.name)
		}
	}
	if err := backward(t.Context(), mat.NewDense(6, 100, nil)); err != nil {
		t.Errorf("after calls that were refused the micro-batch is gone: %v", err)
	}
}
