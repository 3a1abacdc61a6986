package xgboost_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/export/xgboost"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/knn"
	_ "github.com/gochimera/chimera/learner/linear"
	"github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/prepare"
)

func TestWhatCannotBeWrittenIsRefused(t *testing.T) {
	t.Parallel()
	rows := learner.Dataset{
		Schema: learner.Schema{Features: []string{"a", "b"}}, X: mat.NewDense(4, 2, []float64{1, 2, 3, 4, 5, 6, 7, 9}), Y: []float64{1, 2, 3, 5},
	}
	classes := rows
	classes.Classes, classes.Y = []learner.Label{"no", "yes"}, []float64{0, 1, 0, 1}
	numeric := func(change func(c *prepare.PreparedColumn)) *prepare.Preparation {
		p := &prepare.Preparation{Version: prepare.Version, Columns: []prepare.PreparedColumn{
			{Name: "a", Kind: prepare.Numeric}, {Name: "b", Kind: prepare.Numeric},
		}}
		change(&p.Columns[1])
		return p
	}
	prepared := func(p *prepare.Preparation) export.Model {
		return export.Model{Features: p.Features(), Preparation: p}
	}
	for _, tt := range []struct {
		name, learner string
		model         export.Model
		want          string
	}{
		{name: "no trees", learner: "ridge", want: "member 1 cannot be exported: it is no forest, and XGBoost has trees only: write it as ONNX"},
		{name: "nothing plain", learner: "knn-regressor",
			want: "the model of member 1 (knn-regressor) cannot be exported: its learner hands out neither trees nor coefficients nor layers"},
		{name: "categories", learner: "tree-regressor", model: prepared(numeric(func(c *prepare.PreparedColumn) {
			c.Kind, c.Encode, c.Categories = prepare.Categorical, prepare.Ordinal, []learner.Label{"x", "y"}
		})), want: "column b: it has categories, which are texts, and XGBoost's format has no place for that: write a model of the prepared features"},
		{name: "a kernel", learner: "tree-regressor", model: prepared(&prepare.Preparation{Version: prepare.Version,
			Columns: []prepare.PreparedColumn{{Name: "a", Kind: prepare.Numeric}, {Name: "b", Kind: prepare.Numeric}},
			Kernel:  &prepare.Kernel{By: prepare.RBFSampler, Gamma: 1, Components: 2},
		}), want: "its features are components of an approximated kernel (prepare.kernel_approximation)"},
		{name: "a vote", learner: "tree-classifier", model: export.Model{Combine: export.Vote, Members: make([]export.Member, 1)}, want: "a vote is no sum of trees"},
		{name: "two boostings", learner: "boosting-classifier", model: export.Model{Members: make([]export.Member, 1)},
			want: "member 1 cannot be exported: its answers are a function of sums of leaves (link logistic), so that the mean of several"},
		{name: "a median", learner: "tree-regressor", model: export.Model{Combine: "median"}, want: "combined by median, which no format knows"},
		{name: "other features", learner: "tree-regressor", model: export.Model{Features: []string{"a"}}, want: "it makes 1 scores of 2 features, want 1 of 1"},
		{name: "weights", learner: "tree-regressor", model: export.Model{Weights: []float64{0}}, want: "the weights of its members add up to 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := tt.model
			if m.Features == nil {
				m.Features = rows.Features
			}
			d := rows
			if strings.HasSuffix(tt.learner, "classifier") {
				d, m.Classes = classes, classes.Classes
			}
			one := fitted(t, tt.learner, "", d, 1)
			m.Members = append(m.Members, one)
			for i := range m.Members {
				m.Members[i] = one
			}
			err := xgboost.Write(&bytes.Buffer{}, &m, xgboost.Options{})
			var refused *export.Error
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	unfitted, err := tree.NewRegressor(tree.RegressorParams{}, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	m := &export.Model{Features: rows.Features, Members: []export.Member{{Name: "w1", Learner: unfitted}}}
	if err := xgboost.Write(&bytes.Buffer{}, m, xgboost.Options{}); err == nil || !strings.Contains(err.Error(), "not fitted") {
		t.Errorf("a learner that was never fitted: %v", err)
	}
}

// TestNames: XGBoost refuses some characters in names of features, so they are replaced, and the names of the columns noted.
func TestNames(t *testing.T) {
	t.Parallel()
	rows := learner.Dataset{
		Schema: learner.Schema{Features: []string{"a[0]", "a(0)", "b<c", "d"}, Classes: []learner.Label{"no", "yes"}},
		X:      mat.NewDense(2, 4, []float64{1, 2, 3, 4, 5, 6, 7, 8}), Y: []float64{0, 1},
	}
	m := &export.Model{Features: rows.Features, Classes: rows.Classes, Members: []export.Member{fitted(t, "tree-classifier", "", rows, 1)}, Threshold: 0.3}
	out := string(write(t, m, xgboost.Options{}))
	for _, want := range []string{
		`"feature_names":["a(0)#2","a(0)","b(c","d"]`, `"columns":"[\"a[0]\",\"a(0)\",\"b\u003cc\",\"d\"]"`, `"classes":"[\"no\",\"yes\"]"`, `"threshold":"0.3"`,
	} {
		if !strings.Contains(out, want) && !strings.Contains(out, strings.ReplaceAll(want, `\u003c`, `\\u003c`)) {
			t.Errorf("%s is not in %.2000s", want, out)
		}
	}
}

// TestOtherCategoriesAreRefused: those of XGBoost are whole numbers from 0.
func TestOtherCategoriesAreRefused(t *testing.T) {
	t.Parallel()
	for _, low := range []float64{-3, 0.5, 1 << 24} {
		d := learner.Dataset{Schema: learner.Schema{Features: []string{"a"}}, X: mat.NewDense(90, 1, nil), Y: make([]float64, 90)}
		for i := range d.Y {
			d.X.Set(i, 0, low+float64(i%3))
			d.Y[i] = float64(i % 3 % 2)
		}
		m := export.Model{Features: d.Features, Members: []export.Member{fitted(t, "boosting-regressor", `{"categorical_features": [0]}`, d, 1)}}
		err := xgboost.Write(&bytes.Buffer{}, &m, xgboost.Options{})
		var refused *export.Error
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), "whole numbers from 0") {
			t.Errorf("from %v: the error is %v", low, err)
		}
	}
}
