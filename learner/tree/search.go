package tree

// search finds the best split of a node by one feature and writes it into
// found.
func (b *builder[I]) search(w *worker[I], n *pending, f int) error {
	if err := w.poll.Work(n.rows()); err != nil {
		return err
	}
	q := b.query(w, n)
	if c := &b.table.columns[f]; c.coded >= 0 {
		b.searchCoded(w, &q, n, f)
	} else {
		b.searchSorted(&q, n, f)
	}
	return nil
}

// searchAll is search for all features. Small nodes have few values, so it
// passes by the coded columns in which their rows are all the same.
func (b *builder[I]) searchAll(n *pending) error {
	w := &b.workers[0]
	if err := w.poll.Work(n.rows() * len(b.table.columns)); err != nil {
		return err
	}
	q := b.query(w, n)
	for g, words := range b.codes {
		words = words[n.lo:n.hi]
		if n.hist == nil && b.binary[g] && b.searchBinary(&q, g, words) {
			continue
		}
		varied := ^uint64(0)
		if n.hist == nil {
			varied = 0
			for _, word := range words {
				varied |= word ^ words[0]
			}
		}
		for j, f := range b.coded[g*chunk : g*chunk+b.group(g)] {
			if varied>>(8*j)&255 != 0 {
				b.searchCoded(w, &q, n, f)
			} else {
				b.found[f] = none
			}
		}
	}
	for _, f := range b.sorted {
		b.searchSorted(&q, n, f)
	}
	return nil
}

func (b *builder[I]) query(w *worker[I], n *pending) query {
	q := query{total: b.total, lo: n.lo, minLeaf: b.minLeaf, rows: b.rows[n.lo:n.hi], scratch: &w.scratch, bar: &w.bar}
	if values, mask, sum := b.evidence.units(b.total); values != nil {
		q.values, q.mask, q.sum = values[n.lo:n.hi], mask, sum
	}
	return q
}

func (b *builder[I]) searchCoded(w *worker[I], q *query, n *pending, f int) {
	c := &b.table.columns[f]
	g, j := c.coded/chunk, c.coded%chunk
	missing := len(c.values)
	if b.inOrder() {
		b.found[f] = b.searchByRank(w, q, n, c)
		return
	}
	if n.hist != nil {
		hist := n.hist[b.offsets[g][j]:][:c.bins()*b.width]
		used := marked(hist, b.width, c.bins())
		b.found[f] = b.evidence.bins(q, hist, used, missing)
		b.found[f].missing = used.has(missing)
		return
	}
	used := b.evidence.addColumn(w.hist, b.codes[g][n.lo:n.hi], uint(8*j), n.lo)
	b.found[f] = b.evidence.bins(q, w.hist, used, missing)
	b.found[f].missing = used.has(missing)
	used.clear(w.hist, b.width)
}

// searchByRank puts the rows of a node into the order of a coded column, and searches it like a sorted one.
func (b *builder[I]) searchByRank(w *worker[I], q *query, n *pending, c *column) split {
	words, shift := b.codes[c.coded/chunk][n.lo:n.hi], uint(8*(c.coded%chunk))
	var begins [257]int
	for _, word := range words {
		begins[int(uint8(word>>shift))+1]++
	}
	for code := range c.bins() {
		begins[code+1] += begins[code]
	}
	missing := len(words) - begins[len(c.values)]
	order := w.spare[:len(words)]
	for i, word := range words {
		code := uint8(word >> shift)
		order[begins[code]] = I(i)
		begins[code]++
	}
	ranked := *q
	ranked.words, ranked.shift, ranked.ranks, ranked.merge = words, shift, nil, nil
	s := searchInOrder(b, &ranked, order, missing)
	if s.found() {
		code := func(at int) int { return int(uint8(words[order[at]] >> shift)) }
		if s.next >= 0 {
			s.next = code(s.at + 1)
		}
		s.at = code(s.at)
	}
	return s
}

func (b *builder[I]) searchSorted(q *query, n *pending, f int) {
	c := &b.table.columns[f]
	order := b.orders[c.sorted][n.lo:n.hi]
	missing := 0
	if c.missing {
		missing = b.missing(q.rows, order, f)
	}
	q.ranks = c.ranks // few candidates are between values that are merged without being repeated: settle sees to them
	searchOrdered(b, q, order, missing, f)
}

// settle searches a feature again whose best split, of all candidates, is between two values that are merged. The
// best of all candidates is nearly always between others, and then it is the best of those, too; so it is enough to
// look at a split when it would be taken.
func (b *builder[I]) settle(n *pending, f int) {
	c, s := &b.table.columns[f], &b.found[f]
	if c.coded >= 0 || c.merged == nil || !s.found() {
		return
	}
	order, missing, rows := b.orders[c.sorted][n.lo:n.hi], 0, b.rows[n.lo:n.hi]
	if c.missing {
		missing = b.missing(rows, order, f)
	}
	if s.at+1 == len(order)-missing || !b.table.merged(f, rows[order[s.at]], rows[order[s.at+1]]) {
		return
	}
	q := b.query(&b.workers[0], n)
	q.merge = &merging{b.table, f}
	searchOrdered(b, &q, order, missing, f)
}

// searchOrdered is searchSorted over rows in order, of which the last are without a value.
func searchOrdered[I rowID](b *builder[I], q *query, order []I, missing, f int) {
	s := &b.found[f]
	if q.values != nil && missing == 0 {
		*s = searchUnits(q, order)
	} else {
		*s = searchInOrder(b, q, order, missing)
	}
	if q.values != nil && q.bar.below(s) && (s.next < 0 || q.merge != nil || !b.table.merged(f, q.rows[order[s.at]], q.rows[order[s.at+1]])) {
		q.bar.score = s.num / s.den
	}
}

// searchInOrder is searchOrdered for any evidence.
func searchInOrder[I rowID](b *builder[I], q *query, order []I, missing int) (s split) {
	switch order := any(order).(type) {
	case []uint16:
		s = b.evidence.order16(q, order, missing)
	case []uint32:
		s = b.evidence.order32(q, order, missing)
	}
	s.missing = missing > 0
	if s.at == len(order)-missing-1 {
		s.next = -1
	}
	return s
}
