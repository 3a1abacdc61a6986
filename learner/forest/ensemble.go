package forest

import (
	"context"
	"math"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/tree"
)

// ensemble is a fitted forest; it does not change.
type ensemble struct {
	trees []*tree.Tree // at least one, all of one shape
	oob   float64      // out-of-bag score; NaN if there is none
}

// rowBlock is how many rows are answered by one tree after the other: their
// values and sums stay in the cache.
const rowBlock = 256

// spread calls do for 0 to n-1 on up to procs goroutines and waits for all of
// them. The first error, by i, ends it.
func spread(procs, n int, do func(i int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var failed atomic.Bool
	work := func() {
		for !failed.Load() {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			if errs[i] = do(i); errs[i] != nil {
				failed.Store(true)
			}
		}
	}
	var wg sync.WaitGroup
	for range min(procs, n) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// grow fits a forest to data that has been checked; random is for extremely
// randomised trees.
func grow(ctx context.Context, train learner.Dataset, p ClassifierParams, random bool, env learner.Env) (*ensemble, error) {
	_, cols := train.X.Dims()
	features, err := p.MaxFeatures.Of(cols)
	if err != nil {
		return nil, err
	}
	var table *tree.Table
	switch resolution := tree.Resolution(p.FeatureResolution); {
	case random:
		table, err = tree.PrepareRandom(ctx, train, resolution)
	case p.Splitter == "histogram":
		table, err = tree.PrepareBins(ctx, train, resolution, p.MaxBins, env.Procs)
	default:
		table, err = tree.Prepare(ctx, train, resolution, env.Procs)
	}
	if err != nil {
		return nil, err
	}
	var drawFrom bag
	if p.Bootstrap {
		if drawFrom, err = newBag(train); err != nil {
			return nil, err
		}
	}
	procs := max(env.Procs, 1)
	balance := classWeights(train, p)
	growth := tree.Growth{
		Criterion: tree.Criterion(p.Criterion), MaxDepth: p.MaxDepth, MinSamplesSplit: p.MinSamplesSplit, MinSamplesLeaf: p.MinSamplesLeaf,
		MaxLeafNodes: p.MaxLeafNodes, MaxFeatures: features, RandomThresholds: random, Procs: max(procs/p.NEstimators, 1),
	}
	e := &ensemble{trees: make([]*tree.Tree, p.NEstimators), oob: math.NaN()}
	var drawn []bitset
	if p.OOBScore {
		drawn = make([]bitset, p.NEstimators)
	}
	err = spread(procs, p.NEstimators, func(i int) error {
		g := growth
		g.Seed = learner.Seed(env.Seed, "forest", strconv.Itoa(i))
		if p.Bootstrap {
			g.Weights = drawFrom.draw(learner.Seed(g.Seed, "bootstrap"))
		}
		g.Weights = balance(g.Weights)
		if p.OOBScore {
			drawn[i] = positive(g.Weights)
		}
		var err error
		e.trees[i], err = table.Grow(ctx, g)
		return err
	})
	if err != nil {
		return nil, err
	}
	if p.OOBScore {
		if e.oob, err = e.outOfBag(ctx, train, drawn, procs); err != nil {
			return nil, err
		}
	}
	return e, ctx.Err()
}

// outputs is how many numbers an answer has.
func (e *ensemble) outputs() int { return e.trees[0].Outputs() }

// mean answers rows x outputs means of the trees' leaves, added up in the
// order of the trees. The error is ctx's.
func (e *ensemble) mean(ctx context.Context, x *mat.Dense, procs int) ([]float64, error) {
	rows, cols := x.Dims()
	k := e.outputs()
	sums := make([]float64, rows*k)
	err := spread(procs, (rows+rowBlock-1)/rowBlock, func(block int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		from := block * rowBlock
		to := min(from+rowBlock, rows)
		for _, t := range e.trees {
			for i := from; i < to; i++ {
				add(sums[i*k:][:k], t.Values(t.Find(x.RawRowView(i)[:cols])))
			}
		}
		n := float64(len(e.trees))
		for i := range sums[from*k : to*k] {
			sums[from*k+i] /= n
		}
		if k == 1 && !numeric.AllFinite(sums[from:to]) { // targets near the largest float64
			e.meanOfLarge(x, sums, from, to)
		}
		return nil
	})
	return sums, err
}

// meanOfLarge fills in the means whose sums overflow, for the rows of a regression from from to to.
func (e *ensemble) meanOfLarge(x *mat.Dense, means []float64, from, to int) {
	_, cols := x.Dims()
	answers := make([]float64, len(e.trees))
	for i := from; i < to; i++ {
		if numeric.IsFinite(means[i]) {
			continue
		}
		for n, t := range e.trees {
			answers[n] = t.Values(t.Find(x.RawRowView(i)[:cols]))[0]
		}
		means[i] = numeric.Mean(answers, nil)
	}
}

func add(into, values []float64) {
	for i, v := range values {
		into[i] += v
	}
}

// answer is mean for data from outside; e may be nil.
func (e *ensemble) answer(ctx context.Context, x *mat.Dense, procs int) ([]float64, error) {
	if e == nil {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, e.trees[0].Features(), traits); err != nil {
		return nil, err
	}
	return e.mean(ctx, x, procs)
}

// importances are the means of the trees' importances, scaled to sum up to 1
// (or all 0); nil if e is.
func (e *ensemble) importances() []float64 {
	if e == nil {
		return nil
	}
	sums := slices.Clone(e.trees[0].Importances())
	for _, t := range e.trees[1:] {
		add(sums, t.Importances())
	}
	var total float64
	for _, v := range sums {
		total += v
	}
	if total == 0 {
		return sums
	}
	for i := range sums {
		sums[i] /= total
	}
	return sums
}

// likeliest is the first of the largest values.
func likeliest(p []float64) int {
	best := 0
	for c, v := range p {
		if v > p[best] {
			best = c
		}
	}
	return best
}
