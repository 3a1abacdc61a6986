package mastertest

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// Three returns shards whose targets have the means 1, 2 and 6; the second has its columns in another
// order.
func Three() []Shard {
	return []Shard{
		{X: "a,b\n0,5\n0,5\n", Y: "target\n0\n2\n"},
		{X: "b,a\n5,0\n5,0\n", Y: "target\n2\n2\n"},
		{X: " A ,B\n0,5\n", Y: "target\n6\n"},
	}
}

// ToyRows makes rows with a linear target plus noise, or classes derived from it, on features of very
// different scales.
func ToyRows(n, classes int) learner.Dataset {
	random := learner.NewRand(uint64(100*classes + n))
	d := learner.Dataset{Schema: learner.Schema{Features: []string{"a", "b", "c"}}, X: mat.NewDense(n, 3, nil)}
	for k := range classes {
		d.Classes = append(d.Classes, learner.NumberLabel(float64(k)))
	}
	for i := range n {
		a, b, c := random.NormFloat64(), 50+20*random.NormFloat64(), 0.01*random.NormFloat64()
		d.X.SetRow(i, []float64{a, b, c})
		y := 2*a - (b-50)/20 + 30*c + 0.5*random.NormFloat64()
		if classes > 0 {
			y = min(max(math.Floor(y*float64(classes)/6+float64(classes)/2), 0), float64(classes-1))
		}
		d.Y = append(d.Y, y)
	}
	return d
}

// Split cuts rows into n shards of unequal size, in order.
func Split(d learner.Dataset, n int) []learner.Dataset {
	shards, rows := make([]learner.Dataset, 0, n), AllOf(d.Len())
	total, from := n*(n+1)/2, 0
	for k := range n {
		to := from + max(1, d.Len()*(k+1)/total)
		if k == n-1 {
			to = d.Len()
		}
		shards = append(shards, d.Select(rows[from:to]))
		from = to
	}
	return shards
}

// AllOf returns the row numbers 0 to n-1.
func AllOf(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// WriteShard writes rows as a worker's files, without loss of precision. The target's column is named
// "target" if no name is given.
func WriteShard(t *testing.T, dir, target string, d learner.Dataset) {
	t.Helper()
	if target == "" {
		target = "target"
	}
	var x, y strings.Builder
	x.WriteString(strings.Join(d.Features, ",") + "\n")
	y.WriteString(target + "\n")
	for i := range d.Len() {
		x.WriteString(strings.ReplaceAll(Numbers(d.X.RawRowView(i)), "NaN", "") + "\n") // a missing value is an empty cell
		if d.Classes != nil {
			y.WriteString(string(d.Classes[int(d.Y[i])]) + "\n")
			continue
		}
		y.WriteString(Numbers(d.Y[i:i+1]) + "\n")
	}
	Write(t, filepath.Join(dir, "X_train.csv"), x.String())
	Write(t, filepath.Join(dir, "y_train.csv"), y.String())
}

// Request asks for predictions for the rows of d.
func Request(d learner.Dataset) string {
	rows := make([]string, d.Len())
	for i := range rows {
		rows[i] = "[" + Numbers(d.X.RawRowView(i)) + "]"
	}
	return `{"X_pred_columns":["` + strings.Join(d.Features, `","`) + `"],"X_pred_rows":[` + strings.Join(rows, ",") + "]}"
}

// Numbers formats numbers without loss of precision, separated by commas.
func Numbers(values []float64) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strings.Join(texts, ",")
}

// Write writes a file.
func Write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// CloseTo fails if the numbers differ by more than a tolerance, relative to the largest of them.
func CloseTo(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	var worst, largest float64
	for i := range got {
		worst = max(worst, math.Abs(got[i]-want[i]))
		largest = max(largest, math.Abs(want[i]))
	}
	if !(worst <= tolerance*max(largest, 1e-300)) {
		t.Errorf("%s: off by %.3g of %.3g (allowed %.1g relative)\n got %.17g\nwant %.17g", what, worst, largest, tolerance, got, want)
	}
}
