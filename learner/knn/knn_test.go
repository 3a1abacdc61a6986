package knn_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/knn"
	"github.com/gochimera/chimera/learner/learnertest"
	"github.com/gochimera/chimera/registry"
)

func TestConformance(t *testing.T) {
	for _, tc := range []struct {
		name, learner, params string
		options               []learnertest.Option
	}{
		{name: "classifier", learner: "knn-classifier", params: `{}`},
		{name: "classifier, tree", learner: "knn-classifier", params: `{"algorithm": "kd_tree", "leaf_size": 5, "metric": "manhattan"}`},
		{name: "classifier, cosine", learner: "knn-classifier", params: `{"weights": "distance", "metric": "cosine", "n_neighbors": 1}`},
		{name: "regressor", learner: "knn-regressor", params: `{}`},
		{name: "regressor, tree", learner: "knn-regressor", params: `{"algorithm": "kd_tree", "weights": "distance"}`},
		{name: "regressor, power 3", learner: "knn-regressor", params: `{"metric": "minkowski", "p": 3}`, options: []learnertest.Option{learnertest.WithRows(40)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			learnertest.Run(t, tc.learner, append(tc.options, learnertest.WithParams(tc.params))...)
		})
	}
}

// fitted makes a learner and fits it.
func fitted(t *testing.T, name, params string, d learner.Dataset) learner.Estimator {
	t.Helper()
	m, err := registry.New(name, []byte(params), learner.Env{Procs: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return m
}

func predict(t *testing.T, m learner.Estimator, x *mat.Dense) []float64 {
	t.Helper()
	y, err := m.Predict(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// TestByHand asks a regressor at the origin; the sums are in the comments.
func TestByHand(t *testing.T) {
	for _, tc := range []struct {
		name, params string
		rows         [][]float64
		y, weights   []float64
		want         float64
	}{
		{name: "the two nearest", params: `{"n_neighbors": 2}`, rows: [][]float64{{3}, {-1}, {2}}, y: []float64{100, 10, 20}, want: 15},
		{name: "fewer rows than neighbours", params: `{"n_neighbors": 9}`, rows: [][]float64{{3}, {-1}, {2}}, y: []float64{30, 10, 20}, want: 20},
		{name: "of equally near rows the first", params: `{"n_neighbors": 1}`, rows: [][]float64{{1}, {-1}, {1}}, y: []float64{7, 8, 9}, want: 7},
		{name: "euclidean: 5 < 6", params: `{"n_neighbors": 1, "metric": "euclidean"}`, rows: [][]float64{{6, 0}, {3, 4}}, y: []float64{1, 2}, want: 2},
		{name: "manhattan: 6 < 7", params: `{"n_neighbors": 1, "metric": "manhattan"}`, rows: [][]float64{{6, 0}, {3, 4}}, y: []float64{1, 2}, want: 1},
		{name: "minkowski, p = 1: 6 < 7", params: `{"n_neighbors": 1, "p": 1}`, rows: [][]float64{{6, 0}, {3, 4}}, y: []float64{1, 2}, want: 1},
		{name: "minkowski, p = 3: 91^(1/3) < 4.6", params: `{"n_neighbors": 1, "p": 3}`, rows: [][]float64{{4.6, 0}, {3, 4}}, y: []float64{1, 2}, want: 2},
		{name: "minkowski, p = 1000: as good as the largest difference", params: `{"n_neighbors": 1, "p": 1000}`,
			rows: [][]float64{{0.0041, 0}, {0.003, 0.004}}, y: []float64{1, 2}, want: 2},
		{name: "1 / distance: (10/1 + 40/2) / (1 + 1/2)", params: `{"n_neighbors": 2, "weights": "distance"}`, rows: [][]float64{{1}, {-2}, {9}},
			y: []float64{10, 40, 0}, want: 20},
		{name: "distance 0 outvotes", params: `{"n_neighbors": 3, "weights": "distance"}`, rows: [][]float64{{1}, {0}, {0}}, y: []float64{100, 2, 4}, want: 3},
		{name: "a weight of 2 fills both places", params: `{"n_neighbors": 2}`, rows: [][]float64{{1}, {2}}, y: []float64{5, 50}, weights: []float64{2, 1}, want: 5},
		{name: "a weight of 0 is not there", params: `{"n_neighbors": 1}`, rows: [][]float64{{1}, {2}}, y: []float64{5, 50}, weights: []float64{0, 1}, want: 50},
		{name: "part of the last: (1.5*10 + 0.5*30) / 2", params: `{"n_neighbors": 2}`, rows: [][]float64{{1}, {2}}, y: []float64{10, 30},
			weights: []float64{1.5, 4}, want: 15},
		{name: "targets that would overflow a sum", params: `{"n_neighbors": 3}`, rows: [][]float64{{1}, {2}, {3}}, y: []float64{1.5e308, 1.5e308, 1.5e308},
			want: 1.5e308},
		{name: "targets that cancel", params: `{"n_neighbors": 2}`, rows: [][]float64{{1}, {2}}, y: []float64{1.5e308, -1.5e308}, want: 0},
		{name: "squares that would overflow", params: `{"n_neighbors": 1}`, rows: [][]float64{{3e300}, {-2e300}}, y: []float64{1, 2}, want: 2},
		{name: "squares that would vanish", params: `{"n_neighbors": 1}`, rows: [][]float64{{3e-300}, {-2e-300}}, y: []float64{1, 2}, want: 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := learner.Dataset{X: mat.NewDense(len(tc.rows), len(tc.rows[0]), slices.Concat(tc.rows...)), Y: tc.y, Weights: tc.weights}
			if got := predict(t, fitted(t, "knn-regressor", tc.params, d), mat.NewDense(1, len(tc.rows[0]), nil)); got[0] != tc.want {
				t.Errorf("got %v, want %v", got[0], tc.want)
			}
		})
	}
}

func TestCosineByHand(t *testing.T) {
	d := learner.Dataset{X: mat.NewDense(4, 2, []float64{1, 0, 0, 1e200, -1e-200, 0, 0, 0}), Y: []float64{1, 2, 3, 4}}
	for _, tc := range []struct {
		name string
		q    []float64
		want float64 // the target of the nearest row
	}{
		{"along the first", []float64{9, 1}, 1},
		{"along the second, tiny", []float64{1e-300, 2e-300}, 2},
		{"against the first", []float64{-1e300, 1}, 3},
		{"no direction", []float64{0, 0}, 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := predict(t, fitted(t, "knn-regressor", `{"n_neighbors": 1, "metric": "cosine"}`, d), mat.NewDense(1, 2, tc.q)); got[0] != tc.want {
				t.Errorf("got %v, want %v", got[0], tc.want)
			}
		})
	}
	// Distances from (1, 1): 1-sqrt(1/2) twice, 1+sqrt(1/2), and 1 for no direction.
	near, far := 1-math.Sqrt(0.5), 1+math.Sqrt(0.5)
	want := (1/near + 2/near + 3/far + 4) / (2/near + 1/far + 1)
	if got := predict(t, fitted(t, "knn-regressor", `{"n_neighbors": 4, "metric": "cosine", "weights": "distance"}`, d),
		mat.NewDense(1, 2, []float64{1, 1})); math.Abs(got[0]-want) > 1e-12 {
		t.Errorf("all four: got %v, want %v", got[0], want)
	}
}

func TestShares(t *testing.T) {
	d := learner.Dataset{
		Schema: learner.Schema{Classes: []learner.Label{"a", "b", "c", "none"}},
		X:      mat.NewDense(4, 1, []float64{0, 1, 2, 4}), Y: []float64{2, 1, 1, 0},
	}
	m := fitted(t, "knn-classifier", `{"n_neighbors": 4}`, d).(learner.Classifier)
	p, err := m.PredictProba(context.Background(), mat.NewDense(1, 1, nil))
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{0.25, 0.5, 0.25, 0}; !slices.Equal(p.RawRowView(0), want) {
		t.Errorf("got %v, want %v", p.RawRowView(0), want)
	}
	tie := fitted(t, "knn-classifier", `{"n_neighbors": 2}`, d)
	if got := predict(t, tie, mat.NewDense(1, 1, nil)); got[0] != 1 {
		t.Errorf("of two equal shares class %v is answered, want the first, 1", got[0])
	}
}

// TestWholeWeightsAreRepeatedRows is to the bit, which the conformance suite
// does not ask for.
func TestWholeWeightsAreRepeatedRows(t *testing.T) {
	for seed := range uint64(500) {
		rng := learner.NewRand(seed)
		d, x := small(rng, 0)
		var rows []int
		d.Weights = make([]float64, d.Len())
		for i := range d.Weights {
			d.Y[i] = rng.NormFloat64()
			d.Weights[i] = float64(rng.IntN(5))
			if i == 0 {
				d.Weights[i] = 3
			}
			for range int(d.Weights[i]) {
				rows = append(rows, i)
			}
		}
		p := parameters(rng, false)
		p.Algorithm = pick(rng, "brute", "kd_tree")
		var answers [][]float64
		repeated := d.Select(rows)
		repeated.Weights = nil
		for _, set := range []learner.Dataset{d, repeated} {
			m, err := knn.NewRegressor(p, learner.Env{})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Fit(context.Background(), set); err != nil {
				t.Fatal(err)
			}
			answers = append(answers, predict(t, m, x))
		}
		if !slices.Equal(answers[0], answers[1]) {
			t.Fatalf("seed %d, %+v: weighted %v, repeated %v", seed, p, answers[0], answers[1])
		}
	}
}

// standardise brings both parts to mean 0 and variance 1 on the training part.
func standardise(train, test learner.Dataset) {
	_, cols := train.X.Dims()
	for j := range cols {
		mean, variance := stat.PopMeanVariance(mat.Col(nil, j, train.X), nil)
		if variance == 0 {
			variance = 1
		}
		for _, d := range []learner.Dataset{train, test} {
			for i := range d.Len() {
				d.X.Set(i, j, (d.X.At(i, j)-mean)/math.Sqrt(variance))
			}
		}
	}
}

// TestScores compares with scikit-learn 1.2.1 (KNeighborsClassifier and
// KNeighborsRegressor with their defaults) on the same splits: within one test
// row, or 0.005 of R2.
func TestScores(t *testing.T) {
	for _, tc := range []struct {
		set          string
		standardised bool
		want         float64
	}{
		{"iris", false, 0.9737}, {"iris", true, 0.9737}, {"wine", false, 0.7333}, {"wine", true, 0.9778},
		{"breast_cancer", false, 0.9371}, {"breast_cancer", true, 0.9510}, {"digits", false, 0.9800}, {"digits", true, 0.9733},
		{"diabetes", false, 0.1891},
	} {
		name := tc.set
		if tc.standardised {
			name += ", standardised"
		}
		t.Run(name, func(t *testing.T) {
			train, test := testdata.Load(t, tc.set)
			if tc.standardised {
				standardise(train, test)
			}
			if train.Classes == nil {
				got := stat.RSquaredFrom(predict(t, fitted(t, "knn-regressor", `{}`, train), test.X), test.Y, nil)
				if math.Abs(got-tc.want) > 0.005 {
					t.Errorf("R2 %.4f, want %.4f", got, tc.want)
				}
				return
			}
			right := 0.0
			for i, y := range predict(t, fitted(t, "knn-classifier", `{}`, train), test.X) {
				if y == test.Y[i] {
					right++
				}
			}
			rows := float64(test.Len())
			if got := right / rows; math.Abs(got-tc.want) > 1/rows+0.5e-4 {
				t.Errorf("accuracy %.4f, want %.4f", got, tc.want)
			}
		})
	}
}

func TestBadParameters(t *testing.T) {
	good := knn.Params{NNeighbors: 1, Weights: "uniform", Algorithm: "auto", LeafSize: 1, Metric: "cosine", P: 2}
	for param, change := range map[string]func(*knn.Params){
		"n_neighbors": func(p *knn.Params) { p.NNeighbors = 0 },
		"weights":     func(p *knn.Params) { p.Weights = "" },
		"algorithm":   func(p *knn.Params) { p.Algorithm = "ball_tree" },
		"leaf_size":   func(p *knn.Params) { p.LeafSize = -1 },
		"metric":      func(p *knn.Params) { p.Metric = "haversine" },
		"p":           func(p *knn.Params) { p.P = math.NaN() },
	} {
		t.Run(param, func(t *testing.T) {
			p := good
			change(&p)
			var bad *learner.ParamError
			if _, err := knn.NewClassifier(p, learner.Env{}); !errors.As(err, &bad) || bad.Param != param {
				t.Errorf("classifier: got %v, want a ParamError about %s", err, param)
			}
			if _, err := knn.NewRegressor(p, learner.Env{}); !errors.As(err, &bad) || bad.Param != param {
				t.Errorf("regressor: got %v, want a ParamError about %s", err, param)
			}
		})
	}
	if _, err := knn.NewClassifier(good, learner.Env{}); err != nil {
		t.Error(err)
	}
}

// points are n standard normal rows with targets.
func points(n, cols int, seed uint64) learner.Dataset {
	rng := learner.NewRand(seed)
	d := learner.Dataset{X: mat.NewDense(n, cols, nil), Y: make([]float64, n)}
	for i := range n {
		row := d.X.RawRowView(i)
		for j := range row {
			row[j] = rng.NormFloat64()
		}
		d.Y[i] = row[0]
	}
	return d
}

func TestPredictIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d := points(100, 2, 1)
	if _, err := fitted(t, "knn-regressor", `{}`, d).Predict(ctx, d.X); !errors.Is(err, context.Canceled) {
		t.Errorf("regressor: got %v, want context.Canceled", err)
	}
	d.Classes = []learner.Label{"only"}
	clear(d.Y)
	if _, err := fitted(t, "knn-classifier", `{}`, d).Predict(ctx, d.X); !errors.Is(err, context.Canceled) {
		t.Errorf("classifier: got %v, want context.Canceled", err)
	}
}
