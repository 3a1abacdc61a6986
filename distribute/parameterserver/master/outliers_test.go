package master

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	_ "github.com/gochimera/chimera/learner/sgd"
	"github.com/gochimera/chimera/registry"
)

// dealt deals rows to n workers in the order of a key: blocks of rows that are alike.
func dealt(d learner.Dataset, n int, key func(i int) float64) []learner.Dataset {
	keys, rows := make([]float64, d.Len()), mastertest.AllOf(d.Len())
	for i := range keys {
		keys[i] = key(i)
	}
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(keys[a], keys[b]) })
	shards := make([]learner.Dataset, n)
	for k := range shards {
		shards[k] = d.Select(rows[k*d.Len()/n : (k+1)*d.Len()/n])
	}
	return shards
}

// skews are the ways in which honest workers' rows differ.
func skews(d learner.Dataset, n int) map[string][]learner.Dataset {
	byY := func(seed uint64, noise float64) []learner.Dataset {
		random := learner.NewRand(seed)
		return dealt(d, n, func(i int) float64 { return d.Y[i] + noise*random.NormFloat64() })
	}
	moved := dealt(d, n, func(i int) float64 { return float64(i % n) })
	for i := range moved[0].Len() {
		moved[0].X.Set(i, 0, moved[0].X.At(i, 0)+2) // by two standard deviations
		moved[0].X.Set(i, 2, moved[0].X.At(i, 2)+0.02)
	}
	return map[string][]learner.Dataset{
		"dealt in turn":               dealt(d, n, func(i int) float64 { return float64(i % n) }),
		"unequal numbers":             mastertest.Split(d, n),
		"mostly by the target":        byY(1, 1),
		"a little by the target":      byY(2, 3),
		"by a feature":                dealt(d, n, func(i int) float64 { return d.X.At(i, 0) }),
		"features that lie elsewhere": moved,
	}
}

