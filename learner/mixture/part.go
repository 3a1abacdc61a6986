package mixture

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
)

// part is rows that learn.
type part struct {
	rows       learner.Dataset
	cols       int
	procs      int
	covariance string
	inner      learner.Part // of kmeans; nil if it is not asked
}

// pollBudget is how many products go by between two looks at the context.
const pollBudget = 1 << 18

// Part checks rows and prepares to sum over them.
func (m *Mixture) Part(ctx context.Context, rows learner.Dataset) (learner.Part, error) {
	if err := learner.CheckPart(rows, learner.Clustering, learner.Traits{}); err != nil {
		return nil, err
	}
	if err := learner.CheckSize(ctx, rows, largest, heaviest); err != nil {
		return nil, err
	}
	_, cols := rows.X.Dims()
	p := &part{rows: rows, cols: cols, procs: max(m.env.Procs, 1), covariance: m.params.CovarianceType}
	if m.given() {
		return p, nil
	}
	var err error
	p.inner, err = m.inner.Part(ctx, rows)
	return p, err
}

// Sum adds what the rows have to say to a state.
func (p *part) Sum(ctx context.Context, numbers []float64, into *learner.Sums) error {
	s, err := decode(numbers, p.covariance, p.cols)
	if err != nil {
		return err
	}
	if s.phase == clusters {
		if p.inner == nil {
			return fmt.Errorf("gaussian-mixture: the state asks for clusters, and the mixture to begin with is given")
		}
		return p.inner.Sum(ctx, s.inner, into)
	}
	if counts, reals := s.shape(p.covariance); len(into.Counts) != counts || len(into.Reals) != reals {
		return fmt.Errorf("gaussian-mixture: sums of %d and %d numbers, the state asks for %d and %d", len(into.Counts), len(into.Reals), counts, reals)
	}
	if s.phase == done {
		return ctx.Err()
	}
	n := p.rows.Len()
	procs := max(min(p.procs, n*s.k*p.cols*p.cols/workOfThread), 1)
	if procs == 1 {
		return p.add(ctx, s, 0, n, into)
	}
	errs, sums := make([]error, procs), make([]*learner.Sums, procs)
	var wg sync.WaitGroup
	for t := range procs {
		sums[t] = learner.NewSums(0, len(into.Reals))
		wg.Go(func() { errs[t] = p.add(ctx, s, t*n/procs, (t+1)*n/procs, sums[t]) })
	}
	wg.Wait()
	for t := range procs {
		if errs[t] != nil {
			return errs[t]
		}
		if err := into.Merge(sums[t]); err != nil {
			return err
		}
	}
	return nil
}

// workOfThread is how many products are worth another thread.
const workOfThread = 1 << 16

// shape is how long the sums are that a state asks for, but for clusters.
func (s *state) shape(covariance string) (counts, reals int) {
	if s.phase == done {
		return 0, 0
	}
	return 0, sumsOfAll + s.k*each(covariance, s.cols)
}

// block is how many rows' probabilities are known at a time.
const block = 1 << 10

// add adds some rows: for each component the products of its probability, and of the differences from its mean. Component after component uses the
// memory in which products are added up.
func (p *part) add(ctx context.Context, s *state, from, to int, into *learner.Sums) error {
	n := each(p.covariance, p.cols)
	sums := func(c int) []exact.Sum { return into.Reals[sumsOfAll+c*n:][:n] }
	gram := exact.NewDiagonal
	if p.covariance == Full || p.covariance == Tied {
		gram = exact.NewGram
	}
	products := gram(1+p.cols, sums(0))
	d := &density{mixture: s.mixture, covariance: p.covariance, off: make([]float64, p.cols)}
	if s.phase == em {
		d = newDensity(s.mixture, p.covariance)
	}
	shares, row := make([]float64, min(block, to-from)*s.k), make([]float64, 1+p.cols)
	row[0] = 1
	poll := learner.NewPoll(ctx, pollBudget)
	for ; from < to; from += block {
		last := min(from+block, to)
		for i := from; i < last; i++ {
			if err := poll.Work(s.k * p.cols * p.cols); err != nil {
				return err
			}
			p.share(i, s, d, shares[(i-from)*s.k:][:s.k], into)
		}
		for c := range s.k {
			products.To(sums(c))
			for i := from; i < last; i++ {
				if r := shares[(i-from)*s.k+c]; r > 0 {
					copy(row[1:], d.less(p.rows.X.RawRowView(i), c))
					products.Add(p.rows.Weight(i)*r, row...)
				}
			}
		}
	}
	products.Flush()
	return nil
}

// share makes the probabilities of a row's components, or none for a row of weight 0, and adds what is of the row alone.
func (p *part) share(i int, s *state, d *density, share []float64, into *learner.Sums) {
	x, w := p.rows.X.RawRowView(i), p.rows.Weight(i)
	if w == 0 {
		clear(share)
		return
	}
	into.Reals[sumOfWeights].Add(w)
	if s.phase == em {
		d.logs(x, share)
		into.Reals[sumOfLogs].AddProduct(w, max(shares(share), -exact.Largest/heaviest))
	} else {
		d.nearest(x, share)
	}
}

// nearest gives all of a row to the component whose mean is nearest, the first of equals.
func (d *density) nearest(row, into []float64) {
	clear(into)
	at, least := 0, math.Inf(1)
	for c := range into {
		var sum float64
		for _, v := range d.less(row, c) {
			sum += float64(v * v)
		}
		if sum < least {
			at, least = c, sum
		}
	}
	into[at] = 1
}
