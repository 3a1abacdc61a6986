package linear_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// svcObjective is what linear-svc minimises for one class against the rest,
// straight from its definition. p is the coefficients, then the intercept.
func svcObjective(d learner.Dataset, class int, squared bool, c float64) func(p []float64) float64 {
	return func(p []float64) float64 {
		value := floats.Dot(p, p) / 2
		features := len(p) - 1
		for i := range d.Len() {
			y := -1.0
			if int(d.Y[i]) == class {
				y = 1
			}
			margin := max(0, 1-y*(floats.Dot(p[:features], d.X.RawRowView(i))+p[features]))
			if squared {
				margin *= margin
			}
			value += c * d.Weight(i) * margin
		}
		return value
	}
}

// TestSVCReachesTheMinimum compares with a search that knows no derivatives.
func TestSVCReachesTheMinimum(t *testing.T) {
	for _, classes := range []int{2, 3} {
		d := labelled(random(41, 60, 2, constant(1), constant(0.5)), classes)
		for i := range d.Len() {
			d.Weights = append(d.Weights, float64(i%3))
		}
		for _, loss := range []string{"hinge", "squared_hinge"} {
			for _, c := range []float64{0.01, 1} {
				t.Run(fmt.Sprintf("%d classes/%s/C=%g", classes, loss, c), func(t *testing.T) {
					m, err := registry.New("linear-svc", fmt.Appendf(nil, `{"loss": %q, "C": %g, "tol": 1e-12, "max_iter": 100000}`, loss, c), learner.Env{Seed: 1})
					if err != nil {
						t.Fatal(err)
					}
					if err := m.Fit(context.Background(), d); err != nil {
						t.Fatal(err)
					}
					coef, intercept := m.(learner.Coefficienter).Coefficients()
					for o, b := range intercept {
						class := o
						if classes == 2 {
							class = 1
						}
						f := svcObjective(d, class, loss == "squared_hinge", c)
						p := append(mat.Row(nil, o, coef), b)
						result, err := optimize.Minimize(optimize.Problem{Func: f}, make([]float64, 3),
							&optimize.Settings{Converger: &optimize.FunctionConverge{Absolute: 1e-14, Iterations: 400}}, &optimize.NelderMead{})
						if err != nil {
							t.Fatal(err)
						}
						if got := f(p); got > result.F*(1+1e-9) {
							t.Errorf("class %d: the objective is %.12g, a search from 0 finds %.12g", class, got, result.F)
						}
						for i, v := range result.X { // the minimum is unique
							if math.Abs(p[i]-v) > 1e-4 {
								t.Errorf("class %d: parameter %d is %v, a search from 0 finds %v", class, i, p[i], v)
							}
						}
					}
				})
			}
		}
	}
}

// TestSVCOfTwoPoints: the widest street between two points is known.
func TestSVCOfTwoPoints(t *testing.T) {
	d := learner.Dataset{
		Schema: learner.Schema{Classes: []learner.Label{"left", "right"}},
		X:      mat.NewDense(2, 2, []float64{-3, -4, 3, 4}), Y: []float64{0, 1},
	}
	got := fitted(t, "linear-svc", `{"loss": "hinge", "C": 100, "tol": 1e-12}`, d)
	for i, want := range []float64{3. / 25, 4. / 25, 0} {
		if math.Abs(got[i]-want) > 1e-10 {
			t.Errorf("parameter %d: got %v, want %v", i, got[i], want)
		}
	}
}

func TestSVCLearnsRealData(t *testing.T) {
	for _, loss := range []string{"hinge", "squared_hinge"} {
		for set, least := range map[string]float64{"iris": 0.84, "wine": 0.95, "breast_cancer": 0.94, "digits": 0.93} {
			t.Run(loss+"/"+set, func(t *testing.T) {
				train, test := testdata.Load(t, set)
				standardise(train.X, test.X)
				m, err := registry.New("linear-svc", fmt.Appendf(nil, `{"loss": %q, "tol": 0.01}`, loss), learner.Env{})
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
				accuracy := float64(right) / float64(len(y))
				t.Logf("accuracy %.4f", accuracy)
				if accuracy < least {
					t.Errorf("accuracy %.4f, want at least %.2f", accuracy, least)
				}
			})
		}
	}
}

func TestSVCSaysWhenItStopsEarly(t *testing.T) {
	d := labelled(random(41, 60, 2, constant(1), constant(0.5)), 3)
	for _, loss := range []string{"hinge", "squared_hinge"} {
		var log bytes.Buffer
		m, err := registry.New("linear-svc", fmt.Appendf(nil, `{"loss": %q, "max_iter": 1, "tol": 1e-9}`, loss),
			learner.Env{Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Fit(context.Background(), d); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(log.String(), "did not converge") {
			t.Errorf("%s: the log says %q", loss, log.String())
		}
	}
}
