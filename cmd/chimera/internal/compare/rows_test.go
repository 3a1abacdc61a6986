package compare

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// tables are rows of workers with these numbers of rows of class n and of class y.
func tables(t *testing.T, counts ...[2]int) []*trial.Table {
	t.Helper()
	var names, dirs []string
	for w, count := range counts {
		x, y := "a\n", "y\n"
		for k, n := range count {
			for i := range n {
				x, y = x+fmt.Sprintf("%d%d%d\n", w, k, i), y+[]string{"n", "y"}[k]+"\n"
			}
		}
		dir := t.TempDir()
		for name, text := range map[string]string{"X_train.csv": x, "y_train.csv": y} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		names, dirs = append(names, fmt.Sprint("w", w)), append(dirs, dir)
	}
	read, err := trial.Read(t.Context(), names, dirs, dataio.Options{}, "")
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// What is held out is the share of all rows, and of each class and each worker within a row; the rest stays with its worker.
func TestCut(t *testing.T) {
	r := NewRows(tables(t, [2]int{40, 11}, [2]int{7, 30}), true)
	const share = 0.25
	train, test, err := r.cut(share, learner.NewRand(3))
	if err != nil {
		t.Fatal(err)
	}
	if len(test) != 22 || len(train)+len(test) != 88 { // a quarter of 88
		t.Errorf("%d and %d rows", len(train), len(test))
	}
	both := slices.Sorted(slices.Values(append(slices.Clone(train), test...)))
	for i, row := range both {
		if i != row {
			t.Fatalf("row %d is there twice, or not at all", i)
		}
	}
	held := map[[2]int]int{}
	for _, row := range test {
		held[[2]int{r.owner[row], r.class[row]}]++
	}
	for at, n := range map[[2]int]int{{0, 0}: 40, {0, 1}: 11, {1, 0}: 7, {1, 1}: 30} {
		if got := float64(held[at]); math.Abs(got-share*float64(n)) >= 1 {
			t.Errorf("of %d rows of worker %d and class %d, %v are held out", n, at[0], at[1], got)
		}
	}
	shares, err := r.shares(train, learner.NewRand(4))
	if err != nil {
		t.Fatal(err)
	}
	for w, rows := range shares.Train {
		if slices.ContainsFunc(rows, func(row int) bool { return r.owner[row] != w }) || shares.Tables[w].Worker != fmt.Sprint("w", w) {
			t.Errorf("worker %d has rows of another", w)
		}
	}
	if n := len(shares.Train[0]) + len(shares.Train[1]); n != len(train) {
		t.Errorf("%d of %d rows were dealt", n, len(train))
	}
	if copies := r.copies(train, r.workers); !slices.Equal(copies.Train[1], train) || copies.Tables[1].Rows() != 88 {
		t.Error("a copy has other rows")
	}
	if _, other, _ := r.cut(share, learner.NewRand(5)); slices.Equal(other, test) {
		t.Error("another seed holds out the same rows")
	}
}

// Rows that all workers have are divided once, and dealt out where each needs its own: as many to each, and of each class.
func TestRowsOfAll(t *testing.T) {
	one := tables(t, [2]int{12, 24})[0]
	r := NewRows([]*trial.Table{one, one.For("w1"), one.For("w2")}, true)
	train, test, err := r.cut(1.0/3, learner.NewRand(1))
	if err != nil || len(test) != 12 || len(train) != 24 {
		t.Fatalf("%d and %d rows, %v", len(train), len(test), err)
	}
	shares, err := r.shares(train, learner.NewRand(2))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for w, rows := range shares.Train {
		classes := [2]int{}
		for _, row := range rows {
			seen[row] = true
			classes[r.class[row]]++
		}
		if len(rows) != 8 || classes[1] < 5 || classes[1] > 6 { // 16 of class y over three
			t.Errorf("worker %d has %d rows, of the classes %v", w, len(rows), classes)
		}
	}
	if len(seen) != 24 {
		t.Errorf("%d rows were dealt", len(seen))
	}
}

// Rows that two of three workers share are held out of both, and each of the two has the rest, as in the project.
func TestRowsOfSome(t *testing.T) {
	read := tables(t, [2]int{12, 24}, [2]int{9, 9})
	r := NewRows([]*trial.Table{read[0], read[1], read[0].For("w2")}, true)
	train, test, err := r.cut(1.0/3, learner.NewRand(1))
	if err != nil || len(test) != 18 || len(train) != 36 {
		t.Fatalf("%d and %d rows, %v", len(train), len(test), err)
	}
	shares, err := r.shares(train, learner.NewRand(2))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(shares.Train[0], shares.Train[2]) || len(shares.Train[0])+len(shares.Train[1]) != 36 {
		t.Errorf("%v", shares.Train)
	}
	for w, rows := range shares.Train {
		if slices.ContainsFunc(rows, func(row int) bool { return slices.Contains(test, row) }) || shares.Tables[w].Worker != fmt.Sprint("w", w) {
			t.Errorf("worker %d has rows that are held out", w)
		}
	}
	if copies := r.copies(train, r.workers); len(copies.Train[2]) != 36 || r.note != "" {
		t.Errorf("a copy has %d rows; %s", len(copies.Train[2]), r.note)
	}
	if r := NewRows(tables(t, [2]int{2, 2}), true); r.note != "" {
		t.Error(r.note)
	}
}

func TestCutRefuses(t *testing.T) {
	few := NewRows(tables(t, [2]int{1, 1}, [2]int{0, 1}), true)
	if _, _, err := few.cut(0.01, learner.NewRand(1)); err == nil {
		t.Error("no row was held out")
	}
	if _, err := few.shares([]int{0, 1}, learner.NewRand(1)); err == nil {
		t.Error("a worker has no rows")
	}
}
