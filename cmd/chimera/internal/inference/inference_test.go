package inference_test

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/inference"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
	"github.com/gochimera/chimera/prepare/table"
)

// all reads a source batch by batch.
func all(t *testing.T, text string, batch int) (columns []string, rows [][]float64, err error) {
	t.Helper()
	s, err := inference.NewSource(strings.NewReader(text), "in", inference.Written{})
	if err != nil {
		return nil, nil, err
	}
	for {
		part, next := s.Next(t.Context(), batch)
		err = next
		if errors.Is(err, io.EOF) {
			return columns, rows, nil
		}
		if err != nil {
			return nil, nil, err
		}
		columns = part.Columns
		n, x := part.Len(), part.X
		if n > batch {
			t.Fatalf("a batch of %d rows, want at most %d", n, batch)
		}
		for i := range n {
			rows = append(rows, append([]float64(nil), x.RawRowView(i)...))
		}
	}
}

// The same rows, in every form and every size of batch.
func TestSource(t *testing.T) {
	want := [][]float64{{1, 2.5}, {-3e-7, 0}, {1, 17}}
	for name, text := range map[string]string{
		"CSV":              "a, B\n1,2.5\n-3e-7,0\n1,17\n",
		"CSV after blanks": "a,b\n1,2.5\n-3e-7,0\n1,17\n\n",
		"a request's body": `{"fit_id": {"x": [1]}, "X_pred_columns": ["A ", "b"], "X_pred_rows": [[1, 2.5], [-3e-7, false], [true, "17"]]}`,
		"JSON lines":       "{\"a\": 1, \"b\": 2.5}\n{\"b\": 0, \"a\": -3e-7}\n\n{\"a\": true, \"b\": 17}",
		"semicolons":       "a;b\n1;2.5\n-3e-7;0\ntrue;17\n",
		"objects":          "\n [{\"a\": 1, \"b\": 2.5}, {\"b\": 0, \"a\": -3e-7}, {\"a\": 1, \"b\": 17}]\n",
	} {
		for _, batch := range []int{1, 2, 100} {
			columns, rows, err := all(t, text, batch)
			if err != nil || !reflect.DeepEqual(columns, []string{"a", "b"}) || !reflect.DeepEqual(rows, want) {
				t.Errorf("%s, batches of %d: %v, %v, %v", name, batch, columns, rows, err)
			}
		}
	}
	_, rows, err := all(t, `[{"a": null}]`, 1)
	if err != nil || !math.IsNaN(rows[0][0]) {
		t.Errorf("null: %v, %v", rows, err)
	}
}

func TestSourceRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"":                       "in: the file is empty",
		"a,b\n1\n":               "in:2: the row has 1 fields, expected 2",
		"{\"a\":\n1}":            "want X_pred_columns and X_pred_rows",
		`{"X_pred_rows": [[1]]}`: "X_pred_columns must come before",
		`{"X_pred_columns": 3}`:  "want a list of names",
		`{"X_pred_columns": ["a"], "X_pred_rows": 1}`:          "want a list of rows",
		`{"X_pred_columns": ["a"], "X_pred_rows": [[1, 2]]}`:   "row 0 has 2 values, expected 1",
		`{"X_pred_columns": ["a"], "X_pred_rows": [[1], [[]]`:  `row 1, "a": expected a number, a text or null`,
		`{"X_pred_columns": ["a"], "X_pred_rows": [["Inf"]]}`:  "expected a finite number",
		`{"X_pred_columns": ["a"], "X_pred_rows": [{"a": 1}]}`: "want a list of numbers",
		`{"X_pred_columns": ["a"], "X_pred_rows": [[1]`:        "does not end",
		`[{"a": 1}, {"b": 1}]`:                                 `row 1 has no "a"`,
		`[{"a": 1}, {"a": 1, "b": 2}]`:                         "row 1 has 2 values, the first has 1",
		`[1]`:                                                  "row 0: want an object",
		`{"a`:                                                  "not JSON",
	} {
		_, _, err := all(t, text, 10)
		var e *dataio.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", text, err, says)
		}
	}
}

// master answers the sum of each row, as fit says.
type master struct{ fits []string }

