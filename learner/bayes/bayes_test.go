package bayes_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/bayes"
	"github.com/gochimera/chimera/learner/learnertest"
	"github.com/gochimera/chimera/registry"
)

func TestConformance(t *testing.T) {
	for _, tc := range []struct {
		name, learner, params string
		options               []learnertest.Option
	}{
		{name: "gaussian", learner: "gaussian-nb", params: `{}`},
		{name: "gaussian, not smoothed", learner: "gaussian-nb", params: `{"var_smoothing": 0}`},
		{name: "bernoulli", learner: "bernoulli-nb", params: `{}`},
		{name: "bernoulli, equal classes", learner: "bernoulli-nb", params: `{"fit_prior": false, "alpha": 0, "binarize": -0.5}`},
		{name: "multinomial", learner: "multinomial-nb", params: `{}`, options: []learnertest.Option{learnertest.NonNegative()}},
		{name: "multinomial, equal classes", learner: "multinomial-nb", params: `{"fit_prior": false, "alpha": 0}`,
			options: []learnertest.Option{learnertest.NonNegative()}},
		{name: "qda", learner: "qda-classifier", params: `{}`},
		{name: "qda, regularised", learner: "qda-classifier", params: `{"reg_param": 0.1}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			learnertest.Run(t, tc.learner, append(tc.options, learnertest.WithParams(tc.params))...)
		})
	}
}

func fitted(t *testing.T, name, params string, d learner.Dataset) learner.Classifier {
	t.Helper()
	m, err := registry.New(name, []byte(params), learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return m.(learner.Classifier)
}

func proba(t *testing.T, m learner.Classifier, x *mat.Dense) *mat.Dense {
	t.Helper()
	p, err := m.PredictProba(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestByHand has two classes, a and b, and asks for the probability of b.
func TestByHand(t *testing.T) {
	schema := learner.Schema{Classes: []learner.Label{"a", "b"}}
	// Four rows of a, two of b; first feature: 1 of 4 and 2 of 2 yes, second: 2 of 4 and 0 of 2.
	coins := learner.Dataset{Schema: schema, X: mat.NewDense(6, 2, []float64{1, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0}), Y: []float64{0, 0, 0, 0, 1, 1}}
	// Words: a has counted 3 and 1, b 1 and 3.
	urns := learner.Dataset{Schema: schema, X: mat.NewDense(3, 2, []float64{2, 1, 1, 0, 1, 3}), Y: []float64{0, 0, 1}}
	// a: 0 and 2, mean 1, variance 1; b: 4 and 8, mean 6, variance 4.
	bells := learner.Dataset{Schema: schema, X: mat.NewDense(4, 1, []float64{0, 2, 4, 8}), Y: []float64{0, 0, 1, 1}}
	weighted := bells
	weighted.Weights = []float64{1, 1, 3, 3}
	constant := learner.Dataset{Schema: schema, X: mat.NewDense(4, 1, []float64{7, 7, 7, 7}), Y: []float64{0, 1, 1, 1}}
	for _, tc := range []struct {
		name, learner, params string
		train                 learner.Dataset
		q                     []float64
		a, b                  float64 // the joint likelihoods, by hand
	}{
		{"bernoulli, yes and no", "bernoulli-nb", `{}`, coins, []float64{1, 0}, 4.0 / 6 * (2.0 / 6) * (3.0 / 6), 2.0 / 6 * (3.0 / 4) * (3.0 / 4)},
		{"bernoulli, no and yes", "bernoulli-nb", `{}`, coins, []float64{0, 1}, 4.0 / 6 * (4.0 / 6) * (3.0 / 6), 2.0 / 6 * (1.0 / 4) * (1.0 / 4)},
		{"bernoulli, alpha 0.5", "bernoulli-nb", `{"alpha": 0.5}`, coins, []float64{1, 0}, 4.0 / 6 * (1.5 / 5) * (2.5 / 5), 2.0 / 6 * (2.5 / 3) * (2.5 / 3)},
		{"bernoulli, equal classes", "bernoulli-nb", `{"fit_prior": false}`, coins, []float64{1, 0}, (2.0 / 6) * (3.0 / 6), (3.0 / 4) * (3.0 / 4)},
		{"bernoulli, a value at the threshold is a no", "bernoulli-nb", `{"binarize": 0.5}`, coins, []float64{0.6, 0.5}, 4.0 / 6 * (2.0 / 6) * (3.0 / 6),
			2.0 / 6 * (3.0 / 4) * (3.0 / 4)},
		{"bernoulli, not smoothed", "bernoulli-nb", `{"alpha": 0}`, coins, []float64{0, 0}, 4.0 / 6 * (3.0 / 4) * (2.0 / 4), 0},
		{"multinomial", "multinomial-nb", `{}`, urns, []float64{2, 1}, 2.0 / 3 * (4.0 / 6 * 4 / 6) * (2.0 / 6), 1.0 / 3 * (2.0 / 6 * 2 / 6) * (4.0 / 6)},
		{"multinomial, alpha 2", "multinomial-nb", `{"alpha": 2}`, urns, []float64{0, 1}, 2.0 / 3 * (3.0 / 8), 1.0 / 3 * (5.0 / 8)},
		{"multinomial, equal classes", "multinomial-nb", `{"fit_prior": false}`, urns, []float64{0, 1}, 2.0 / 6, 4.0 / 6},
		{"multinomial, nothing counted", "multinomial-nb", `{}`, urns, []float64{0, 0}, 2.0 / 3, 1.0 / 3},
		{"gaussian, between", "gaussian-nb", `{"var_smoothing": 0}`, bells, []float64{3}, math.Exp(-2), math.Exp(-9.0/8) / 2},
		{"gaussian, weights", "gaussian-nb", `{"var_smoothing": 0}`, weighted, []float64{3}, math.Exp(-2), 3 * math.Exp(-9.0/8) / 2},
		// The variance of 0, 2, 4, 8 is 21 - 3.5^2 = 8.75; a fifth of it is 1.75.
		{"gaussian, smoothed", "gaussian-nb", `{"var_smoothing": 0.2}`, bells, []float64{3}, math.Exp(-4/(2*2.75)) / math.Sqrt(2.75),
			math.Exp(-9/(2*5.75)) / math.Sqrt(5.75)},
		{"gaussian, constant feature", "gaussian-nb", `{}`, constant, []float64{7}, 1, 3},
		{"gaussian, too far for any class", "gaussian-nb", `{}`, constant, []float64{1e300}, 1, 3},
		{"multinomial, too much for any class", "multinomial-nb", `{}`, urns, []float64{1.7e308, 1.7e308}, 2, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := proba(t, fitted(t, tc.learner, tc.params, tc.train), mat.NewDense(1, len(tc.q), tc.q)).RawRowView(0)
			want := tc.b / (tc.a + tc.b)
			if math.Abs(got[1]-want) > 1e-9 || math.Abs(got[0]+got[1]-1) > 1e-12 {
				t.Errorf("got %v, want %v for the second class", got, want)
			}
		})
	}
}

// random draws a small set with whole-numbered, non-negative features.
func random(rng *rand.Rand) (learner.Dataset, *mat.Dense) {
	n, cols, classes := 1+rng.IntN(30), 1+rng.IntN(4), 1+rng.IntN(4)
	draw := func(rows int) *mat.Dense {
		x := mat.NewDense(rows, cols, nil)
		x.Apply(func(int, int, float64) float64 { return float64(rng.IntN(5)) }, x)
		return x
	}
	d := learner.Dataset{X: draw(n), Y: make([]float64, n), Weights: make([]float64, n)}
	for c := range classes {
		d.Classes = append(d.Classes, learner.Label(rune('a'+c)))
	}
	for i := range n {
		d.Y[i], d.Weights[i] = float64(rng.IntN(classes)), 2*rng.Float64()*float64(rng.IntN(3))
	}
	d.Weights[0] = 1
	return d, draw(3)
}

// joint is the likelihood of a row and a class, not as a logarithm, from
// gonum's distributions.
func joint(name string, d learner.Dataset, class int, q []float64) float64 {
	_, cols := d.X.Dims()
	var y, w []float64
	var x mat.Dense
	var mine []int
	for i := range d.Len() {
		y, w = append(y, d.Y[i]), append(w, d.Weights[i])
		if int(d.Y[i]) == class && d.Weights[i] > 0 {
			mine = append(mine, i)
		}
	}
	if len(mine) == 0 {
		return 0
	}
	part := d.Select(mine)
	x.CloneFrom(part.X)
	var own, total, widest, all float64
	for i := range y {
		total += w[i]
	}
	for _, v := range part.Weights {
		own += v
	}
	for j := range cols {
		widest = max(widest, stat.PopVariance(mat.Col(nil, j, d.X), d.Weights))
		for i, v := range mat.Col(nil, j, &x) {
			all += v * part.Weights[i]
		}
	}
	if widest == 0 {
		widest = 1
	}
	p := own / total
	for j := range cols {
		column := mat.Col(nil, j, &x)
		var yes, sum float64
		for i, v := range column {
			sum += v * part.Weights[i]
			if v > 1 {
				yes += part.Weights[i]
			}
		}
		switch name {
		case "gaussian-nb":
			mean, variance := stat.PopMeanVariance(column, part.Weights)
			p *= distuv.Normal{Mu: mean, Sigma: math.Sqrt(variance + 0.1*widest)}.Prob(q[j])
		case "bernoulli-nb":
			toss := 0.0
			if q[j] > 1 {
				toss = 1
			}
			p *= distuv.Bernoulli{P: (yes + 0.7) / (own + 1.4)}.Prob(toss)
		case "multinomial-nb":
			p *= math.Pow((sum+0.7)/(all+0.7*float64(cols)), q[j])
		}
	}
	return p
}

func TestAgainstReference(t *testing.T) {
	for name, params := range map[string]string{
		"gaussian-nb": `{"var_smoothing": 0.1}`, "bernoulli-nb": `{"alpha": 0.7, "binarize": 1}`, "multinomial-nb": `{"alpha": 0.7}`,
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(2000) {
				d, x := random(learner.NewRand(seed))
				got := proba(t, fitted(t, name, params, d), x)
				for i := range 3 {
					var sum float64
					want := make([]float64, len(d.Classes))
					for c := range want {
						want[c] = joint(name, d, c, x.RawRowView(i))
						sum += want[c]
					}
					for c := range want {
						if p := got.At(i, c); math.Abs(p-want[c]/sum) > 1e-9 {
							t.Fatalf("seed %d, row %d, class %d: got %v, want %v", seed, i, c, p, want[c]/sum)
						}
					}
				}
			}
		})
	}
}

// TestScores compares with scikit-learn 1.2.1 (GaussianNB with its defaults)
// on the same splits: within one test row.
func TestScores(t *testing.T) {
	for set, want := range map[string]float64{"iris": 1, "wine": 0.9333, "breast_cancer": 0.9371, "digits": 0.8333} {
		t.Run(set, func(t *testing.T) {
			train, test := testdata.Load(t, set)
			predicted, err := fitted(t, "gaussian-nb", `{}`, train).Predict(context.Background(), test.X)
			if err != nil {
				t.Fatal(err)
			}
			right := 0.0
			for i, y := range predicted {
				if y == test.Y[i] {
					right++
				}
			}
			rows := float64(test.Len())
			if got := right / rows; math.Abs(got-want) > 1/rows+0.5e-4 {
				t.Errorf("accuracy %.4f, want %.4f", got, want)
			}
		})
	}
}

// TestSumsThatOverflow: what cannot be added up is an error that says so.
func TestSumsThatOverflow(t *testing.T) {
	schema := learner.Schema{Features: []string{"low", "high"}, Classes: []learner.Label{"a"}}
	large := mat.NewDense(2, 2, []float64{1, 1.7e308, 2, 0})
	for _, tc := range []struct {
		name, learner string
		train         learner.Dataset
		column        int
	}{
		{"variance", "gaussian-nb", learner.Dataset{Schema: schema, X: large, Y: []float64{0, 0}}, 1},
		{"counts", "multinomial-nb", learner.Dataset{Schema: schema, X: large, Y: []float64{0, 0}, Weights: []float64{2, 1}}, 1},
		{"weights", "bernoulli-nb", learner.Dataset{Schema: schema, X: large, Y: []float64{0, 0}, Weights: []float64{1e308, 1e308}}, -1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, err := registry.New(tc.learner, nil, learner.Env{})
			if err != nil {
				t.Fatal(err)
			}
			var bad *learner.DataError
			if err := m.Fit(context.Background(), tc.train); !errors.As(err, &bad) || bad.Column != tc.column {
				t.Errorf("got %v, want a DataError about column %d", err, tc.column)
			}
		})
	}
}

func TestBadParameters(t *testing.T) {
	for _, v := range []float64{-1, math.NaN(), math.Inf(1)} {
		_, gaussian := bayes.NewGaussian(bayes.GaussianParams{VarSmoothing: v}, learner.Env{})
		_, bernoulli := bayes.NewBernoulli(bayes.BernoulliParams{Alpha: v}, learner.Env{})
		_, multinomial := bayes.NewMultinomial(bayes.MultinomialParams{Alpha: v}, learner.Env{})
		for param, err := range map[string]error{"var_smoothing": gaussian, "alpha of bernoulli": bernoulli, "alpha of multinomial": multinomial} {
			var bad *learner.ParamError
			if !errors.As(err, &bad) {
				t.Errorf("%s %v: got %v, want a ParamError", param, v, err)
			}
		}
	}
	if _, err := bayes.NewBernoulli(bayes.BernoulliParams{Binarize: math.NaN()}, learner.Env{}); err == nil {
		t.Error("binarize NaN: no error")
	}
}
