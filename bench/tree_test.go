package bench_test

import (
	"fmt"
	"testing"

	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/trees"

	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/registry"
)

// numberGrid is a data set as golearn's CART has it: all features and the
// class are numbers.
func numberGrid(b *testing.B, d learner.Dataset) *base.DenseInstances {
	b.Helper()
	_, cols := d.X.Dims()
	g := base.NewDenseInstances()
	specs := make([]base.AttributeSpec, cols)
	for j := range cols {
		specs[j] = g.AddAttribute(base.NewFloatAttribute(d.Features[j]))
	}
	class := base.NewFloatAttribute("class")
	classSpec := g.AddAttribute(class)
	if err := g.AddClassAttribute(class); err != nil {
		b.Fatal(err)
	}
	if err := g.Extend(d.Len()); err != nil {
		b.Fatal(err)
	}
	for i := range d.Len() {
		for j, v := range d.X.RawRowView(i) {
			g.Set(specs[j], i, base.PackFloatToBytes(v))
		}
		g.Set(classSpec, i, base.PackFloatToBytes(d.Y[i]))
	}
	return g
}

// BenchmarkTreeBesideGolearn grows one full CART tree on 3,000 rows x 21
// columns; golearn's time grows with the square of the rows.
func BenchmarkTreeBesideGolearn(b *testing.B) {
	all := shapes.Diabetes(1)
	rows := make([]int, 3000)
	for i := range rows {
		rows[i] = i
	}
	train := all.Select(rows)
	grid := numberGrid(b, train)
	m, err := registry.New("tree-classifier", []byte(`{}`), learner.Env{})
	if err != nil {
		b.Fatal(err)
	}
	compare(b, "golearn", func() error {
		return m.Fit(b.Context(), train)
	}, func() error {
		return trees.NewDecisionTreeClassifier("gini", -1, []int64{0, 1}).Fit(grid)
	})
}

// BenchmarkTree fits one tree on one thread to all rows of each shape: full
// ones, and small ones of depth 5 and 15 leaves.
func BenchmarkTree(b *testing.B) {
	for _, s := range []struct {
		shape, learner string
		data           func(seed uint64) learner.Dataset
	}{
		{"diabetes", "tree-classifier", shapes.Diabetes},
		{"heart", "tree-regressor", shapes.Heart},
	} {
		d := s.data(1)
		for _, size := range []struct{ name, params string }{{"full", `{}`}, {"small", `{"max_depth": 5, "max_leaf_nodes": 15}`}} {
			for _, procs := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/%s/procs=%d", s.shape, size.name, procs), func(b *testing.B) {
					m, err := registry.New(s.learner, []byte(size.params), learner.Env{Procs: procs})
					if err != nil {
						b.Fatal(err)
					}
					for b.Loop() {
						if err := m.Fit(b.Context(), d); err != nil {
							b.Fatal(err)
						}
					}
					besidePeers(b, "tree_"+s.shape+"_"+size.name, perRun(b))
				})
			}
		}
	}
}
