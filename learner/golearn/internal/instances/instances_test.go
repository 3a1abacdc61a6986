package instances_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/sjwhitworth/golearn/base"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/internal/instances"
	"github.com/gochimera/chimera/learner/snapshot"
)

func TestPrepare(t *testing.T) {
	d := learner.Dataset{
		Schema: learner.Schema{Classes: []learner.Label{"a", "b", "c", "d"}},
		X:      mat.NewDense(4, 1, []float64{10, 11, 12, 13}), Y: []float64{3, 1, 0, 3}, Weights: []float64{1, 2, 0, 1},
	}
	got, err := instances.Prepare(d, learner.Classification)
	if err != nil {
		t.Fatal(err)
	}
	if x := got.X.RawMatrix().Data; !slices.Equal(x, []float64{10, 11, 11, 13}) {
		t.Errorf("rows %v, want each as often as it weighs", x)
	}
	if !slices.Equal(got.Y, []float64{1, 0, 0, 1}) { // b is the first class with rows, d the second
		t.Errorf("places %v", got.Y)
	}
	if got.Classes.Len() != 2 || got.Classes.Class(0) != 1 || got.Classes.Class(1) != 3 {
		t.Errorf("classes %v", got.Classes)
	}
	proba, err := got.Classes.Proba(context.Background(), 1, func(_ int, into []float64) error {
		copy(into, []float64{0.25, 0.75})
		return nil
	})
	if err != nil || !slices.Equal(proba.RawRowView(0), []float64{0, 0.25, 0, 0.75}) {
		t.Errorf("probabilities %v, %v", proba, err)
	}
}

func TestPrepareRefuses(t *testing.T) {
	for _, tc := range []struct {
		name    string
		weights []float64
		reason  string
	}{
		{"a fractional weight", []float64{1, 0.5}, "row 1, weight: golearn has no row weights"},
		{"rows repeated beyond memory", []float64{1, 1e12}, "too many"},
		{"a sum of weights beyond an int", []float64{1e300, 1e300}, "too many"},
		{"what the contract refuses", []float64{0, 0}, "all row weights are 0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := instances.Prepare(learner.Dataset{X: mat.NewDense(2, 3, nil), Y: []float64{1, 2}, Weights: tc.weights}, learner.Regression)
			var data *learner.DataError
			if !errors.As(err, &data) || !strings.Contains(err.Error(), tc.reason) {
				t.Errorf("got error %v, want a DataError with %q", err, tc.reason)
			}
		})
	}
}

func TestLimit(t *testing.T) {
	training, err := instances.Prepare(learner.Dataset{X: mat.NewDense(2, 1, nil), Y: []float64{1, 2}, Weights: []float64{1, 3}}, learner.Regression)
	if err != nil {
		t.Fatal(err)
	}
	if err := training.Limit(4, "advice"); err != nil {
		t.Errorf("4 rows of 4: %v", err)
	}
	if err := training.Limit(3, "advice"); err == nil || !strings.Contains(err.Error(), "max_rows is 3: advice") {
		t.Errorf("4 rows of 3: %v", err)
	}
}

func TestClassesSnapshot(t *testing.T) {
	for _, tc := range []struct {
		name  string
		slots []int32
		ok    bool
	}{
		{"as written", []int32{-1, 0, 1, -1}, true}, {"none", nil, false}, {"none shown", []int32{-1, -1}, false},
		{"out of order", []int32{1, 0}, false}, {"a gap", []int32{0, 2}, false}, {"below -1", []int32{0, -2}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := snapshot.NewWriter("test", 1)
			w.Int32s(tc.slots)
			r, err := snapshot.NewReader(w.Seal(), "test", 1)
			if err != nil {
				t.Fatal(err)
			}
			c := instances.ReadClasses(r)
			if err := r.Close(); (err == nil) != tc.ok {
				t.Errorf("error %v, classes %v", err, c)
			}
		})
	}
}

