package api_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

// marshal is how masters write answers.
func marshal(v any) ([]byte, error) { return json.Marshal(v) }

// Every response is written as json.Marshal writes it.
func TestPredictResponseAppendJSON(t *testing.T) {
	r := learner.NewRand(4)
	many := func(n int) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = r.NormFloat64()
		}
		return v
	}
	failures := []api.WorkerFailure{{Worker: "b", Reason: "it says \"<no>\""}}
	for _, c := range []struct {
		name string
		r    api.PredictResponse
	}{
		{"nothing", api.PredictResponse{}},
		{"an empty list", api.PredictResponse{Y: api.YRows{Values: api.Floats{}}}},
		{"a value", api.PredictResponse{Y: api.YRows{Values: api.Floats{1}}, FitID: "f"}},
		{"many values", api.PredictResponse{Y: api.YRows{Values: many(70_001)}, Workers: []string{"a", "c"}, Failures: failures, Notes: []string{"a & b"}}},
		{"empty labels", api.PredictResponse{Y: api.YRows{Labels: api.Labels{}}, Labels: api.Labels{}}},
		{"labels", api.PredictResponse{
			Y: api.YRows{Labels: api.Labels{"<a>", "b\u2028", "\xff", "1", "1e400"}}, Labels: api.Labels{"x", "x"}, Classes: []learner.Label{"<a>", "b"},
		}},
		{"probabilities", api.PredictResponse{
			Y: api.YRows{Values: many(30_011)}, Labels: api.Labels{"no", "yes"}, Proba: api.NewProbaRows(mat.NewDense(10_007, 3, many(30_021))), FitID: "f",
		}},
		{"components", api.PredictResponse{Y: api.YRows{Values: many(2)}, Components: api.NewProbaRows(mat.NewDense(2, 3, many(6))), FitID: "f"}},
		{"no probabilities", api.PredictResponse{Proba: api.NewProbaRows(&mat.Dense{})}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, err := marshal(c.r)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.r.AppendJSON([]byte("before"), marshal)
			if err != nil || string(got) != "before"+string(want) {
				t.Errorf("AppendJSON: %v, %.200s\njson.Marshal: %.200s", err, got, want)
			}
		})
	}
	values := many(50_000)
	values[49_000], values[30_000] = math.NaN(), math.Inf(1)
	_, err := api.PredictResponse{Y: api.YRows{Values: values}}.AppendJSON(nil, marshal)
	var bad *wire.NotFiniteError
	if !errors.As(err, &bad) || bad.Column != 30_000 || !strings.Contains(err.Error(), "value 30000") {
		t.Errorf("with numbers that are not finite: got %v, want a NotFiniteError at value 30000, the first", err)
	}
	proba := api.NewProbaRows(mat.NewDense(10_000, 5, values))
	_, err = api.PredictResponse{Proba: proba}.AppendJSON(nil, marshal)
	if !errors.As(err, &bad) || bad.Row != 6000 || bad.Column != 0 {
		t.Errorf("with probabilities that are not finite: got %v, want a NotFiniteError at row 6000, column 0", err)
	}
}
