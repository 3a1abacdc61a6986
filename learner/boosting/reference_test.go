package boosting

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// reference is gradient boosting in the plainest way: it shares no code with the package, knows no histograms, and looks
// at every row for every threshold of every leaf. It takes rows of weight 1 without missing values, and boosts for
// squares of errors or for two classes.
type reference struct {
	x                  [][]float64
	y                  []float64
	classes            bool
	iterations, leaves int
	least              int
	rate, l2           float64
	score              []float64
}

// leafOf is a leaf: its rows, and the best way to split them.
type leafOf struct {
	rows        []int
	gain        float64
	feature     int
	threshold   float64
	left, right []int
	value       float64
}

func (r *reference) fit() {
	mean := 0.0
	for _, y := range r.y {
		mean += y
	}
	mean /= float64(len(r.y))
	base, bound := mean, math.MinInt
	if r.classes {
		base, bound = math.Log(mean/(1-mean)), 0
	}
	r.score = slices.Repeat([]float64{base}, len(r.y))
	for _, y := range r.y {
		if !r.classes {
			_, e := math.Frexp(y - mean)
			bound = max(bound, e)
		}
	}
	for range r.iterations {
		g, h := make([]int, len(r.y)), make([]int, len(r.y))
		length := 0.0
		for i, y := range r.y {
			gradient, curvature := r.score[i]-y, 1.0
			if r.classes {
				sign := 1 - 2*y
				e := math.Exp(sign * r.score[i])
				other := e / (1 + e) // the probability of the class that the row is not of
				gradient, curvature = sign*other, other*(1-other)
			}
			g[i] = int(math.RoundToEven(math.Ldexp(gradient, 26-bound)))
			h[i] = int(math.RoundToEven(math.Ldexp(curvature, 28)))
			length = max(length, math.Ceil(math.Log2(math.Abs(float64(g[i]))+0.5)))
		}
		leaves := []*leafOf{r.best(g, h, upTo(len(r.y)), 0)}
		for len(leaves) < r.leaves {
			at := 0
			for i := range leaves {
				if leaves[i].gain > leaves[at].gain {
					at = i
				}
			}
			l := leaves[at]
			if l.gain <= 0 {
				break
			}
			leaves = slices.Delete(leaves, at, at+1)
			leaves = append(leaves, r.best(g, h, l.left, r.step(g, h, bound, l.left)), r.best(g, h, l.right, r.step(g, h, bound, l.right)))
		}
		largest := 0.0
		for _, l := range leaves {
			largest = max(largest, math.Abs(l.value))
			for _, i := range l.rows {
				r.score[i] += l.value
			}
		}
		if !r.classes {
			bound = int(math.Ceil(math.Log2(math.Ldexp(1, bound-26+int(length)) + largest)))
		}
	}
}

// sums are those of whole gradients and second derivatives, in their units.
func (r *reference) sums(g, h, rows []int) (sg, sh float64) {
	var tg, th int
	for _, i := range rows {
		tg += g[i]
		th += h[i]
	}
	if !r.classes {
		return math.Ldexp(float64(tg), -26), float64(len(rows))
	}
	return math.Ldexp(float64(tg), -26), math.Ldexp(float64(th), -28)
}

func (r *reference) strength(g, h, rows []int) float64 {
	sg, sh := r.sums(g, h, rows)
	return sg * sg / (sh + r.l2 + 1e-15)
}

func (r *reference) step(g, h []int, bound int, rows []int) float64 {
	sg, sh := r.sums(g, h, rows)
	return -r.rate * (sg / (sh + r.l2 + 1e-15)) * math.Ldexp(1, bound)
}

func (r *reference) best(g, h, rows []int, value float64) *leafOf {
	l := &leafOf{rows: rows, value: value}
	whole := r.strength(g, h, rows)
	most := whole
	for f := range r.x[0] {
		var values []float64
		for i := range r.x {
			values = append(values, r.x[i][f])
		}
		sort.Float64s(values)
		values = slices.Compact(values)
		for k := 1; k < len(values); k++ {
			threshold := values[k-1]/2 + values[k]/2
			var left, right []int
			for _, i := range rows {
				if r.x[i][f] <= threshold {
					left = append(left, i)
				} else {
					right = append(right, i)
				}
			}
			_, lh := r.sums(g, h, left)
			_, rh := r.sums(g, h, right)
			if len(left) < r.least || len(right) < r.least || lh < 1e-3 || rh < 1e-3 {
				continue
			}
			if s := r.strength(g, h, left) + r.strength(g, h, right); s > most {
				most = s
				l.gain, l.feature, l.threshold, l.left, l.right = s-whole, f, threshold, left, right
			}
		}
	}
	return l
}

