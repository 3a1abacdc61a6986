package boosting

import "context"

// segment is the rows of a node: those of its tree's order from first up to last.
type segment struct {
	first, last int
	histogram   []int64 // nil: not known
}

func (s segment) rows() int { return s.last - s.first }

// plant puts all rows into the roots.
func (p *part) plant() {
	p.recycle()
	p.segment, p.parent = p.segment[:0], p.parent[:0]
	for k := range p.order {
		if k == 0 {
			p.order[k] = p.draw(p.order[k])
		} else {
			p.order[k] = append(p.order[k][:0], p.order[0]...)
		}
		p.segment, p.parent = append(p.segment, segment{last: len(p.order[k])}), append(p.parent, -1)
	}
}

// recycle takes the histograms of all nodes back.
func (p *part) recycle() {
	for i := range p.segment {
		p.release(i)
	}
}

func (p *part) release(id int) {
	if h := p.segment[id].histogram; h != nil {
		p.free = append(p.free, h)
		p.segment[id].histogram = nil
	}
}

// piece is rows of a node that one goroutine tells apart.
type piece struct {
	id, first, last int
	left            int // how many of them go left
}

// partition tells the rows of nodes apart whose children are those from the given node on. Large nodes are cut into
// pieces, whose parts are put together afterwards: so each child has its rows in the order in which its parent had them.
func (p *part) partition(ctx context.Context, from int) error {
	for range len(p.growing.nodes) - from {
		p.segment, p.parent = append(p.segment, segment{}), append(p.parent, -1)
	}
	var split []int
	var pieces []piece
	for id := range p.growing.nodes[:from] {
		if p.growing.nodes[id].left < from {
			continue
		}
		split = append(split, id)
		s := p.segment[id]
		step := max(rowBlock, (s.rows()+p.t.procs-1)/p.t.procs)
		for first := s.first; first < s.last; first += step {
			pieces = append(pieces, piece{id: id, first: first, last: min(first+step, s.last)})
		}
	}
	if err := parallel(ctx, p.t.procs, len(pieces), func(_, i int) { p.divide(&pieces[i]) }); err != nil {
		return err
	}
	for _, id := range split {
		n, s := &p.growing.nodes[id], p.segment[id]
		count := 0
		for count < len(pieces) && pieces[count].id == id {
			count++
		}
		middle := p.join(n.tree, s, pieces[:count])
		pieces = pieces[count:]
		p.segment[n.left] = segment{first: s.first, last: middle}
		p.segment[n.left+1] = segment{first: middle, last: s.last}
		p.parent[n.left], p.parent[n.left+1] = id, id
	}
	return nil
}

// join puts the rows of the pieces of a node together, those that go left first, and is where the others begin.
func (p *part) join(tree int, s segment, pieces []piece) int {
	order, spare := p.order[tree], p.spare[tree]
	at := s.first
	for _, one := range pieces {
		if at != one.first {
			copy(order[at:], order[one.first:one.first+one.left])
		}
		at += one.left
	}
	middle := at
	for _, one := range pieces {
		at += copy(order[at:], spare[one.first:one.last-one.left])
	}
	return middle
}

// sides says for each code of a split's lane whether rows with it go left.
func (p *part) sides(sp split) (left [codeBins]uint8) {
	c := &p.opened.columns[sp.feature]
	missing := c.missingBin()
	for code, b := range p.binned.place[sp.feature].binsOf() {
		if bin := int(b); c.categorical && bin < missing {
			if sp.left.has(bin) {
				left[code] = 1
			}
		} else if bin <= sp.bin && bin != missing || bin == missing && sp.missingLeft {
			left[code] = 1
		}
	}
	return left
}

// divide brings the rows of a piece that go left to its beginning, and the others into spare memory.
func (p *part) divide(one *piece) {
	n := &p.growing.nodes[one.id]
	left := p.sides(n.split)
	rows := p.order[n.tree][one.first:one.last]
	spare := p.spare[n.tree][one.first:one.last]
	codes := p.binned.byLane[p.binned.place[n.split.feature].lane]
	l, r := 0, 0
	for _, row := range rows {
		goes := int(left[codes[row]])
		rows[l], spare[r] = row, row
		l += goes
		r += 1 - goes
	}
	one.left = l
}

// settle adds what the leaves of finished trees say to the scores of their rows.
func (p *part) settle(ctx context.Context, final [][]int) error {
	type leaf struct {
		tree, first, last int
		value             float64
		halves            *node // its rows have not been told apart
	}
	var leaves []leaf
	for k, ids := range final {
		chosen := make(map[int]bool, len(ids))
		for _, id := range ids {
			chosen[id] = true
		}
		if err := p.settleOutside(ctx, k, chosen); err != nil {
			return err
		}
		for _, id := range ids {
			n := &p.growing.nodes[id]
			s := p.segment[id]
			if n.left == 0 {
				leaves = append(leaves, leaf{tree: k, first: s.first, last: s.last, halves: n})
				continue
			}
			for i := range 2 {
				if c := p.segment[n.left+i]; !chosen[n.left+i] {
					leaves = append(leaves, leaf{tree: k, first: c.first, last: c.last, value: n.values[i]})
				}
			}
		}
	}
	return parallel(ctx, p.t.procs, len(leaves), func(_, i int) {
		l := &leaves[i]
		score, rows := p.score[l.tree], p.order[l.tree][l.first:l.last]
		if l.halves == nil {
			for _, row := range rows {
				score[row] += l.value
			}
			return
		}
		left := p.sides(l.halves.split)
		codes := p.binned.byLane[p.binned.place[l.halves.split.feature].lane]
		for _, row := range rows {
			score[row] += l.halves.values[1-left[codes[row]]]
		}
	})
}
