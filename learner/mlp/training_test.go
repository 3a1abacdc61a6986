package mlp

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// usual are the defaults.
func usual() Training {
	return Training{
		Solver: "adam", Alpha: 1e-4, LearningRateInit: 1e-3, LearningRate: "constant", PowerT: 0.5, StepSize: 50, Gamma: 0.1, BatchSize: 200, MaxIter: 200,
		Tol: 1e-4, NIterNoChange: 10, ValidationFraction: 0.1, Shuffle: true, Momentum: 0.9, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8,
	}
}

func small() Perceptron {
	return Perceptron{HiddenLayerSizes: []int{4}, Activation: ReLU, Init: string(Glorot)}
}

func TestRates(t *testing.T) {
	for _, tc := range []struct {
		schedule    string
		epoch, rows int
		want        float64
	}{
		{"constant", 7, 700, 0.8},
		{"invscaling", 0, 0, 0.8},
		{"invscaling", 1, 99, 0.08}, // by rows seen, as scikit-learn does
		{"step", 49, 0, 0.8},
		{"step", 50, 0, 0.08},
		{"cosine", 0, 0, 0.8},
		{"cosine", 100, 0, 0.4},
	} {
		t.Run(tc.schedule, func(t *testing.T) {
			s := usual()
			s.LearningRate, s.LearningRateInit = tc.schedule, 0.8
			rate, err := s.rate()
			if err != nil {
				t.Fatal(err)
			}
			if got := rate(tc.epoch, tc.rows); math.Abs(got-tc.want) > 1e-12 {
				t.Errorf("in epoch %d, after %d rows, the rate is %v, want %v", tc.epoch, tc.rows, got, tc.want)
			}
		})
	}
}

// rowsOfClasses is n rows of the given numbers of each class.
func rowsOfClasses(counts ...int) learner.Dataset {
	var d learner.Dataset
	for c, n := range counts {
		d.Classes = append(d.Classes, learner.NumberLabel(float64(c)))
		for range n {
			d.Y = append(d.Y, float64(c))
		}
	}
	d.X = mat.NewDense(len(d.Y), 1, nil)
	for i, y := range d.Y {
		d.X.Set(i, 0, y+0.001*float64(i))
	}
	return d
}

func TestSetAside(t *testing.T) {
	for _, tc := range []struct {
		name   string
		counts []int
		aside  []int // of each class
	}{
		{"a tenth of each", []int{100, 40}, []int{10, 4}},
		{"rounded", []int{14, 16}, []int{1, 2}},
		{"a class too small", []int{100, 2}, []int{10, 0}},
		{"nothing", []int{2, 3}, []int{0, 0}},
		{"an absent class", []int{50, 0}, []int{5, 0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var logged bytes.Buffer
			tr := &trainer{Training: usual(), data: rowsOfClasses(tc.counts...), env: learner.Env{Seed: 1, Log: slog.New(slog.NewTextHandler(&logged, nil))}}
			for i := range tr.data.Len() {
				tr.rows = append(tr.rows, i)
			}
			tr.setAside(t.Context())
			got := make([]int, len(tc.counts))
			for _, y := range tr.aside.Y {
				got[int(y)]++
			}
			if !slices.Equal(got, tc.aside) {
				t.Errorf("%v rows of each class are set aside, want %v", got, tc.aside)
			}
			all := slices.Clone(tr.rows)
			for _, r := range tr.aside.Rows {
				all = append(all, int(r))
			}
			slices.Sort(all)
			if len(all) != tr.data.Len() || len(slices.Compact(all)) != tr.data.Len() {
				t.Error("a row is lost, or in both parts")
			}
			if warned := strings.Contains(logged.String(), "too few rows"); warned != (tr.aside.Len() == 0) {
				t.Errorf("logged %q", logged.String())
			}
		})
	}
}