func (m *master) PredictTable(_ context.Context, rows table.Rows) (*client.Prediction, error) {
	p := &client.Prediction{FitID: m.fits[0], Failures: []client.WorkerFailure{{Worker: "w", Reason: "gone"}}}
	if len(m.fits) > 1 {
		m.fits = m.fits[1:]
	}
	for i := range rows.Len() {
		p.Y.Values = append(p.Y.Values, mat.Sum(rows.X.RowView(i)))
	}
	return p, nil
}

func TestPredict(t *testing.T) {
	for format, want := range map[inference.Format]string{
		inference.CSV:  "prediction\n3\n-0.125\n7\n",
		inference.JSON: "[\n {\"prediction\":3},\n {\"prediction\":-0.125},\n {\"prediction\":7}\n]\n",
	} {
		from, err := inference.NewSource(strings.NewReader("a,b\n1,2\n0,-0.125\n3,4\n"), "in", inference.Written{})
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		done := []int{}
		s, err := inference.Predict(t.Context(), &master{fits: []string{"1"}}, from, inference.NewSink(&out, format, true), 2, func(n int) { done = append(done, n) })
		if err != nil || out.String() != want || s.Rows != 3 || len(s.Failures) != 1 || !reflect.DeepEqual(done, []int{2, 3}) {
			t.Errorf("%s: %q, %+v, %v, %v", format, &out, s, done, err)
		}
	}
}

