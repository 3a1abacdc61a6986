package boosting

import (
	"context"
	"errors"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// TestWrongStates: states that no training makes are refused, by those who sum and by those who go on.
func TestWrongStates(t *testing.T) {
	two := learner.Schema{Features: make([]string, 1), Classes: []learner.Label{"0", "1"}}
	tr, err := usual().trainer(learner.Classification, logLoss, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	rows := learner.Dataset{Schema: two, X: mat.NewDense(2, 1, []float64{1, 2}), Y: []float64{0, 1}}
	begun := func(h head) []float64 {
		state := append(h.write(), 0, 0)
		return appendRecord(state, beginRecord, 0, 0, 0, 0)
	}
	good := head{phase: boosting, features: 1, classes: 2, unit: true, base: []float64{0}}
	bases, none := good, good
	bases.base = []float64{0, 0, 0}
	none.phase = counting
	start := len(good.write()) + 2
	end := func(state []float64, start int) []float64 { return cursor{start: start}.appendTo(state) }
	var wide []float64 // cells of which too many are open
	wide = append(wide, firstBits, 2, 0, firstBits, 200)
	for i := range 200 {
		wide = append(wide, float64(i<<20), 0, firstBits, -1)
	}
	regression := good
	regression.classes = 0
	if _, err := tr.newPart(context.Background(), rows); err != nil {
		t.Fatal(err)
	}
	if counts, _ := tr.shape(two, end(begun(good), start)); counts == 0 {
		t.Fatal("a state that is right is refused")
	}
	for name, state := range map[string][]float64{
		"three scores for two classes": end(begun(bases), len(bases.write())+2),
		"a regression":                 end(begun(regression), start),
		"only a cursor":                end(append(good.write(), 0, 0), start),
		"a split's code of 2^63":       end(appendRecord(begun(good), growRecord, 1, 0, 0, 1, 0x1p63, 0, 0), start),
		"a split's code of 2^62":       end(appendRecord(begun(good), growRecord, 1, 0, 0, 1, 0x1p62, 0, 0), start),
		"cells for more than the grid": append(none.write(), wide...),
	} {
		t.Run(name, func(t *testing.T) {
			counts, reals := tr.shape(two, state)
			if counts != 0 || reals != 0 {
				t.Errorf("%d and %d sums are asked for", counts, reals)
			}
			p, err := tr.newPart(context.Background(), rows)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Sum(context.Background(), state, learner.NewSums(counts, reals)); err == nil && name != "only a cursor" {
				t.Error("summed")
			}
			if _, err := tr.advance(context.Background(), two, state, learner.NewSums(counts, reals)); err == nil {
				t.Error("went on")
			}
		})
	}
}

// TestLogsOutOfOrder: records that no training writes one after the other are refused, before anything is done with them.
func TestLogsOutOfOrder(t *testing.T) {
	tr, err := usual().trainer(learner.Regression, absoluteError, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	h := head{phase: boosting, features: 1, unit: true, base: []float64{0}}
	o, err := tr.open(append(h.write(), 0, 1, 1.5)) // one threshold
	if err != nil {
		t.Fatal(err)
	}
	type record struct {
		kind    int
		payload []float64
	}
	code := split{divisible: [2]bool{true, true}}.code()
	begin, end := record{beginRecord, []float64{0, 0, 0, 0}}, record{endRecord, nil}
	grow := record{growRecord, []float64{1, 1, 0, 1, code, 0, 0, 0}}
	final, twice, below := record{finalRecord, []float64{1, 0}}, record{finalRecord, []float64{2, 0, 0}}, record{finalRecord, []float64{1, 1}}
	quest, value := record{questRecord, appendQuests(nil, newQuests(2))}, record{valueRecord, []float64{1, 2}}
	follow := func(log []record) (settled int, err error) {
		var g growing
		for _, r := range log {
			final, err := g.follow(r.kind, r.payload, o)
			if err != nil {
				return settled, err
			}
			if final != nil {
				settled++
			}
		}
		return settled, nil
	}
	if n, err := follow([]record{begin, grow, final, quest, quest, value, begin, grow, final, value, end}); err != nil || n != 2 {
		t.Fatalf("a log that is right: %d trees, %v", n, err)
	}
	for name, log := range map[string][]record{
		"final twice":              {begin, grow, final, final},
		"grown when final":         {begin, grow, final, grow},
		"values before it is":      {begin, grow, value},
		"values twice":             {begin, grow, final, value, value},
		"sought when known":        {begin, grow, final, value, quest},
		"begun before it is whole": {begin, grow, final, begin},
		"over before it is whole":  {begin, grow, final, quest, end},
		"a node twice":             {begin, grow, twice},
		"a node without a parent":  {begin, grow, below},
	} {
		if n, err := follow(log); !errors.Is(err, errState) {
			t.Errorf("%s: %d trees, %v", name, n, err)
		}
	}
}

// TestStatesOfOtherRows: nobody goes on with a state of rows with more features.
func TestStatesOfOtherRows(t *testing.T) {
	tr, err := usual().trainer(learner.Regression, squaredError, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	h := head{phase: counting, features: 3, unit: true, base: []float64{0}}
	c := counted{columns: []cells{firstCells(), firstCells(), firstCells()}}
	state := c.appendTo(h.write())
	one := learner.Schema{Features: []string{"a"}}
	sums := learner.NewSums(c.shape(), 0)
	if n, _ := tr.shape(one, state); n != 0 {
		t.Errorf("%d sums are asked for", n)
	}
	if _, err := tr.advance(context.Background(), one, state, sums); !errors.Is(err, errState) {
		t.Errorf("%v", err)
	}
}

// TestCellsOfNoTraining: cells whose tables would be large, or whose keys are none, are refused.
func TestCellsOfNoTraining(t *testing.T) {
	deep := cells{bits: 1, steps: []int{0, 12, 24, 36}}
	for i := range 4000 {
		deep.cells = append(deep.cells, cell{key: uint64(i) << 52, known: 36, count: -1})
	}
	long := firstCells()
	long.cells = []cell{{key: 1, known: 12, count: 3}}
	closed := firstCells()
	closed.bits = 0
	for name, c := range map[string]cells{"deep": deep, "a key of more bits than are known": long, "open, and not counted": closed} {
		if c.valid() {
			t.Errorf("%s: valid", name)
		}
	}
	text := appendCells(nil, []cells{firstCells()})
	for at, wrong := range map[int]float64{4: 0.5, 5: half, 6: 65} {
		s := &scanner{data: slices.Clone(text)}
		if s.data[at] = wrong; s.cells(1) != nil || s.err == nil {
			t.Errorf("number %d is %v: taken", at, wrong)
		}
	}
	if s := (&scanner{data: text}); s.cells(1) == nil || s.err != nil {
		t.Errorf("cells that are right: %v", s.err)
	}
}

// TestTinyWeights: weights that are too small to be told apart are an error that says so.
func TestTinyWeights(t *testing.T) {
	m, err := NewRegressor(RegressorParams{Loss: "squared_error", Growth: usual()}, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	d := learner.Dataset{
		Schema: learner.Schema{Features: []string{"a"}}, X: mat.NewDense(2, 1, []float64{1, 2}), Y: []float64{0, 1}, Weights: []float64{1e-290, 1e-290},
	}
	var bad *learner.DataError
	if err := m.Fit(context.Background(), d); !errors.As(err, &bad) || bad.Name != "weight" {
		t.Errorf("%v", err)
	}
}
