package boosting

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// partOf is rows as a part.
func partOf(t *testing.T, tr *trainer, d learner.Dataset) *part {
	t.Helper()
	p, err := tr.newPart(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func trainerOf(t *testing.T, g Growth, seed uint64) *trainer {
	t.Helper()
	tr, err := g.trainer(learner.Regression, squaredError, learner.Env{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// TestHeavyHeldOut: rows held out may be far heavier than those learned from, and their losses are summed all the same.
func TestHeavyHeldOut(t *testing.T) {
	d := mixed(300, 0, false)
	g := usual()
	g.EarlyStopping, g.MaxIter = true, 3
	tr := trainerOf(t, g, 3)
	d.Weights = slices.Repeat([]float64{1}, 300)
	for i, held := range partOf(t, tr, d).held {
		if held {
			d.Weights[i] = 1 << 16
		}
	}
	_, state := lastState(t, tr, d)
	o, err := tr.open(state)
	if err != nil {
		t.Fatal(err)
	}
	want := 0.0 // the loss of the rows held out, by no trees
	rows := 0.0
	for i, y := range d.Y {
		if d.Weights[i] > 1 {
			want += (y - o.base[0]) * (y - o.base[0]) / 2
			rows++
		}
	}
	s := &scanner{data: state, at: o.log}
	for s.err == nil && s.at < len(state) {
		if kind, payload := s.record(); kind == lossRecord {
			if want /= rows; math.Abs(payload[1]-want) > 1e-3*want {
				t.Errorf("the loss of the rows held out is %v, want %v", payload[1], want)
			}
			return
		}
	}
	t.Error("no loss")
}

// lastState trains on rows, and returns the part and the state of the training.
func lastState(t *testing.T, tr *trainer, d learner.Dataset) (*part, []float64) {
	t.Helper()
	p := partOf(t, tr, d)
	state, err := tr.start(d.Schema)
	for err == nil {
		sums := learner.NewSums(tr.shape(d.Schema, state))
		if err := p.Sum(context.Background(), state, sums); err != nil {
			t.Fatal(err)
		}
		var next learner.Advance
		next, err = tr.advance(context.Background(), d.Schema, state, sums)
		if state = next.State; next.Done {
			return p, state
		}
	}
	t.Fatal(err)
	return nil, nil
}

// TestMissingOnlyHeldOut: rows held out are the only ones without a value in a column, which says nothing of the other
// columns; their scores are what the trees say of them.
func TestMissingOnlyHeldOut(t *testing.T) {
	for _, many := range []bool{false, true} { // values
		d := learner.Dataset{Schema: learner.Schema{Features: make([]string, 3)}, X: mat.NewDense(600, 3, nil), Y: make([]float64, 600)}
		rnd := learner.NewRand(7)
		for i := range 600 {
			x := d.X.RawRowView(i)
			x[0], x[1], x[2] = float64(rnd.IntN(4)), float64(rnd.IntN(3)), float64(rnd.IntN(3))
			if many {
				x[0] = rnd.NormFloat64()
			}
			d.Y[i] = x[0] + 3*x[1] - x[2]*x[1]
		}
		g := usual()
		g.EarlyStopping, g.MaxIter, g.MinSamplesLeaf = true, 4, 2
		tr := trainerOf(t, g, 3)
		// Which rows are held out follows from what is in them: those are taken that are held out without a value.
		var rows []int
		missing := 0
		for i := range 600 {
			was := d.X.At(i, 1)
			if d.X.Set(i, 1, math.NaN()); !partOf(t, tr, d.Select([]int{i})).held[0] {
				d.X.Set(i, 1, was)
			} else {
				missing++
			}
			rows = append(rows, i)
		}
		if missing < 50 {
			t.Fatalf("only %d rows are without a value", missing)
		}
		p, state := lastState(t, tr, d.Select(rows))
		m, err := tr.model(d.Schema, state)
		if err != nil {
			t.Fatal(err)
		}
		scores, err := m.scores(context.Background(), d.X, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.follow(context.Background(), state); err != nil {
			t.Fatal(err)
		}
		for i, s := range scores {
			if math.Abs(s-p.score[0][i]) > 1e-9 {
				t.Fatalf("row %d: the model says %v, the training has %v", i, s, p.score[0][i])
			}
		}
	}
}

// TestMissingElsewhere: where a node has no rows without a value, those go to the heavier side, though other nodes have some.
func TestMissingElsewhere(t *testing.T) {
	columns := []column{{thresholds: []float64{1}, missing: true}}
	g := usual()
	g.MinSamplesLeaf = 1
	s := &searcher{t: trainerOf(t, g, 0), columns: columns, layout: newLayout(columns, true), units: units{g: 1, h: 1, w: 1, bound: 1}}
	for _, c := range []struct {
		left, right int64
		goesLeft    bool
	}{{3, 2, true}, {2, 3, false}} {
		best, err := s.search(context.Background(), [][]int64{{-9, c.left, 9, c.right, 0, 0}}, make([][]bool, 1), 1)
		if err != nil {
			t.Fatal(err)
		}
		if best[0].gain <= 0 || best[0].split.missingLeft != c.goesLeft {
			t.Errorf("weights %d and %d: the split is %+v", c.left, c.right, best[0])
		}
	}
}

// TestSeedDrawsFeatures: which features a node looks at depends on the seed.
func TestSeedDrawsFeatures(t *testing.T) {
	g := usual()
	g.MaxFeatures = 0.5
	n := &node{path: 9}
	drawn := map[string]bool{}
	for seed := range uint64(10) {
		key := ""
		for _, is := range trainerOf(t, g, seed).drawn(n, 20) {
			if is {
				key += "1"
			} else {
				key += "0"
			}
		}
		drawn[key] = true
	}
	if len(drawn) < 9 {
		t.Errorf("10 seeds draw %d sets of features", len(drawn))
	}
}

// TestAheadWithoutLimit: trees with any number of leaves are prepared ahead too, so they take few rounds.
func TestAheadWithoutLimit(t *testing.T) {
	g := usual()
	g.MaxIter, g.MaxLeafNodes, g.MinSamplesLeaf = 1, 0, 2
	tr := trainerOf(t, g, 3)
	_, state := lastState(t, tr, mixed(500, 0, false))
	o, err := tr.open(state)
	if err != nil {
		t.Fatal(err)
	}
	rounds, splits := 0, 0
	for s := (&scanner{data: state, at: o.log}); s.at < len(state); {
		switch kind, payload := s.record(); kind {
		case growRecord:
			rounds++
		case finalRecord:
			splits = len(payload) - 1
		}
	}
	if splits < 100 || rounds > splits/4 {
		t.Errorf("%d rounds for %d splits", rounds, splits)
	}
}

// TestWrongSurvey: sums that do not say as many columns as the schema are refused, whatever they are.
func TestWrongSurvey(t *testing.T) {
	d := mixed(20, 0, false)
	tr := trainerOf(t, usual(), 0)
	state, err := tr.start(d.Schema)
	if err != nil {
		t.Fatal(err)
	}
	for _, columns := range []int64{-7, 0, 6, 8, 1 << 40} {
		sums := learner.NewSums(tr.shape(d.Schema, state))
		if err := partOf(t, tr, d).Sum(context.Background(), state, sums); err != nil {
			t.Fatal(err)
		}
		sums.Counts[1] = 20 * columns
		var wrong *learner.DataError
		if _, err := tr.advance(context.Background(), d.Schema, state, sums); !errors.As(err, &wrong) {
			t.Errorf("%d columns: the error is %v", columns, err)
		}
	}
}

// TestLastStateOfOneClass: it asks for nothing, with class weights too.
func TestLastStateOfOneClass(t *testing.T) {
	tr, err := ClassifierParams{Growth: usual(), ClassWeight: "balanced"}.trainer(learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	d := learner.Dataset{Schema: learner.Schema{Features: make([]string, 1), Classes: []learner.Label{"a"}}}
	d.X, d.Y = mat.NewDense(2, 1, []float64{1, math.NaN()}), []float64{0, 0}
	p, state := lastState(t, tr, d)
	sums := learner.NewSums(tr.shape(d.Schema, state))
	if err := p.Sum(context.Background(), state, sums); err != nil || len(sums.Counts) != 0 {
		t.Errorf("%d sums, %v", len(sums.Counts), err)
	}
}

// TestNoWeight: a part whose rows all have weight 0 adds nothing, and alone it is not enough.
func TestNoWeight(t *testing.T) {
	d := mixed(40, 0, false)
	d.Weights = make([]float64, 40)
	m, err := NewRegressor(RegressorParams{Growth: usual()}, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	var wrong *learner.DataError
	if err := m.Fit(context.Background(), d); !errors.As(err, &wrong) {
		t.Errorf("the error is %v", err)
	}
}
