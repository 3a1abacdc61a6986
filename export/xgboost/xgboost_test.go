package xgboost_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/export/xgboost"
	"github.com/gochimera/chimera/internal/foreign"
	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/boosting"
	_ "github.com/gochimera/chimera/learner/forest"
	_ "github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
	"github.com/gochimera/chimera/registry"
)

// predict loads models in XGBoost, checks the names of their features and writes what they predict as float64, output by
// output of a row.
const predict = `
import sys, json, numpy, xgboost
for job in json.load(open(sys.argv[1])):
    booster = xgboost.Booster(model_file=job['model'])
    names = job['names']
    assert booster.feature_names == names, booster.feature_names
    x = numpy.fromfile(job['x'], dtype='<f8').reshape(-1, len(names))
    y = booster.predict(xgboost.DMatrix(x, feature_names=names, missing=numpy.nan), strict_shape=True)
    y.astype('<f8').tofile(job['y'])
`

// job is one model with rows to predict for, and what is expected.
type job struct {
	name  string
	want  *mat.Dense // rows x outputs
	names []string
	model []byte
	x     *mat.Dense
}

// run predicts for all jobs in one Python, which takes seconds to start: rows x outputs for each.
func run(t *testing.T, jobs []job) []*mat.Dense {
	t.Helper()
	type order struct {
		Model string   `json:"model"`
		Names []string `json:"names"`
		X     string   `json:"x"`
		Y     string   `json:"y"`
	}
	python := foreign.NewPython(t, "xgboost")
	var orders []order
	for _, j := range jobs {
		rows, cols := j.x.Dims()
		flat := make([]float64, 0, rows*cols)
		for i := range rows {
			flat = append(flat, j.x.RawRowView(i)...)
		}
		orders = append(orders, order{
			Model: foreign.WriteFile(t, "model.json", j.model), Names: j.names, X: foreign.WriteFloats(t, "x", flat), Y: filepath.Join(t.TempDir(), "y"),
		})
	}
	data, err := json.Marshal(orders)
	if err != nil {
		t.Fatal(err)
	}
	python.Run(t, predict, foreign.WriteFile(t, "jobs.json", data))
	answers := make([]*mat.Dense, len(jobs))
	for i, o := range orders {
		y := foreign.ReadFloats(t, o.Y)
		rows, _ := jobs[i].x.Dims()
		answers[i] = mat.NewDense(rows, len(y)/rows, y)
	}
	return answers
}

