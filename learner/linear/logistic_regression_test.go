package linear_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/linear"
	"github.com/gochimera/chimera/registry"
)

// labelled turns a regression set into a noisy classification one.
func labelled(d learner.Dataset, classes int) learner.Dataset {
	rng := learner.NewRand(99)
	names := []learner.Label{"a", "b", "c", "d"}
	d.Classes = names[:classes]
	deviation := floats.Norm(d.Y, 2) / math.Sqrt(float64(len(d.Y)))
	for i, y := range d.Y {
		level := (y/deviation + 1.5 + rng.NormFloat64()/2) / 3 * float64(classes)
		d.Y[i] = float64(min(max(int(level), 0), classes-1))
	}
	return d
}

// slopes is the gradient, by coefficient and by intercept, of the mean log
// loss at a fitted model, straight from its definition; size is what it is made of.
func slopes(d learner.Dataset, coef *mat.Dense, intercept []float64, factor []float64) (slope, size [][]float64) {
	n, features := d.X.Dims()
	outputs := len(intercept)
	var total float64
	for range outputs {
		slope = append(slope, make([]float64, features+1))
		size = append(size, make([]float64, features+1))
	}
	for i := range n {
		total += d.Weight(i)
		scores := append([]float64(nil), intercept...)
		for o := range scores {
			scores[o] += mat.Dot(coef.RowView(o), d.X.RowView(i))
		}
		if outputs == 1 {
			scores = []float64{0, scores[0]}
		}
		sum := floats.LogSumExp(scores)
		for o := range outputs {
			class := o + len(scores) - outputs
			r := math.Exp(scores[class] - sum)
			if int(d.Y[i]) == class {
				r--
			}
			w := d.Weight(i)
			if factor != nil {
				w *= factor[int(d.Y[i])]
			}
			for j := range features {
				slope[o][j] += w * r * d.X.At(i, j)
				size[o][j] += w * math.Abs(d.X.At(i, j))
			}
			slope[o][features] += w * r
			size[o][features] += w
		}
	}
	for o := range outputs {
		floats.Scale(1/total, slope[o])
		floats.Scale(1/total, size[o])
	}
	return slope, size
}

// TestLogisticOptimality: at the minimum the loss's slope by a coefficient
// is the opposite of the penalty's, and by an intercept 0.
func TestLogisticOptimality(t *testing.T) {
	weights := make([]float64, 150)
	for i := range weights {
		weights[i] = float64(i%4) / 2
	}
	units := func(j int) float64 { return math.Pow(10, float64(2*j-4)) }
	for _, classes := range []int{2, 3, 4} {
		plain := labelled(random(21, 150, 4, constant(1), constant(0)), classes)
		weighted := labelled(random(22, 150, 4, constant(1), constant(5)), classes)
		weighted.Weights = weights
		for _, tc := range []struct {
			name string
			data learner.Dataset
		}{
			{"plain", plain}, {"weighted", weighted}, {"columns in other units", labelled(random(23, 150, 4, units, constant(0)), classes)},
		} {
			for _, p := range []struct {
				penalty string
				c, l1   float64
			}{
				{"l2", 1, 0}, {"l2", 100, 0}, {"none", 1, 0}, {"l1", 1, 1}, {"l1", 0.1, 1}, {"elasticnet", 0.5, 0.3},
			} {
				t.Run(fmt.Sprintf("%d classes/%s/%s/C=%g", classes, tc.name, p.penalty, p.c), func(t *testing.T) {
					ratio := 0.0
					if p.penalty == "elasticnet" {
						ratio = p.l1
					}
					params := fmt.Sprintf(`{"penalty": %q, "C": %g, "l1_ratio": %g, "tol": 1e-10, "max_iter": 20000}`, p.penalty, p.c, ratio)
					checkLogistic(t, tc.data, params, p.penalty, p.c, p.l1)
				})
			}
		}
	}
}

