package cv_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gochimera/chimera/cmd/chimera/internal/cv"
	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// drawTables draws workers with labels and groups.
func drawTables(t *rapid.T) []*trial.Table {
	classes, groups := rapid.IntRange(1, 4).Draw(t, "classes"), rapid.IntRange(2, 12).Draw(t, "groups")
	tables := make([]*trial.Table, rapid.IntRange(1, 4).Draw(t, "workers"))
	for w := range tables {
		tables[w] = &trial.Table{Worker: fmt.Sprint("w", w)}
		for range rapid.IntRange(6, 40).Draw(t, "rows") {
			tables[w].Labels = append(tables[w].Labels, learner.Label(fmt.Sprint("class", rapid.IntRange(1, classes).Draw(t, "class"))))
			tables[w].Groups = append(tables[w].Groups, fmt.Sprint("group", rapid.IntRange(1, groups).Draw(t, "group")))
		}
	}
	return tables
}

// within reports whether counts differ by one at most.
func within(counts []int) bool { return slices.Max(counts)-slices.Min(counts) <= 1 }

// Every row is held out once a repeat and trained on otherwise; the sizes of folds, the rows of a class in them, and the
// rows of a class of one worker, differ by one at most.
func TestFolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tables := drawTables(t)
		p := cv.Plan{Folds: rapid.IntRange(2, 5).Draw(t, "folds"), Repeats: rapid.IntRange(1, 3).Draw(t, "repeats"),
			Stratified: rapid.Bool().Draw(t, "stratified"), Seed: rapid.Uint64().Draw(t, "seed")}
		splits, err := p.Splits(tables)
		var refused *cv.PlanError
		if errors.As(err, &refused) {
			return
		}
		if again, _ := p.Splits(tables); !reflect.DeepEqual(splits, again) {
			t.Error("two runs with one seed differ")
		}
		if len(splits) != p.Folds*p.Repeats {
			t.Fatalf("%d splits", len(splits))
		}
		for repeat := range p.Repeats {
			sizes, byClass := make([]int, p.Folds), map[string][]int{}
			seen := map[string]int{}
			for fold := range p.Folds {
				s := splits[repeat*p.Folds+fold]
				train, test := 0, 0
				for w, table := range tables {
					train, test = train+len(s.Train[w]), test+len(s.Test[w])
					both := append(slices.Clone(s.Train[w]), s.Test[w]...)
					slices.Sort(both)
					for i, r := range both {
						if r != i {
							t.Fatalf("rows %v of worker %d are not each row once", both, w)
						}
					}
					for _, r := range s.Test[w] {
						seen[fmt.Sprint(w, r)]++
						for _, key := range []string{string(table.Labels[r]), table.Worker + string(table.Labels[r])} {
							if byClass[key] == nil {
								byClass[key] = make([]int, p.Folds)
							}
							byClass[key][fold]++
						}
					}
				}
				if train != s.TrainRows || test != s.TestRows {
					t.Errorf("it says %d and %d rows, and has %d and %d", s.TrainRows, s.TestRows, train, test)
				}
				sizes[fold] = test
			}
			for row, n := range seen {
				if n != 1 {
					t.Errorf("row %s is held out %d times", row, n)
				}
			}
			if !within(sizes) {
				t.Errorf("folds of %v rows", sizes)
			}
			for class, counts := range byClass {
				if p.Stratified && !within(counts) {
					t.Errorf("%s has %v rows in the folds", class, counts)
				}
			}
		}
	})
}

// A group is in one fold, whichever workers have its rows, and no fold is empty.
func TestGroupsStayTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tables := drawTables(t)
		p := cv.Plan{Folds: rapid.IntRange(2, 4).Draw(t, "folds"), Repeats: 2, Grouped: true, Stratified: rapid.Bool().Draw(t, "stratified"),
			Seed: rapid.Uint64().Draw(t, "seed")}
		splits, err := p.Splits(tables)
		var refused *cv.PlanError
		if errors.As(err, &refused) {
			return
		}
		for repeat := range p.Repeats {
			fold := map[string]int{}
			for _, s := range splits[repeat*p.Folds : (repeat+1)*p.Folds] {
				if s.TestRows == 0 {
					t.Error("an empty fold")
				}
				for w, rows := range s.Test {
					for _, r := range rows {
						g := tables[w].Groups[r]
						if before, ok := fold[g]; ok && before != s.Fold {
							t.Fatalf("%s is in folds %d and %d", g, before, s.Fold)
						}
						fold[g] = s.Fold
					}
				}
			}
		}
	})
}

// Groups of 8, 7, 6, 5, 4 rows on two folds by hand: the largest first, each to the smaller fold: 8 + 5 + 4 and 7 + 6.
func TestLargestGroupsFirst(t *testing.T) {
	table := &trial.Table{Worker: "w"}
	for g, n := range []int{4, 5, 6, 7, 8} {
		for range n {
			table.Labels, table.Groups = append(table.Labels, learner.NumberLabel(float64(len(table.Labels)))), append(table.Groups, fmt.Sprint(g))
		}
	}
	splits, err := cv.Plan{Folds: 2, Repeats: 1, Grouped: true}.Splits([]*trial.Table{table})
	if err != nil || splits[0].TestRows+splits[1].TestRows != 30 || math.Abs(float64(splits[0].TestRows-splits[1].TestRows)) != 4 {
		t.Errorf("%+v, %v; want folds of 17 and 13 rows", splits, err)
	}
}

