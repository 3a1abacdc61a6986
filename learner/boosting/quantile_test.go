package boosting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/learner"
)

// weighed is a number with a weight, in whole parts.
type weighed struct {
	v      float64
	weight int64
}

// TestQuantiles: the searches find what is at the places of the sorted numbers, in a few rounds.
func TestQuantiles(t *testing.T) {
	rnd := learner.NewRand(8)
	kinds := map[string]func() float64{
		"normal":      rnd.NormFloat64,
		"ties":        func() float64 { return float64(rnd.IntN(4)) - 1.7 },
		"all sizes":   func() float64 { return math.Ldexp(rnd.NormFloat64(), rnd.IntN(900)-450) },
		"far away":    func() float64 { return 1e9 + rnd.Float64() },
		"zeros":       func() float64 { return math.Copysign(0, rnd.Float64()-0.5) },
		"neighbours":  func() float64 { return math.Float64frombits(math.Float64bits(math.Pi) + uint64(rnd.IntN(50))) },
		"both at one": func() float64 { return float64(1 - 2*rnd.IntN(2)) },
	}
	for name, draw := range kinds {
		for _, c := range []struct {
			exponent, most int
			share          float64
			searches, rows int
		}{{0, 1, 0.5, 40, 30}, {0, 1, 0.5, 1, 3000}, {0, 1, 0.93, 40, 41}, {-2, 9, 0.5, 10, 50}, {0, 5, 0.01, 700, 9}, {3, 2, 0.7, 3, 20}} {
			h := &head{weightExp: c.exponent, unit: c.most == 1}
			tr := &trainer{loss: pinballLoss, quantile: c.share}
			rows := make([][]weighed, c.searches)
			for k := range rows {
				for range c.rows {
					rows[k] = append(rows[k], weighed{draw(), 1 + int64(rnd.IntN(c.most))})
				}
			}
			quests := newQuests(c.searches)
			rounds := 0
			for open := true; open; rounds++ {
				var err error
				counts := make([]int64, countsOf(quests))
				at := 0
				for k := range quests {
					for _, r := range rows[k] {
						quests[k].add(counts[at:], r.v, r.weight)
					}
					at += quests[k].counts()
				}
				if at > 2*mostParts {
					t.Fatalf("%d counts in a round", at)
				}
				if open, err = tr.refineAll(quests, h, counts); err != nil {
					t.Fatal(err)
				}
				numbers := appendQuests(nil, quests)
				s := &scanner{data: numbers}
				if quests = s.quests(c.searches); s.err != nil || s.at != len(numbers) {
					t.Fatal(s.err)
				}
			}
			if rounds > 8 && c.searches < 100 {
				t.Errorf("%s, %+v: %d rounds", name, c, rounds)
			}
			for k := range quests {
				got, want := quests[k].value(c.share, h), sorted(rows[k], c.share, h.unit)
				if got != want {
					t.Fatalf("%s, %+v: %v, want %v", name, c, got, want)
				}
			}
		}
	}
}

// sorted is the quantile by definition.
func sorted(rows []weighed, share float64, unit bool) float64 {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b weighed) int { return cmp.Compare(a.v, b.v) })
	total := int64(0)
	for _, r := range rows {
		total += r.weight
	}
	if unit {
		place, rest := math.Modf(float64(len(rows)-1) * share)
		low := rows[int(place)].v
		if rest == 0 {
			return low
		}
		return low + rest*(rows[int(place)+1].v-low)
	}
	sum := 0.0
	for i, r := range rows {
		switch sum += float64(r.weight); {
		case sum == float64(total)*share && i+1 < len(rows):
			return r.v + (rows[i+1].v-r.v)/2
		case sum >= float64(total)*share:
			return r.v
		}
	}
	return rows[len(rows)-1].v
}

// TestQuantilesOfWeights: in which unit weights are does not matter, and for a median a weight of k is the same as the row k times.
func TestQuantilesOfWeights(t *testing.T) {
	d := mixed(80, 0, false)
	d.Weights = make([]float64, d.Len())
	var often []int
	for i := range d.Weights {
		d.Weights[i] = float64(1 + i%3)
		for range 1 + i%3 {
			often = append(often, i)
		}
	}
	repeated := d
	repeated.Weights = nil
	repeated = repeated.Select(often)
	small := d
	small.Weights = make([]float64, d.Len())
	for i, w := range d.Weights {
		small.Weights[i] = w / 1024
	}
	base := func(loss lossKind, d learner.Dataset) float64 {
		t.Helper()
		tr, err := Growth{MaxIter: 1, MaxLeafNodes: 2, MinSamplesLeaf: 1, MaxBins: 10, LearningRate: 0.1, MaxFeatures: 1, Subsample: 1}.trainer(
			learner.Regression, loss, learner.Env{Procs: 1})
		if err != nil {
			t.Fatal(err)
		}
		tr.quantile = 0.9
		return train(t, tr, d.Schema, partOf(t, tr, d)).base[0]
	}
	for _, loss := range []lossKind{absoluteError, pinballLoss} {
		if got, want := base(loss, small), base(loss, d); got != want {
			t.Errorf("loss %d: the base is %v if weights are 1/1024 of what they were, before it was %v", loss, got, want)
		}
	}
	if got, want := base(absoluteError, d), base(absoluteError, repeated); got != want {
		t.Errorf("the median of weighted rows is %v, of as many rows %v", got, want)
	}
}