func checkLogistic(t *testing.T, d learner.Dataset, params, penalty string, c, l1Ratio float64) {
	t.Helper()
	m, err := registry.New("logistic-regression", []byte(params), learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	coef, intercept := m.(learner.Coefficienter).Coefficients()
	slope, size := slopes(d, coef, intercept, nil)
	var weight float64
	for i := range d.Len() {
		weight += d.Weight(i)
	}
	strength := 1 / (c * weight)
	var l1, l2 float64
	switch penalty {
	case "l2":
		l2 = strength
	case "l1":
		l1 = strength
	case "elasticnet":
		l1, l2 = l1Ratio*strength, (1-l1Ratio)*strength
	}
	_, features := coef.Dims()
	for o := range intercept {
		if math.Abs(slope[o][features]) > 1e-8 {
			t.Errorf("intercept %d: slope %v", o, slope[o][features])
		}
		for j := range features {
			b, tolerance := coef.At(o, j), 1e-8*size[o][j]+1e-10
			if b == 0 {
				if math.Abs(slope[o][j]) > l1+tolerance {
					t.Errorf("coefficient %d, %d is 0, but its slope is %v, above %v", o, j, slope[o][j], l1)
				}
				continue
			}
			if want := -(l2*b + math.Copysign(l1, b)); math.Abs(slope[o][j]-want) > tolerance {
				t.Errorf("coefficient %d, %d is %v: its slope is %v, want %v", o, j, b, slope[o][j], want)
			}
		}
	}
}

// TestLogisticOfOneBinaryFeature: without a penalty the probabilities are the
// shares, whose logarithms are known.
func TestLogisticOfOneBinaryFeature(t *testing.T) {
	d := learner.Dataset{
		Schema:  learner.Schema{Classes: []learner.Label{"no", "yes"}},
		X:       mat.NewDense(4, 1, []float64{0, 0, 1, 1}),
		Y:       []float64{0, 1, 0, 1},
		Weights: []float64{30, 10, 5, 45},
	}
	got := fitted(t, "logistic-regression", `{"penalty": "none", "tol": 1e-12}`, d)
	near(t, got, []float64{math.Log(45./5) - math.Log(10./30), math.Log(10. / 30)}, 1e-9)
	balanced := fitted(t, "logistic-regression", `{"penalty": "none", "tol": 1e-12, "class_weight": "balanced"}`, d)
	near(t, balanced, []float64{math.Log(45./5) - math.Log(10./30), math.Log(10./30) - math.Log(55./35)}, 1e-9)
}

// TestGradientEqualsPlainLoop holds the blocked gradient to the definition.
func TestGradientEqualsPlainLoop(t *testing.T) {
	for _, classes := range []int{2, 3} {
		d := labelled(random(31, 9000, 3, constant(1), constant(0.5)), classes) // more than one chunk
		for i := range d.Len() {
			d.Weights = append(d.Weights, float64(i%3))
		}
		m, err := linear.NewLogisticRegression(linear.LogisticRegressionParams{FitIntercept: true}, learner.Env{Procs: 2})
		if err != nil {
			t.Fatal(err)
		}
		d.Features = []string{"x", "y", "z"}
		if _, err := m.Init(d.Schema); err != nil {
			t.Fatal(err)
		}
		p := m.Parameters()
		for i := range p {
			p[i] = math.Sin(float64(i + 1))
		}
		if err := m.SetParameters(p); err != nil {
			t.Fatal(err)
		}
		got := make([]float64, len(p))
		_, weight, err := m.Gradient(context.Background(), learner.Step{}, d, got)
		if err != nil {
			t.Fatal(err)
		}
		coef, intercept := m.Coefficients()
		slope, _ := slopes(d, coef, intercept, nil)
		var want, last []float64
		for _, s := range slope {
			want, last = append(want, s[:3]...), append(last, s[3])
		}
		want = append(want, last...)
		floats.Scale(weight, want)
		near(t, got, want, 1e-11)
	}
}

func TestLogisticPeersScores(t *testing.T) {
	for _, tc := range []struct {
		set          string
		standardised bool
		accuracy     float64
	}{
		{"iris", false, 0.9737}, {"iris", true, 0.9737}, {"wine", false, 0.9778}, {"wine", true, 1},
		{"breast_cancer", false, 0.9510}, {"breast_cancer", true, 0.9580}, {"digits", false, 0.9533}, {"digits", true, 0.9667},
	} {
		t.Run(fmt.Sprintf("%s/standardised=%v", tc.set, tc.standardised), func(t *testing.T) {
			train, test := testdata.Load(t, tc.set)
			if tc.standardised {
				standardise(train.X, test.X)
			}
			m, err := registry.New("logistic-regression", []byte(`{"max_iter": 10000}`), learner.Env{Procs: 2})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Fit(context.Background(), train); err != nil {
				t.Fatal(err)
			}
			y, err := m.Predict(context.Background(), test.X)
			if err != nil {
				t.Fatal(err)
			}
			right := 0
			for i := range y {
				if y[i] == test.Y[i] {
					right++
				}
			}
			got := float64(right) / float64(len(y))
			t.Logf("accuracy %.4f, scikit-learn has %.4f", got, tc.accuracy)
			if math.Abs(got-tc.accuracy) > 1/float64(len(y))+0.00005 {
				t.Errorf("accuracy %.4f, scikit-learn has %.4f: more than one row apart", got, tc.accuracy)
			}
		})
	}
}

// standardise brings the columns of both to mean 0 and deviation 1 in train.
func standardise(train, test *mat.Dense) {
	n, features := train.Dims()
	for j := range features {
		column := mat.Col(nil, j, train)
		mean := floats.Sum(column) / float64(n)
		var squares float64
		for _, v := range column {
			squares += (v - mean) * (v - mean)
		}
		deviation := math.Sqrt(squares / float64(n))
		if deviation == 0 {
			deviation = 1
		}
		for _, x := range []*mat.Dense{train, test} {
			rows, _ := x.Dims()
			for i := range rows {
				x.Set(i, j, (x.At(i, j)-mean)/deviation)
			}
		}
	}
}

func TestLogisticSaysWhenItStopsEarly(t *testing.T) {
	d := labelled(random(23, 150, 4, constant(1), constant(0)), 3)
	for _, penalty := range []string{"l2", "l1"} {
		var log bytes.Buffer
		m, err := registry.New("logistic-regression", fmt.Appendf(nil, `{"penalty": %q, "max_iter": 2, "tol": 1e-9}`, penalty),
			learner.Env{Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Fit(context.Background(), d); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(log.String(), "did not converge") {
			t.Errorf("%s: the log says %q", penalty, log.String())
		}
	}
}

func TestLogisticParameters(t *testing.T) {
	_, err := registry.New("logistic-regression", []byte(`{"l1_ratio": 0.5}`), learner.Env{})
	var bad *learner.ParamError
	if !errors.As(err, &bad) || bad.Param != "l1_ratio" {
		t.Errorf("l1_ratio with penalty l2: got error %v, want a ParamError", err)
	}
}
