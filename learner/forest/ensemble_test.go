package forest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/learner/tree"
)

// wavy is rows x 3 noise with something to learn; classes is 0 for regression.
func wavy(rows, classes int) learner.Dataset {
	rng := learner.NewRand(uint64(rows))
	d := learner.Dataset{X: mat.NewDense(rows, 3, nil), Y: make([]float64, rows), Weights: make([]float64, rows)}
	for c := range classes {
		d.Classes = append(d.Classes, learner.NewLabel(fmt.Sprint(c)))
	}
	for i := range rows {
		for j := range 3 {
			d.X.Set(i, j, rng.NormFloat64())
		}
		d.Y[i] = math.Sin(3*d.X.At(i, 0)) + 0.3*rng.NormFloat64()
		if classes > 0 {
			d.Y[i] = math.Floor(min(max(d.Y[i]+1, 0), 1.99) / 2 * float64(classes))
		}
		d.Weights[i] = float64(rng.IntN(4))
	}
	return d
}

// TestAgainstReference computes answers and the out-of-bag score tree by tree
// and row by row, with trees grown one after the other.
func TestAgainstReference(t *testing.T) {
	for _, classes := range []int{0, 3} {
		t.Run(fmt.Sprint(classes, " classes"), func(t *testing.T) {
			d := wavy(300, classes)
			p := ClassifierParams{NEstimators: 7, MinSamplesSplit: 2, MinSamplesLeaf: 1, Bootstrap: true, OOBScore: true}
			env := learner.Env{Seed: 9, Procs: 3}
			e, err := grow(context.Background(), d, p, false, env)
			if err != nil {
				t.Fatal(err)
			}
			table, err := tree.Prepare(context.Background(), d, tree.Exact, 1)
			if err != nil {
				t.Fatal(err)
			}
			b, err := newBag(d)
			if err != nil {
				t.Fatal(err)
			}
			k := max(classes, 1)
			all, out := mat.NewDense(300, k, nil), mat.NewDense(300, k, nil)
			voters := make([]float64, 300)
			for n := range p.NEstimators {
				seed := learner.Seed(env.Seed, "forest", strconv.Itoa(n))
				drawn := b.draw(learner.Seed(seed, "bootstrap"))
				one, err := table.Grow(context.Background(), tree.Growth{Weights: drawn, Seed: seed})
				if err != nil {
					t.Fatal(err)
				}
				for i := range 300 {
					for c, v := range one.Values(one.Find(d.X.RawRowView(i))) {
						all.Set(i, c, all.At(i, c)+v/7)
						if drawn[i] == 0 {
							out.Set(i, c, out.At(i, c)+v)
						}
					}
					if drawn[i] == 0 {
						voters[i]++
					}
				}
			}
			got, err := e.mean(context.Background(), d.X, 2)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range all.RawMatrix().Data {
				if math.Abs(v-got[i]) > 1e-12 {
					t.Fatalf("answer %d is %v, want %v", i, got[i], v)
				}
			}
			var y, predicted, weights []float64
			for i := range 300 {
				if voters[i] == 0 || d.Weights[i] == 0 {
					continue
				}
				y, weights = append(y, d.Y[i]), append(weights, d.Weights[i])
				switch {
				case classes == 0:
					predicted = append(predicted, out.At(i, 0)/voters[i])
				case likeliest(out.RawRowView(i)) == int(d.Y[i]):
					predicted = append(predicted, 1)
				default:
					predicted = append(predicted, 0)
				}
			}
			want := stat.Mean(predicted, weights)
			if classes == 0 {
				want = stat.RSquaredFrom(predicted, y, weights)
			}
			if math.Abs(want-e.oob) > 1e-12 {
				t.Errorf("the out-of-bag score is %v, want %v", e.oob, want)
			}
		})
	}
}

