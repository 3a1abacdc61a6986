package knn

import (
	"math"
	"slices"
)

// neighbour is a training row near a query.
type neighbour struct {
	distance float64 // as metric reduces it
	row      int     // in the order of the training set
}

// before is the order of neighbours: the nearer, then the earlier row.
func (a neighbour) before(b neighbour) bool {
	return a.distance < b.distance || a.distance == b.distance && a.row < b.row
}

// wanted says how many rows are neighbours.
type wanted struct {
	total   float64   // n_neighbors
	slack   float64   // gathered beyond that, so that rounding cannot lose a row
	weights []float64 // of the training rows, each at most n_neighbors; nil for 1 each
}

// newWanted is for n_neighbors = k. Sums of whole numbers are exact; fractions
// that come and go leave less than the slack behind.
func newWanted(k int, weights []float64) wanted {
	w := wanted{total: float64(k), weights: weights}
	if slices.ContainsFunc(weights, func(w float64) bool { return w != math.Trunc(w) }) {
		w.slack = 1e-6 * w.total
	}
	return w
}

func (w wanted) weightOf(row int) float64 {
	if w.weights == nil {
		return 1
	}
	return w.weights[row]
}

// nearest gathers the nearest of the rows it is offered until their weights
// add up to what is wanted. Rows may be offered in any order.
type nearest struct {
	wanted
	limit    float64     // no row farther away is of use
	gathered float64     // the weight of found
	found    []neighbour // a heap, the last in order on top
}

// reset forgets the rows found.
func (s *nearest) reset() {
	s.limit, s.gathered, s.found = math.Inf(1), 0, s.found[:0]
}

// enough reports whether a weight is all that has to be gathered.
func (s *nearest) enough(weight float64) bool { return weight >= s.total+s.slack }

// wants reports whether n would be kept.
func (s *nearest) wants(n neighbour) bool {
	return !s.enough(s.gathered) || n.before(s.found[0])
}

func (s *nearest) offer(n neighbour) {
	if !s.wants(n) {
		return
	}
	s.push(n)
	s.gathered += s.weightOf(n.row)
	for rest := s.gathered - s.weightOf(s.found[0].row); s.enough(rest); rest = s.gathered - s.weightOf(s.found[0].row) {
		s.gathered = rest
		s.pop()
	}
	if s.enough(s.gathered) {
		s.limit = s.found[0].distance
	}
}

func (s *nearest) push(n neighbour) {
	s.found = append(s.found, n)
	i := len(s.found) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !s.found[parent].before(n) {
			break
		}
		s.found[i] = s.found[parent]
		i = parent
	}
	s.found[i] = n
}

func (s *nearest) pop() {
	last := len(s.found) - 1
	n := s.found[last]
	s.found = s.found[:last]
	i := 0
	for {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && s.found[child].before(s.found[child+1]) {
			child++
		}
		if !n.before(s.found[child]) {
			break
		}
		s.found[i] = s.found[child]
		i = child
	}
	if last > 0 {
		s.found[i] = n
	}
}

// sorted is what was found, in order. It is valid until the next reset.
func (s *nearest) sorted() []neighbour {
	slices.SortFunc(s.found, func(a, b neighbour) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	return s.found
}
