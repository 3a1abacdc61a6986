package boosting

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// shuffled is rows of a column of categories, whose numbers say nothing of what they do to the target, and a number.
func shuffled(n, categories, classes int) learner.Dataset {
	rnd := learner.NewRand(31)
	d := learner.Dataset{Schema: learner.Schema{Features: []string{"job", "age"}}, X: mat.NewDense(n, 2, nil), Y: make([]float64, n)}
	for c := range classes {
		d.Classes = append(d.Classes, learner.Label(strings.Repeat("x", c+1)))
	}
	effects := make([]float64, categories)
	for c := range effects {
		effects[c] = 3 * rnd.NormFloat64()
	}
	for i := range n {
		c := rnd.IntN(categories)
		d.X.SetRow(i, []float64{float64(3*c) - 7, rnd.NormFloat64()})
		y := effects[c] + d.X.At(i, 1) + 0.1*rnd.NormFloat64()
		if c == 1 {
			d.X.Set(i, 0, math.NaN())
		}
		if d.Y[i] = y; classes > 0 {
			d.Y[i] = min(max(math.Floor(y/3)+1, 0), float64(classes-1))
		}
	}
	return d
}

func fitted(t *testing.T, params string, d learner.Dataset) learner.Estimator {
	t.Helper()
	kind := "boosting-regressor"
	if d.Classes != nil {
		kind = "boosting-classifier"
	}
	m, err := registry.New(kind, json.RawMessage(params), learner.Env{Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestCategories: one tree with few leaves learns what takes many thresholds, and numbers of categories do not matter.
func TestCategories(t *testing.T) {
	d := shuffled(1500, 40, 0)
	rest := func(m learner.Estimator, d learner.Dataset) float64 {
		y, err := m.Predict(context.Background(), d.X)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for i := range y {
			sum += (y[i] - d.Y[i]) * (y[i] - d.Y[i])
		}
		return sum / float64(len(y))
	}
	few := `"max_iter": 10, "learning_rate": 0.5, "max_leaf_nodes": 4, "min_samples_leaf": 5`
	numbers, categories := rest(fitted(t, `{`+few+`}`, d), d), rest(fitted(t, `{`+few+`, "categorical_features": ["job"]}`, d), d)
	if categories > numbers/3 {
		t.Errorf("%.3f is left by splits of categories, %.3f by thresholds", categories, numbers)
	}
	other := learner.Dataset{Schema: d.Schema, X: mat.DenseCopyOf(d.X), Y: d.Y}
	for i := range d.Len() {
		if v := d.X.At(i, 0); v == v {
			other.X.Set(i, 0, math.Mod(v*v*17, 1009)) // another number for each
		}
	}
	if got := rest(fitted(t, `{`+few+`, "categorical_features": [0]}`, other), other); got != categories {
		t.Errorf("%v is left if the categories have other numbers, not %v", got, categories)
	}
}

// TestUnknownCategory: a category that was not there goes where a missing value does, in the model, stored and as plain trees.
func TestUnknownCategory(t *testing.T) {
	for _, classes := range []int{0, 3} {
		d := shuffled(400, 12, classes)
		params := `{"max_iter": 5, "min_samples_leaf": 3, "categorical_features": ["job"]}`
		m := fitted(t, params, d)
		text, err := m.(learner.Snapshotter).MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		back := fitted(t, params, shuffled(50, 3, classes))
		if err := back.(learner.Snapshotter).UnmarshalBinary(text); err != nil {
			t.Fatal(err)
		}
		forest := m.(learner.Forester).Forest()
		scores := make([]float64, forest.Outputs)
		split := false
		for _, v := range []float64{math.NaN(), 1e6, -1e6, 0.5, -7, 2} {
			x := mat.NewDense(2, 2, []float64{v, 0.3, math.NaN(), 0.3})
			y, err := m.(interface {
				Predict(context.Context, *mat.Dense) ([]float64, error)
			}).Predict(context.Background(), x)
			again, other := back.Predict(context.Background(), x)
			if err != nil || other != nil || again[0] != y[0] || again[1] != y[1] {
				t.Errorf("%v: %v, stored %v, %v, %v", v, y, again, err, other)
			}
			if known := v == -7 || v == 2; !known && y[0] != y[1] {
				t.Errorf("the unknown category %v is not as a missing value: %v", v, y)
			} else if known && y[0] != y[1] {
				split = true
			}
			if forest.Scores(x.RawRowView(0), scores); classes == 0 && math.Abs(scores[0]-y[0]) > 1e-12 {
				t.Errorf("%v: the plain trees say %v, not %v", v, scores, y[0])
			}
		}
		if !split && classes == 0 {
			t.Error("no category is told from a missing value")
		}
	}
}

// TestWrongCategories: each is refused with what is wrong.
func TestWrongCategories(t *testing.T) {
	for params, want := range map[string]string{
		`{"categorical_features": ["jobs"]}`:                              `no feature has the name "jobs"`,
		`{"categorical_features": [2]}`:                                   "no feature 2 of 2",
		`{"categorical_features": [-1]}`:                                  "categorical_features",
		`{"categorical_features": "job"}`:                                 "categorical_features",
		`{"categorical_features": ["job"], "monotonic_cst": [1, 0]}`:      "no order",
		`{"categorical_features": ["job"], "max_bins": 11}`:               "more than 11 categories",
		`{"categorical_features": ["age"]}`:                               "more than 255 categories",
		`{"categorical_features": ["job"], "monotonic_cst": {"job": -1}}`: "no order",
	} {
		d := shuffled(900, 13, 0)
		m, err := registry.New("boosting-regressor", json.RawMessage(params), learner.Env{})
		if err == nil {
			err = m.Fit(context.Background(), d)
			var param *learner.ParamError
			var data *learner.DataError
			if !errors.As(err, &param) && !errors.As(err, &data) {
				t.Errorf("%s: the error is %v", params, err)
			}
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", params, err, want)
		}
	}
	text, err := json.Marshal(Features{names: []string{"a"}, places: []int{3}})
	var back Features
	if err != nil || string(text) != `["a",3]` || json.Unmarshal(text, &back) != nil || len(back.names) != 1 || len(back.places) != 1 {
		t.Errorf("%s, %v becomes %v", text, err, back)
	}
}

// TestDamagedCategories: a stored model whose splits name sets that are not there is refused.
func TestDamagedCategories(t *testing.T) {
	m := fitted(t, `{"max_iter": 2, "categorical_features": ["job"]}`, shuffled(400, 12, 0)).(*Regressor).model
	for name, damage := range map[string]func(m *model){
		"no sets":       func(m *model) { m.sets = nil },
		"no categories": func(m *model) { m.known = nil },
		"unsorted":      func(m *model) { m.known = [][]float64{{2, 1}, nil} },
		"one feature":   func(m *model) { m.known = m.known[:1] },
	} {
		broken := *m
		damage(&broken)
		data, err := broken.marshal(regressorKind)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := unmarshal(data, regressorKind); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}
