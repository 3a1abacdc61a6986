package kmeans

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
)

// largest is the largest value of a feature, and heaviest the largest weight, so that all sums are finite.
const (
	largest  = 0x1p400
	heaviest = 0x1p100
	lightest = 0x1p-300 // of all rows together
)

// part is rows that learn. What it keeps makes later answers faster, and changes none.
type part struct {
	rows   learner.Dataset
	cols   int
	procs  int
	hashes []uint64 // of the rows

	measured [][]float64 // the points that near and which are about
	near     []float64   // squared distances to the nearest of them
	which    []int32     // the nearest of them

	assigned []int32       // the cluster in which kept has a row, or -1
	kept     *learner.Sums // as lloyd asks for, without the inertia
}

// Part checks rows and prepares to sum over them.
func (m *KMeans) Part(ctx context.Context, rows learner.Dataset) (learner.Part, error) {
	if err := learner.CheckPart(rows, learner.Clustering, learner.Traits{}); err != nil {
		return nil, err
	}
	if err := learner.CheckSize(ctx, rows, largest, heaviest); err != nil {
		return nil, err
	}
	n, cols := rows.X.Dims()
	p := &part{rows: rows, cols: cols, procs: max(m.env.Procs, 1), hashes: make([]uint64, n)}
	seed := learner.Seed(m.env.Seed, "kmeans")
	poll := learner.NewPoll(ctx, pollBudget)
	for i := range n {
		if err := poll.Work(cols); err != nil {
			return nil, err
		}
		row := rows.X.RawRowView(i)
		p.hashes[i] = learner.RowHash(seed, row, 0)
	}
	return p, nil
}

// pollBudget is how many values go by between two looks at the context.
const pollBudget = 1 << 18

// Sum adds what the rows have to say to a state.
func (p *part) Sum(ctx context.Context, numbers []float64, into *learner.Sums) error {
	s, err := decode(numbers, p.cols)
	if err != nil {
		return err
	}
	if counts, reals := s.shape(p.cols); len(into.Counts) != counts || len(into.Reals) != reals {
		return fmt.Errorf("kmeans: sums of %d and %d numbers, the state asks for %d and %d", len(into.Counts), len(into.Reals), counts, reals)
	}
	if s.phase == moments {
		return p.over(ctx, into, p.cols, func(i int, into *learner.Sums) {
			w := p.rows.Weight(i)
			into.Counts[place(p.hashes[i])]++
			into.Reals[0].Add(w)
			addRow(into.Reals[1:], w, p.rows.X.RawRowView(i))
		})
	}
	if s.phase == lloyd {
		return p.lloyd(ctx, s.points, into)
	}
	if err := p.measure(ctx, s.points); err != nil {
		return err
	}
	switch s.phase {
	case finish:
		return p.over(ctx, into, 1, func(i int, into *learner.Sums) {
			into.Reals[0].AddProduct(p.rows.Weight(i), p.near[i])
			into.Reals[1+p.which[i]].Add(p.rows.Weight(i))
		})
	case spread:
		return p.over(ctx, into, 1, func(i int, into *learner.Sums) { into.Reals[0].AddProduct(p.rows.Weight(i), p.near[i]) })
	case count:
		return p.over(ctx, into, 1, func(i int, into *learner.Sums) { into.Reals[p.which[i]].Add(p.rows.Weight(i)) })
	case draw, refill:
		salt, share, slots := learner.Mix(uint64(s.round)), s.share(), uint64(s.slots())
		return p.over(ctx, into, 1, func(i int, into *learner.Sums) {
			hash := learner.Mix(p.hashes[i] ^ salt)
			if float64(hash>>11)*0x1p-53 >= share*p.near[i] {
				return
			}
			hash = learner.Mix(hash)
			slot, mark := int(hash%slots), int64(hash>>32%marks)
			add(into, slot, mark, p.rows.X.RawRowView(i))
		})
	default:
		return nil // the training is at its end
	}
}

// addRow adds a row times its weight.
func addRow(sums []exact.Sum, w float64, row []float64) {
	if w == 1 || w == -1 { // the latter takes back what the former has added, to the last bit
		for j, v := range row {
			sums[j].Add(w * v)
		}
		return
	}
	for j, v := range row {
		sums[j].AddProduct(w, v)
	}
}

