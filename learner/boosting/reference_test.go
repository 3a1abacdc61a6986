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
// at every row for every threshold of every leaf. It takes rows of weight 1 without missing values.
type reference struct {
	x                  [][]float64
	y                  []float64
	loss               lossKind
	quantile           float64
	iterations, leaves int
	least              int
	rate, l2           float64
	score              []float64
	curvatureBound     int
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
	base, middle, bound, curvatureBound := mean, mean, math.MinInt, 0
	switch r.loss {
	case squaredError:
	case logLoss:
		base, bound, curvatureBound = math.Log(mean/(1-mean)), 0, -2
	case poissonLoss:
		base = math.Log(mean)
		middle = math.Exp(base)
		curvatureBound = int(math.Ceil(math.Log2(middle)))
	case absoluteError, pinballLoss:
		base, bound = r.quantileOf(upTo(len(r.y))), 0
	}
	r.score = slices.Repeat([]float64{base}, len(r.y))
	for _, y := range r.y {
		if r.loss == squaredError || r.loss == poissonLoss {
			_, e := math.Frexp(y - middle)
			bound = max(bound, e)
		}
	}
	for range r.iterations {
		g, h := make([]int, len(r.y)), make([]int, len(r.y))
		length, curvatureLength := 0.0, 0.0
		for i, y := range r.y {
			gradient, curvature := r.score[i]-y, 1.0
			switch r.loss {
			case squaredError:
			case logLoss:
				sign := 1 - 2*y
				e := math.Exp(sign * r.score[i])
				other := e / (1 + e) // the probability of the class that the row is not of
				gradient, curvature = sign*other, other*(1-other)
			case poissonLoss:
				curvature = math.Exp(r.score[i])
				gradient = curvature - y
			case absoluteError, pinballLoss:
				above := 1.0
				if r.loss == pinballLoss {
					above = 1 - r.quantile
				}
				if r.score[i] > y {
					gradient = above
				} else if gradient = -1; r.loss == pinballLoss {
					gradient = -r.quantile
				}
			}
			g[i] = int(math.RoundToEven(math.Ldexp(gradient, 26-bound)))
			h[i] = int(math.RoundToEven(math.Ldexp(curvature, 26-curvatureBound)))
			length = max(length, math.Ceil(math.Log2(math.Abs(float64(g[i]))+0.5)))
			curvatureLength = max(curvatureLength, math.Ceil(math.Log2(float64(h[i])+0.5)))
		}
		r.curvatureBound = curvatureBound
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
			if r.loss.late() && len(leaves) > 1 {
				l.value = r.rate * r.quantileOf(l.rows)
			}
			largest = max(largest, math.Abs(l.value))
			for _, i := range l.rows {
				r.score[i] += l.value
			}
		}
		switch r.loss {
		case logLoss, absoluteError, pinballLoss:
		case squaredError:
			bound = int(math.Ceil(math.Log2(math.Ldexp(1, bound-26+int(length)) + largest)))
		case poissonLoss:
			most := math.Ldexp(1, curvatureBound-26+int(curvatureLength))
			bound = int(math.Ceil(math.Log2(math.Ldexp(1, bound-26+int(length)) + most*math.Expm1(largest))))
			curvatureBound = int(math.Ceil(math.Log2(most * math.Exp(largest))))
		}
	}
}

// quantileOf is that of what is left of the targets of rows.
func (r *reference) quantileOf(rows []int) float64 {
	var rest []float64
	for _, i := range rows {
		rest = append(rest, r.y[i])
		if r.score != nil {
			rest[len(rest)-1] -= r.score[i]
		}
	}
	sort.Float64s(rest)
	share := 0.5
	if r.loss == pinballLoss {
		share = r.quantile
	}
	at, between := math.Modf(float64(len(rest)-1) * share)
	low := rest[int(at)]
	if between == 0 {
		return low
	}
	return low + between*(rest[int(at)+1]-low)
}

// sums are those of whole gradients and second derivatives, in their units.
func (r *reference) sums(g, h, rows []int) (sg, sh float64) {
	var tg, th int
	for _, i := range rows {
		tg += g[i]
		th += h[i]
	}
	if r.loss != logLoss && r.loss != poissonLoss {
		return math.Ldexp(float64(tg), -26), float64(len(rows))
	}
	return math.Ldexp(float64(tg), -26), math.Ldexp(float64(th), r.curvatureBound-26)
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
		loss                    lossKind
		rows, iterations, leafs int
		least                   int
		rate, l2                float64
	}{
		{"squares", squaredError, 150, 12, 8, 5, 0.1, 0},
		{"squares, strong", squaredError, 90, 6, 31, 1, 0.5, 1.5},
		{"two classes", logLoss, 150, 12, 8, 5, 0.1, 0},
		{"two classes, strong", logLoss, 90, 6, 31, 1, 0.5, 1.5},
		{"poisson", poissonLoss, 150, 12, 8, 5, 0.1, 0},
		{"poisson, strong", poissonLoss, 90, 6, 31, 1, 0.5, 1.5},
		{"absolute error", absoluteError, 150, 12, 8, 5, 0.1, 0},
		{"absolute error, strong", absoluteError, 90, 6, 31, 1, 0.5, 1.5},
		{"quantile", pinballLoss, 150, 12, 8, 5, 0.1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := quarters(c.rows, c.loss.classes())
			if c.loss == poissonLoss {
				for i, y := range d.Y {
					d.Y[i] = math.Abs(y)
				}
			}
			ref := &reference{y: d.Y, loss: c.loss, quantile: 0.8, iterations: c.iterations, leaves: c.leafs, least: c.least, rate: c.rate, l2: c.l2}
			for i := range c.rows {
				ref.x = append(ref.x, d.X.RawRowView(i))
			}
			ref.fit()
			p := Growth{
				LearningRate: c.rate, MaxIter: c.iterations, MaxLeafNodes: c.leafs, MinSamplesLeaf: c.least, L2Regularization: c.l2, MaxBins: 255,
				MaxFeatures: 1, Subsample: 1,
			}
			task := learner.Regression
			if c.loss.classes() {
				task = learner.Classification
			}
			for _, ahead := range []float64{0, 0.3, 1} {
				tr, err := p.trainer(task, c.loss, learner.Env{})
				if err != nil {
					t.Fatal(err)
				}
				tr.ahead, tr.quantile = ahead, 0.8
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