// TestEarlyStopping: training ends when the score does not improve, with the
// parameters that scored best.
func TestEarlyStopping(t *testing.T) {
	d := rowsOfClasses(60, 60)
	s := usual()
	s.EarlyStopping, s.LearningRateInit, s.MaxIter, s.NIterNoChange = true, 0.05, 500, 5
	m, err := NewClassifier(small(), s, learner.Env{Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	epochs := len(m.LossCurve())
	if epochs == 500 || epochs < 6 {
		t.Errorf("stops after %d epochs", epochs)
	}
	predicted, err := m.Predict(t.Context(), d.X)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(predicted, d.Y) {
		t.Error("does not learn what is easy")
	}
	// The same training for as long as the best score took gives the same
	// parameters: so they are those of the best epoch, not of the last.
	s.MaxIter = epochs - 6
	best, err := NewClassifier(small(), s, learner.Env{Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	if err := best.Fit(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(best.Parameters(), m.Parameters()) {
		t.Errorf("after %d epochs the parameters are not those of epoch %d", epochs, epochs-6)
	}
}

// Of ten rows one is set aside: R2 of it alone is 0 whatever is predicted.
func TestEarlyStoppingByOneRow(t *testing.T) {
	d := rowsOfClasses(5, 5)
	d.Classes = nil
	s := usual()
	s.EarlyStopping, s.LearningRateInit = true, 0.01
	fit := func(maxIter int) *Regressor {
		s.MaxIter = maxIter
		m, err := NewRegressor(small(), s, RegressionLoss{Loss: SquaredError}, learner.Env{Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Fit(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		return m
	}
	m := fit(200)
	if epochs := len(m.LossCurve()); epochs < 20 {
		t.Errorf("stops after %d epochs, though the row set aside is predicted ever better", epochs)
	}
	if slices.Equal(m.Parameters(), fit(1).Parameters()) {
		t.Error("the parameters are those of the first epoch")
	}
}

func TestDivergence(t *testing.T) {
	d := rowsOfClasses(30, 30)
	d.Classes = nil
	for i := range d.Y {
		d.Y[i] = 1e6 * float64(i)
		d.X.Set(i, 0, 1e5*float64(i))
	}
	s := usual()
	s.Solver, s.LearningRateInit = "sgd", 10
	m, err := NewRegressor(Perceptron{Init: string(Glorot)}, s, RegressionLoss{Loss: SquaredError}, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(t.Context(), d); err == nil || !strings.Contains(err.Error(), "lower learning_rate_init") {
		t.Errorf("error %v, want one that says what to do", err)
	}
	if _, err := m.Predict(t.Context(), d.X); !errors.Is(err, learner.ErrNotFitted) {
		t.Errorf("after a diverged first Fit: error %v, want ErrNotFitted", err)
	}
}

// TestOverflow: rows that are finite but far too large are an error that names
// the row, not NaN.
func TestOverflow(t *testing.T) {
	m, err := NewClassifier(small(), usual(), learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(t.Context(), rowsOfClasses(10, 10)); err != nil {
		t.Fatal(err)
	}
	p := m.Parameters()
	for i := range p {
		p[i] = 1e200
	}
	if err := m.SetParameters(p); err != nil {
		t.Fatal(err)
	}
	_, err = m.Predict(t.Context(), mat.NewDense(2, 1, []float64{0, 1e200}))
	var data *learner.DataError
	if !errors.As(err, &data) || data.Row != 0 && data.Row != 1 {
		t.Errorf("error %v, want a DataError that names a row", err)
	}
}

func TestSettled(t *testing.T) {
	for _, tc := range []struct {
		name    string
		maxIter int
		warns   bool
	}{{"max_iter too small", 20, true}, {"settled", 2000, false}, {"a few epochs on purpose", 5, true}} {
		t.Run(tc.name, func(t *testing.T) {
			var logged bytes.Buffer
			s := usual()
			s.MaxIter, s.LearningRateInit = tc.maxIter, 0.02
			m, err := NewClassifier(small(), s, learner.Env{Log: slog.New(slog.NewTextHandler(&logged, nil))})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Fit(t.Context(), rowsOfClasses(20, 20)); err != nil {
				t.Fatal(err)
			}
			if warned := strings.Contains(logged.String(), "before the loss settled"); warned != tc.warns {
				t.Errorf("after %d epochs, logged %q", len(m.LossCurve()), logged.String())
			}
			want := learner.Ended(!tc.warns, len(m.LossCurve()), "raise max_iter, learning_rate_init or tol")
			if got := m.Convergence(); *got != *want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

// TestShuffle: each epoch has an order of its own, a function of the seed.
func TestShuffle(t *testing.T) {
	tr := &trainer{Training: usual(), env: learner.Env{Seed: 1}}
	for i := range 50 {
		tr.rows = append(tr.rows, i)
	}
	first, second := tr.order(0), tr.order(1)
	if slices.Equal(first, second) || slices.Equal(first, tr.rows) {
		t.Error("the order of rows does not change from epoch to epoch")
	}
	if !slices.Equal(first, tr.order(0)) {
		t.Error("the order of one epoch is not one order")
	}
	slices.Sort(second)
	if !slices.Equal(second, tr.rows) {
		t.Error("an epoch does not take each row once")
	}
	tr.Shuffle = false
	if !slices.Equal(tr.order(3), tr.rows) {
		t.Error("without shuffle the rows are in another order")
	}
}

func TestRefusedParameters(t *testing.T) {
	for _, tc := range []struct {
		param  string
		change func(*Perceptron, *Training, *RegressionLoss)
	}{
		{"activation", func(p *Perceptron, _ *Training, _ *RegressionLoss) { p.Activation = "swish" }},
		{"dropout", func(p *Perceptron, _ *Training, _ *RegressionLoss) { p.Dropout = 1 }},
		{"init", func(p *Perceptron, _ *Training, _ *RegressionLoss) { p.Init = "zeros" }},
		{"solver", func(_ *Perceptron, s *Training, _ *RegressionLoss) { s.Solver = "lbfgs" }},
		{"solver", func(_ *Perceptron, s *Training, _ *RegressionLoss) { s.Beta1 = 1 }},
		{"alpha", func(_ *Perceptron, s *Training, _ *RegressionLoss) { s.Alpha = math.NaN() }},
		{"learning_rate", func(_ *Perceptron, s *Training, _ *RegressionLoss) { s.LearningRateInit = 0 }},
		{"learning_rate", func(_ *Perceptron, s *Training, _ *RegressionLoss) { s.LearningRate = "adaptive" }},
		{"batch_size", func(_ *Perceptron, s *Training, _ *RegressionLoss) { s.BatchSize = 0 }},
		{"max_iter", func(_ *Perceptron, s *Training, _ *RegressionLoss) { s.MaxIter = 0 }},
		{"tol", func(_ *Perceptron, s *Training, _ *RegressionLoss) { s.Tol = -1 }},
		{"n_iter_no_change", func(_ *Perceptron, s *Training, _ *RegressionLoss) { s.NIterNoChange = 0 }},
		{"validation_fraction", func(_ *Perceptron, s *Training, _ *RegressionLoss) { s.EarlyStopping, s.ValidationFraction = true, 1 }},
		{"loss", func(_ *Perceptron, _ *Training, l *RegressionLoss) { l.Loss = "hinge" }},
		{"delta", func(_ *Perceptron, _ *Training, l *RegressionLoss) { *l = RegressionLoss{Huber, 0} }},
	} {
		t.Run(tc.param, func(t *testing.T) {
			p, s, l := small(), usual(), RegressionLoss{Loss: SquaredError}
			tc.change(&p, &s, &l)
			_, err := NewRegressor(p, s, l, learner.Env{})
			var param *learner.ParamError
			if !errors.As(err, &param) || param.Param != tc.param {
				t.Errorf("error %v, want a ParamError about %s", err, tc.param)
			}
		})
	}
	if _, err := NewClassifier(nil, usual(), learner.Env{}); err == nil {
		t.Error("no architecture: no error")
	}
}

// TestTooLarge: a network that no machine can hold is an error, not a crash.
func TestTooLarge(t *testing.T) {
	for _, sizes := range [][]int{{1 << 40}, {1 << 20, 1 << 20}, {0}, {-3}} {
		p := small()
		p.HiddenLayerSizes = sizes
		if _, err := NewClassifier(p, usual(), learner.Env{}); err == nil {
			t.Errorf("hidden layers of %v units: no error", sizes)
		}
	}
}

// TestLargeBatches: a gradient over more rows than go through at once is the
// sum over the pieces, and looks at its context between them.
func TestLargeBatches(t *testing.T) {
	d := rowsOfClasses(pieceRows, pieceRows/2+100)
	m, err := NewClassifier(small(), usual(), learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	d.Features = []string{"x"}
	if _, err := m.Init(d.Schema); err != nil {
		t.Fatal(err)
	}
	whole, sum := make([]float64, len(m.Parameters())), make([]float64, len(m.Parameters()))
	loss, weight, err := m.Gradient(t.Context(), learner.Step{}, d, whole)
	if err != nil {
		t.Fatal(err)
	}
	var lossSum float64
	for i := range d.Len() {
		g := make([]float64, len(sum))
		l, _, err := m.Gradient(t.Context(), learner.Step{}, d.Select([]int{i}), g)
		if err != nil {
			t.Fatal(err)
		}
		lossSum += l
		for j := range g {
			sum[j] += g[j]
		}
	}
	if weight != float64(d.Len()) || math.Abs(loss/lossSum-1) > 1e-12 {
		t.Errorf("loss %v, weight %v; row by row %v, %d", loss, weight, lossSum, d.Len())
	}
	for i := range sum {
		if math.Abs(sum[i]-whole[i]) > 1e-9*max(1, math.Abs(sum[i])) {
			t.Errorf("derivative %d is %v, row by row %v", i, whole[i], sum[i])
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.SetParameters(m.Parameters()); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Predict(ctx, d.X); !errors.Is(err, context.Canceled) {
		t.Errorf("Predict with an ended context: error %v", err)
	}
}
