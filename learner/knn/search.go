package knn

const (
	queryBlock = 64   // rows asked about that go over the training rows together
	rowBlock   = 4096 // training values that stay in the first-level cache meanwhile
)

// searcher is what one goroutine needs to find the neighbours of up to
// queryBlock rows at a time.
type searcher struct {
	*index
	distances []float64 // of a run of slots
	queries   []float64 // prepared rows
	nearest   []nearest // one per query
}

func (x *index) newSearcher(w wanted, queries int) *searcher {
	s := &searcher{index: x, queries: make([]float64, queries*x.width), nearest: make([]nearest, queries)}
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
	step := max(rowBlock/s.width/lanes, 1) * lanes
	for from := 0; from < len(s.order); from += step {
		to := min(from+step, len(s.order))
		for i := range n {
			s.scan(from, to, s.query(i), &s.nearest[i])
		}
	}
}

// scan measures the slots from (a multiple of lanes) to to.
func (s *searcher) scan(from, to int, q []float64, found *nearest) {
	size := (to - from + lanes - 1) / lanes * lanes
	if size > len(s.distances) {
		s.distances = make([]float64, size)
	}
	s.metric.distances(s.distances[:size], s.panels[from/lanes*s.width:], q)
	found.offerAll(s.distances[:to-from], s.order[from:to])
}
