package splittree_test

import (
	"math"
	"testing"

	"github.com/sjwhitworth/golearn/trees"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/internal/instances"
	"github.com/gochimera/chimera/learner/golearn/internal/splittree"
	"github.com/gochimera/chimera/learner/snapshot"
)

func prepare(t *testing.T, d learner.Dataset, task learner.Task) instances.Training {
	t.Helper()
	training, err := instances.Prepare(d, task)
	if err != nil {
		t.Fatal(err)
	}
	return training
}

// grid is x behind the constant that both kinds of tree are shown.
func grid(t *testing.T, columns instances.Columns, x *mat.Dense) *instances.Grid {
	t.Helper()
	rows, _ := x.Dims()
	g, err := columns.Grid(rows)
	if err != nil {
		t.Fatal(err)
	}
	g.SetColumn(0, splittree.Guard)
	g.SetFeatures(1, x)
	return g
}

// What was read out answers as golearn does, probabilities too.
func TestID3(t *testing.T) {
	for _, set := range []string{"iris", "wine"} {
		t.Run(set, func(t *testing.T) {
			train, test := testdata.Load(t, set)
			training := prepare(t, train, learner.Classification)
			target, err := instances.Category(training.Classes.Len())
			if err != nil {
				t.Fatal(err)
			}
			features := instances.Floats("x", training.Width())
			columns := instances.Columns{Features: append(instances.Floats("constant", 1), features...), Targets: target}
			g := grid(t, columns, training.X)
			g.SetClasses(training.Y)
			id3 := trees.NewID3DecisionTree(0)
			if err := id3.Fit(g.DenseInstances); err != nil {
				t.Fatal(err)
			}
			tree, err := splittree.FromID3(id3.Root, features, training.Classes.Len(), splittree.Shares)
			if err != nil {
				t.Fatal(err)
			}
			for i := range test.Len() {
				row := test.X.RawRowView(i)
				want, err := id3.PredictProba(grid(t, columns, mat.NewDense(1, len(row), row)).DenseInstances)
				if err != nil {
					t.Fatal(err)
				}
				got := tree.Values(row)
				for _, w := range want {
					if class := int(w.ClassValue[0] - '0'); got[class] != w.Probability {
						t.Errorf("row %d: class %d has probability %v, golearn says %v", i, class, got[class], w.Probability)
					}
				}
			}
		})
	}
}

