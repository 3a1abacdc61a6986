package linear_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/floats/scalar"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	exactly "github.com/gochimera/chimera/learner/exact"
	"github.com/gochimera/chimera/registry"
)

func named(d learner.Dataset) learner.Dataset {
	_, cols := d.X.Dims()
	d.Features = make([]string, cols)
	for j := range d.Features {
		d.Features[j] = fmt.Sprintf("x%d", j)
	}
	return d
}

// summed is a learner that was trained by sums over parts of d, and the mean loss that the training says.
func summed(t *testing.T, name, params string, procs int, d learner.Dataset, parts ...[]int) (learner.Summable, float64) {
	t.Helper()
	d = named(d)
	e, err := registry.New(name, []byte(params), learner.Env{Procs: procs})
	if err != nil {
		t.Fatal(err)
	}
	m := e.(learner.Summable)
	if parts == nil {
		parts = [][]int{upToRow(d.Len())}
	}
	var all []learner.Part
	for _, rows := range parts {
		p, err := m.Part(context.Background(), d.Select(rows))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	var loss float64
	if err := learner.TrainOnParts(context.Background(), m, d.Schema, all, func(a learner.Advance) { loss = a.Loss }); err != nil {
		t.Fatal(err)
	}
	return m, loss
}

func upToRow(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// parameters are the coefficients, then the intercept if there is one.
func parameters(m learner.Estimator) []float64 {
	coef, intercept := m.(learner.Coefficienter).Coefficients()
	return append(mat.Row(nil, 0, coef), intercept...)
}

// digits is how many digits of the worst parameter are right, at most 17.
func digits(got, want []float64) float64 {
	worst := 17.0
	for i, w := range want {
		if e := math.Abs(got[i]-w) / math.Abs(w); e > 0 {
			worst = min(worst, -math.Log10(e))
		}
	}
	return worst
}

// By sums, the coefficients are right to the last digit, also where a fit by QR has lost half of them; of the nastiest
// sets, twelve are right where a fit has seven.
func TestSumsAreExact(t *testing.T) {
	filip := make([]float64, 82)
	for i := range filip {
		filip[i] = -8.5 + 5*float64(i)/81 // as NIST's data set Filip, whose x lie between -8.8 and -3.1
	}
	type set struct {
		name   string
		data   learner.Dataset
		digits float64
	}
	nasty := []set{
		{"a polynomial of degree 10, as NIST's Filip", powers(filip, 10, func(x float64) float64 { return math.Sin(x) / 10 }), 11.5},
		{"means a billion times the spread", random(4, 60, 4, constant(1), constant(1e9)), 13},
	}
	for _, c := range cases() {
		nasty = append(nasty, set{c.name, c.data, 15.5})
	}
	for _, tc := range nasty {
		for _, intercept := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/intercept=%v", tc.name, intercept), func(t *testing.T) {
				for _, alpha := range []float64{0, 1e-3, 10} {
					params := fmt.Sprintf(`{"fit_intercept": %v}`, intercept)
					name := "linear-regression"
					if alpha > 0 {
						name, params = "ridge", fmt.Sprintf(`{"fit_intercept": %v, "alpha": %g}`, intercept, alpha)
					}
					m, _ := summed(t, name, params, 1, tc.data)
					want := exact(tc.data, alpha, intercept)
					got := digits(parameters(m), want)
					t.Logf("%s %s: %.1f digits right by sums, %.1f by a fit", name, params, got, digits(fitted(t, name, params, tc.data), want))
					if got < tc.digits {
						t.Errorf("%s %s: %.1f digits right", name, params, got)
					}
				}
			})
		}
	}
}

// cuts are ways to deal n rows out, whose targets are y.
func cuts(y []float64) map[string][][]int {
	n := len(y)
	all := map[string][][]int{}
	for _, parts := range []int{1, 2, 3, 7, 32} {
		dealt := make([][]int, parts)
		for i := range n {
			dealt[i%parts] = append(dealt[i%parts], i)
		}
		all[fmt.Sprintf("%d parts", parts)] = dealt
	}
	back := upToRow(n)
	slices.Reverse(back)
	sorted := upToRow(n)
	slices.SortFunc(sorted, func(a, b int) int { return int(math.Copysign(1, y[a]-y[b])) })
	all["backwards"] = [][]int{back}
	all["unequal"] = [][]int{back[:1], back[1:5], back[5:]}
	all["sorted"] = [][]int{sorted[:n/3], sorted[n/3 : n/2], sorted[n/2:]}
	return all
}

