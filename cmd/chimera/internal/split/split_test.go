package split_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/cmd/chimera/internal/split"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/filelock"
	"github.com/gochimera/chimera/learner"
)

// data writes a data set: row i is "i,<i written oddly>", its class i % 3 in
// the shares 3 : 2 : 1.
func data(t *testing.T, rows int) (x, y string) {
	t.Helper()
	dir := t.TempDir()
	var xs, ys strings.Builder
	xs.WriteString("Id,\"Odd, one\"\n")
	ys.WriteString("species\n")
	for i := range rows {
		fmt.Fprintf(&xs, "%d,%d.50e+00\n", i, i)
		ys.WriteString([]string{"a", "a", "a", "b", "b", "c"}[i%6] + "\n")
	}
	return put(t, dir, "X.csv", xs.String()), put(t, dir, "y.csv", ys.String())
}

func put(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func options(t *testing.T, x, y, by string, workers int) split.Options {
	t.Helper()
	s, err := split.ParseStrategy(by)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	o := split.Options{Data: datafile.Source{Features: x, Target: y}, By: s, Seed: 7, TestDir: filepath.Join(out, "test")}
	for w := range workers {
		name := fmt.Sprintf("w%d", w+1)
		o.Workers = append(o.Workers, split.Destination{Worker: name, Dir: filepath.Join(out, name)})
	}
	return o
}

// lines reads a file's lines after the header.
func lines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")[1:]
}