func TestID3RefusesForeignTrees(t *testing.T) {
	leaf := &trees.DecisionTreeNode{ClassDist: map[string]int{"0": 1}}
	stranger := instances.Floats("stranger", 1)[0]
	for name, root := range map[string]*trees.DecisionTreeNode{
		"no root":                nil,
		"a class without number": {ClassDist: map[string]int{"setosa": 1}},
		"a class too many":       {ClassDist: map[string]int{"2": 1}},
		"another feature":        {Children: map[string]*trees.DecisionTreeNode{"0": leaf, "1": leaf}, SplitRule: &trees.DecisionTreeRule{SplitAttr: stranger}},
		"a split by category":    {Children: map[string]*trees.DecisionTreeNode{"red": leaf, "blue": leaf}, SplitRule: &trees.DecisionTreeRule{SplitAttr: stranger}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := splittree.FromID3(root, instances.Floats("x", 1), 2, splittree.Shares); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestLeaves(t *testing.T) {
	if got := splittree.Shares([]float64{1, 3}); got[0] != 0.25 || got[1] != 0.75 {
		t.Errorf("shares %v", got)
	}
	if got := splittree.Vote([]float64{1, 3, 3}); got[0] != 0 || got[1] != 1 || got[2] != 0 {
		t.Errorf("vote %v, want the first of two equal", got)
	}
}

func TestCART(t *testing.T) {
	columnsOf := func(width int) instances.Columns {
		return instances.Columns{Features: append(instances.Floats("guard", 1), instances.Floats("x", width)...), Targets: instances.Floats("y", 1)}
	}
	fitGrid := func(t *testing.T, training instances.Training) *instances.Grid {
		t.Helper()
		g := grid(t, columnsOf(training.Width()), training.X)
		for i, y := range training.Y {
			g.SetTarget(i, 0, y)
		}
		return g
	}
	t.Run("classifier answers as golearn does", func(t *testing.T) {
		train, test := testdata.Load(t, "iris")
		training := prepare(t, train, learner.Classification)
		for _, depth := range []int64{-1, 1, 2} {
			from := trees.NewDecisionTreeClassifier("gini", depth, []int64{0, 1, 2})
			if err := from.Fit(fitGrid(t, training).DenseInstances); err != nil {
				t.Fatal(err)
			}
			tree := splittree.FromCARTClassifier(from, func(label int64) float64 { return float64(label) })
			for i, want := range from.Predict(grid(t, columnsOf(4), test.X).DenseInstances) {
				if got := tree.Values(test.X.RawRowView(i))[0]; got != float64(want) {
					t.Errorf("depth %d, row %d: %v, golearn says %v", depth, i, got, want)
				}
			}
		}
	})
	t.Run("regressor answers as golearn does", func(t *testing.T) {
		train, test := testdata.Load(t, "diabetes")
		training := prepare(t, train, learner.Regression)
		for _, depth := range []int64{-1, 3} {
			from := trees.NewDecisionTreeRegressor(trees.MSE, depth)
			if err := from.Fit(fitGrid(t, training).DenseInstances); err != nil {
				t.Fatal(err)
			}
			tree := splittree.FromCARTRegressor(from)
			for i, want := range from.Predict(grid(t, columnsOf(10), test.X).DenseInstances) {
				if got := tree.Values(test.X.RawRowView(i))[0]; got != want {
					t.Errorf("depth %d, row %d: %v, golearn says %v", depth, i, got, want)
				}
			}
		}
	})
	t.Run("a value on the threshold goes right", func(t *testing.T) {
		training := prepare(t, learner.Dataset{X: mat.NewDense(2, 1, []float64{1, 3}), Y: []float64{10, 20}}, learner.Regression)
		from := trees.NewDecisionTreeRegressor(trees.MSE, -1)
		if err := from.Fit(fitGrid(t, training).DenseInstances); err != nil {
			t.Fatal(err)
		}
		tree := splittree.FromCARTRegressor(from)
		for x, want := range map[float64]float64{2: 20, math.Nextafter(2, 0): 10} {
			if got := tree.Values([]float64{x})[0]; got != want {
				t.Errorf("at %v: %v, want %v", x, got, want)
			}
		}
	})
	// Without the guard golearn answers class 0 and the number 0 here.
	t.Run("nothing to split", func(t *testing.T) {
		constant := mat.NewDense(3, 2, []float64{5, 5, 5, 5, 5, 5})
		training := prepare(t, learner.Dataset{X: constant, Y: []float64{7, 8, 9}}, learner.Regression)
		regressor := trees.NewDecisionTreeRegressor(trees.MSE, -1)
		if err := regressor.Fit(fitGrid(t, training).DenseInstances); err != nil {
			t.Fatal(err)
		}
		if got := splittree.FromCARTRegressor(regressor).Values([]float64{5, 5})[0]; got != 8 {
			t.Errorf("regressor: %v, want the mean 8", got)
		}
		training = prepare(t, learner.Dataset{Schema: learner.Schema{Classes: []learner.Label{"a", "b"}}, X: constant, Y: []float64{0, 1, 1}}, learner.Classification)
		classifier := trees.NewDecisionTreeClassifier("gini", -1, []int64{0, 1})
		if err := classifier.Fit(fitGrid(t, training).DenseInstances); err != nil {
			t.Fatal(err)
		}
		if got := splittree.FromCARTClassifier(classifier, func(label int64) float64 { return float64(label) }).Values([]float64{5, 5})[0]; got != 1 {
			t.Errorf("classifier: %v, want the larger class 1", got)
		}
	})
}

func TestReadTree(t *testing.T) {
	type parts struct {
		feature   []int32
		threshold []float64
		left      []int32
		right     []int32
		values    []float64
	}
	whole := func() parts { // x0 <= 1.5 ? 0.25 : 0.5
		return parts{[]int32{0, -1, -1}, []float64{1.5, 0, 0}, []int32{1, 0, 1}, []int32{2, 0, 0}, []float64{0.25, 0.5}}
	}
	for _, tc := range []struct {
		name   string
		damage func(*parts)
		ok     bool
	}{
		{"whole", func(*parts) {}, true},
		{"empty", func(p *parts) { *p = parts{} }, false},
		{"a feature beyond the width", func(p *parts) { p.feature[0] = 2 }, false},
		{"a feature below -1", func(p *parts) { p.feature[0] = -2 }, false},
		{"a circle", func(p *parts) { p.left[0] = 0 }, false},
		{"a child beyond the end", func(p *parts) { p.right[0] = 3 }, false},
		{"a leaf beyond the end", func(p *parts) { p.left[2] = 2 }, false},
		{"parts of other lengths", func(p *parts) { p.right = p.right[1:] }, false},
		{"a threshold of NaN", func(p *parts) { p.threshold[0] = math.NaN() }, false},
		{"a value that is not valid", func(p *parts) { p.values[1] = 2 }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := whole()
			tc.damage(&p)
			w := snapshot.NewWriter("test", 1)
			w.Int32s(p.feature)
			w.Floats(p.threshold)
			w.Int32s(p.left)
			w.Int32s(p.right)
			w.Floats(p.values)
			r, err := snapshot.NewReader(w.Seal(), "test", 1)
			if err != nil {
				t.Fatal(err)
			}
			tree := splittree.ReadTree(r, 2, 1, func(v float64) bool { return v <= 1 })
			if err := r.Close(); (err == nil) != tc.ok {
				t.Fatalf("error %v", err)
			}
			if tc.ok && (tree.Values([]float64{1.5, 0})[0] != 0.25 || tree.Values([]float64{1.6, 0})[0] != 0.5) {
				t.Error("the tree does not answer as it did")
			}
		})
	}
}