// However the rows are dealt out, whatever the threads, the bits are the same; and they are those of a fit to 12 digits.
func TestAnyCutGivesTheSameBits(t *testing.T) {
	diabetes, _ := testdata.Load(t, "diabetes")
	large := random(7, 10000, 6, constant(1), constant(3))
	large.Weights = make([]float64, large.Len())
	for i := range large.Weights {
		large.Weights[i] = float64(i%7) / 3
	}
	for name, d := range map[string]learner.Dataset{"diabetes": diabetes, "weighted": large} {
		for _, tc := range []struct{ learner, params string }{
			{"linear-regression", `{}`}, {"linear-regression", `{"fit_intercept": false}`}, {"ridge", `{}`}, {"ridge", `{"alpha": 0}`},
		} {
			t.Run(name+"/"+tc.learner+tc.params, func(t *testing.T) {
				first, loss := summed(t, tc.learner, tc.params, 1, d)
				want := parameters(first)
				near(t, fitted(t, tc.learner, tc.params, d), want, 1e-11)
				for how, parts := range cuts(d.Y) {
					for _, procs := range []int{1, 2, 3} {
						m, again := summed(t, tc.learner, tc.params, procs, d, parts...)
						if got := parameters(m); !slices.Equal(got, want) || again != loss {
							t.Errorf("%s, %d threads: %v and a loss of %v, want %v and %v", how, procs, got, again, want, loss)
						}
					}
				}
				y, err := first.Predict(context.Background(), d.X)
				if err != nil {
					t.Fatal(err)
				}
				var sum, weight float64
				for i, v := range y {
					sum += d.Weight(i) * (v - d.Y[i]) * (v - d.Y[i]) / 2
					weight += d.Weight(i)
				}
				if !scalar.EqualWithinRel(loss, sum/weight, 1e-10) {
					t.Errorf("the loss is said to be %v and is %v", loss, sum/weight)
				}
			})
		}
	}
}

// Of many solutions it is that of least norm, as by QR.
func TestDependentFeaturesBySums(t *testing.T) {
	base := random(1, 40, 3, constant(1), constant(2))
	twice := learner.Dataset{X: mat.NewDense(40, 4, nil), Y: base.Y}
	for i := range 40 {
		r := base.X.RawRowView(i)
		twice.X.SetRow(i, []float64{r[0], 1000 * r[1], r[0] + r[1], 0.1})
	}
	for _, tc := range []struct {
		name string
		data learner.Dataset
		rank int
	}{{"a sum of two columns in other units", twice, 2}, {"more features than rows", random(2, 5, 12, constant(1), constant(0)), 4}} {
		t.Run(tc.name, func(t *testing.T) {
			m, _ := summed(t, "linear-regression", `{}`, 1, tc.data)
			got, want := parameters(m), pseudoInverse(t, tc.data, tc.rank)
			if tc.rank == 2 {
				want = fitted(t, "linear-regression", `{}`, tc.data)
			}
			for j := range want {
				if math.Abs(got[j]-want[j]) > 1e-10*max(1, floats.Norm(want, 2)) {
					t.Errorf("coefficient %d: got %v, want %v", j, got[j], want[j])
				}
			}
		})
	}
	flat := learner.Dataset{X: mat.NewDense(3, 1, []float64{0.1, 0.2, 0.4}), Y: []float64{0.3, 0.3, 0.3}}
	if m, loss := summed(t, "linear-regression", `{}`, 1, flat); !slices.Equal(parameters(m), []float64{0, 0.3}) || loss != 0 {
		t.Errorf("targets that are all 0.3 give %v and a loss of %v", parameters(m), loss)
	}
}

// What cannot be summed up, and what is not a state or a sum of such a training, is refused.
func TestSumsThatAreRefused(t *testing.T) {
	ctx := context.Background()
	e, err := registry.New("ridge", nil, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	m := e.(learner.Summable)
	d := named(random(1, 5, 2, constant(1), constant(0)))
	d.X.Set(3, 1, 2*exactly.LargestFactor)
	if _, err := m.Part(ctx, d); err == nil {
		t.Error("a number that is too large passes")
	}
	d.X.Set(3, 1, 1)
	d.Weights = []float64{1, 1, 1, 1, 1e200}
	if _, err := m.Part(ctx, d); err == nil {
		t.Error("a weight that is too large passes")
	}
	if _, err := m.Advance(ctx, d.Schema, nil, learner.NewSums(m.Shape(d.Schema, nil))); err == nil {
		t.Error("sums of no rows pass")
	}
	for _, state := range [][]float64{nil, {1, 2}, {1, 2, math.NaN()}, {1, 2, 3, 4}} {
		if err := m.SetState(d.Schema, state); err == nil {
			t.Errorf("the state %v passes", state)
		}
	}
	if _, err := m.Predict(ctx, d.X); !errors.Is(err, learner.ErrNotFitted) {
		t.Errorf("a model of a refused state: %v", err)
	}
}