// TestReference: the scores of the rows that were learned from are those of the reference, to the last bit.
func TestReference(t *testing.T) {
	for _, c := range []struct {
		name                    string
		classes                 bool
		rows, iterations, leafs int
		least                   int
		rate, l2                float64
	}{
		{"squares", false, 150, 12, 8, 5, 0.1, 0},
		{"squares, strong", false, 90, 6, 31, 1, 0.5, 1.5},
		{"two classes", true, 150, 12, 8, 5, 0.1, 0},
		{"two classes, strong", true, 90, 6, 31, 1, 0.5, 1.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := quarters(c.rows, c.classes)
			ref := &reference{y: d.Y, classes: c.classes, iterations: c.iterations, leaves: c.leafs, least: c.least, rate: c.rate, l2: c.l2}
			for i := range c.rows {
				ref.x = append(ref.x, d.X.RawRowView(i))
			}
			ref.fit()
			p := Growth{
				LearningRate: c.rate, MaxIter: c.iterations, MaxLeafNodes: c.leafs, MinSamplesLeaf: c.least, L2Regularization: c.l2, MaxBins: 255,
				MaxFeatures: 1, Subsample: 1,
			}
			task, loss := learner.Regression, squaredError
			if c.classes {
				task, loss = learner.Classification, logLoss
			}
			for _, ahead := range []float64{0, 0.3, 1} {
				tr, err := p.trainer(task, loss, learner.Env{})
				if err != nil {
					t.Fatal(err)
				}
				tr.ahead = ahead
				part, err := tr.newPart(context.Background(), d)
				if err != nil {
					t.Fatal(err)
				}
				m := train(t, tr, d.Schema, part)
				got := part.score[0]
				for i, want := range ref.score {
					if got[i] != want {
						t.Fatalf("ahead %v: row %d has the score %v, the reference %v", ahead, i, got[i], want)
					}
				}
				if len(m.nodes) < 3*c.iterations {
					t.Errorf("only %d nodes", len(m.nodes))
				}
			}
		})
	}
}

// quarters is rows of three features of few values, with targets that are multiples of a quarter, so that their sum
// is exact.
func quarters(n int, classes bool) learner.Dataset {
	rnd := learner.NewRand(learner.Seed(5, fmt.Sprint(n, classes)))
	d := learner.Dataset{X: mat.NewDense(n, 3, nil), Y: make([]float64, n)}
	d.Features = make([]string, 3)
	if classes {
		d.Classes = []learner.Label{"0", "1"}
	}
	for i := range n {
		x := d.X.RawRowView(i)
		x[0], x[1], x[2] = float64(rnd.IntN(40))*0.3, float64(rnd.IntN(5)-2), rnd.NormFloat64()
		y := x[0]*x[1] + 3*math.Sin(2*x[2]) + rnd.NormFloat64()
		d.Y[i] = math.Round(4*y) / 4
		if classes {
			d.Y[i] = 0
			if y > 1 {
				d.Y[i] = 1
			}
		}
	}
	return d
}

// train trains on parts with the trainer itself and returns the model.
func train(t *testing.T, tr *trainer, s learner.Schema, parts ...*part) *model {
	t.Helper()
	state, err := tr.start(s)
	for err == nil {
		sums := learner.NewSums(tr.shape(s, state))
		for _, p := range parts {
			if err := p.Sum(context.Background(), state, sums); err != nil {
				t.Fatal(err)
			}
		}
		var next learner.Advance
		next, err = tr.advance(context.Background(), s, state, sums)
		if state = next.State; err == nil && next.Done {
			m, err := tr.model(s, state)
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
	}
	t.Fatal(err)
	return nil
}