// Whatever the strategy, every row is somewhere, once, with its own target, as
// it was written and in its order.
func TestEveryRowGoesSomewhereOnce(t *testing.T) {
	const rows = 600
	for _, by := range []string{"contiguous", "iid", "stratified", "dirichlet(0.5)", "dirichlet(100)", "size(3,1,2)"} {
		for _, hold := range []string{"0", "0.25", "37"} {
			t.Run(by+" "+hold, func(t *testing.T) {
				x, y := data(t, rows)
				o := options(t, x, y, by, 3)
				o.Holdout, _ = split.ParseHoldout(hold)
				report, err := split.Split(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				wantX, wantY := lines(t, x), lines(t, y)
				seen := make([]int, rows)
				folders := [][2]string{}
				for _, w := range o.Workers {
					folders = append(folders, [2]string{filepath.Join(w.Dir, "X_train.csv"), filepath.Join(w.Dir, "y_train.csv")})
				}
				if hold != "0" {
					folders = append(folders, [2]string{filepath.Join(o.TestDir, "X_test.csv"), filepath.Join(o.TestDir, "y_test.csv")})
				}
				for k, files := range folders {
					xs, ys := lines(t, files[0]), lines(t, files[1])
					last := -1
					for i := range xs {
						var id int
						if _, err := fmt.Sscanf(xs[i], "%d,", &id); err != nil {
							t.Fatal(err)
						}
						seen[id]++
						if xs[i] != wantX[id] || ys[i] != wantY[id] || id <= last {
							t.Fatalf("%s: row %d is %q with %q after row %d", files[0], id, xs[i], ys[i], last)
						}
						last = id
					}
					part := report.Test
					if k < len(report.Parts) {
						part = &report.Parts[k]
					}
					if part.Rows != len(xs) || part.Rows != part.Counts[0]+part.Counts[1]+part.Counts[2] {
						t.Errorf("%s has %d rows, the report says %+v", files[0], len(xs), part)
					}
				}
				if slices.Min(seen) != 1 || slices.Max(seen) != 1 {
					t.Error("a row is missing or repeated")
				}
			})
		}
	}
}

// counts are rows by worker and class.
func counts(t *testing.T, by string, workers, rows int) (totals []int, classes [][]int) {
	t.Helper()
	x, y := data(t, rows)
	report, err := split.Split(t.Context(), options(t, x, y, by, workers))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range report.Parts {
		totals, classes = append(totals, p.Rows), append(classes, p.Counts)
	}
	return totals, classes
}

func TestHowManyRowsGoWhere(t *testing.T) {
	for _, tt := range []struct {
		by     string
		totals []int
	}{
		{"contiguous", []int{201, 200, 200}},
		{"iid", []int{201, 200, 200}},
		{"stratified", []int{201, 200, 200}},
		{"size(4,1,1)", []int{401, 100, 100}},
		{"size(0.1,0.2,0.3)", []int{100, 200, 301}}, // 100.17, 200.33, 300.5: the largest remainder gets the last
		{"replicate", []int{601, 601, 601}},
	} {
		if totals, _ := counts(t, tt.by, 3, 601); !slices.Equal(totals, tt.totals) {
			t.Errorf("%s: %v, want %v", tt.by, totals, tt.totals)
		}
	}
	_, classes := counts(t, "stratified", 4, 600) // 300, 200 and 100 of a class
	for w, c := range classes {
		if !slices.Equal(c, []int{75, 50, 25}) {
			t.Errorf("stratified: worker %d has %v", w, c)
		}
	}
	even, _ := counts(t, "dirichlet(1000000)", 3, 600)
	for _, n := range even {
		if math.Abs(float64(n)-200) > 5 {
			t.Errorf("a large alpha is even: %v", even)
		}
	}
	_, uneven := counts(t, "dirichlet(0.001)", 2, 600) // almost all of a class at one worker
	for c, n := range []int{300, 200, 100} {
		if most := max(uneven[0][c], uneven[1][c]); most < n*9/10 {
			t.Errorf("a small alpha is uneven: class %d is dealt %d, %d", c, uneven[0][c], uneven[1][c])
		}
	}
}

// The mean share of a class over many seeds is the same for all workers, and
// its variance that of a Dirichlet distribution: (1/n)(1-1/n)/(n alpha + 1).
func TestDirichletMoments(t *testing.T) {
	const workers, seeds = 4, 60
	x, y := data(t, 480)
	for _, alpha := range []float64{0.3, 2} {
		var mean, square float64
		o := options(t, x, y, fmt.Sprintf("dirichlet(%v)", alpha), workers)
		o.Replace = true
		for seed := range uint64(seeds) {
			o.Seed = seed
			report, err := split.Split(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			share := float64(report.Parts[1].Counts[0]) / 240
			mean += share / seeds
			square += share * share / seeds
		}
		variance := 0.25 * 0.75 / (workers*alpha + 1)
		if math.Abs(mean-0.25) > 4*math.Sqrt(variance/seeds) {
			t.Errorf("alpha %v: the mean share is %v, want 0.25", alpha, mean)
		}
		if got := square - mean*mean; math.Abs(got-variance) > 0.6*variance {
			t.Errorf("alpha %v: the share's variance is %v, want %v", alpha, got, variance)
		}
	}
}

// One seed, the same files; another, others.
func TestSeed(t *testing.T) {
	x, y := data(t, 300)
	first := func(seed uint64) string {
		o := options(t, x, y, "iid", 3)
		o.Seed = seed
		if _, err := split.Split(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		return strings.Join(lines(t, filepath.Join(o.Workers[0].Dir, "X_train.csv")), "\n")
	}
	one, again, other := first(1), first(1), first(2)
	if one != again || one == other {
		t.Error("the seed does not decide")
	}
}

func TestQuantitiesAreNoClasses(t *testing.T) {
	dir := t.TempDir()
	x := put(t, dir, "x.csv", "a\n1\n2\n3\n4\n")
	y := put(t, dir, "y.csv", "y\n0.5\n1\n2\n3\n")
	report, err := split.Split(t.Context(), options(t, x, y, "iid", 2))
	if err != nil || report.Task != "regression" || report.Classes != nil {
		t.Errorf("got %+v, %v", report, err)
	}
	if _, err := split.Split(t.Context(), options(t, x, y, "stratified", 2)); !isRefusal(err) {
		t.Errorf("got %v", err)
	}
}

func isRefusal(err error) bool {
	var e *split.Error
	return errors.As(err, &e)
}

func TestRefuses(t *testing.T) {
	good := "a,b\n1,2\n3,4\n5,6\n"
	for _, tt := range []struct {
		name, x, y, by, hold string
		workers              int
		says                 string
	}{
		{name: "ragged row", x: "a,b\n1,2\n3\n", y: "y\n1\n2\n", says: "X.csv:3: the row has 1 fields, expected 2"},
		{name: "different lengths", x: good, y: "y\n1\n2\n", says: "y.csv: 2 rows, but"},
		{name: "no rows", x: "a\n", y: "y\n", says: "no rows"},
		{name: "blank target", x: good, y: "y\n1\n\n2\n", says: `y.csv:3:1 (column "y"): the target is missing`},
		{name: "two targets", x: good, y: "y,z\n1,2\n", says: "expected one column"},
		{name: "repeated column", x: "a,A\n1,2\n", y: "y\n1\n", says: "same name"},
		{name: "more workers than rows", x: good, y: "y\n1\n2\n1\n", workers: 4, says: "3 rows are left for 4 workers"},
		{name: "more held out than there are", x: good, y: "y\n1\n2\n1\n", hold: "4", says: "only 3"},
		{name: "all held out", x: good, y: "y\n1\n2\n1\n", hold: "3", says: "0 rows are left"},
		{name: "shares of other workers", x: good, y: "y\n1\n2\n1\n", by: "size(1,1,1)", says: "3 shares for 2 workers"},
		{name: "nobody", x: good, y: "y\n1\n2\n1\n", workers: -1, says: "no workers"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			by, workers := "iid", 2
			if tt.by != "" {
				by = tt.by
			}
			if tt.workers != 0 {
				workers = max(tt.workers, 0)
			}
			o := options(t, put(t, dir, "X.csv", tt.x), put(t, dir, "y.csv", tt.y), by, workers)
			o.Holdout, _ = split.ParseHoldout(tt.hold)
			_, err := split.Split(t.Context(), o)
			var read *dataio.Error
			if err == nil || !strings.Contains(err.Error(), tt.says) || !isRefusal(err) && !errors.As(err, &read) {
				t.Errorf("got %v, want %q", err, tt.says)
			}
			if entries, _ := os.ReadDir(filepath.Dir(o.TestDir)); len(entries) > 0 {
				t.Errorf("files are left: %v", entries)
			}
		})
	}
}

// What is there already is kept, and nothing half-written replaces it.
func TestKeepsWhatIsThere(t *testing.T) {
	x, y := data(t, 60)
	o := options(t, x, y, "iid", 2)
	if _, err := split.Split(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if _, err := split.Split(t.Context(), o); !isRefusal(err) || !strings.Contains(err.Error(), "--force") {
		t.Errorf("got %v", err)
	}
	before := lines(t, filepath.Join(o.Workers[0].Dir, "X_train.csv"))
	ctx, cancel := context.WithCancel(t.Context())
	o.Replace, o.Seed, o.Progress = true, 8, func(int, int) { cancel() } // as Ctrl-C while rows are copied
	longX, longY := data(t, 20_000)
	o.Data = datafile.Source{Features: longX, Target: longY}
	if _, err := split.Split(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if !slices.Equal(before, lines(t, filepath.Join(o.Workers[0].Dir, "X_train.csv"))) {
		t.Error("the files changed")
	}
	if entries, _ := os.ReadDir(o.Workers[0].Dir); len(entries) != 2 {
		t.Errorf("temporary files are left: %v", entries)
	}
}

// Two splits into one place would mix their files: the second is refused, with the name of the first, and
// leaves nothing.
func TestOneSplitAtATime(t *testing.T) {
	x, y := data(t, 12)
	o := options(t, x, y, "iid", 2)
	out := filepath.Dir(o.Workers[0].Dir)
	lock, err := filelock.Take(filepath.Join(out, "split.lock"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := split.Split(t.Context(), o); !isRefusal(err) || !strings.Contains(err.Error(), fmt.Sprintf("process %d on ", os.Getpid())) {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(out); err != nil || len(left) != 1 {
		t.Errorf("it left %v, %v", left, err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if _, err := split.Split(t.Context(), o); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(out); err != nil || len(left) != 3 { // two workers and the manifest
		t.Errorf("there is %v, %v", left, err)
	}
}

func TestParseStrategy(t *testing.T) {
	for _, good := range []string{"contiguous", "iid", "stratified", "dirichlet(0.5)", "size(3,1,1)", "replicate"} {
		if s, err := split.ParseStrategy(" " + good); err != nil || s.String() != good {
			t.Errorf("%s: %v, %v", good, s, err)
		}
	}
	for bad, says := range map[string]string{
		"random": "want one of", "iid(2)": "nothing in parentheses", "dirichlet": "one number", "dirichlet(0)": "positive", "dirichlet(1": "not closed",
		"size": "one share per worker", "size(1,x)": `got "x"`, "dirichlet(1,2)": "one number", "size(NaN)": "positive", "size(Inf)": "positive",
	} {
		if _, err := split.ParseStrategy(bad); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", bad, err, says)
		}
	}
	for _, bad := range []string{"1.5", "-1", "-0.1", "x", "NaN"} {
		if _, err := split.ParseHoldout(bad); !isRefusal(err) {
			t.Errorf("holdout %s: %v", bad, err)
		}
	}
}

func ExampleReport_Write() {
	r := split.Report{
		By: "dirichlet(0.3)", Seed: 7, Task: "classification", Rows: 100, Classes: []learner.Label{"benign", "malignant"},
		Parts: []split.Part{{Worker: "tree1", Rows: 60, Counts: []int{45, 15}}, {Worker: "tree2", Rows: 20, Counts: []int{5, 15}}},
		Test:  &split.Part{Rows: 20, Counts: []int{10, 10}},
	}
	var b bytes.Buffer
	_ = r.Write(&b)
	for line := range strings.Lines(b.String()) {
		fmt.Println(strings.TrimRight(line, "\n"))
	}
	// Output:
	// 100 rows split by dirichlet(0.3), seed 7
	//
	//   worker  rows  benign  malignant  skew
	//    tree1    60      45         15  0.15
	//    tree2    20       5         15  0.35
	//   (test)    20      10         10  0.10
	//
	// skew: how far a worker's classes are from those of all rows (total variation; 0 the same, 1 none in common)
	//
	//  tree1 |████████████████████████████████████▒▒▒▒▒▒▒▒▒▒▒▒
	//  tree2 |████▒▒▒▒▒▒▒▒▒▒▒▒
	// (test) |████████▒▒▒▒▒▒▒▒
	//         █ benign  ▒ malignant
}
