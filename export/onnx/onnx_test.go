package onnx_test

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/export/onnx"
	"github.com/gochimera/chimera/internal/foreign"
	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/boosting"
	_ "github.com/gochimera/chimera/learner/forest"
	_ "github.com/gochimera/chimera/learner/linear"
	_ "github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/numeric"
	_ "github.com/gochimera/chimera/learner/sgd"
	_ "github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/registry"
)

// trial is a model, what goes in, and what must come out.
type trial struct {
	name   string
	model  *export.Model
	bytes  []byte
	inputs []foreign.Tensor
	x      *mat.Dense // the features that learners see of the same rows
}

func fitted(t *testing.T, name, params string, train learner.Dataset) export.Member {
	t.Helper()
	m, err := registry.New(name, json.RawMessage(params), learner.Env{Seed: 1, Procs: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(t.Context(), train); err != nil {
		t.Fatal(err)
	}
	return export.Member{Kind: name, Learner: m}
}

func write(t *testing.T, m *export.Model, o onnx.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := onnx.Write(&b, m, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// answer is what the members answer together, by the learners themselves: rows x 1 or rows x classes.
func answer(t *testing.T, m *export.Model, x *mat.Dense) *mat.Dense {
	t.Helper()
	var sum *mat.Dense
	total := 0.0
	for i, one := range m.Members {
		if one.Scaling != nil {
			scaled, err := one.Scaling.Standardize(x)
			if err != nil {
				t.Fatal(err)
			}
			x = scaled
		}
		var a *mat.Dense
		var err error
		if m.Classes == nil {
			var y []float64
			if y, err = one.Learner.Predict(t.Context(), x); err == nil {
				a = mat.NewDense(len(y), 1, y)
			}
		} else {
			a, err = learner.Probabilities(t.Context(), one.Learner, x, len(m.Classes))
		}
		if err != nil {
			t.Fatal(err)
		}
		if m.Combine == export.Vote {
			votes := mat.NewDense(a.RawMatrix().Rows, len(m.Classes), nil)
			for r := range a.RawMatrix().Rows {
				votes.Set(r, numeric.ArgMax(a.RawRowView(r)), 1)
			}
			a = votes
		}
		weight := 1.0
		if m.Weights != nil {
			weight = m.Weights[i]
		}
		a.Scale(weight, a)
		total += weight
		if sum == nil {
			sum = a
		} else {
			sum.Add(sum, a)
		}
	}
	sum.Scale(1/total, sum)
	return sum
}

// TestONNXRuntimeAnswersAsWeDo runs all models in one process, which takes a second to start.
func TestONNXRuntimeAnswersAsWeDo(t *testing.T) {
	t.Parallel()
	known, unknown, prepared := refusing(t)
	trials := append(slices.Concat(onSets(t), onMixedTables(t)), known, prepared)
	jobs := []foreign.Job{unknown}
	for _, tt := range trials {
		jobs = append(jobs, foreign.Job{Model: tt.bytes, Inputs: tt.inputs})
	}
	t.Run("checker", func(t *testing.T) { checked(t, jobs) })
	got := foreign.Compute(t, "onnxruntime", jobs)
	if !strings.Contains(got[0].Error, "out of data bounds") {
		t.Errorf("an unknown category that the column refuses: %q", got[0].Error)
	}
	for i, tt := range trials {
		t.Run(tt.name, func(t *testing.T) { tt.check(t, got[i+1]) })
	}
}

// checked asks ONNX's own checker, which also infers all shapes, of every model.
func checked(t *testing.T, jobs []foreign.Job) {
	t.Helper()
	t.Parallel()
	python := foreign.NewPython(t, "onnx")
	var files []string
	for _, j := range jobs {
		files = append(files, foreign.WriteFile(t, "model.onnx", j.Model))
	}
	out := python.Run(t, `
import sys, onnx
for f in sys.argv[1:]:
    m = onnx.load(f)
    onnx.checker.check_model(m, full_check=True)
    assert m.producer_name == 'chimera' and m.graph.output[0].name in ('value', 'label'), m
print(len(sys.argv) - 1)
`, files...)
	if strings.TrimSpace(out) != strconv.Itoa(len(jobs)) {
		t.Errorf("checked %s of %d models", out, len(jobs))
	}
}

// check compares every answer with ours.
func (tt trial) check(t *testing.T, got foreign.Answer) {
	t.Helper()
	if got.Error != "" {
		t.Fatal(got.Error)
	}
	want := answer(t, tt.model, tt.x)
	rows, cols := want.Dims()
	name := "value"
	if tt.model.Classes != nil {
		name = "probabilities"
	}
	out := got.Output(t, name)
	if !slices.Equal(out.Shape, []int64{int64(rows), int64(cols)}) {
		t.Fatalf("%s is %v, want %d x %d", name, out.Shape, rows, cols)
	}
	values := out.Float64s
	for _, v := range out.Float32s {
		values = append(values, float64(v))
	}
	worst := 0.0
	for i, v := range values {
		w := want.At(i/cols, i%cols)
		d := math.Abs(v-w) / max(1, math.Abs(w))
		if !(d <= 1e-6) {
			t.Fatalf("row %d: %s %d is %v, want %v", i/cols, name, i%cols, v, w)
		}
		worst = max(worst, d)
	}
	t.Logf("%d answers, the furthest %.1g off", len(values), worst)
	if tt.model.Classes != nil {
		tt.checkLabels(t, got.Output(t, "label"), want)
	}
}

func (tt trial) checkLabels(t *testing.T, got foreign.Tensor, want *mat.Dense) {
	t.Helper()
	rows, _ := want.Dims()
	if len(got.Texts)+len(got.Int64s) != rows {
		t.Fatalf("%d labels for %d rows", len(got.Texts)+len(got.Int64s), rows)
	}
	for i := range rows {
		p := want.RawRowView(i)
		class := numeric.ArgMax(p)
		if tt.model.Threshold != 0 {
			class = 0
			if p[1] >= tt.model.Threshold {
				class = 1
			}
		}
		sorted := slices.Sorted(slices.Values(p))
		if last := len(sorted) - 1; last > 0 && sorted[last]-sorted[last-1] < 1e-6 {
			continue // a close call
		}
		label := tt.model.Classes[class]
		if got.Int64s != nil && learner.NumberLabel(float64(got.Int64s[i])) != label || got.Texts != nil && got.Texts[i] != string(label) {
			t.Fatalf("row %d: label %v, want %s", i, got, label)
		}
	}
}

// onSets are models of numbers on real sets, whose rows are float64.
func onSets(t *testing.T) (trials []trial) {
	t.Helper()
	type member struct{ kind, params string }
	mlp := func(rest string) string { return `{"max_iter": 20, "hidden_layer_sizes": [7, 5]` + rest + `}` }
	for _, tt := range []struct {
		name, set string
		members   []member
		weights   []float64
		combine   export.Combine
		threshold float64
		scaled    bool // features, as a parameter server does
		words     bool // classes are texts
		missing   bool
		float64s  bool
	}{
		{name: "a tree for three classes", set: "iris", members: []member{{"tree-classifier", ""}}},
		{name: "a forest for two classes", set: "breast_cancer", members: []member{{"forest-classifier", `{"n_estimators": 40}`}}, words: true, missing: true},
		{name: "a regression forest", set: "diabetes", members: []member{{"forest-regressor", `{"n_estimators": 100}`}}, missing: true},
		{name: "extremely randomised trees", set: "diabetes", members: []member{{"extra-trees-regressor", `{"n_estimators": 20}`}}, float64s: true, missing: true},
		{name: "boosting, two classes", set: "breast_cancer", members: []member{{"boosting-classifier", `{"max_iter": 20}`}}, missing: true},
		{name: "boosting, three classes", set: "wine", members: []member{{"boosting-classifier", `{"max_iter": 10}`}}, missing: true},
		{name: "boosting for counts, twice", set: "diabetes", missing: true, float64s: true, members: []member{
			{"boosting-regressor", `{"loss": "poisson", "max_iter": 10}`}, {"boosting-regressor", `{"loss": "poisson", "max_iter": 20}`}}},
		{name: "a tree that is a leaf", set: "iris", members: []member{{"tree-classifier", `{"min_samples_split": 1000}`}}},
		{name: "bagged trees, weighted", set: "wine", weights: []float64{1, 0.5, 0},
			members: []member{{"tree-classifier", `{"max_depth": 2}`}, {"tree-classifier", `{"max_depth": 3}`}, {"tree-classifier", ""}}},
		{name: "a vote of three kinds", set: "iris", combine: export.Vote, words: true,
			members: []member{{"tree-classifier", ""}, {"logistic-regression", ""}, {"linear-svc", ""}}},
		{name: "a vote of one", set: "wine", combine: export.Vote, members: []member{{"logistic-regression", ""}}},
		{name: "a mean of kinds", set: "breast_cancer", threshold: 0.3,
			members: []member{{"forest-classifier", `{"n_estimators": 10}`}, {"linear-svc", ""}, {"sgd-classifier", ""}}},
		{name: "linear regression", set: "diabetes", members: []member{{"linear-regression", ""}}},
		{name: "the elastic net and a tree", set: "diabetes", members: []member{{"elastic-net", `{"alpha": 0.01}`}, {"tree-regressor", ""}}},
		{name: "logistic regression, two classes", set: "breast_cancer", members: []member{{"logistic-regression", ""}}},
		{name: "logistic regression, ten classes", set: "digits", members: []member{{"logistic-regression", `{"max_iter": 20}`}}},
		{name: "a support vector machine", set: "wine", members: []member{{"linear-svc", ""}}},
		{name: "gradient descent, log loss", set: "iris", members: []member{{"sgd-classifier", ""}}, scaled: true},
		{name: "gradient descent, modified Huber loss", set: "wine", members: []member{{"sgd-classifier", `{"loss": "modified_huber"}`}}},
		{name: "gradient descent, modified Huber loss of two classes", set: "breast_cancer", members: []member{{"sgd-classifier", `{"loss": "modified_huber"}`}}},
		{name: "gradient descent, hinge", set: "breast_cancer", members: []member{{"sgd-classifier", `{"loss": "hinge"}`}}},
		{name: "gradient descent, regression", set: "diabetes", members: []member{{"sgd-regressor", ""}}, scaled: true, float64s: true},
		{name: "a network, relu", set: "iris", members: []member{{"mlp-classifier", mlp("")}}, scaled: true},
		{name: "a network, two classes, tanh", set: "breast_cancer", scaled: true,
			members: []member{{"mlp-classifier", mlp(`, "activation": "tanh", "dropout": 0.2`)}}},
		{name: "a network, gelu", set: "wine", members: []member{{"mlp-classifier", mlp(`, "activation": "gelu", "layer_norm": true`)}}, scaled: true},
		{name: "a network, logistic", set: "digits", members: []member{{"mlp-classifier", mlp(`, "activation": "logistic", "layer_norm": true`)}}, float64s: true},
		{name: "a network for numbers", set: "diabetes", members: []member{{"mlp-regressor", mlp(`, "activation": "identity"`)}}, scaled: true},
	} {
		train, test := testdata.Load(t, tt.set)
		if tt.words {
			for k := range train.Classes {
				train.Classes[k] = learner.Label([]string{"none", "ein wort", "très"}[k])
			}
		}
		if tt.missing {
			train.X, test.X = punched(train.X), punched(test.X)
		}
		m := &export.Model{Name: tt.name, Features: train.Features, Classes: train.Classes, Weights: tt.weights, Combine: tt.combine, Threshold: tt.threshold}
		for _, one := range tt.members {
			d := train
			var scaling *moments.Scaling
			if tt.scaled {
				d, scaling = standardised(t, train)
			}
			fit := fitted(t, one.kind, one.params, d)
			fit.Scaling = scaling
			m.Members = append(m.Members, fit)
		}
		x := test.X
		if !tt.float64s { // what goes in as float32 is that
			x = mat.DenseCopyOf(x)
			for i, v := range x.RawMatrix().Data {
				x.RawMatrix().Data[i] = float64(float32(v))
			}
		}
		trials = append(trials, trial{
			name: tt.name, model: m, bytes: write(t, m, onnx.Options{Float64: tt.float64s}), inputs: matrixInput(x, tt.float64s), x: x,
		})
	}
	return trials
}

func standardised(t *testing.T, d learner.Dataset) (learner.Dataset, *moments.Scaling) {
	t.Helper()
	m, err := moments.FromDataset(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Scaling()
	if err != nil {
		t.Fatal(err)
	}
	if d.X, err = s.Standardize(d.X); err != nil {
		t.Fatal(err)
	}
	return d, &s
}

// punched is x with every seventh value missing.
func punched(x *mat.Dense) *mat.Dense {
	p := mat.DenseCopyOf(x)
	rows, cols := p.Dims()
	for i := range rows * cols {
		if i%7 == 3 {
			p.Set(i/cols, i%cols, math.NaN())
		}
	}
	return p
}
