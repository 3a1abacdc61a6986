package onnx_test

import (
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/export/onnx"
	"github.com/gochimera/chimera/internal/foreign"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

// agreed is what one worker with these rows would agree with itself on.
func agreed(t *testing.T, rows table.Rows, y []float64, classes []learner.Label, s prepare.Settings, needs prepare.Needs) *prepare.Preparation {
	t.Helper()
	q := prepare.Question{Columns: rows.Columns, Texts: textual(rows), Classes: classes, Settings: s, Needs: needs}
	summary, err := prepare.Summarise(t.Context(), q, rows, y)
	if err != nil {
		t.Fatal(err)
	}
	p, err := prepare.Agree(q, []*prepare.Summary{summary})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// onMixedTables are models whose graphs prepare rows of numbers and texts, with missing cells and categories that no row of
// the training has.
func onMixedTables(t *testing.T) (trials []trial) {
	t.Helper()
	complete := prepare.Needs{Complete: true, Scale: true}
	for _, tt := range []struct {
		name, set, kind, params string
		settings                prepare.Settings
		needs                   prepare.Needs
	}{
		{name: "one-hot and standardised", set: "loans", kind: "logistic-regression", needs: complete},
		{name: "indicators", set: "loans", kind: "sgd-classifier", needs: complete, settings: prepare.Settings{Indicator: true, Impute: prepare.Median}},
		{name: "ordinals with missing values", set: "wine", kind: "forest-classifier", params: `{"n_estimators": 10}`, needs: prepare.Needs{Ordinals: true}},
		{name: "ordinals and indicators", set: "iris", kind: "tree-classifier", needs: prepare.Needs{Ordinals: true}, settings: prepare.Settings{Indicator: true}},
		{name: "frequencies", set: "rents", kind: "forest-regressor", params: `{"n_estimators": 10}`, settings: prepare.Settings{Encode: prepare.Frequency}},
		{name: "targets", set: "rents", kind: "ridge", needs: complete, settings: prepare.Settings{Encode: prepare.Target, Scale: prepare.MinMax}},
		{name: "targets of several classes", set: "wine", kind: "logistic-regression", needs: complete,
			settings: prepare.Settings{Encode: prepare.Target, Indicator: true}},
		{name: "infrequent categories", set: "breast_cancer", kind: "logistic-regression", needs: complete,
			settings: prepare.Settings{MinFrequency: 0.25, Scale: prepare.Robust}},
	} {
		train, texts := mixed(t, tt.set, "train")
		test, _ := mixed(t, tt.set, "test")
		var classes []learner.Label
		if strings.HasSuffix(tt.kind, "classifier") || tt.kind == "logistic-regression" {
			classes = classesOf(texts)
		}
		y := targetsOf(t, texts, classes)
		p := agreed(t, train, y, classes, tt.settings, tt.needs)
		x, err := p.Transform(t.Context(), train)
		if err != nil {
			t.Fatal(err)
		}
		m := &export.Model{Features: p.Features(), Classes: classes, Preparation: p}
		m.Members = []export.Member{fitted(t, tt.kind, tt.params, learner.Dataset{Schema: learner.Schema{Features: m.Features, Classes: classes}, X: x, Y: y})}
		trials = append(trials, trialOf(t, tt.name+", "+tt.set, m, test))
	}
	return trials
}

// trialOf is a model with a preparation and the rows of a table, some of which get a category that is new.
func trialOf(t *testing.T, name string, m *export.Model, rows table.Rows) trial {
	t.Helper()
	for i, v := range rows.X.RawMatrix().Data {
		rows.X.RawMatrix().Data[i] = float64(float32(v))
	}
	categories := categoriesOf(m.Preparation)
	if len(categories) == 0 {
		t.Fatalf("%s: no categories", name)
	}
	for i := range rows.Len() {
		if i%5 == 2 {
			j := slices.Index(rows.Columns, categories[i%len(categories)])
			setText(&rows, i, j, "never seen")
		}
	}
	x, err := m.Preparation.Transform(t.Context(), rows)
	if err != nil {
		t.Fatal(err)
	}
	return trial{name: name, model: m, bytes: write(t, m, onnx.Options{}), inputs: columnInputs(rows, categories), x: x}
}

func categoriesOf(p *prepare.Preparation) (names []string) {
	for i := range p.Columns {
		if p.Columns[i].Kind == prepare.Categorical {
			names = append(names, p.Columns[i].Name)
		}
	}
	return names
}

// refusing is a model whose columns refuse unknown categories: with rows that it knows, with one that it does not, and as a
// model of prepared features.
func refusing(t *testing.T) (known trial, unknown foreign.Job, prepared trial) {
	t.Helper()
	rows, texts := mixed(t, "loans", "train")
	classes := classesOf(texts)
	y := targetsOf(t, texts, classes)
	p := agreed(t, rows, y, classes, prepare.Settings{Unknown: prepare.Refuse}, prepare.Needs{Complete: true, Scale: true})
	x, err := p.Transform(t.Context(), rows)
	if err != nil {
		t.Fatal(err)
	}
	m := &export.Model{Features: p.Features(), Classes: classes, Preparation: p}
	m.Members = []export.Member{fitted(t, "logistic-regression", "", learner.Dataset{Schema: learner.Schema{Features: m.Features, Classes: classes}, X: x, Y: y})}
	categories := categoriesOf(p)
	known = trial{name: "known categories", model: m, bytes: write(t, m, onnx.Options{}), inputs: columnInputs(rows, categories), x: x}
	setText(&rows, 0, slices.Index(rows.Columns, categories[0]), "never seen")
	wide := mat.DenseCopyOf(x)
	for i, v := range wide.RawMatrix().Data {
		wide.RawMatrix().Data[i] = float64(float32(v))
	}
	prepared = trial{name: "prepared features", model: m, bytes: write(t, m, onnx.Options{Prepared: true}), inputs: matrixInput(wide, false), x: wide}
	return known, foreign.Job{Model: known.bytes, Inputs: columnInputs(rows, categories)}, prepared
}
