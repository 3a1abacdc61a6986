package knn

import (
	"math/bits"

	"github.com/gochimera/chimera/internal/kernel"
)

const (
	queryBlock = 64   // rows asked about that go over the training rows together
	rowBlock   = 2048 // training values that stay in the first-level cache meanwhile
)

// searcher is what one goroutine needs to find the neighbours of up to
// queryBlock rows at a time.
type searcher struct {
	*index
	queries []float64 // prepared rows
	nearest []nearest // one per query

	distances [kernel.MostNear]float64 // of a run of slots
	fours     []float64                // queries by four: the first values of four, the second ones, and so on
	limits    [4]float64
	panel     [4]panel
}

func (x *index) newSearcher(w wanted, queries int) *searcher {
	s := &searcher{index: x, queries: make([]float64, queries*x.width), nearest: make([]nearest, queries)}
	if x.tree == nil {
		s.fours = make([]float64, queries/4*4*x.width)
	}
	for i := range s.nearest {
		s.nearest[i].wanted = w
	}
	return s
}

func (s *searcher) query(i int) []float64 { return s.queries[i*s.width:][:s.width] }

// search finds the neighbours of the first n queries.
func (s *searcher) search(n int) {
	for i := range n {
		s.nearest[i].reset()
	}
	if s.tree != nil {
		for i := range n {
			s.descend(0, 0, s.query(i), &s.nearest[i])
		}
		return
	}
	fours := n / 4 * 4
	for i := range fours {
		into := s.fours[i/4*4*s.width+i%4:]
		for j, v := range s.query(i) {
			into[4*j] = v
		}
	}
	step := max(rowBlock/s.width/lanes, 1) * lanes
	for from := 0; from < len(s.order); from += step {
		to := min(from+step, len(s.order))
		for i := 0; i < fours; i += 4 {
			s.scanFour(from, to, i)
		}
		for i := fours; i < n; i++ {
			s.scan(from, to, s.query(i), &s.nearest[i])
		}
	}
}

// scan measures the slots from (a multiple of lanes) to to.
func (s *searcher) scan(from, to int, q []float64, found *nearest) {
	for ; from < to; from += kernel.MostNear {
		size := min(to-from, kernel.MostNear)
		near := s.metric.Near(s.panels[from/lanes*s.width:], q, found.limit, s.distances[:(size+lanes-1)/lanes*lanes])
		for near &= 1<<size - 1; near != 0; near &= near - 1 {
			i := bits.TrailingZeros64(near)
			found.offer(neighbour{s.distances[i], s.order[from+i]})
		}
	}
}

// scanFour is scan for the four queries from i on.
func (s *searcher) scanFour(from, to, i int) {
	queries, found := s.fours[i*s.width:][:4*s.width], s.nearest[i:][:4]
	for c := range found {
		s.limits[c] = found[c].limit
	}
	at, end := from/lanes, (to+lanes-1)/lanes
	for {
		at += s.metric.Near4(s.panels[at*s.width:end*s.width], queries, &s.limits, &s.panel)
		if at == end {
			return
		}
		rows := s.order[at*lanes : min(at*lanes+lanes, to)]
		for c := range found {
			for lane, row := range rows {
				if d := s.panel[c][lane]; d <= s.limits[c] {
					found[c].offer(neighbour{d, row})
					s.limits[c] = found[c].limit
				}
			}
		}
		at++
	}
}
