package chimera_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/bayes"
	_ "github.com/gochimera/chimera/learner/knn"
	_ "github.com/gochimera/chimera/learner/linear"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/metrics"
)

// sklearnTruth is what scikit-learn's ColumnTransformer and the same model predict for the test rows of a mixed
// table; internal/testdata/mixed/mixed.py made it.
type sklearnTruth struct {
	Score     float64         `json:"score"`
	Predicted []learner.Label `json:"predicted"`
}

// Tables with texts and missing values, from their files to predictions over REST, as scikit-learn has them: a
// classifier within one test row, a regressor within 0.005 R2.
func TestMixedTablesAsScikitLearn(t *testing.T) {
	const folder = "internal/testdata/mixed"
	text, err := os.ReadFile(filepath.Join(folder, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth map[string]struct {
		Task   learner.Task            `json:"task"`
		Models map[string]sklearnTruth `json:"models"`
	}
	if err := json.Unmarshal(text, &truth); err != nil {
		t.Fatal(err)
	}
	if len(truth) < 6 {
		t.Fatalf("truth.json has %d tables, want at least 6", len(truth))
	}
	for set, table := range truth {
		for name, want := range table.Models {
			t.Run(set+"/"+name, func(t *testing.T) {
				t.Parallel()
				columns, rows, y := readMixed(t, filepath.Join(folder, set, "test.csv"))
				train, err := os.ReadFile(filepath.Join(folder, set, "train.csv"))
				if err != nil {
					t.Fatal(err)
				}
				got := predictMixed(t, name, train, columns, rows)
				compareWithSklearn(t, table.Task, want, got, y)
			})
		}
	}
}

// compareWithSklearn compares a model's predictions with scikit-learn's, one by one if that is possible, and their scores.
func compareWithSklearn(t *testing.T, task learner.Task, want sklearnTruth, got, y []learner.Label) {
	t.Helper()
	if len(got) != len(y) || len(want.Predicted) != len(y) {
		t.Fatalf("%d predictions and %d of scikit-learn for %d rows", len(got), len(want.Predicted), len(y))
	}
	if task == learner.Regression {
		truth, mine := numbersOf(t, y), numbersOf(t, got)
		if r2 := metrics.R2(truth, mine, nil); math.Abs(r2-want.Score) > 0.005 {
			t.Errorf("R2 %.6f, scikit-learn has %.6f", r2, want.Score)
		}
		return
	}
	differ := 0
	for i := range got {
		if got[i] != want.Predicted[i] {
			differ++
		}
	}
	if differ > 1 {
		t.Errorf("%d of %d predictions differ from scikit-learn's", differ, len(got))
	}
}

func numbersOf(t *testing.T, labels []learner.Label) []float64 {
	t.Helper()
	out := make([]float64, len(labels))
	for i, l := range labels {
		v, ok := l.Target()
		if !ok {
			t.Fatalf("row %d: %q is not a number", i, l)
		}
		out[i] = v
	}
	return out
}

// readMixed reads a mixed table as a client might: cells as they are written, nothing for a missing one.
func readMixed(t *testing.T, path string) (columns []string, rows [][]any, y []learner.Label) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	last := len(records[0]) - 1
	for _, record := range records[1:] {
		row := make([]any, last)
		for j, cell := range record[:last] {
			if v, err := strconv.ParseFloat(cell, 64); err == nil {
				row[j] = v
			} else if cell != "" {
				row[j] = cell
			}
		}
		rows, y = append(rows, row), append(y, learner.NewLabel(record[last]))
	}
	return records[0][:last], rows, y
}

// predictMixed fits one worker on the table and predicts for rows.
func predictMixed(t *testing.T, name string, train []byte, columns []string, rows [][]any) []learner.Label {
	t.Helper()
	dir := t.TempDir()
	params := ""
	if name == "logistic-regression" {
		params = "params: {tol: 1e-8, max_iter: 10000}\n"
	}
	put(t, filepath.Join(dir, "chimera.yaml"), "project: mixed\nlauncher: inprocess\ntarget: target\nlearner: "+name+"\n"+params+"workers: [{name: w}]\n")
	put(t, filepath.Join(dir, "chimera_train_data", "w", "train.csv"), string(train))
	var stdout, stderr output
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var predicted []learner.Label
	err := chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(&stdout, &stderr),
		chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
			defer cancel()
			if _, err := up.Master.Fit(ctx); err != nil {
				return err
			}
			var err error
			predicted, err = predictCells(ctx, up.Master.URL(), columns, rows)
			return err
		}))
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	return predicted
}

// predictCells asks a master for rows of numbers, texts and nulls.
func predictCells(ctx context.Context, master string, columns []string, rows [][]any) ([]learner.Label, error) {
	body, err := json.Marshal(map[string]any{"X_pred_columns": columns, "X_pred_rows": rows})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, master+"/v1/chimera/aggregation/predict", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // it was read
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("predict answered %s: %w: %s", response.Status, err, text)
	}
	var answer struct {
		Y      []learner.Label `json:"y_pred_rows"`
		Labels []learner.Label `json:"y_pred_labels"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, err
	}
	if answer.Labels != nil {
		return answer.Labels, nil
	}
	return answer.Y, nil
}
