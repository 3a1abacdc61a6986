package boosting

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// TestMonotone: along a sweep of a constrained feature answers move one way only, from any row, and so do not without.
func TestMonotone(t *testing.T) {
	for _, c := range []struct {
		name, params string
		classes      int
		holds        bool
	}{
		{"squares", `{"monotonic_cst": [-1, 0, 0, 0, 1, 0, 0]}`, 0, true},
		{"squares, free", `{}`, 0, false},
		{"poisson, by name", `{"loss": "poisson", "monotonic_cst": {"a": -1, "e": 1, "c": 0}}`, 0, true},
		{"two classes", `{"monotonic_cst": [-1, 0, 0, 0, 1, 0, 0], "subsample": 0.9, "max_features": 0.7}`, 2, true},
		{"two classes, depthwise", `{"monotonic_cst": {"a": -1, "e": 1}, "grow_policy": "depthwise", "max_depth": 4}`, 2, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := mixed(300, c.classes, c.classes > 0)
			d.Features = strings.Split("abcdefg", "")
			for i := range d.Y {
				if c.classes == 0 {
					d.Y[i] = math.Abs(d.Y[i]) // so it rises and falls
				}
			}
			kind := "boosting-regressor"
			if c.classes > 0 {
				kind = "boosting-classifier"
			}
			m, err := registry.New(kind, with(t, c.params, `{"max_iter": 20, "min_samples_leaf": 3, "learning_rate": 0.3}`), learner.Env{})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Fit(context.Background(), d); err != nil {
				t.Fatal(err)
			}
			answers := func(x *mat.Dense) []float64 {
				if c.classes == 0 {
					y, err := m.Predict(context.Background(), x)
					if err != nil {
						t.Fatal(err)
					}
					return y
				}
				p, err := m.(learner.Classifier).PredictProba(context.Background(), x)
				if err != nil {
					t.Fatal(err)
				}
				return mat.Col(nil, 1, p)
			}
			holds := true
			for _, at := range []struct {
				feature int
				sign    float64
			}{{0, -1}, {4, 1}} {
				sweep := mat.NewDense(201, 7, nil)
				for row := range 40 {
					for k := range 201 {
						sweep.SetRow(k, d.X.RawRowView(row))
						sweep.Set(k, at.feature, float64(k-100)/16)
					}
					y := answers(sweep)
					for k := 1; k < len(y); k++ {
						holds = holds && at.sign*(y[k]-y[k-1]) >= -1e-12*math.Abs(y[k])
					}
					if y[0] == y[200] && row == 0 && c.holds {
						t.Errorf("feature %d says nothing", at.feature)
					}
				}
			}
			if holds != c.holds {
				t.Errorf("the constraints hold: %v, want %v", holds, c.holds)
			}
		})
	}
}

// with is parameters and others.
func with(t *testing.T, params, others string) json.RawMessage {
	t.Helper()
	all := map[string]any{}
	for _, p := range []string{others, params} {
		if err := json.Unmarshal([]byte(p), &all); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestWrongConstraints: each is refused with what is wrong.
func TestWrongConstraints(t *testing.T) {
	for _, c := range []struct {
		params, want string
		classes      int
	}{
		{`{"monotonic_cst": [1, 0]}`, "2 numbers for 7 features", 0},
		{`{"monotonic_cst": {"h": 1}}`, `no feature has the name "h"`, 0},
		{`{"monotonic_cst": {"a": 2}}`, "-1, 0 and 1", 0},
		{`{"monotonic_cst": [2, 0, 0, 0, 0, 0, 0]}`, "-1, 0 and 1", 0},
		{`{"monotonic_cst": "a"}`, "monotonic_cst", 0},
		{`{"monotonic_cst": {"a": 1}, "loss": "absolute_error"}`, "absolute", 0},
		{`{"monotonic_cst": {"a": 1}}`, "3 classes", 3},
	} {
		d := mixed(60, c.classes, false)
		d.Features = strings.Split("abcdefg", "")
		kind := "boosting-regressor"
		if c.classes > 0 {
			kind = "boosting-classifier"
		}
		m, err := registry.New(kind, json.RawMessage(c.params), learner.Env{})
		if err == nil {
			err = m.Fit(context.Background(), d)
			var wrong *learner.ParamError
			if !errors.As(err, &wrong) || wrong.Param != "monotonic_cst" {
				t.Errorf("%s: the error is %v", c.params, err)
			}
		}
		if err == nil || !strings.Contains(err.Error(), c.want) && c.want != "absolute" {
			t.Errorf("%s: the error is %v, want %q", c.params, err, c.want)
		}
	}
}

// TestConstraintsAsText: what is written is read again.
func TestConstraintsAsText(t *testing.T) {
	for want, c := range map[string]Constraints{
		"[]": {}, "[1,0,-1]": EachFeature(1, 0, -1), `{"a":1}`: FeaturesByName(map[string]int{"a": 1}),
	} {
		text, err := json.Marshal(c)
		var back Constraints
		if err != nil || string(text) != want || json.Unmarshal(text, &back) != nil {
			t.Errorf("%s, %v, want %s", text, err, want)
		}
		if back.any() != c.any() || !slices.Equal(back.each, c.each) {
			t.Errorf("%s becomes %+v", text, back)
		}
	}
}
