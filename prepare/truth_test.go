package prepare_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

// truth is testdata/truth.json, which truth.py beside it writes by scikit-learn.
type truth struct {
	Columns     []string
	Train, Test [][]any
	Cases       []struct {
		Name        string
		Settings    prepare.Settings
		Complete    bool
		Train, Test [][]*float64
	}
	Targets []struct {
		Name    string
		Y       []float64
		Classes int
		Codes   map[string][]float64
		Unknown []float64
	}
}

func readTruth(t *testing.T) truth {
	t.Helper()
	text, err := os.ReadFile("testdata/truth.json")
	if err != nil {
		t.Fatal(err)
	}
	var all truth
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// deal gives workers rows in turns of so and so many.
func deal(columns []string, rows [][]any, each int) (shards []table.Rows) {
	for first := 0; first < len(rows); first += each {
		shards = append(shards, rowsOf(columns, rows[first:min(first+each, len(rows))]...))
	}
	return shards
}

// What three workers agree on is what scikit-learn's ColumnTransformer makes of all their rows.
func TestAsScikitLearn(t *testing.T) {
	all := readTruth(t)
	for _, tt := range all.Cases {
		t.Run(tt.Name, func(t *testing.T) {
			q := prepare.Question{Settings: tt.Settings, Needs: prepare.Needs{Complete: tt.Complete}}
			p := agree(t, q, nil, deal(all.Columns, all.Train, 15)...)
			for _, rows := range []struct {
				cells [][]any
				want  [][]*float64
			}{{all.Train, tt.Train}, {all.Test, tt.Test}} {
				got := transform(t, p, rowsOf(all.Columns, rows.cells...))
				for i, line := range rows.want {
					if n := len(got.RawRowView(i)); n != len(line) {
						t.Fatalf("%d features %q, want %d", n, p.Features(), len(line))
					}
					for j, want := range line {
						if v := got.At(i, j); want == nil && v == v || want != nil && !(math.Abs(v-*want) <= 1e-12*max(1, math.Abs(*want))) {
							t.Errorf("row %d, %s: %v, want %v", i, p.Features()[j], v, show(want))
						}
					}
				}
			}
		})
	}
}

func show(v *float64) any {
	if v == nil {
		return "missing"
	}
	return *v
}

// The encoding by the target is that of its formula.
func TestTargetAsItsFormula(t *testing.T) {
	all := readTruth(t)
	for _, tt := range all.Targets {
		t.Run(tt.Name, func(t *testing.T) {
			q := targetQuestion(all.Columns, tt.Classes)
			shards, y := deal(all.Columns, all.Train, 15), [][]float64{tt.Y[:15], tt.Y[15:30], tt.Y[30:]}
			p := agree(t, q, y, shards...)
			for size, want := range tt.Codes {
				near(t, size, transform(t, p, rowsOf(all.Columns, []any{30, 100, "north", size})), want)
			}
			near(t, "unknown", transform(t, p, rowsOf(all.Columns, []any{30, 100, "north", "xl"})), tt.Unknown)
		})
	}
}

func targetQuestion(columns []string, classes int) prepare.Question {
	return prepare.Question{
		Columns: columns, Classes: []learner.Label{"a", "b", "c"}[:classes], Seed: 5,
		Settings: prepare.Settings{Encode: prepare.Target, Drop: []string{"age", "Income ", "city"}},
	}
}

func near(t *testing.T, what string, got *mat.Dense, want []float64) {
	t.Helper()
	row := got.RawRowView(0)
	if len(row) != len(want) {
		t.Fatalf("%s: %v, want %v", what, row, want)
	}
	for k := range want {
		if !(math.Abs(row[k]-want[k]) <= 1e-12) {
			t.Errorf("%s: %v, want %v", what, row, want)
		}
	}
}

// A training row is encoded as by a preparation of the rows of the other folds alone.
func TestTrainingRowsLeaveOutTheirFold(t *testing.T) {
	all := readTruth(t)
	for _, tt := range all.Targets {
		t.Run(tt.Name, func(t *testing.T) {
			q := targetQuestion(all.Columns, tt.Classes)
			whole := rowsOf(all.Columns, all.Train...)
			got, err := agree(t, q, [][]float64{tt.Y}, whole).TransformTraining(t.Context(), q, whole)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[int]bool{}
			for i, row := range all.Train {
				fold := prepare.FoldOf(q.Seed, uint64(i))
				seen[fold] = true
				var others [][]any
				var y []float64
				for k, other := range all.Train {
					if prepare.FoldOf(q.Seed, uint64(k)) != fold {
						others, y = append(others, other), append(y, tt.Y[k])
					}
				}
				alone := agree(t, q, [][]float64{y}, rowsOf(all.Columns, others...))
				near(t, "row", got.Slice(i, i+1, 0, len(tt.Unknown)).(*mat.Dense), transform(t, alone, rowsOf(all.Columns, row)).RawRowView(0))
			}
			if len(seen) != prepare.Folds {
				t.Errorf("folds %v", seen)
			}
		})
	}
}
