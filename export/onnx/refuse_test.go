package onnx_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/export/onnx"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/knn"
	"github.com/gochimera/chimera/learner/loss"
	"github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/learner/moments"
)

// opaque is a layer of a network that does not say what it computes.
type opaque struct{ mlp.Layer }

type architecture struct{}

func (architecture) Layers(in, out int) ([]mlp.Layer, error) {
	return []mlp.Layer{opaque{mlp.Dense{In: in, Out: 3}}, mlp.Dense{In: 3, Out: out}}, nil
}

// steep is a loss of classes with probabilities of its own.
type steep struct{ loss.LogLoss }

func (steep) Probability(score float64) float64 { return loss.LogLoss{}.Probability(3 * score) }

func TestWhatCannotBeWrittenIsRefused(t *testing.T) {
	t.Parallel()
	loss.Register("steep", loss.Entry{Task: learner.Classification, Summary: "Steep.", New: func(loss.Settings) (loss.Loss, error) { return steep{}, nil }})
	rows := learner.Dataset{
		Schema: learner.Schema{Features: []string{"a", "b"}}, X: mat.NewDense(4, 2, []float64{1, 2, 3, 4, 5, 6, 7, 9}), Y: []float64{1, 2, 3, 5},
	}
	classes := rows
	classes.Classes, classes.Y = []learner.Label{"no", "yes"}, []float64{0, 1, 0, 1}
	training := mlp.Training{
		Solver: "adam", LearningRate: "constant", LearningRateInit: 0.01, PowerT: 0.5, StepSize: 1, Gamma: 0.5, BatchSize: 2, MaxIter: 1, NIterNoChange: 1,
		ValidationFraction: 0.1, Beta1: 0.9, Beta2: 0.9, Epsilon: 1e-8,
	}
	own, err := mlp.NewRegressor(architecture{}, training, mlp.RegressionLoss{Loss: mlp.SquaredError, Delta: 1}, learner.Env{Seed: 1, Procs: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := own.Fit(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	scaled := fitted(t, "tree-regressor", "", rows)
	scaled.Scaling = &moments.Scaling{Mean: []float64{0, 0}, Scale: []float64{1, 1}}
	jobs := learner.Dataset{Schema: learner.Schema{Features: rows.Features}, X: mat.NewDense(60, 2, nil), Y: make([]float64, 60)}
	for i := range jobs.Y {
		jobs.X.Set(i, 0, float64(i%3))
		jobs.Y[i] = float64(i % 3 % 2)
	}
	for _, tt := range []struct {
		name  string
		model export.Model
		one   export.Member
		want  string
	}{
		{name: "nothing plain", one: fitted(t, "knn-regressor", "", rows), want: "member 1 (knn-regressor) cannot be exported: its learner hands out"},
		{name: "a layer of one's own", one: export.Member{Name: "w1", Kind: "own", Learner: own},
			want: "the model of w1 (own) cannot be exported: the network has a layer of a kind of its own: layer dense_1 (onnx_test.opaque)"},
		{name: "a loss of one's own", model: export.Model{Classes: classes.Classes}, one: fitted(t, "sgd-classifier", `{"loss": "steep"}`, classes),
			want: "nothing says what probabilities its scores stand for"},
		{name: "splits of categories", one: fitted(t, "boosting-regressor", `{"categorical_features": [0]}`, jobs),
			want: "tree 0 splits feature 0 by its categories, and trees of ONNX have thresholds"},
		{name: "scaled trees", one: scaled, want: "its features were scaled, which trees do not take up"},
		{name: "a threshold for numbers", model: export.Model{Threshold: 0.5}, one: fitted(t, "ridge", "", rows), want: "a threshold is for two classes"},
		{name: "no probability", model: export.Model{Classes: classes.Classes, Threshold: 2}, one: fitted(t, "linear-svc", "", classes), want: "no probability"},
		{name: "names", model: export.Model{Features: []string{"a", "a"}}, one: fitted(t, "ridge", "", rows), want: `two of its features are called "a"`},
		{name: "no members", want: "it has no members"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := tt.model
			if m.Features == nil {
				m.Features = rows.Features
			}
			if tt.one.Learner != nil {
				m.Members = []export.Member{tt.one}
			}
			err := onnx.Write(&bytes.Buffer{}, &m, onnx.Options{})
			var refused *export.Error
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
