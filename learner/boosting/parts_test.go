package boosting

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/learner"
)

// mixed is rows with all kinds of columns: continuous, of few values, constant, with missing values, nearly always 0.
func mixed(n, classes int, weighted bool) learner.Dataset {
	rnd := learner.NewRand(learner.Seed(9, fmt.Sprint(n, classes)))
	d := learner.Dataset{X: mat.NewDense(n, 7, nil), Y: make([]float64, n)}
	d.Features = make([]string, 7)
	for c := range classes {
		d.Classes = append(d.Classes, learner.Label(fmt.Sprint(c)))
	}
	for i := range n {
		x := d.X.RawRowView(i)
		x[0], x[1], x[2], x[3] = rnd.NormFloat64(), math.Exp(3*rnd.NormFloat64()), float64(rnd.IntN(3)), 7
		x[4], x[6] = float64(rnd.IntN(50))/10, rnd.Float64()-0.5
		if rnd.IntN(10) == 0 {
			x[5] = rnd.NormFloat64()
		}
		y := x[0] + math.Log(x[1])*x[2]/3 + x[4] + 0.3*rnd.NormFloat64()
		if rnd.IntN(5) == 0 {
			x[4], y = math.NaN(), y+2
		}
		d.Y[i] = y
		if classes > 0 {
			d.Y[i] = float64(min(max(int(y/2+1), 0), classes-1))
		}
	}
	if weighted {
		d.Weights = make([]float64, n)
		for i := range n {
			d.Weights[i] = float64(rnd.IntN(5)) / 2
		}
	}
	return d
}

// cuts are ways to deal rows out.
func cuts(d learner.Dataset) map[string][]learner.Dataset {
	n := d.Len()
	deal := func(parts int, of func(i int) int) []learner.Dataset {
		rows := make([][]int, parts)
		for i := range n {
			rows[of(i)] = append(rows[of(i)], i)
		}
		var all []learner.Dataset
		for _, r := range rows {
			if len(r) > 0 {
				all = append(all, d.Select(r))
			}
		}
		return all
	}
	sorted := upTo(n)
	slices.SortStableFunc(sorted, func(i, j int) int { return int(math.Copysign(1, d.Y[i]-d.Y[j])) })
	rank := make([]int, n)
	for at, i := range sorted {
		rank[i] = at
	}
	backwards := upTo(n)
	slices.Reverse(backwards)
	weightless := func(i int) int {
		if d.Weight(i) == 0 {
			return 1
		}
		return 0
	}
	return map[string][]learner.Dataset{
		"weightless": deal(2, weightless),
		"two":        deal(2, func(i int) int { return i % 2 }),
		"three":      deal(3, func(i int) int { return i * 3 / n }),
		"seven":      deal(7, func(i int) int { return i * i % 7 }),
		"32":         deal(32, func(i int) int { return i % 32 }),
		"unequal":    deal(3, func(i int) int { return min(int(math.Log2(float64(i+1)))/4, 2) }),
		"sorted":     deal(5, func(i int) int { return rank[i] * 5 / n }),
		"backwards":  {d.Select(backwards)},
	}
}

