package boosting

import "context"

// What follows is of losses whose leaves add a quantile, which is found when a tree is grown.

// collect brings the rows of each leaf of the finished trees side by side.
func (p *part) collect(ctx context.Context) error {
	g := &p.growing
	p.ends = p.ends[:0]
	halves := make(map[int]int) // where the rows of the right side begin, of nodes whose rows have not been told apart
	ends := g.ends(g.final)
	var pieces []piece
	for _, e := range ends {
		if s := p.segment[e.id]; g.nodes[e.id].left == 0 && e.side == 0 {
			pieces = append(pieces, piece{id: e.id, first: s.first, last: s.last})
		}
	}
	if err := parallel(ctx, p.t.procs, len(pieces), func(_, i int) { p.divide(&pieces[i]) }); err != nil {
		return err
	}
	for i := range pieces {
		id := pieces[i].id
		halves[id] = p.join(g.nodes[id].tree, p.segment[id], pieces[i:i+1])
	}
	for _, e := range ends {
		s := p.segment[e.id]
		switch left := g.nodes[e.id].left; {
		case left != 0:
			s = p.segment[left+e.side]
		case e.side == 0:
			s.last = halves[e.id]
		default:
			s.first = halves[e.id]
		}
		p.ends = append(p.ends, s)
	}
	return nil
}

// seek adds what the searches for what the leaves add ask for.
func (p *part) seek(ctx context.Context, into []int64) error {
	g := &p.growing
	ends := g.ends(g.final)
	at := make([]int, len(ends)+1)
	for i := range ends {
		at[i+1] = at[i] + g.quests[i].counts()
	}
	return parallel(ctx, p.t.procs, len(ends), func(_, i int) {
		q, counts := &g.quests[i], into[at[i]:at[i+1]]
		tree := g.nodes[ends[i].id].tree
		for _, row := range p.order[tree][p.ends[i].first:p.ends[i].last] {
			q.add(counts, p.y[row]-p.score[tree][row], p.weight(int(row)))
		}
	})
}

// end is a leaf of a finished tree: a side of a node that is split.
type end struct{ id, side int }

// ends are the leaves of finished trees, in order.
func (g *growing) ends(final [][]int) []end {
	var ends []end
	for _, ids := range final {
		chosen := make(map[int]bool, len(ids))
		for _, id := range ids {
			chosen[id] = true
		}
		for _, id := range ids {
			for side := range 2 {
				if left := g.nodes[id].left; left == 0 || !chosen[left+side] {
					ends = append(ends, end{id, side})
				}
			}
		}
	}
	return ends
}