// Workers that have the same rows hold out the same, and these are scored once.
func TestOneSet(t *testing.T) {
	labels := []learner.Label{"a", "b", "a", "b", "a", "b"}
	tables := []*trial.Table{{Worker: "one", Labels: labels}, {Worker: "two", Labels: labels}}
	splits, err := cv.Plan{Folds: 3, Repeats: 1, Stratified: true, First: []int{0, 0}}.Splits(tables)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range splits {
		if !slices.Equal(s.Train[0], s.Train[1]) || s.Test[1] != nil || s.TestRows != 2 || s.TrainRows != 4 {
			t.Errorf("%+v", s)
		}
	}
}

// Two workers of one folder, one of which has it in another order, and a third: each row of theirs is held out once, and whoever has it
// does not train on it then.
func TestSharedRowsAreHeldOutOfAllThatHaveThem(t *testing.T) {
	texts := [][2]string{{"a\n1\n2\n3\n4\n5\n6\n", "y\nn\nj\nn\nj\nn\nj\n"}, {"a\n6\n5\n4\n3\n2\n1\n", "y\nj\nn\nj\nn\nj\nn\n"},
		{"a\n11\n12\n13\n14\n", "y\nn\nj\nn\nj\n"}}
	var dirs []string
	for _, pair := range texts {
		dir := t.TempDir()
		for i, name := range []string{"X_train.csv", "y_train.csv"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(pair[i]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		dirs = append(dirs, dir)
	}
	tables, err := trial.Read(t.Context(), []string{"a", "b", "c"}, dirs, dataio.Options{}, "")
	if err != nil {
		t.Fatal(err)
	}
	p := cv.Plan{Folds: 2, Repeats: 3, Stratified: true}
	tables, p.First = trial.Shared(tables)
	splits, err := p.Splits(tables)
	if err != nil {
		t.Fatal(err)
	}
	lines := func(rows [][]int) []string {
		dir := t.TempDir()
		if err := trial.Write(dir, "x", "y", tables, rows); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "x"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(text))[1:]
	}
	for repeat := range p.Repeats {
		held := map[string]int{}
		for _, s := range splits[repeat*p.Folds : (repeat+1)*p.Folds] {
			test := lines(s.Test)
			for _, row := range test {
				held[row]++
				if slices.Contains(lines(s.Train), row) {
					t.Errorf("row %s is held out, and trained on", row)
				}
			}
			if s.TrainRows+s.TestRows != 10 || s.TestRows != len(test) || !slices.Equal(s.Train[0], s.Train[1]) {
				t.Errorf("%+v", s)
			}
		}
		for row, n := range held {
			if n != 1 || len(held) != 10 {
				t.Errorf("row %s is held out %d times, of %d rows", row, n, len(held))
			}
		}
	}
	if notes := p.Notes(tables); notes != nil {
		t.Error(notes)
	}
	twice := cv.Plan{Folds: 2, Repeats: 1, First: []int{0, 1, 2}}
	if notes := twice.Notes(tables); len(notes) != 1 || !strings.HasPrefix(notes[0], "12 of 16 rows have an equal among the rows of another worker: ") {
		t.Error(notes)
	}
	if twice.Grouped = true; twice.Notes(tables) != nil {
		t.Error("rows of a group are in one fold, whosever they are")
	}
}

func TestRefusals(t *testing.T) {
	labels := []learner.Label{"a", "b", "a", "b"}
	for _, tt := range []struct {
		plan   cv.Plan
		tables []*trial.Table
		want   string
	}{
		{cv.Plan{Folds: 1, Repeats: 1}, nil, "want at least 2 folds, got 1"},
		{cv.Plan{Folds: 2}, nil, "want at least 1 repeat, got 0"},
		{cv.Plan{Folds: 5, Repeats: 1}, []*trial.Table{{Labels: labels}}, "5 folds of 4 rows"},
		{cv.Plan{Folds: 3, Repeats: 1, Stratified: true}, []*trial.Table{{Labels: labels}}, "no class has more than 2 rows: use fewer folds, or --no-stratify"},
		{cv.Plan{Folds: 2, Repeats: 1, Grouped: true}, []*trial.Table{{Labels: labels, Groups: []string{"g", "g", "g", "g"}}}, "2 folds of 1 groups"},
		{cv.Plan{Folds: 2, Repeats: 1}, []*trial.Table{{Worker: "rich", Labels: labels}, {Worker: "poor", Labels: labels[:1]}},
			"worker poor has no rows to train on without fold"},
	} {
		if _, err := tt.plan.Splits(tt.tables); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

// By hand: the mean of 1, 2, 6 is 3, and the sum of squares 4 + 1 + 9 over 2 is 7.
func TestEstimate(t *testing.T) {
	if e := cv.NewEstimate([]float64{1, 2, 6}); e.Mean != 3 || e.SD != math.Sqrt(7) || e.N != 3 {
		t.Errorf("%+v", e)
	}
	if e := cv.NewEstimate([]float64{5}); e.Mean != 5 || e.SD != 0 {
		t.Errorf("%+v", e)
	}
}