// golearn itself reads back what was written in bulk.
func TestGrid(t *testing.T) {
	x := mat.NewDense(3, 2, []float64{1, -2, math.Pi, 4e300, 0, 6})
	t.Run("floats and a category", func(t *testing.T) {
		target, err := instances.Category(3)
		if err != nil {
			t.Fatal(err)
		}
		columns := instances.Columns{Features: instances.Floats("x", 3), Targets: target}
		grid, err := columns.Grid(3)
		if err != nil {
			t.Fatal(err)
		}
		grid.SetColumn(0, -1)
		grid.SetFeatures(1, x)
		grid.SetClasses([]float64{2, 0, 1})
		for i := range 3 {
			for j, want := range append([]float64{-1}, x.RawRowView(i)...) {
				spec, err := grid.GetAttribute(columns.Features[j])
				if err != nil {
					t.Fatal(err)
				}
				if got := base.UnpackBytesToFloat(grid.Get(spec, i)); got != want {
					t.Errorf("row %d, feature %d is %v, want %v", i, j, got, want)
				}
			}
			if got, want := base.GetClass(grid, i), []string{"2", "0", "1"}[i]; got != want {
				t.Errorf("row %d has class %q, want %q", i, got, want)
			}
			if place, err := columns.Class(grid, i); err != nil || place != []int{2, 0, 1}[i] {
				t.Errorf("row %d has class %d, %v", i, place, err)
			}
		}
	})
	t.Run("bits", func(t *testing.T) {
		const n = 11 // more than one byte per row
		columns := instances.Columns{Features: instances.Bits("b", n)}
		grid, err := columns.Grid(2)
		if err != nil {
			t.Fatal(err)
		}
		grid.SetColumn(9, 1)
		grid.SetFeature(1, 2, 0.5)
		grid.SetFeature(1, 9, 0)
		for i := range 2 {
			for j := range n {
				spec, err := grid.GetAttribute(columns.Features[j])
				if err != nil {
					t.Fatal(err)
				}
				want := byte(0)
				if (i == 0 && j == 9) || (i == 1 && j == 2) {
					want = 1
				}
				if got := grid.Get(spec, i)[0]; got != want {
					t.Errorf("row %d, bit %d is %d, want %d", i, j, got, want)
				}
			}
		}
	})
	t.Run("several targets", func(t *testing.T) {
		columns := instances.Columns{Features: instances.Floats("x", 2), Targets: instances.Floats("y", 2)}
		grid, err := columns.Grid(2)
		if err != nil {
			t.Fatal(err)
		}
		grid.SetTarget(1, 0, 5)
		grid.SetTarget(0, 1, 7)
		answers, err := columns.Answers(grid)
		if err != nil || !mat.Equal(answers, mat.NewDense(2, 2, []float64{0, 7, 5, 0})) {
			t.Errorf("%v, %v", answers, err)
		}
		grid.SetTarget(1, 1, math.NaN())
		if _, err := columns.Answers(grid); err == nil {
			t.Error("an answer of NaN: no error")
		}
	})
}

// A bootstrap of golearn's hands its values to MapOverRows as if it had not
// been drawn; the copy must not.
func TestCopyOfBootstrap(t *testing.T) {
	const rows = 50
	target, err := instances.Category(rows)
	if err != nil {
		t.Fatal(err)
	}
	columns := instances.Columns{Features: instances.Floats("x", 3), Targets: target}
	grid, err := columns.Grid(rows)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		grid.SetRow(i, 0, []float64{float64(i), float64(-i), float64(10 * i)})
	}
	grid.SetClasses(mat.Col(nil, 0, rowNumbers(rows)))
	drawn := base.SampleWithReplacement(grid.DenseInstances, rows)
	view := base.NewInstancesViewFromAttrs(drawn, append([]base.Attribute{columns.Features[2], columns.Features[0]}, target...))

	g, err := columns.Copy(view, instances.Floats("constant", 1))
	if err != nil {
		t.Fatal(err)
	}
	if cols, n := g.Size(); cols != 4 || n != rows {
		t.Fatalf("%d columns and %d rows, want 1 extra, 2 features, the class, and %d rows", cols, n, rows)
	}
	seen := map[int]int{}
	for i := range rows {
		class, err := columns.Class(g, i)
		if err != nil {
			t.Fatal(err)
		}
		seen[class]++
		for _, f := range []struct{ column, factor int }{{0, 1}, {2, 10}} {
			spec, err := g.GetAttribute(columns.Features[f.column])
			if err != nil {
				t.Fatal(err)
			}
			if got := base.UnpackBytesToFloat(g.Get(spec, i)); got != float64(f.factor*class) {
				t.Errorf("row %d, which was row %d: feature %d is %v", i, class, f.column, got)
			}
		}
	}
	if len(seen) == rows {
		t.Error("no row was drawn twice: this is not the bootstrap")
	}
}

func rowNumbers(n int) *mat.Dense {
	m := mat.NewDense(n, 1, nil)
	for i := range n {
		m.Set(i, 0, float64(i))
	}
	return m
}

func TestCall(t *testing.T) {
	if err := instances.Call("tree", func() error { return nil }); err != nil {
		t.Errorf("no error expected: %v", err)
	}
	cause := errors.New("cause")
	if err := instances.Call("tree", func() error { return cause }); !errors.Is(err, cause) {
		t.Errorf("got %v, want the cause wrapped", err)
	}
	err := instances.Call("tree", func() error { panic("out of range") })
	if err == nil || err.Error() != "golearn's tree failed: out of range" {
		t.Errorf("got %v, want the panic as an error", err)
	}
}

func TestInterruptible(t *testing.T) {
	columns := instances.Columns{Features: instances.Floats("x", 1)}
	grid, err := columns.Grid(3)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, read := range map[string]func(g *instances.Interruptible, spec base.AttributeSpec) error{
		"a cell": func(g *instances.Interruptible, spec base.AttributeSpec) error {
			g.Get(spec, 0)
			return nil
		},
		"rows": func(g *instances.Interruptible, spec base.AttributeSpec) error {
			return g.MapOverRows([]base.AttributeSpec{spec}, func([][]byte, int) (bool, error) { return true, nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			spec, err := grid.GetAttribute(columns.Features[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := instances.Call("test", func() error { return read(grid.Until(context.Background()), spec) }); err != nil {
				t.Errorf("before the end: %v", err)
			}
			err = instances.Call("test", func() error { return read(grid.Until(ctx), spec) })
			if err != context.Canceled { //nolint:errorlint // it must be the context's own, not wrapped
				t.Errorf("after the end: got %v, want context.Canceled", err)
			}
		})
	}
}