// descend trains on shards by gradient descent with the mean, all in this test; member 0 sends what lie
// makes of its gradient. It returns who stood out at the ends of two windows or at the end.
func descend(t *testing.T, shards []learner.Dataset, steps int, rate float64, lie func(g []float64)) (named []bool, o *outliers) {
	t.Helper()
	name := "sgd-regressor"
	if shards[0].Classes != nil {
		name = "sgd-classifier"
	}
	est, err := registry.Default.New(name, nil, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	model := est.(learner.Differentiable)
	blocks, err := model.Init(shards[0].Schema)
	if err != nil {
		t.Fatal(err)
	}
	var all moments.Moments
	each := make([]moments.Moments, len(shards))
	for k, d := range shards {
		if each[k], err = moments.FromDataset(context.Background(), d); err == nil {
			all, err = moments.Merge(all, each[k])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	scaling, err := all.Scaling()
	if err != nil {
		t.Fatal(err)
	}
	var means [][]float64
	var scaled []learner.Dataset
	for k, d := range shards {
		if d.X, err = scaling.Standardize(d.X); err != nil {
			t.Fatal(err)
		}
		scaled, means = append(scaled, d), append(means, make([]float64, len(scaling.Mean)))
		scaling.Row(each[k].Mean, means[k])
	}
	p, members := model.Parameters(), upTo(len(shards))
	before := make([]bool, len(shards))
	named, o = make([]bool, len(shards)), newOutliers(len(shards), blocks, means)
	vectors, divisors := make([][]float64, len(shards)), make([]float64, len(shards))
	for step := range steps {
		if err := model.SetParameters(p); err != nil {
			t.Fatal(err)
		}
		for k, d := range scaled {
			vectors[k] = make([]float64, len(p))
			if _, divisors[k], err = model.Gradient(context.Background(), learner.Step{Index: step}, d, vectors[k]); err != nil {
				t.Fatal(err)
			}
		}
		lie(vectors[0])
		o.add(members, vectors, divisors)
		if end := step == steps-1; end || o.steps == window {
			o.close()
			for k := range members {
				out := o.reason(k, "gradients") != ""
				named[k] = named[k] || out && (end || before[k])
				before[k] = out
			}
		}
		weightedMean(vectors, divisors, divisors, vectors[0])
		floats.AddScaled(p, -rate, vectors[0])
	}
	return named, o
}

// Honest workers are not named, however their rows differ; one that turns or scales its gradients is,
// where the others' rows are alike.
func TestOutliers(t *testing.T) {
	for _, n := range []int{3, 5, 8} {
		for _, classes := range []int{0, 2, 3} {
			d := mastertest.ToyRows(320, classes)
			if classes == 0 {
				floats.AddConst(20, d.Y) // their mean is ten times their deviation
			}
			for skew, shards := range skews(d, n) {
				for _, rate := range []float64{0.05, 0.5} {
					t.Run(fmt.Sprintf("%d workers, %d classes, %s, rate %g", n, classes, skew, rate), func(t *testing.T) {
						if named, _ := descend(t, shards, 5*window, rate, func([]float64) {}); slices.Contains(named, true) {
							t.Errorf("honest workers were named: %v", named)
						}
						if skew != "dealt in turn" || classes == 0 {
							return
						}
						for lie, factor := range map[string]float64{"turned": -1, "ten times": 10} {
							named, o := descend(t, shards, 2*window, rate/5, func(g []float64) { floats.Scale(factor, g) })
							if !named[0] || slices.Contains(named[1:], true) {
								t.Errorf("%s: %v are named: %+v", lie, named, o.views[0].far)
							}
						}
						if named, o := descend(t, shards, 1, rate, func(g []float64) { floats.Scale(1e6, g) }); !named[0] || o.distance(0) < 1e5 {
							t.Errorf("a million times: %v, distance %v", named, o.distance(0))
						}
					})
				}
			}
		}
	}
}

// A worker is compared only in the windows of which it took part in half the steps, and nobody if there
// are two.
func TestOutliersThatAreAbsent(t *testing.T) {
	blocks := []learner.Block{{Name: "w", Shape: []int{2}, Penalised: true}}
	ones := []float64{1, 1, 1}
	o := newOutliers(3, blocks, nil)
	for step := range window {
		if step < window/2-1 {
			o.add([]int{0, 1, 2}, [][]float64{{1, 1}, {1, 1.01}, {-9, -9}}, ones)
		} else {
			o.add([]int{0, 1}, [][]float64{{1, 1}, {1, 1.01}}, ones[:2])
		}
	}
	o.close()
	if o.distance(2) != 0 || o.reason(2, "gradients") != "" {
		t.Errorf("a worker that missed more than half the steps: %v", o.distance(2))
	}
	for range window {
		o.add([]int{0, 1, 2}, [][]float64{{1, 1}, {1, 1.01}, {-1, -1}}, ones)
	}
	o.close()
	if d := o.distance(2); math.Abs(d-2) > 0.01 || o.reason(2, "gradients") == "" || o.reason(0, "gradients") != "" {
		t.Errorf("a worker that is there again: %v", d)
	}
}

// What is looked at is spread evenly over the penalised parameters; without any, over all.
func TestOutliersCoordinates(t *testing.T) {
	blocks := []learner.Block{{Name: "a", Shape: []int{1000}, Penalised: true}, {Name: "b", Shape: []int{50}}, {Name: "c", Shape: []int{24}, Penalised: true}}
	index := newOutliers(3, blocks, nil).index
	if len(index) != 128 || index[0] != 0 || index[1] != 8 || index[126] != 1058 || index[127] != 1066 {
		t.Errorf("%v", index)
	}
	if got := len(newOutliers(100, blocks, nil).index); got != fewCoordinates {
		t.Errorf("%d coordinates with 100 workers", got)
	}
	if got := newOutliers(3, blocks[1:2], nil).index; !slices.Equal(got, upTo(50)) {
		t.Errorf("%v", got)
	}
}

// The gradient of a coefficient less the intercept's times the mean is the covariance of feature and
// slope within the rows.
func TestIntercepts(t *testing.T) {
	x, slopes := mat.NewDense(4, 2, []float64{1, 5, 2, 7, 4, 1, 9, 3}), []float64{0.5, -1, 2, 3}
	blocks := []learner.Block{{Name: moments.CoefBlock, Shape: []int{1, 2}, Penalised: true}, {Name: moments.InterceptBlock, Shape: []int{1}}}
	means := []float64{4, 4}
	o := newOutliers(1, blocks, [][]float64{means})
	var g [3]float64 // sums over the rows
	var want [2]float64
	for i, s := range slopes {
		g[2] += s
		for j := range 2 {
			g[j] += s * x.At(i, j)
			want[j] += (s - 4.5/4) * (x.At(i, j) - means[j]) / 4
		}
	}
	o.add([]int{0}, [][]float64{g[:]}, []float64{4})
	for j, got := range o.views[1].sums[0] {
		if math.Abs(got-want[j]) > 1e-12 {
			t.Errorf("feature %d: %v, want %v", j, got, want[j])
		}
	}
}

// BenchmarkOutliers is what watching costs a step: of 12 parameters with three workers, beside about
// 300 us for the step, and of a million, beside about 10 ms.
func BenchmarkOutliers(b *testing.B) {
	for _, tt := range []struct{ workers, parameters int }{{3, 12}, {10, 1000}, {3, 1_000_000}, {100, 1000}} {
		b.Run(fmt.Sprintf("%d workers, %d parameters", tt.workers, tt.parameters), func(b *testing.B) {
			vectors, divisors, _ := drawn(1, tt.workers, tt.parameters)
			o, members := newOutliers(tt.workers, []learner.Block{{Name: "w", Shape: []int{tt.parameters}, Penalised: true}}, nil), upTo(tt.workers)
			for b.Loop() {
				o.add(members, vectors, divisors)
				if o.steps == window {
					o.close()
				}
			}
		})
	}
}
