package explain

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/metrics"
	"github.com/gochimera/chimera/prepare/table"
)

var nearly = cmpopts.EquateApprox(1e-9, 1e-12)

// sklearnCase is a model that scikit-learn has fitted, and what it says of it; testdata/explain.py makes it.
type sklearnCase struct {
	Set          string
	Columns      []string
	Permutations [][]int
	Coef         [][]float64
	Intercept    []float64
	Tree         *sklearnTree
	Importances  []struct {
		Scoring   string
		Baseline  float64
		Each      [][]float64 // columns x repeats
		Mean, Std []float64
	}
	Dependences []struct {
		Column      string
		Resolution  int
		Percentiles [2]float64
		Values      []float64
		Average     [][]float64 // outputs x values
	}
}

type sklearnTree struct {
	Left, Right, Feature []int
	Threshold            []float64
	Value                [][]float64 // nodes x classes
}

func sklearnCases(t *testing.T) []sklearnCase {
	t.Helper()
	text, err := os.ReadFile("testdata/explain.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []sklearnCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 3 {
		t.Fatalf("%d cases", len(cases))
	}
	return cases
}

// predict is what the model answers: a number, or a probability per class.
func (c sklearnCase) predict(_ context.Context, rows table.Rows) (*mat.Dense, error) {
	n := rows.Len()
	if c.Tree != nil {
		out := mat.NewDense(n, len(c.Tree.Value[0]), nil)
		for i := range n {
			out.SetRow(i, c.Tree.leaf(rows.X.RawRowView(i)))
		}
		return out, nil
	}
	out := mat.NewDense(n, len(c.Coef), nil)
	for i := range n {
		for k, coef := range c.Coef {
			v := c.Intercept[k]
			for j, x := range rows.X.RawRowView(i) {
				v += coef[j] * x
			}
			out.Set(i, k, v)
		}
		if len(c.Coef) > 1 {
			numeric.Softmax(out.RawRowView(i))
		}
	}
	return out, nil
}

// leaf compares as scikit-learn does, whose trees hold features as float32.
func (t *sklearnTree) leaf(row []float64) []float64 {
	at := 0
	for t.Left[at] >= 0 {
		if float64(float32(row[t.Feature[at]])) <= t.Threshold[at] {
			at = t.Left[at]
		} else {
			at = t.Right[at]
		}
	}
	return t.Value[at]
}

// score scores by a metric that scikit-learn has another name for; it is negated if less of it is better.
func (c sklearnCase) score(t *testing.T, scoring string, d learner.Dataset) Score {
	t.Helper()
	name := map[string]string{
		"neg_mean_squared_error": "mean_squared_error", "neg_mean_absolute_error": "mean_absolute_error", "neg_log_loss": "log_loss", "f1_macro": "macro_f1",
	}[scoring]
	if name == "" {
		name = scoring
	}
	metric, err := metrics.ParseMetric(name, d.Task())
	if err != nil {
		t.Fatal(err)
	}
	sign := 1.0
	if metric.Less {
		sign = -1
	}
	return func(ctx context.Context, rows table.Rows) (float64, error) {
		answer, err := c.predict(ctx, rows)
		if err != nil {
			return 0, err
		}
		if d.Classes == nil {
			r, err := metrics.NewRegression(d.Y, mat.Col(nil, 0, answer), nil)
			v, _ := metric.Of(nil, &r)
			return sign * v, err
		}
		labels := make([]float64, rows.Len())
		for i := range labels {
			labels[i] = float64(numeric.ArgMax(answer.RawRowView(i)))
		}
		m, err := metrics.NewClassification(d.Y, labels, answer, d.Classes, nil)
		v, has := metric.Of(&m, nil)
		if !has && err == nil {
			t.Errorf("no %s", name)
		}
		return sign * v, err
	}
}

func TestAsScikitLearn(t *testing.T) {
	for _, c := range sklearnCases(t) {
		_, test := testdata.Load(t, c.Set)
		rows := table.Rows{Columns: c.Columns, X: test.X}
		before := mat.DenseCopyOf(test.X)
		for _, want := range c.Importances {
			t.Run(c.Set+" "+want.Scoring, func(t *testing.T) {
				baseline, got, err := Permutation{
					Repeats: len(c.Permutations), permutation: func(_ string, repeat int) []int { return c.Permutations[repeat] },
				}.Measure(t.Context(), rows, c.Columns, c.score(t, want.Scoring, test))
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(baseline-want.Baseline) > 1e-9*max(1, math.Abs(want.Baseline)) {
					t.Errorf("baseline %v, want %v", baseline, want.Baseline)
				}
				for j, one := range got {
					if diff := cmp.Diff(Importance{c.Columns[j], want.Mean[j], want.Std[j], want.Each[j]}, one, nearly); diff != "" {
						t.Errorf("-want +got\n%s", diff)
					}
				}
			})
		}
		for _, want := range c.Dependences {
			t.Run(c.Set+" "+want.Column, func(t *testing.T) {
				g, err := Numbers(rows, want.Column, want.Resolution, want.Percentiles)
				if err != nil {
					t.Fatal(err)
				}
				average, err := Dependence(t.Context(), g, c.predict)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want.Values, g.Values, nearly); diff != "" {
					t.Errorf("grid: -want +got\n%s", diff)
				}
				outputs, _ := average.Dims()
				skip := outputs - len(want.Average) // of two classes, scikit-learn answers for the second one only
				for o, line := range want.Average {
					if diff := cmp.Diff(line, mat.Row(nil, o+skip, average), nearly); diff != "" {
						t.Errorf("output %d: -want +got\n%s", o, diff)
					}
				}
			})
		}
		if !mat.Equal(before, test.X) {
			t.Errorf("%s: the rows were changed", c.Set)
		}
	}
}
