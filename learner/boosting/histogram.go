package boosting

import (
	"context"
	"sync"
)

// A histogram says for each bin of each column, of the rows of a node, the sums of their gradients, of their second
// derivatives and of their weights, all times their weights; see layout. It is counted lane by lane.

// histograms adds those of the asked nodes to into, one after the other.
func (p *part) histograms(ctx context.Context, into []int64) error {
	plan := p.planned()
	var tasks []countTask
	locks := make([]sync.Mutex, len(plan.count))
	for i, id := range plan.count {
		s := &p.segment[id]
		s.histogram = p.fetch()
		step := max(rowBlock, min(mostRows, (s.rows()+p.t.procs-1)/p.t.procs))
		for first := s.first; first < s.last; first += step {
			tasks = append(tasks, countTask{id, first, min(first+step, s.last), &locks[i]})
		}
	}
	err := parallel(ctx, p.t.procs, len(tasks), func(worker, i int) { p.count(p.counters[worker], tasks[i]) })
	if err != nil {
		return err
	}
	for _, r := range plan.rest {
		p.segment[r.other].histogram, p.segment[r.parent].histogram = p.segment[r.parent].histogram, nil
	}
	if err := parallel(ctx, p.t.procs, len(plan.rest), func(_, i int) {
		counted := p.segment[plan.rest[i].counted].histogram
		for at, n := range p.segment[plan.rest[i].other].histogram {
			p.segment[plan.rest[i].other].histogram[at] = n - counted[at]
		}
	}); err != nil {
		return err
	}
	size := p.opened.layout.size()
	if err := parallel(ctx, p.t.procs, len(p.growing.asked), func(_, i int) {
		sums := into[i*size : (i+1)*size]
		for at, n := range p.segment[p.growing.asked[i]].histogram {
			sums[at] += n
		}
	}); err != nil {
		return err
	}
	for _, id := range plan.unasked {
		p.release(id)
	}
	return nil
}

// plan says how the histograms of the asked nodes come about: rows are counted for some; for others what is left of
// their parent's histogram is taken.
type plan struct {
	count   []int
	rest    []rest
	unasked []int // what is not needed afterwards
}

type rest struct{ parent, counted, other int }

// planned is the plan with the least counting: of two children, the one with fewer rows here.
func (p *part) planned() plan {
	var pl plan
	g := &p.growing
	for i := 0; i < len(g.asked); i++ {
		id := g.asked[i]
		parent := p.parent[id]
		if parent < 0 || p.segment[parent].histogram == nil {
			pl.count = append(pl.count, id)
			continue
		}
		left := g.nodes[parent].left
		few, many := left, left+1
		if p.segment[few].rows() > p.segment[many].rows() {
			few, many = many, few
		}
		both := i+1 < len(g.asked) && p.parent[g.asked[i+1]] == parent
		if both {
			i++
		}
		pl.count = append(pl.count, few)
		switch {
		case both:
			pl.rest = append(pl.rest, rest{parent, few, many})
		case id == many:
			pl.rest = append(pl.rest, rest{parent, few, many})
			pl.unasked = append(pl.unasked, few)
		default:
			pl.unasked = append(pl.unasked, parent)
		}
	}
	return pl
}

// fetch is a histogram of zeros.
func (p *part) fetch() []int64 {
	if last := len(p.free) - 1; last >= 0 {
		h := p.free[last]
		p.free = p.free[:last]
		clear(h)
		return h
	}
	return make([]int64, p.opened.layout.size())
}