func TestBag(t *testing.T) {
	for _, tc := range []struct {
		name    string
		weights []float64
		draws   int
	}{
		{"no weights", nil, 5},
		{"weights of 1", []float64{1, 1, 1, 1, 1}, 5},
		{"whole weights", []float64{0, 3, 1, 0, 4, 0}, 8},
		{"shares of 1", []float64{0.5, 0.25, 0, 0.25}, 3},
		{"fractions", []float64{2.5, 0.7, 1.2}, 4},
		{"large weights", []float64{1e9, 3e9, 0}, 2 * mostDraws},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n := 5
			if tc.weights != nil {
				n = len(tc.weights)
			}
			d := learner.Dataset{X: mat.NewDense(n, 1, nil), Weights: tc.weights}
			b, err := newBag(d)
			if err != nil {
				t.Fatal(err)
			}
			if b.draws != tc.draws {
				t.Errorf("%d draws, want %d", b.draws, tc.draws)
			}
			var total float64
			for i := range n {
				total += d.Weight(i)
			}
			const times = 20_000
			sums, squares := make([]float64, n), make([]float64, n)
			for seed := range uint64(times) {
				drawn := b.draw(seed)
				var sum float64
				for i, w := range drawn {
					sum += w
					sums[i] += w
					squares[i] += w * w
				}
				if math.Abs(sum-total) > 1e-9*total {
					t.Fatalf("seed %d: the rows drawn weigh %v, all rows %v", seed, sum, total)
				}
			}
			for i := range n {
				// As often as a row is drawn is binomial.
				share, draws := d.Weight(i)/total, float64(b.draws)
				mean := sums[i] / times
				variance := squares[i]/times - mean*mean
				want := b.mass * b.mass * draws * share * (1 - share)
				if math.Abs(mean-d.Weight(i)) > 5*math.Sqrt(want/times) {
					t.Errorf("row %d weighs %v on average, want %v", i, mean, d.Weight(i))
				}
				if math.Abs(variance-want) > 0.06*want {
					t.Errorf("row %d has the variance %v, want %v", i, variance, want)
				}
			}
		})
	}
}

// TestSnapshotThatMakesNoSense is for what a checksum cannot notice.
func TestSnapshotThatMakesNoSense(t *testing.T) {
	grown := func(d learner.Dataset) *tree.Tree {
		table, err := tree.Prepare(context.Background(), d, tree.Exact, 1)
		if err != nil {
			t.Fatal(err)
		}
		g, err := table.Grow(context.Background(), tree.Growth{MaxDepth: 2})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	write := func(kind string, oob float64, trees ...*tree.Tree) []byte {
		w := snapshot.NewWriter(kind, snapshotVersion)
		w.Float(oob)
		w.Int(len(trees))
		for _, t := range trees {
			t.Write(w)
		}
		return w.Seal()
	}
	numbers, three, four := grown(wavy(30, 0)), grown(wavy(30, 3)), grown(wavy(30, 4))
	narrow := wavy(30, 3)
	narrow.X = mat.DenseCopyOf(narrow.X.Slice(0, 30, 0, 2))
	for _, tc := range []struct {
		name string
		data []byte
		good bool
	}{
		{"good", write(classifierKind, math.NaN(), three, three), true},
		{"no trees", write(classifierKind, math.NaN()), false},
		{"endless score", write(classifierKind, math.Inf(1), three), false},
		{"a regressor's", write(regressorKind, math.NaN(), numbers), false},
		{"a tree for numbers", write(classifierKind, math.NaN(), three, numbers), false},
		{"other classes", write(classifierKind, math.NaN(), three, four), false},
		{"other features", write(classifierKind, math.NaN(), three, grown(narrow)), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, err := NewClassifier(ClassifierParams{NEstimators: 1}, learner.Env{})
			if err != nil {
				t.Fatal(err)
			}
			err = m.UnmarshalBinary(tc.data)
			if tc.good != (err == nil) || err != nil && !errors.Is(err, learner.ErrSnapshot) {
				t.Errorf("got error %v", err)
			}
		})
	}
}