// TestWrongQuests: counts that cannot be and states that ask for too much are refused.
func TestWrongQuests(t *testing.T) {
	tr := &trainer{loss: absoluteError}
	quests := newQuests(1)
	counts := make([]int64, countsOf(quests))
	counts[5], counts[6] = 3, -1
	if _, err := tr.refineAll(quests, &head{}, counts); !errors.Is(err, errState) {
		t.Errorf("a weight below 0: %v", err)
	}
	many := make([]quest, 200)
	for i := range many {
		many[i].marks = [2]mark{{bits: firstBits}, {bits: firstBits}}
	}
	above := []quest{{marks: [2]mark{{key: 1, known: 3, bits: 2}, {known: keyBits}}}}
	none := []quest{{marks: [2]mark{{}, {}}}}
	for i, wrong := range [][]quest{many, above, none} {
		if s := (&scanner{data: appendQuests(nil, wrong)}); s.quests(len(wrong)) != nil || s.err == nil {
			t.Errorf("case %d is taken", i)
		}
	}
}

// TestPoissonTargets: what targets cannot be, an error says.
func TestPoissonTargets(t *testing.T) {
	d := mixed(400, 0, false)
	fit := func(set func(i int) float64, rate float64) (*Regressor, error) {
		for i := range d.Y {
			d.Y[i] = set(i)
		}
		g := usual()
		g.LearningRate, g.MinSamplesLeaf = rate, 1
		m, err := NewRegressor(RegressorParams{Loss: "poisson", Growth: g}, learner.Env{})
		if err != nil {
			t.Fatal(err)
		}
		return m, m.Fit(context.Background(), d)
	}
	for _, c := range []struct {
		name, want string
		row        int
		y          func(i int) float64
	}{
		{"negative", "not negative", 7, func(i int) float64 { return math.Abs(float64(i-7)) - 0.5 }},
		{"zeros", "above 0", -1, func(int) float64 { return 0 }},
		{"far apart", "smaller learning_rate", -1, func(i int) float64 { return 1e12 * float64(i/399) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := fit(c.y, 1)
			var wrong *learner.DataError
			if !errors.As(err, &wrong) || wrong.Row != c.row || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v", err)
			}
		})
	}
	m, err := fit(func(i int) float64 { return float64(i % 3) }, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Predict(context.Background(), d.X)
	if err != nil {
		t.Fatal(err)
	}
	scores := make([]float64, 1)
	for i, y := range got {
		m.Forest().Scores(d.X.RawRowView(i), scores)
		if want, err := m.Forest().Link.Value(scores[0]); err != nil || math.Abs(y-want) > 1e-12*want {
			t.Fatalf("row %d: %v, by the plain trees %v, %v", i, y, want, err)
		}
	}
}

// TestRobust: a target that is far off takes nothing from the others, for the losses whose leaves add quantiles.
func TestRobust(t *testing.T) {
	d := mixed(150, 0, false)
	g := usual()
	g.MaxIter = 15
	fit := func() string {
		m, err := NewRegressor(RegressorParams{Loss: "absolute_error", Growth: g}, learner.Env{})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Fit(context.Background(), d); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(m.model.nodes)
	}
	largest := 0
	for i, y := range d.Y {
		if y > d.Y[largest] {
			largest = i
		}
	}
	d.Y[largest] = 1e3
	want := fit()
	if d.Y[largest] = 1e100; fit() != want {
		t.Error("other trees")
	}
}

// TestSearchesAreForgotten: the state of a training keeps what was found, not how it was looked for.
func TestSearchesAreForgotten(t *testing.T) {
	g := usual()
	g.MaxIter = 4
	tr, err := g.trainer(learner.Regression, absoluteError, learner.Env{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	_, state := lastState(t, tr, mixed(200, 0, false))
	o, err := tr.open(state)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[int]int{}
	for s := (&scanner{data: state, at: o.log}); s.err == nil && s.at < len(state); {
		kind, _ := s.record()
		kinds[kind]++
	}
	if kinds[questRecord] != 0 || kinds[valueRecord] != g.MaxIter {
		t.Errorf("%d searches and %d times values after %d trees", kinds[questRecord], kinds[valueRecord], g.MaxIter)
	}
}