func fitted(t *testing.T, name, params string, train learner.Dataset, seed uint64) export.Member {
	t.Helper()
	m, err := registry.New(name, json.RawMessage(params), learner.Env{Seed: seed, Procs: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(t.Context(), train); err != nil {
		t.Fatal(err)
	}
	return export.Member{Kind: name, Learner: m}
}

func write(t *testing.T, m *export.Model, o xgboost.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := xgboost.Write(&b, m, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// ours is the weighted mean of what the members answer, as XGBoost gives it: the value, the probability of the second of
// two classes, or all probabilities.
func ours(t *testing.T, m *export.Model, x *mat.Dense) *mat.Dense {
	t.Helper()
	weights := m.Weights
	if weights == nil {
		weights = slices.Repeat([]float64{1}, len(m.Members))
	}
	var sum *mat.Dense
	total := 0.0
	for i, one := range m.Members {
		var a *mat.Dense
		if m.Classes == nil {
			y, err := one.Learner.Predict(t.Context(), x)
			if err != nil {
				t.Fatal(err)
			}
			a = mat.NewDense(len(y), 1, y)
		} else {
			p, err := one.Learner.(learner.Classifier).PredictProba(t.Context(), x)
			if err != nil {
				t.Fatal(err)
			}
			a = p
		}
		a.Scale(weights[i], a)
		total += weights[i]
		if sum == nil {
			sum = a
		} else {
			sum.Add(sum, a)
		}
	}
	sum.Scale(1/total, sum)
	if len(m.Classes) == 2 {
		return mat.DenseCopyOf(sum.Slice(0, sum.RawMatrix().Rows, 1, 2))
	}
	return sum
}

// near asserts that each number is ours, to 1e-6 of the larger of it and 1: XGBoost's are float32.
func near(t *testing.T, want, got *mat.Dense) {
	t.Helper()
	rows, cols := want.Dims()
	if r, c := got.Dims(); r != rows || c != cols {
		t.Fatalf("XGBoost answers %d x %d, want %d x %d", r, c, rows, cols)
	}
	worst := 0.0
	for i := range rows {
		for j := range cols {
			w, g := want.At(i, j), got.At(i, j)
			d := math.Abs(w-g) / max(1, math.Abs(w))
			if !(d <= 1e-6) {
				t.Fatalf("row %d, output %d: XGBoost answers %v, want %v", i, j, g, w)
			}
			worst = max(worst, d)
		}
	}
	t.Logf("%d answers, the furthest %.1g off", rows*cols, worst)
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

func TestXGBoostAnswersAsWeDo(t *testing.T) {
	t.Parallel()
	jobs := slices.Concat(onSets(t), onPreparedNumbers(t), onCategories(t))
	branches := nextToThresholds(t)
	got := run(t, append(jobs, branches))
	for i, j := range jobs {
		t.Run(j.name, func(t *testing.T) { near(t, j.want, got[i]) })
	}
	t.Run(branches.name, func(t *testing.T) {
		for i, v := range branches.x.RawMatrix().Data {
			if cols := len(branches.names); i%cols == 0 {
				if g, w := got[len(jobs)].At(i/cols, 0), branches.want.At(i/cols, 0); g != w {
					t.Errorf("%v: left at the thresholds %b, want %b", v, int(g), int(w))
				}
			}
		}
	})
}

// onSets are trees and forests on real sets, whose rows are float64.
func onSets(t *testing.T) (jobs []job) {
	t.Helper()
	for _, tt := range []struct {
		name, set, kind, params string
		members                 int
		weights                 []float64
		missing                 bool // in training
	}{
		{name: "a tree for three classes", set: "iris", kind: "tree-classifier", members: 1},
		{name: "a tree for two classes", set: "breast_cancer", kind: "tree-classifier", params: `{"max_depth": 4}`, members: 1},
		{name: "bagged trees", set: "wine", kind: "tree-classifier", members: 5, missing: true},
		{name: "a forest", set: "breast_cancer", kind: "forest-classifier", params: `{"n_estimators": 50}`, members: 1},
		{name: "weighted forests", set: "iris", kind: "forest-classifier", params: `{"n_estimators": 20}`, members: 3, weights: []float64{1, 0, 2.5}, missing: true},
		{name: "extremely randomised trees", set: "diabetes", kind: "extra-trees-regressor", params: `{"n_estimators": 30}`, members: 2},
		{name: "a regression tree", set: "diabetes", kind: "tree-regressor", members: 1, missing: true},
		{name: "a thousand trees", set: "diabetes", kind: "forest-regressor", params: `{"n_estimators": 100}`, members: 10},
		{name: "boosting, two classes", set: "breast_cancer", kind: "boosting-classifier", params: `{"max_iter": 30}`, members: 1, missing: true},
		{name: "boosting, three classes", set: "wine", kind: "boosting-classifier", params: `{"max_iter": 20}`, members: 1, missing: true},
		{name: "boosting, squared errors", set: "diabetes", kind: "boosting-regressor", params: `{"max_iter": 30}`, members: 2, missing: true},
		{name: "boosting, counts", set: "diabetes", kind: "boosting-regressor", params: `{"loss": "poisson", "max_iter": 30}`, members: 1, missing: true},
		{name: "boosting, medians", set: "diabetes", kind: "boosting-regressor", params: `{"loss": "absolute_error", "max_iter": 10}`, members: 1},
		{name: "a regression forest", set: "diabetes", kind: "forest-regressor", params: `{"n_estimators": 100}`, members: 2, missing: true},
	} {
		train, test := testdata.Load(t, tt.set)
		if tt.missing {
			train.X = punched(train.X)
		}
		if strings.HasPrefix(tt.kind, "boosting") { // whose thresholds are in the middle of two values, where new rows have theirs too
			narrow(test.X)
		}
		m := &export.Model{Features: train.Features, Classes: train.Classes, Weights: tt.weights}
		for i := range tt.members {
			var rows []int
			for r := range train.Len() {
				if tt.members == 1 || r%tt.members != i {
					rows = append(rows, r)
				}
			}
			m.Members = append(m.Members, fitted(t, tt.kind, tt.params, train.Select(rows), uint64(i)))
		}
		model, holes := write(t, m, xgboost.Options{}), punched(test.X)
		jobs = append(jobs,
			job{tt.name, ours(t, m, test.X), train.Features, model, test.X},
			job{tt.name + ", missing values", ours(t, m, holes), train.Features, model, holes})
	}
	return jobs
}

// onCategories are splits of categories, asked also for categories that were not there, and for none.
func onCategories(t *testing.T) (jobs []job) {
	t.Helper()
	rnd := learner.NewRand(3)
	for name, params := range map[string]string{
		"categories":           `{"categorical_features": ["job", "town"], "max_iter": 20, "min_samples_leaf": 5}`,
		"categories of counts": `{"categorical_features": ["job"], "loss": "poisson", "monotonic_cst": {"town": 1}, "max_iter": 20}`,
	} {
		d := learner.Dataset{Schema: learner.Schema{Features: []string{"job", "age", "town"}}, X: mat.NewDense(600, 3, nil), Y: make([]float64, 600)}
		asked := mat.NewDense(700, 3, nil)
		for i := range 700 {
			row := []float64{float64(rnd.IntN(20)), float64(rnd.IntN(100)) / 4, float64(rnd.IntN(150))}
			if i%9 == 0 {
				row[i%3] = math.NaN()
			}
			if i >= 600 {
				row[0] = []float64{-3, 20, 31, 32, 500, 1 << 24, math.NaN()}[i%7]
				row[2] = float64(100 + rnd.IntN(100))
			} else {
				d.X.SetRow(i, row)
				d.Y[i] = math.Mod(float64(rnd.IntN(2))+d.X.At(i, 1)/10, 4)
				if job := int(row[0]); row[0] == row[0] {
					d.Y[i] += float64(job * 7 % 5)
				}
			}
			asked.SetRow(i, row)
		}
		m := &export.Model{Features: d.Features, Members: []export.Member{fitted(t, "boosting-regressor", params, d, 1)}}
		jobs = append(jobs, job{name, ours(t, m, asked), d.Features, write(t, m, xgboost.Options{}), asked})
	}
	return jobs
}

// nextToThresholds are float32 values on both sides of thresholds that float64 and float32 tell apart: each takes the same branch.
func nextToThresholds(t *testing.T) job {
	t.Helper()
	thresholds := []float64{
		0, 0.1, -0.1, 1, 1 + 1e-12, 1 - 1e-12, math.Pi, -math.Pi, 1e-40, -1e-40, 1e-60, -1e-60, 1e38, math.MaxFloat32, -math.MaxFloat32, 1e300, -1e300, math.Inf(1),
		16777216, 16777217, float64(float32(0.1)), math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64,
	}
	var values []float64
	for _, v := range thresholds {
		at := float32(min(max(v, -math.MaxFloat32), math.MaxFloat32))
		for _, near := range []float32{at, math.Nextafter32(at, math.MaxFloat32), math.Nextafter32(at, -math.MaxFloat32)} {
			values = append(values, float64(near))
		}
	}
	values = append(values, math.NaN())
	x := mat.NewDense(len(values), len(thresholds), nil)
	for i, v := range values {
		for j := range thresholds {
			x.Set(i, j, v)
		}
	}
	names := make([]string, len(thresholds))
	stumps := &learner.Forest{Features: len(thresholds), Outputs: 1, Scale: 1, Link: learner.IdentityLink}
	for j, v := range thresholds {
		names[j] = string(rune('a' + j))
		stumps.Trees = append(stumps.Trees, learner.DecisionTree{
			Nodes:  []learner.TreeNode{{Feature: j, Threshold: v, MissingLeft: j%2 == 0, Left: 1, Right: 2}, {Feature: -1, Answer: 0}, {Feature: -1, Answer: 1}},
			Values: []float64{float64(int(1) << j), 0}, // each bit of an answer is the branch of one threshold
		})
	}
	m := &export.Model{Features: names, Members: []export.Member{{Learner: plain{stumps}}}}
	return job{"next to thresholds", ours(t, m, x), names, write(t, m, xgboost.Options{}), x}
}

// plain is a learner that is a forest.
type plain struct{ forest *learner.Forest }

func (plain) Fit(context.Context, learner.Dataset) error { panic("it is fitted") }

func (p plain) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	rows, _ := x.Dims()
	y := make([]float64, rows)
	for i := range y {
		p.forest.Scores(x.RawRowView(i), y[i:i+1])
	}
	return y, nil
}

func (p plain) Forest() *learner.Forest { return p.forest }

// onPreparedNumbers: filling in and scaling are in the thresholds, so that XGBoost takes the columns as they are.
func onPreparedNumbers(t *testing.T) []job {
	t.Helper()
	train, test := testdata.Load(t, "diabetes")
	holes := table.Rows{Columns: train.Features, X: punched(train.X)}
	fill := 0.01
	p := &prepare.Preparation{Version: prepare.Version}
	for j, name := range train.Features {
		c := prepare.PreparedColumn{Name: name, Kind: prepare.Numeric}
		if j%2 == 0 {
			c.Fill = &fill
		}
		if j%3 == 0 {
			c.Center, c.Scale = 0.003, 0.37
		}
		p.Columns = append(p.Columns, c)
	}
	x, err := p.Transform(t.Context(), holes)
	if err != nil {
		t.Fatal(err)
	}
	d := learner.Dataset{Schema: train.Schema, X: x, Y: train.Y}
	m := &export.Model{Features: p.Features(), Preparation: p, Members: []export.Member{fitted(t, "forest-regressor", `{"n_estimators": 20}`, d, 1)}}
	raw := table.Rows{Columns: test.Features, X: punched(test.X)}
	narrow(raw.X)
	prepared, err := p.Transform(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	narrowed := mat.DenseCopyOf(prepared)
	narrow(narrowed)
	return []job{
		{"columns that are prepared", ours(t, m, prepared), train.Features, write(t, m, xgboost.Options{}), raw.X},
		{"prepared features", ours(t, m, narrowed), train.Features, write(t, m, xgboost.Options{Prepared: true}), narrowed},
	}
}

// narrow rounds values to float32, for rows that lie on a threshold but for the last bits of a float64.
func narrow(x *mat.Dense) {
	data := x.RawMatrix().Data
	for i, v := range data {
		data[i] = float64(float32(v))
	}
}
