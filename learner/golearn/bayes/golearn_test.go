package bayes

import (
	"context"
	"strconv"
	"testing"

	"github.com/sjwhitworth/golearn/naive"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/internal/instances"
	"github.com/gochimera/chimera/learner/numeric"
)

// The answers are golearn's own, where it does not draw lots.
func TestAnswersAsGolearn(t *testing.T) {
	train, test := testdata.Load(t, "digits")
	m, err := New(Params{Binarize: 8}, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), train); err != nil {
		t.Fatal(err)
	}
	proba, err := m.PredictProba(context.Background(), test.X)
	if err != nil {
		t.Fatal(err)
	}

	training, err := instances.Prepare(train, learner.Classification)
	if err != nil {
		t.Fatal(err)
	}
	target, err := instances.Category(training.Classes.Len())
	if err != nil {
		t.Fatal(err)
	}
	columns := instances.Columns{Features: instances.Bits("x", training.Width()), Targets: target}
	grid, err := columns.Grid(train.Len())
	if err != nil {
		t.Fatal(err)
	}
	for i := range train.Len() {
		for j, v := range train.X.RawRowView(i) {
			grid.SetFeature(i, j, v-8)
		}
	}
	grid.SetClasses(training.Y)
	golearn := naive.NewBernoulliNBClassifier()
	if err := golearn.Fit(grid.DenseInstances); err != nil {
		t.Fatal(err)
	}
	for i := range test.Len() {
		row := make([][]byte, training.Width())
		for j, v := range test.X.RawRowView(i) {
			row[j] = []byte{0}
			if v > 8 {
				row[j][0] = 1
			}
		}
		own, err := strconv.Atoi(golearn.PredictOne(row))
		if err != nil {
			t.Fatal(err)
		}
		p := proba.RawRowView(i)
		if best := numeric.ArgMax(p); p[own] < p[best]*(1-1e-9) {
			t.Errorf("row %d: class %d, golearn says %d", i, best, own)
		}
	}
}