// Answers of two models in one file would be answers of none.
func TestPredictNoticesANewModel(t *testing.T) {
	from, err := inference.NewSource(strings.NewReader("a\n1\n2\n"), "in", inference.Written{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = inference.Predict(t.Context(), &master{fits: []string{"1", "2"}}, from, inference.NewSink(io.Discard, inference.CSV, false), 1, nil)
	if err == nil || !strings.Contains(err.Error(), "the model changed after 1 rows") {
		t.Errorf("got %v", err)
	}
}

func TestSinkOfClasses(t *testing.T) {
	p := &client.Prediction{
		Labels: []learner.Label{"cat", "3"}, Classes: []learner.Label{"3", "cat"},
		Proba: api.NewProbaRows(mat.NewDense(2, 2, []float64{0.25, 0.75, 1, 0})),
	}
	for _, tt := range []struct {
		format inference.Format
		proba  bool
		want   string
	}{
		{inference.CSV, false, "prediction\ncat\n3\n"},
		{inference.CSV, true, "prediction,probability_3,probability_cat\ncat,0.25,0.75\n3,1,0\n"},
		{inference.JSON, false, "[\n {\"prediction\":\"cat\"},\n {\"prediction\":3}\n]\n"},
		{inference.JSON, true, `[
 {"prediction":"cat","probability":{"3":0.25,"cat":0.75}},
 {"prediction":3,"probability":{"3":1,"cat":0}}
]
`},
	} {
		var out strings.Builder
		s := inference.NewSink(&out, tt.format, tt.proba)
		if err := errors.Join(s.Write(p), s.Close()); err != nil || out.String() != tt.want {
			t.Errorf("%s, %v: %q, %v", tt.format, tt.proba, &out, err)
		}
	}
}

// Of a decomposition all components are answers, whether probabilities are asked for or not.
func TestSinkOfComponents(t *testing.T) {
	p := &client.Prediction{Y: api.YRows{Values: []float64{1.5, 0}}, Components: api.NewProbaRows(mat.NewDense(2, 2, []float64{1.5, -2, 0, 1e-9}))}
	for format, want := range map[inference.Format]string{
		inference.CSV:  "component_1,component_2\n1.5,-2\n0,1e-09\n",
		inference.JSON: "[\n {\"components\":[1.5,-2]},\n {\"components\":[0,1e-9]}\n]\n",
	} {
		var out strings.Builder
		s := inference.NewSink(&out, format, true)
		if err := errors.Join(s.Write(p), s.Close()); err != nil || out.String() != want {
			t.Errorf("%s: %q, %v", format, &out, err)
		}
	}
}

// What scores without targets have is printed, and nothing of what they have not.
func TestWriteScoreWithoutTargets(t *testing.T) {
	half, sum := 0.5, 12.25
	for want, s := range map[string]*client.Score{
		"clustering, 3 rows\n\n  silhouette         0.5000\n  inertia            12.2500\n  rows in cluster 0  1\n  rows in cluster 1  2\n": {
			Rows: 3, Clustering: &metrics.Clustering{Sizes: []int{1, 2}, Silhouette: &half, Inertia: &sum},
		},
		"decomposition, 3 rows, components: 2\n\n  explained variance                        0.5000\n  mean squared error of the reconstruction  0.2500\n": {
			Rows: 3, Decomposition: &metrics.Decomposition{Components: 2, ExplainedVariance: 0.5, Reconstruction: 0.25},
		},
	} {
		var out strings.Builder
		if err := inference.WriteScore(&out, s); err != nil || out.String() != want {
			t.Errorf("%q, %v", &out, err)
		}
	}
}

func TestReadScored(t *testing.T) {
	dir := t.TempDir()
	x, y, long := filepath.Join(dir, "X.csv"), filepath.Join(dir, "y.csv"), filepath.Join(dir, "long.csv")
	for file, text := range map[string]string{x: "a\n1\n2\n", y: "y\n1.0\ncat\n", long: "y\n1\n2\n3\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rows, truth, err := inference.ReadScored(t.Context(), x, y, inference.Written{})
	if err != nil || rows.Columns[0] != "a" || rows.X.At(1, 0) != 2 || !reflect.DeepEqual(truth, []learner.Label{"1", "cat"}) {
		t.Errorf("got %v, %v, %v", rows, truth, err)
	}
	for _, target := range []string{long, filepath.Join(dir, "none.csv")} {
		var e *dataio.Error
		if _, _, err := inference.ReadScored(t.Context(), x, target, inference.Written{}); !errors.As(err, &e) {
			t.Errorf("%s: %v", target, err)
		}
	}
}

// One file that has all columns gives the same rows and labels as two.
func TestReadScoredOfOneFile(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.csv")
	for name, text := range map[string]string{
		"a name":     "a;Y;b\n1;0.50;x\n2;cat;\n",
		"a position": "a,y,b\n1,0.50,x\n2,cat,\n",
	} {
		if err := os.WriteFile(whole, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		target := map[string]string{"a name": "y", "a position": "-2"}[name]
		rows, truth, err := inference.ReadScored(t.Context(), whole, "", inference.Written{Target: target})
		if err != nil || !reflect.DeepEqual(rows.Columns, []string{"a", "b"}) || rows.X.At(1, 0) != 2 || !math.IsNaN(rows.X.At(1, 1)) ||
			!reflect.DeepEqual(truth, []learner.Label{"0.5", "cat"}) {
			t.Errorf("%s: %v, %v, %v", name, rows, truth, err)
		}
	}
}

// Rows without a header have the names that training gave them: found out, or said where it is in doubt.
func TestRowsWithoutHeader(t *testing.T) {
	for text, w := range map[string]inference.Written{"1,M,2\n3,F,4\n": {}, "a,M\nb,F\n": {NoHeader: true}, "1;2\n": {NoHeader: true, Delimiter: "semicolon"}} {
		s, err := inference.NewSource(strings.NewReader(text), "in", w)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := s.Next(t.Context(), 10)
		if err != nil || rows.Columns[0] != "x1" || rows.Len() != strings.Count(text, "\n") {
			t.Errorf("%q: %v, %v", text, rows, err)
		}
	}
}

func ExampleWriteScore() {
	// A regression's score; that of a classification has a confusion matrix too.
	_ = inference.WriteScore(os.Stdout, &client.Score{
		Rows: 3, Baseline: -0.1, Regression: &metrics.Regression{R2: 0.75, MSE: 0.25, MAE: 0.5, Baseline: 1},
		Members: []api.WorkerScore{{Worker: "worker1", Score: 0.5}},
	})
	// Output:
	// regression, 3 rows
	//
	//   R2                                       0.7500
	//   baseline R2 (mean of the training rows)  -0.1000
	//   mean squared error                       0.2500
	//   baseline MSE (mean of these rows)        1.0000
	//   mean absolute error                      0.5000
	//
	// R2 of each worker's model by itself
	//
	//   worker1  0.5000
}
