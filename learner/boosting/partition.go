package boosting

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
		for i := range p.order[k] {
			p.order[k][i] = uint32(i)
		}
		p.segment, p.parent = append(p.segment, segment{last: p.n}), append(p.parent, -1)
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

// partition tells the rows of nodes apart whose children are those from the given node on.
func (p *part) partition(from int) {
	for range len(p.growing.nodes) - from {
		p.segment, p.parent = append(p.segment, segment{}), append(p.parent, -1)
	}
	for id := range p.growing.nodes[:from] {
		n := &p.growing.nodes[id]
		if n.left < from {
			continue
		}
		s := p.segment[id]
		middle := s.first + p.divide(n, s)
		p.segment[n.left] = segment{first: s.first, last: middle}
		p.segment[n.left+1] = segment{first: middle, last: s.last}
		p.parent[n.left], p.parent[n.left+1] = id, id
	}
}

// sides says for each code of a split's lane whether rows with it go left.
func (p *part) sides(sp split) (left [codeBins]uint8) {
	c := &p.opened.columns[sp.feature]
	missing := len(c.thresholds) + 1
	for code, b := range p.binned.place[sp.feature].binsOf() {
		if bin := int(b); bin <= sp.bin && bin != missing || bin == missing && sp.missingLeft {
			left[code] = 1
		}
	}
	return left
}

// divide brings the rows of a node into the order of its children, and is how many go left.
func (p *part) divide(n *node, s segment) int {
	left := p.sides(n.split)
	rows := p.order[n.tree][s.first:s.last]
	lane := p.binned.place[n.split.feature].lane
	codes, words, shift := p.binned.codes[lane>>3:], p.binned.words, 8*(lane&7)
	spare := p.spare[:len(rows)]
	l, r := 0, 0
	for _, row := range rows {
		goes := int(left[uint8(codes[int(row)*words]>>shift)])
		rows[l], spare[r] = row, row
		l += goes
		r += 1 - goes
	}
	copy(rows[l:], spare[:r])
	return l
}

// settle adds what the leaves of finished trees say to the scores of their rows.
func (p *part) settle(final [][]int) {
	for k, ids := range final {
		chosen := make(map[int]bool, len(ids))
		for _, id := range ids {
			chosen[id] = true
		}
		for _, id := range ids {
			n := &p.growing.nodes[id]
			s := p.segment[id]
			if n.left == 0 {
				p.scoreHalves(k, n, s)
				continue
			}
			for i := range 2 {
				if !chosen[n.left+i] {
					c := p.segment[n.left+i]
					for _, row := range p.order[k][c.first:c.last] {
						p.score[k][row] += n.values[i]
					}
				}
			}
		}
	}
}

// scoreHalves does it for the children of a node whose rows have not been told apart.
func (p *part) scoreHalves(k int, n *node, s segment) {
	left := p.sides(n.split)
	lane := p.binned.place[n.split.feature].lane
	codes, words, shift := p.binned.codes[lane>>3:], p.binned.words, 8*(lane&7)
	for _, row := range p.order[k][s.first:s.last] {
		p.score[k][row] += n.values[1-left[uint8(codes[int(row)*words]>>shift)]]
	}
}