// measure brings near and which up to date. Points that were measured before need not be again.
func (p *part) measure(ctx context.Context, list [][]float64) error {
	from := 0
	for from < min(len(list), len(p.measured)) && learner.SharedPrefix(list[from], p.measured[from]) == p.cols {
		from++
	}
	if from < len(p.measured) {
		from = 0
	}
	n := p.rows.Len()
	if p.near == nil {
		p.near, p.which = make([]float64, n), make([]int32, n)
	}
	p.measured = nil
	if from < len(list) {
		points := newPoints(list[from:])
		err := p.over(ctx, nil, p.cols*(len(list)-from), func(i int, _ *learner.Sums) {
			at, distance := points.nearest(p.rows.X.RawRowView(i))
			if from == 0 || distance < p.near[i] {
				p.near[i], p.which[i] = distance, int32(from+at)
			}
		})
		if err != nil {
			return err
		}
	}
	for _, point := range list {
		p.measured = append(p.measured, slices.Clone(point))
	}
	return nil
}

// lloyd adds up the clusters. Only rows that have come to another cluster change the sums of their values: since sums
// are exact, to take a row away leaves what would be there without it.
func (p *part) lloyd(ctx context.Context, list [][]float64, into *learner.Sums) error {
	if p.kept == nil || len(p.kept.Reals) != len(into.Reals) {
		p.kept, p.assigned = learner.NewSums(0, len(into.Reals)), slices.Repeat([]int32{-1}, p.rows.Len())
	}
	points, moved := newPoints(list), learner.NewSums(0, len(into.Reals))
	err := p.over(ctx, moved, p.cols*len(list), func(i int, moved *learner.Sums) {
		row, w := p.rows.X.RawRowView(i), p.rows.Weight(i)
		at, distance := points.nearest(row)
		moved.Reals[0].AddProduct(w, distance)
		if before := int(p.assigned[i]); before != at {
			if before >= 0 {
				addRow(cluster(moved, len(list), before, p.cols), -w, row)
				moved.Reals[1+before].Add(-w)
			}
			addRow(cluster(moved, len(list), at, p.cols), w, row)
			moved.Reals[1+at].Add(w)
			p.assigned[i] = int32(at)
		}
	})
	if err != nil {
		p.kept = nil
		return err
	}
	into.Reals[0].AddSum(&moved.Reals[0])
	moved.Reals[0] = exact.Sum{}
	if err := p.kept.Merge(moved); err != nil {
		return err
	}
	return into.Merge(p.kept)
}

// cluster is where lloyd's sums have the values of a cluster: behind the inertia and the weights of all.
func cluster(s *learner.Sums, clusters, at, cols int) []exact.Sum {
	return s.Reals[1+clusters+at*cols:][:cols]
}

// over calls f for all rows that weigh something, on as many threads as it may use, each with sums of its own.
func (p *part) over(ctx context.Context, into *learner.Sums, work int, f func(i int, into *learner.Sums)) error {
	n := p.rows.Len()
	procs := max(min(p.procs, n*work/workOfThread), 1)
	run := func(from, to int, into *learner.Sums) error {
		poll := learner.NewPoll(ctx, pollBudget)
		for i := from; i < to; i++ {
			if err := poll.Work(work); err != nil {
				return err
			}
			if p.rows.Weight(i) > 0 {
				f(i, into)
			}
		}
		return nil
	}
	if procs == 1 {
		return run(0, n, into)
	}
	errs, sums := make([]error, procs), make([]*learner.Sums, procs)
	var wg sync.WaitGroup
	for t := range procs {
		if into != nil {
			sums[t] = learner.NewSums(len(into.Counts), len(into.Reals))
		}
		wg.Go(func() { errs[t] = run(t*n/procs, (t+1)*n/procs, sums[t]) })
	}
	wg.Wait()
	for t := range procs {
		if errs[t] != nil {
			return errs[t]
		}
		if into != nil {
			if err := into.Merge(sums[t]); err != nil {
				return err
			}
		}
	}
	return nil
}

// workOfThread is how many values are worth another thread.
const workOfThread = 1 << 15
