//go:build cgo

package bench_test

import (
	"fmt"
	"testing"

	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/knn"

	"github.com/gochimera/chimera/learner"
)

// grid is a data set as golearn has it: the features in one group of
// attributes, the class in another, so that its fastest way is open.
func grid(b *testing.B, d learner.Dataset) *base.DenseInstances {
	b.Helper()
	_, cols := d.X.Dims()
	g := base.NewDenseInstances()
	specs := make([]base.AttributeSpec, cols)
	for j := range cols {
		specs[j] = g.AddAttribute(base.NewFloatAttribute(fmt.Sprintf("feature %d", j)))
	}
	class := base.NewCategoricalAttribute()
	class.SetName("class")
	classSpec := g.AddAttribute(class)
	if err := g.AddClassAttribute(class); err != nil {
		b.Fatal(err)
	}
	for _, label := range d.Classes { // in this order in every grid
		class.GetSysValFromString(string(label))
	}
	if err := g.Extend(d.Len()); err != nil {
		b.Fatal(err)
	}
	for i := range d.Len() {
		for j, v := range d.X.RawRowView(i) {
			g.Set(specs[j], i, base.PackFloatToBytes(v))
		}
		g.Set(classSpec, i, class.GetSysValFromString(string(d.Classes[int(d.Y[i])])))
	}
	return g
}

// BenchmarkKNNBesideGolearn asks about 200 rows among 10,000 rows x 10
// columns, on one thread; 10,000 would take golearn ten seconds and more.
func BenchmarkKNNBesideGolearn(b *testing.B) {
	train, test := blobs(10_000, 1), blobs(200, 2)
	ours := fitted(b, "knn-classifier", `{}`, 1, train)
	theirs := knn.NewKnnClassifier("euclidean", "linear", 5)
	if err := theirs.Fit(grid(b, train)); err != nil {
		b.Fatal(err)
	}
	what := grid(b, test)
	compare(b, "golearn", func() error {
		_, err := ours.Predict(b.Context(), test.X)
		return err
	}, func() error {
		_, err := theirs.Predict(what)
		return err
	})
}