// TestAnyCut: the model has the same bits however the rows are dealt out, for any number of threads, and however far
// ahead splits are prepared.
func TestAnyCut(t *testing.T) {
	for _, c := range []struct {
		name     string
		classes  int
		weighted bool
		params   Growth
		loss     lossKind
	}{
		{"regression", 0, false, Growth{MaxLeafNodes: 15, MaxBins: 255}, squaredError},
		{"regression, weights, few bins", 0, true, Growth{MaxLeafNodes: 15, MaxBins: 20}, squaredError},
		{"categories, held out", 0, false, Growth{
			MaxLeafNodes: 15, MaxBins: 255, CategoricalFeatures: FeaturesAt(2, 4), EarlyStopping: true, ValidationFraction: 0.2, NIterNoChange: 9,
			MonotonicCst: EachFeature(1, 0, 0, 0, 0, 0, 0),
		}, squaredError},
		{"poisson", 0, true, Growth{MaxLeafNodes: 15, MaxBins: 255}, poissonLoss},
		{"absolute error", 0, false, Growth{MaxLeafNodes: 15, MaxBins: 255}, absoluteError},
		{"quantile, weights", 0, true, Growth{MaxDepth: 4, MaxBins: 20, EarlyStopping: true, ValidationFraction: 0.1, NIterNoChange: 9}, pinballLoss},
		{"two classes", 2, false, Growth{MaxLeafNodes: 15, MaxBins: 255}, logLoss},
		{"two classes, weights", 2, true, Growth{MaxLeafNodes: 15, MaxBins: 255}, logLoss},
		{"three classes, depthwise", 3, false, Growth{MaxDepth: 4, MaxBins: 64, GrowPolicy: "depthwise"}, logLoss},
		{"three classes, depthwise, few leaves", 3, true, Growth{MaxDepth: 6, MaxLeafNodes: 11, MaxBins: 64, GrowPolicy: "depthwise"}, logLoss},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, iterations := repeat.Times(600, 300), repeat.Times(6, 3)
			if c.classes == 0 && (c.loss != squaredError || c.params.EarlyStopping) {
				rows, iterations = 250, 3
			}
			d := mixed(rows, c.classes, c.weighted)
			p := c.params
			p.LearningRate, p.MaxIter, p.MinSamplesLeaf = 0.2, iterations, 5
			if p.Subsample == 0 {
				p.MaxFeatures, p.Subsample = 1, 1
			}
			task := learner.Regression
			if c.classes > 0 {
				task = learner.Classification
			}
			if c.loss == poissonLoss {
				for i, y := range d.Y {
					d.Y[i] = math.Abs(y)
				}
			}
			fit := func(procs int, ahead float64, rows ...learner.Dataset) []byte {
				t.Helper()
				tr, err := p.trainer(task, c.loss, learner.Env{Procs: procs})
				if err != nil {
					t.Fatal(err)
				}
				tr.ahead, tr.quantile = ahead, 0.3
				var parts []*part
				for _, r := range rows {
					one, err := tr.newPart(context.Background(), r)
					if err != nil {
						t.Fatal(err)
					}
					parts = append(parts, one)
				}
				m := train(t, tr, d.Schema, parts...)
				m.importances = make([]float64, m.features)
				data, err := m.marshal(regressorKind)
				if err != nil {
					t.Fatal(err)
				}
				return data
			}
			want := fit(1, 0, d)
			for name, rows := range cuts(d) {
				if d.Len() == 250 && len(rows) != 2 && len(rows) != 3 && len(rows) != 7 {
					continue
				}
				if !bytes.Equal(want, fit(1+len(name)%3, 1, rows...)) {
					t.Errorf("%s: other bits", name)
				}
			}
			if !bytes.Equal(want, fit(2, 0.4, d)) {
				t.Error("prepared ahead: other bits")
			}
		})
	}
}

// TestNewPartInTheMiddle: a part that has seen nothing answers for a state as one that has followed the training.
func TestNewPartInTheMiddle(t *testing.T) {
	for _, loss := range []lossKind{squaredError, logLoss, pinballLoss} {
		classes, task := 0, learner.Regression
		if loss.classes() {
			classes, task = 3, learner.Classification
		}
		d := mixed(400, classes, classes > 0)
		tr, err := Growth{
			LearningRate: 0.3, MaxIter: 5, MaxLeafNodes: 12, MinSamplesLeaf: 4, MaxBins: 40, MaxFeatures: 0.6, Subsample: 0.8, CategoricalFeatures: FeaturesAt(2),
		}.trainer(task, loss, learner.Env{})
		if err != nil {
			t.Fatal(err)
		}
		tr.ahead, tr.quantile = 0.3, 0.7
		made := func() *part {
			p, err := tr.newPart(context.Background(), d)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		old := made()
		sum := func(p *part, state []float64) *learner.Sums {
			sums := learner.NewSums(tr.shape(d.Schema, state))
			if err := p.Sum(context.Background(), state, sums); err != nil {
				t.Fatal(err)
			}
			return sums
		}
		state, err := tr.start(d.Schema)
		var first []float64
		for rounds := 0; err == nil; rounds++ {
			want := sum(old, state)
			if got := sum(made(), state); !slices.Equal(want.Counts, got.Counts) {
				t.Fatalf("round %d: a new part has other sums", rounds)
			}
			if again := sum(old, state); !slices.Equal(want.Counts, again.Counts) {
				t.Fatalf("round %d: asked again, a part has other sums", rounds)
			}
			if rounds == 14 {
				first = slices.Clone(state)
			}
			var next learner.Advance
			next, err = tr.advance(context.Background(), d.Schema, state, want)
			if next.Done {
				break
			}
			state = next.State
		}
		if err != nil {
			t.Fatal(err)
		}
		if want, got := sum(made(), first), sum(old, first); !slices.Equal(want.Counts, got.Counts) {
			t.Error("asked for an earlier state, a part has other sums")
		}
	}
}
